"""From raw listings to a catalog: what every reader shares.

A reader lists images with what it knows of each; here the files are checked, troublesome ones are counted and left
out, and classes are divided into train and test where nobody did.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, OpeningReport, stamp_of, texts
from core.data.images import Box, first_look
from core.data.reading import Reading
from core.data.source import DataSource
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter
from core.wording import first_few

Targets = npt.NDArray[np.float32]
FIRST_OFFENDERS = 3
CLASSES_NAMED = 12
LOOKING_THREADS, PIECE = 4, 500
# Of more, the first bytes are left to the decoder: from a cold disk, reading them would take minutes.
MOST_OPENED = 200_000

# What programs write where a value is missing.
WORDS_FOR_MISSING = frozenset({"nan", "na", "n/a", "<na>", "none", "null"})


class Listing(NamedTuple):
    """One image as a reader found it.

    Attributes:
        name: how the data set calls it.
        file: below the root with forward slashes, or absolute; None when no file was found for `name`.
        ambiguous: several files answer to `name`, and this is the first of them.
        box: the part of the picture that is meant, as in `Catalog.boxes`; None for all of it.
        left_out: whether a person said that it is not to be read.
    """

    name: str
    file: str | None
    label: str = ""
    split: str = ""
    role: str = ""
    attributes: tuple[str, ...] = ()
    ambiguous: bool = False
    box: Box | None = None
    left_out: bool = False


@dataclass
class Tally:
    """Counts of trouble and the first names of each kind, and of the duplicates how many are in another part."""

    counts: Counter[str] = field(default_factory=Counter)
    offenders: dict[str, list[str]] = field(default_factory=dict)
    divided: int = 0
    first_divided: str = ""

    def add(self, kind: str, name: str) -> None:
        """One of a kind, a key of `catalog.WORDING`."""
        self.add_all(kind, (name,))

    def add_all(self, kind: str, names: Sequence[str]) -> None:
        """Several of one kind."""
        self.counts[kind] += len(names)
        first = self.offenders.setdefault(kind, [])
        first += names[: FIRST_OFFENDERS - len(first)]

    def add_duplicate(self, name: str, before: str, now: str) -> None:
        """A second listing of an image, first in the split or role `before`."""
        self.add("duplicate", name)
        if before and now and before != now:
            self.divided += 1
            self.first_divided = self.first_divided or Message("image-and-splits", name=name, first=before, second=now)

    def notices(self) -> list[Message]:
        """What figures may depend on."""
        if not self.divided:
            return []
        return [Message("images-in-two-splits", count=self.divided, first=self.first_divided)]

    def causes(self) -> list[Message]:
        """All counts, each with its first offender."""
        return [
            Message("cause-and-first", count=count, kind=kind, first=self.offenders[kind][0])
            for kind, count in self.counts.items()
        ]


def build_catalog(
    name: str,
    root: Path,
    listings: Sequence[Listing],
    source: DataSource,
    reporter: Reporter,
    *,
    targets: Targets | None = None,
    target_names: Sequence[str] = (),
    attribute_names: Sequence[str] = (),
    aside: Tally | None = None,
    notices: Sequence[Message] = (),
    stamp: str = "",
    doubtful_classes: bool = False,
    reading: Reading | None = None,
) -> Catalog:
    """The catalog of all usable listings, in their order.

    `targets` are (listings, T), one row for each listing. What a reader passed over is counted in `aside`, which is
    reported with the `notices`. With a `stamp`, which is then that of every image, the files may be made later and are
    not looked at. Where one class may have several names (`doubtful_classes`) it is not said that no class is in
    both splits. `reading` is what says classes and splits, where they are given. Raises DataError when nothing usable
    is left, saying what happened to what was listed, and when an excluded class does not exist.
    """
    excluded = frozenset(source.exclude_labels)
    require_known(excluded, {listing.label for listing in listings}, name)
    tally = Tally() if aside is None else aside
    wanted: list[int] = []
    for row, listing in enumerate(listings):
        if listing.left_out or listing.label in excluded:
            tally.add("excluded", listing.name)
        else:
            wanted.append(row)
    looked_at = [listings[row] for row in wanted]
    looks = (_Look(row, stamp) for row in wanted) if stamp else _looks(looked_at, root, reporter)
    indices, stamps = _usable(looked_at, looks, tally)
    if not indices:
        raise DataError(
            Message("data-without-usable-image", data=name, count=len(listings), causes=tally.causes()), root
        )
    rows = [wanted[index] for index in indices]
    usable = [listings[row] for row in rows]
    splits, rule, divided = _splits(usable, doubtful_classes, reading or Reading())
    for listing, split in zip(usable, splits, strict=True):
        if not split and listing.label:
            tally.add("undivided", listing.name)
    return Catalog(
        name=name,
        root=root,
        paths=texts([str(listing.file) for listing in usable]),
        labels=texts([listing.label for listing in usable]),
        splits=texts(splits),
        roles=texts([listing.role for listing in usable]),
        stamps=texts(stamps),
        targets=None if targets is None else targets[rows],
        target_names=tuple(target_names),
        attributes={
            attribute: texts([listing.attributes[column] for listing in usable])
            for column, attribute in enumerate(attribute_names)
        },
        report=OpeningReport(
            listed=len(listings),
            used=len(usable),
            counts=dict(tally.counts),
            offenders=tally.offenders,
            split_rule=rule,
            notices=(*notices, *tally.notices(), *_odd_names(usable)),
            reading=divided,
        ),
        boxes=_boxes(usable),
    )


def _odd_names(listings: Iterable[Listing]) -> list[Message]:
    classes = {listing.label for listing in listings}
    spellings: dict[str, set[str]] = {}
    for label in classes:
        spellings.setdefault(unicodedata.normalize("NFC", label.strip()), set()).add(label)
    notices = []
    if alike := sorted(label for label, found in spellings.items() if len(found) > 1):
        notices.append(Message("class-spelt-in-two-ways", name=alike[0], count=len(alike)))
    capitals: dict[str, set[str]] = {}
    for spelling in spellings:
        # Single letters are classes of their own in sets of characters.
        if len(spelling) > 1:
            capitals.setdefault(spelling.casefold(), set()).add(spelling)
    if several := sorted((sorted(found) for found in capitals.values() if len(found) > 1), key=lambda found: found[0]):
        notices.append(
            Message("classes-differ-in-capitals", first=several[0][0], second=several[0][1], count=len(several))
        )
    if missing := sorted(label for label in classes if label.casefold() in WORDS_FOR_MISSING):
        notices.append(Message("class-named-like-missing", label=missing[0]))
    return notices


class _Look(NamedTuple):
    """What a look at a listing's file found: either `trouble`, a kind and its words, or the file's stamp."""

    identity: int = 0
    stamp: str = ""
    trouble: str = ""
    words: str = ""


def _usable(listings: Sequence[Listing], looks: Iterable[_Look], tally: Tally) -> tuple[list[int], list[str]]:
    usable: list[int] = []
    stamps: list[str] = []
    seen: dict[str, set[int | tuple[int, Box]]] = {}
    for index, (listing, look) in enumerate(zip(listings, looks, strict=True)):
        # One picture under two names, by a link of either kind, counts once; two parts of it are two images.
        image = look.identity if listing.box is None else (look.identity, listing.box)
        part = listing.role or listing.split
        before = next((other for other, images in seen.items() if image in images), None)
        if look.trouble:
            tally.add(look.trouble, f"{listing.name} {look.words}".rstrip())
        elif before is not None:
            tally.add_duplicate(listing.name, before, part)
        else:
            seen.setdefault(part, set()).add(image)
            usable.append(index)
            stamps.append(look.stamp)
            if not listing.label:
                tally.add("unlabelled", listing.name)
            if listing.ambiguous:
                tally.add("ambiguous", listing.name)
    return usable, stamps


def _looks(listings: Sequence[Listing], root: Path, reporter: Reporter) -> Iterator[_Look]:
    # Path objects for a million files take 40 s.
    start = os.path.join(root, "")  # noqa: PTH118 - ends in a slash
    pieces = [listings[at : at + PIECE] for at in range(0, len(listings), PIECE)]
    at_content = len(listings) <= MOST_OPENED
    done, stage = 0, Message("stage-checking")
    # A file that the system has not read yet keeps one thread waiting; four are as fast as a disk answers.
    with ThreadPoolExecutor(LOOKING_THREADS, thread_name_prefix="looking") as pool:
        try:
            for looks in pool.map(lambda piece: [_look(listing, start, at_content) for listing in piece], pieces):
                done += len(looks)
                reporter.progress(stage, done, len(listings))
                yield from looks
        finally:
            # Whoever stops in the middle need not wait for the rest.
            pool.shutdown(wait=False, cancel_futures=True)


def _look(listing: Listing, start: str, at_content: bool) -> _Look:
    if listing.file is None:
        return _Look(trouble="missing")
    path = listing.file if os.path.isabs(listing.file) else start + listing.file  # noqa: PTH117
    try:
        facts, fault = first_look(path, at_content)
    except (FileNotFoundError, NotADirectoryError):
        return _Look(trouble="missing")
    except OSError as error:
        return _Look(trouble="unreadable", words=Message("cannot-be-opened", reason=error.strerror))
    if fault:
        return _Look(trouble="unreadable", words=fault)
    # One number, for of a million files each is remembered.
    return _Look(facts.st_dev << 64 | facts.st_ino, stamp_of(facts))


def _boxes(listings: Sequence[Listing]) -> npt.NDArray[np.int32] | None:
    if all(listing.box is None for listing in listings):
        return None
    return np.array([listing.box or (0, 0, 0, 0) for listing in listings], dtype=np.int32)


def _splits(listings: Sequence[Listing], doubtful_classes: bool, reading: Reading) -> tuple[list[str], str, Reading]:
    given = [listing.split for listing in listings]
    if any(given):
        return given, "", reading
    classes = sorted({listing.label for listing in listings if listing.label})
    if len(classes) < 2:
        rule = Message("split-missing-and-classes-too-few")
        return ["test"] * len(given), rule, reading.divided_by("nothing")
    half = (len(classes) + 1) // 2
    split: Mapping[str, str] = {label: "train" if index < half else "test" for index, label in enumerate(classes)}
    rest = len(classes) - half
    rule = Message("classes-halved", classes=len(classes), half=half, rest=rest, apart=not doubtful_classes)
    return [split.get(listing.label, "") for listing in listings], rule, reading.divided_by("halves")


def require_known(excluded: frozenset[str], labels: set[str], name: str) -> None:
    """Raise DataError where a class to leave out is none of the `labels` of the data called `name`."""
    unknown = sorted(excluded - labels)
    if unknown:
        classes = sorted(labels - {""})
        there = first_few(classes, CLASSES_NAMED)
        raise DataError(
            Message("class-to-leave-out-unknown", data=name, label=unknown[0], classes=there or "none"), unknown[0]
        )
