"""From raw listings to a catalog: what every reader shares.

A reader lists images with what it knows of each; here the files are checked, troublesome ones are counted and left
out, and classes are divided into train and test where nobody did.
"""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog, OpeningReport, texts
from core.data.images import signature_fault
from core.errors import DataError
from core.progress import Reporter

FIRST_OFFENDERS = 3

SPLIT_WORDS = {
    "train": "train", "training": "train", "tr": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "eval": "test",
}  # fmt: skip
ROLE_WORDS = {"query": "query", "queries": "query", "gallery": "gallery"}


@dataclass(frozen=True)
class Listing:
    """One image as a reader found it; `path` None when no file was found for `name`."""

    name: str
    path: Path | None
    label: str = ""
    split: str = ""
    role: str = ""
    targets: tuple[float, ...] = ()
    attributes: tuple[str, ...] = ()


@dataclass
class _Tally:
    """Counts of trouble and the first names of each kind."""

    counts: Counter[str] = field(default_factory=Counter)
    offenders: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: str) -> None:
        self.counts[kind] += 1
        names = self.offenders.setdefault(kind, [])
        if len(names) < FIRST_OFFENDERS:
            names.append(name)


def assemble(
    name: str,
    root: Path,
    listings: Sequence[Listing],
    *,
    target_names: Sequence[str] = (),
    attribute_names: Sequence[str] = (),
    exclude_labels: Iterable[str] = (),
    reporter: Reporter,
) -> Catalog:
    """The catalog of all usable listings, in their order.

    Raises DataError when nothing usable is left, saying what happened to what was listed, and when an excluded class
    does not exist.
    """
    excluded = frozenset(exclude_labels)
    _require_known(excluded, {listing.label for listing in listings}, name)
    tally = _Tally()
    kept: list[Listing] = []
    stamps: list[str] = []
    seen: dict[tuple[int, int], str] = {}
    for position, listing in enumerate(listings):
        reporter.progress("listing images", position + 1, len(listings))
        if listing.label in excluded:
            tally.add("excluded", listing.name)
            continue
        stamp = _checked(listing, seen, tally)
        if stamp:
            kept.append(listing)
            stamps.append(stamp)
            if not listing.label:
                tally.add("unlabelled", listing.name)
    if not kept:
        troubles = ", ".join(f"{count} {kind}" for kind, count in tally.counts.items()) or "no image files found"
        raise DataError(f"{name} has no usable image: {len(listings)} listed, {troubles}.", root)
    splits, rule = _splits(kept)
    return Catalog(
        name=name,
        root=root,
        paths=texts([_relative(listing, root) for listing in kept]),
        labels=texts([listing.label for listing in kept]),
        splits=texts(splits),
        roles=texts([listing.role for listing in kept]),
        stamps=texts(stamps),
        targets=np.array([listing.targets for listing in kept], dtype=np.float32) if target_names else None,
        target_names=tuple(target_names),
        attributes={
            attribute: texts([listing.attributes[column] for listing in kept])
            for column, attribute in enumerate(attribute_names)
        },
        report=OpeningReport(len(listings), len(kept), dict(tally.counts), tally.offenders, rule),
    )


def split_word(text: str) -> tuple[str, str] | None:
    """(split, role) that a folder name or a cell stands for, or None; query and gallery images are test images."""
    word = text.strip().casefold()
    if word in ROLE_WORDS:
        return "test", ROLE_WORDS[word]
    return (SPLIT_WORDS[word], "") if word in SPLIT_WORDS else None


def _checked(listing: Listing, seen: dict[tuple[int, int], str], tally: _Tally) -> str:
    """The file's stamp, or "" after tallying why it cannot be used."""
    try:
        facts = listing.path.stat() if listing.path is not None else None
    except OSError:
        facts = None
    if facts is None or listing.path is None or not stat.S_ISREG(facts.st_mode):
        tally.add("missing", listing.name)
        return ""
    identity = (facts.st_dev, facts.st_ino)
    if identity in seen:
        tally.add("duplicate", listing.name)
        return ""
    fault = signature_fault(listing.path)
    if fault:
        tally.add("unreadable", f"{listing.name} {fault}")
        return ""
    seen[identity] = listing.name
    return f"{facts.st_size}-{facts.st_mtime_ns}"


def _splits(listings: Sequence[Listing]) -> tuple[list[str], str]:
    given = [listing.split for listing in listings]
    if any(given):
        return given, ""
    classes = sorted({listing.label for listing in listings if listing.label})
    if len(classes) < 2:
        return ["test"] * len(given), "No split and fewer than two classes were given: every image is in test."
    half = (len(classes) + 1) // 2
    split: Mapping[str, str] = {label: "train" if place < half else "test" for place, label in enumerate(classes)}
    rule = (
        f"No split was given: of {len(classes):,} classes sorted by name the first {half:,} are train and the other "
        f"{len(classes) - half:,} are test, so no class is in both."
    )
    return [split.get(listing.label, "") for listing in listings], rule


def _relative(listing: Listing, root: Path) -> str:
    path = listing.path or Path(listing.name)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _require_known(excluded: frozenset[str], labels: set[str], name: str) -> None:
    unknown = sorted(excluded - labels)
    if unknown:
        there = ", ".join(sorted(labels)[:12])
        raise DataError(f"{name} has no class '{unknown[0]}' to leave out; its classes are: {there}.", unknown[0])
