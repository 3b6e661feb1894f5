"""The catalog: the table of images that everything else refers to by row number."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import DataError

Rows = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

SPLITS = ("train", "val", "test")
ROLES = ("query", "gallery")


@dataclass(frozen=True)
class OpeningReport:
    """What opening a data set found; `sentences` says it for a person.

    `offenders` maps a kind of trouble ("missing", "unreadable", "duplicate", "unlabelled", "excluded") to the
    first few images concerned; `counts` maps it to how many there are. Rows of the first three kinds are not in
    the catalog.
    """

    listed: int
    used: int
    counts: Mapping[str, int] = field(default_factory=dict)
    offenders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    split_rule: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence a fact, most important first."""
        wording = {
            "missing": "have no image file",
            "unreadable": "cannot be read",
            "duplicate": "list an image a second time",
            "unlabelled": "have no class",
            "excluded": "are left out as asked",
        }
        lines = [f"{self.used:,} of {self.listed:,} images are used."]
        for kind, count in self.counts.items():
            if count:
                names = ", ".join(self.offenders.get(kind, ()))
                first = f" (first: {names})" if names else ""
                lines.append(f"{count:,} {wording[kind]}{first}.")
        if self.split_rule:
            lines.append(self.split_rule)
        return tuple(lines)


@dataclass(frozen=True, eq=False)
class Catalog:
    """N images; a row number in 0..N-1 is the identity of an image everywhere.

    Attributes:
        name: what the window calls the data set.
        root: folder that relative paths start from.
        paths: (N,) text, relative to `root` with forward slashes, or absolute.
        labels: (N,) text exactly as given; "" means unlabelled.
        splits: (N,) one of "train", "val", "test" or "".
        roles: (N,) one of "query", "gallery" or "".
        targets: (N, T) float32 continuous labels, or None; NaN where missing.
        target_names: T names.
        attributes: name -> (N,) text, every other column.
        stamps: (N,) text that changes with the file (size and time), part of the fingerprint.
        report: what opening found.

    Raises DataError when the columns do not fit together.
    """

    name: str
    root: Path
    paths: Texts
    labels: Texts
    splits: Texts
    roles: Texts
    stamps: Texts
    targets: npt.NDArray[np.float32] | None = None
    target_names: tuple[str, ...] = ()
    attributes: Mapping[str, Texts] = field(default_factory=dict)
    report: OpeningReport = field(default_factory=lambda: OpeningReport(0, 0))

    def __post_init__(self) -> None:
        count = len(self.paths)
        columns = {"labels": self.labels, "splits": self.splits, "roles": self.roles, "stamps": self.stamps}
        columns |= {f"attribute {name}": column for name, column in self.attributes.items()}
        for name, column in columns.items():
            if len(column) != count:
                raise DataError(f"{self.name}: {name} has {len(column)} entries for {count} images.", name)
        if self.targets is not None and self.targets.shape != (count, len(self.target_names)):
            raise DataError(
                f"{self.name}: targets have shape {self.targets.shape}, expected {(count, len(self.target_names))}.",
                "targets",
            )

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """C class names in natural order ("a2" before "a10"); unlabelled is not a class."""
        return tuple(sorted({str(label) for label in self.labels if label}, key=natural_key))

    @cached_property
    def codes(self) -> Rows:
        """(N,) index into `classes`, -1 where unlabelled."""
        position = {label: code for code, label in enumerate(self.classes)}
        return np.fromiter((position.get(label, -1) for label in self.labels), np.int64, len(self))

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over everything that decides what an embedding or a measure would be."""
        digest = hashlib.sha256()
        for column in (self.paths, self.labels, self.splits, self.roles, self.stamps):
            digest.update("\x1f".join(map(str, column)).encode("utf-8", "surrogateescape"))
            digest.update(b"\x1e")
        if self.targets is not None:
            digest.update(np.ascontiguousarray(self.targets).tobytes())
        return digest.hexdigest()[:16]

    def path(self, row: int) -> Path:
        """Absolute path of one image."""
        return self.root / str(self.paths[row])

    def rows(self, split: str = "all") -> Rows:
        """Catalog rows of a split in ascending order; "all" gives every row.

        Raises DataError naming the splits there are when the asked-for one is empty.
        """
        if split == "all":
            return np.arange(len(self), dtype=np.int64)
        rows = np.flatnonzero(self.splits == split).astype(np.int64)
        if not rows.size:
            there = ", ".join(name for name, _ in self.split_counts()) or "none"
            raise DataError(f"{self.name} has no images in split '{split}'; it has: {there}, all.", split)
        return rows

    def split_counts(self) -> list[tuple[str, int]]:
        """(split, images) for every split that has images, in the order train, val, test."""
        return [(name, int(np.sum(self.splits == name))) for name in SPLITS if np.any(self.splits == name)]

    def row_of(self, path: Path) -> int | None:
        """The row whose image file is `path`, or None."""
        return self._row_by_path.get(str(Path(path).resolve()))

    @cached_property
    def _row_by_path(self) -> dict[str, int]:
        return {str(self.path(row).resolve()): row for row in range(len(self))}


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key under which digits count as numbers."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]


def texts(values: Sequence[str]) -> Texts:
    """A (N,) object array of text from any sequence of strings."""
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
