"""The catalog: the table of images that everything else refers to by row number."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data.reading import Reading
from core.errors import DataError
from core.messages import Message, Remedy

if TYPE_CHECKING:
    from core.data.images import Box

Rows = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
NaturalKey = tuple[str, str]

SPLITS = ("train", "val", "test")
BOTH = "query & gallery"
ROLES = ("query", "gallery", BOTH)

_NUMBER = re.compile(r"\d+")
_DIGITS_AS_ZEROS = str.maketrans("123456789", "0" * 9)

# What opening may find, most important first, and what says so.
WORDING = {
    "missing": "images-missing",
    "unreadable": "images-unreadable",
    "duplicate": "images-listed-again",
    "unlabelled": "images-without-class",
    "unpictured": "images-without-picture",
    "excluded": "images-left-out-as-asked",
    "ambiguous": "images-of-several-files",
    "undivided": "images-in-no-split",
    "skipped": "images-passed-over",
    "other": "files-no-pictures",
    "empty": "folders-without-pictures",
    "system": "hidden-things-passed-over",
    "closed": "folders-not-opened",
}
# Of these nobody needs to be told who did not ask.
USUAL = frozenset({"other", "system", "unpictured"})


@dataclass(frozen=True)
class OpeningReport:
    """What opening a data set found; `sentences` says it for a person.

    `offenders` maps a kind of trouble (a key of WORDING) to the first few images concerned; `counts` maps it to how
    many there are. Missing, unreadable, duplicate and excluded images are not in the catalog; the others are.
    `notices` are sentences to be read before figures are trusted, such as how an official set's counts differ; they
    may carry remedies (`core.remedies`). `table` is the path of the manifest that listed the images, the first of
    several, or "", and `vectors_in` that of a table which has vectors of them as well. `reading` is what classes and
    splits were read from.
    """

    listed: int
    used: int
    counts: Mapping[str, int] = field(default_factory=dict)
    offenders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    split_rule: str = ""
    notices: Sequence[Message] = ()
    table: str = ""
    reading: Reading = field(default_factory=Reading)
    vectors_in: str = ""

    @property
    def is_noteworthy(self) -> bool:
        """Whether something was found that a person should know before looking at the images."""
        return bool(self.notices) or any(count for kind, count in self.counts.items() if kind not in USUAL)

    @property
    def sentences(self) -> tuple[Message, ...]:
        """One sentence a fact, most important first."""
        lines = [Message("images-used", used=self.used, listed=self.listed), *self.notices]
        for kind, message_id in WORDING.items():
            if count := self.counts.get(kind, 0):
                names = self.offenders.get(kind, ())
                finding = Message(message_id, count=count)
                lines.append(
                    Message("finding-with-first", finding=finding, names=names)
                    if names
                    else Message("finding", finding=finding)
                )
        if self.split_rule:
            lines.append(Message.of_text(self.split_rule))
        return tuple(lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rule = Message.of_text(self.split_rule).as_json()
        return {**asdict(self), "split_rule": rule, "notices": [notice.as_json() for notice in self.notices]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OpeningReport:
        """Inverse of `as_dict`. Raises KeyError or TypeError where the values are none of its."""
        rule, notices = Message.from_json(values["split_rule"]), tuple(map(Message.from_json, values["notices"]))
        return cls(**{**values, "split_rule": rule, "notices": notices, "reading": Reading(**values["reading"])})


@dataclass(frozen=True, eq=False)
class OwnVectors:
    """The file of vectors that a catalog is made of.

    Attributes:
        path: absolute.
        stamp: what changes with it.
        rows: (N,) which of the file's rows each image is.
        names: (N,) what the file calls each, by which other files of vectors know them.
    """

    path: Path
    stamp: str
    rows: Rows
    names: Texts


@dataclass(frozen=True, eq=False)
class Catalog:
    """N images; a row number in 0..N-1 is the identity of an image everywhere.

    Attributes:
        root: folder that relative paths start from.
        paths: (N,) text, relative to `root` with forward slashes, or absolute.
        labels: (N,) text exactly as given; "" means unlabelled.
        splits: (N,) one of "train", "val", "test" or "".
        roles: (N,) one of "query", "gallery", "query & gallery" or "".
        targets: (N, T) float32 continuous labels, or None; NaN where missing.
        attributes: name -> (N,) text, every other column.
        stamps: (N,) text that changes with the file (size and time), part of the fingerprint; "" without a picture.
        boxes: (N, 4) int32 (left, top, right, bottom) in pixels of the upright picture, right and bottom excluded, or
            None; only this part of an image is decoded, all of it where a row is (0, 0, 0, 0).
        pictured: (N,) whether there is a picture, or None where all have one. What has none is known by its name, which
            stands in `paths`, and by its vector.
        vectors: the file that the rows are of, None where images were listed.

    Columns cannot be written to afterwards. Raises DataError when they do not fit together or a split or role is
    unknown.
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
    boxes: npt.NDArray[np.int32] | None = None
    pictured: npt.NDArray[np.bool_] | None = None
    vectors: OwnVectors | None = None

    def __post_init__(self) -> None:
        count = len(self.paths)
        columns = {"labels": self.labels, "splits": self.splits, "roles": self.roles, "stamps": self.stamps}
        columns |= {f"attribute {name}": column for name, column in self.attributes.items()}
        for name, column in columns.items():
            if len(column) != count:
                raise DataError(
                    Message(
                        "catalog-column-of-other-length",
                        catalog=self.name,
                        column=name,
                        count=len(column),
                        images=count,
                    ),
                    name,
                )
        arrays: dict[str, tuple[npt.NDArray[Any] | None, tuple[int, ...]]]
        arrays = {"targets": (self.targets, (count, len(self.target_names))), "boxes": (self.boxes, (count, 4))}
        arrays["pictured"] = (self.pictured, (count,))
        for name, (array, shape) in arrays.items():
            if array is not None and array.shape != shape:
                raise DataError(
                    Message(
                        "catalog-array-misshapen",
                        catalog=self.name,
                        array=name,
                        shape=str(array.shape),
                        expected=str(shape),
                    ),
                    name,
                )
        self._require_known("split", self.splits, SPLITS)
        self._require_known("role", self.roles, ROLES)
        given: list[npt.NDArray[Any] | None] = [self.paths, *columns.values()]
        given += [self.targets, self.boxes, self.pictured]
        for column_or_none in given:
            if column_or_none is not None:
                column_or_none.flags.writeable = False

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
            # JSON keeps neighbouring texts apart whatever is in them, file names that are no UTF-8 included.
            digest.update(json.dumps(column.tolist()).encode("ascii"))
        if self.targets is not None:
            digest.update(np.ascontiguousarray(self.targets).tobytes())
        if self.boxes is not None:
            digest.update(np.ascontiguousarray(self.boxes).tobytes())
        return digest.hexdigest()[:16]

    @property
    def has_pictures(self) -> bool:
        """Whether any row has a picture."""
        return self.pictured is None or bool(self.pictured.any())

    def has_picture(self, row: int) -> bool:
        """Whether there is a picture of a row."""
        return self.pictured is None or bool(self.pictured[row])

    @property
    def has_columns(self) -> bool:
        """Whether a table or a file of vectors lists the rows, of which columns can be chosen."""
        return bool(self.report.table) or self.vectors is not None

    def require_pictures(self) -> None:
        """Raise DataError, with the way on, where no row has a picture."""
        if not self.has_pictures:
            way = Remedy("--base FOLDER", Message("names-the-folder-that-holds-them"))
            raise DataError(Message("pictures-needed", way, catalog=self.name), self.name)

    def noted(self, *notices: Message) -> Catalog:
        """The same with notices in front of its own."""
        return replace(self, report=replace(self.report, notices=(*notices, *self.report.notices)))

    def path(self, row: int) -> Path:
        """Absolute path of one image."""
        return self.root / str(self.paths[row])

    def box(self, row: int) -> Box | None:
        """The part of one image that is looked at, or None where it is all of it."""
        if self.boxes is None or not self.boxes[row].any():
            return None
        left, top, right, bottom = self.boxes[row].tolist()
        return left, top, right, bottom

    def rows(self, split: str = "all") -> Rows:
        """Catalog rows of a split in ascending order; "all" gives every row.

        Raises DataError naming the splits there are when the asked-for one is empty.
        """
        if split == "all":
            return np.arange(len(self), dtype=np.int64)
        if split not in self._rows_by_split:
            there = ", ".join(self._rows_by_split) or "none"
            raise DataError(Message("split-without-images", catalog=self.name, split=split, splits=there), split)
        return self._rows_by_split[split].copy()

    def split_counts(self) -> list[tuple[str, int]]:
        """(split, images) for every split that has images, in the order train, val, test."""
        return [(name, len(rows)) for name, rows in self._rows_by_split.items()]

    def row_of(self, path: Path) -> int | None:
        """The row whose image file is `path`, under this name or another (a symbolic link), or None."""
        absolute = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps ".."
        row = self._row_by_path.get(absolute)
        return row if row is not None else self._row_of_same_file(Path(path))

    def rows_of(self, paths: Iterable[str]) -> Rows:
        """(N,) rows of image files under their names, relative to `root` or absolute; -1 where there is none."""
        root, places = str(self.root), self._row_by_path
        whole = (os.path.normpath(os.path.join(root, path)) for path in paths)  # noqa: PTH118 - see below
        return np.array([places.get(path, -1) for path in whole], np.int64)

    @cached_property
    def _rows_by_split(self) -> dict[str, Rows]:
        rows = {name: np.flatnonzero(self.splits == name).astype(np.int64) for name in SPLITS}
        return {name: found for name, found in rows.items() if found.size}

    @cached_property
    def _row_by_path(self) -> dict[str, int]:
        root = str(self.root)
        # Millions of Path objects take seconds to make.
        return {os.path.normpath(os.path.join(root, path)): row for row, path in enumerate(self.paths)}  # noqa: PTH118

    def _row_of_same_file(self, path: Path) -> int | None:
        # Only files with the same stamp need a look; looking at all takes seconds.
        try:
            candidates = np.flatnonzero(self.stamps == stamp_of(path.stat()))
            return next((row for row in candidates.tolist() if self.path(row).samefile(path)), None)
        except OSError:
            return None

    def _require_known(self, meaning: str, column: Texts, known: Sequence[str]) -> None:
        unknown = sorted(set(column.tolist()) - {*known, ""})
        if unknown:
            raise DataError(
                Message("catalog-value-unknown", catalog=self.name, meaning=meaning, value=unknown[0], known=known),
                meaning,
            )


def stamp_of(facts: os.stat_result) -> str:
    """Text that changes when a file does."""
    return f"{facts.st_size}-{facts.st_mtime_ns}"


def natural_key(text: str) -> NaturalKey:
    """Sort key under which digits count as numbers; different texts never share a key.

    Hangul sorts as syllables whether it is stored as them or, by a Mac, as their letters.
    """
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return _NUMBER.sub(_sorted_by_size, composed), text


def natural_order(names: Sequence[str]) -> list[str]:
    """Names in natural order."""
    shapes = {name.translate(_DIGITS_AS_ZEROS) for name in names}
    # Numbers of one width in one surrounding, such as 0001.jpg to 9999.jpg, sort as plain text: ten times faster.
    return sorted(names) if len(shapes) < 2 else sorted(names, key=natural_key)


def _sorted_by_size(number: re.Match[str]) -> str:
    """Digits as text that sorts before all other text, and by their number: int() refuses thousands of digits."""
    digits = number[0].lstrip("0")
    return f"\0{chr(len(digits))}{digits}"


def texts(values: Sequence[str]) -> Texts:
    """A (N,) object array of text from any sequence of strings."""
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
