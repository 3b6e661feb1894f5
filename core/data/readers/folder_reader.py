"""A folder with a folder per class; folders named train, test, val, query or gallery above the classes divide it."""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

from core.data.catalog import Catalog, NaturalKey, natural_key, natural_order
from core.data.catalog_builder import Listing, Tally, build_catalog
from core.data.file_names import NO_PICTURES, is_of_the_system
from core.data.first_image import instead_of_images
from core.data.images import SUFFIXES, UNREAD_SUFFIXES, is_picture
from core.data.readers.classes_elsewhere import classes_elsewhere, classes_in_names
from core.data.readers.folder_division import Division, divide, of_each, unknown_meanings
from core.data.readers.manifest_errors import FolderMeaningError
from core.data.reading import Reading
from core.data.source import DataSource
from core.errors import DataError
from core.messages import Message, Remedy
from core.paths import absolute
from core.progress import Reporter
from core.wording import first_few

# How or when something was photographed: folders of these names, or of dates, inside every class or around all of them
# divide no class.
CONDITIONS = frozenset({
    "day", "night", "morning", "noon", "evening", "dawn", "dusk", "indoor", "indoors", "outdoor", "outdoors",
    "sunny", "cloudy", "rainy", "foggy", "snowy", "spring", "summer", "autumn", "fall", "winter",
})  # fmt: skip
DATE = re.compile(r"(19|20)\d{2}([-_.]?(0[1-9]|1[0-2])([-_.]?(0[1-9]|[12]\d|3[01]))?)?")
LISTED_SUFFIXES = SUFFIXES | UNREAD_SUFFIXES
# Of one folder's files this many are looked at before progress is told: a hundredth of a second.
STEP = 4096
# Files of one unknown suffix that are no pictures before the rest is taken for the same; longer ones are no suffixes.
MOST_ASKED, LONGEST_SUFFIX = 200, 12
# Folders that the window asks about one by one, and that a sentence names.
MOST_ASKED_ABOUT, NAMED = 20, 3


@dataclass
class FolderListing:
    """Image files below a folder, with forward slashes, and the folders that could not be looked into.

    `aside` counts those and what was passed over. `folders` were looked into, the root among them, and held `others`
    that are no images. `is_cut_short` where not all of them were gone through.
    """

    files: list[str] = field(default_factory=list)
    aside: Tally = field(default_factory=Tally)
    folders: int = 0
    others: int = 0
    is_cut_short: bool = False
    _asked: Counter[str] = field(default_factory=Counter)

    def tell(self, reporter: Reporter) -> None:
        """How much was found by now."""
        unit = Message("unit-in-folders", folders=self.folders)
        reporter.progress(Message("stage-looking"), len(self.files), 0, unit)

    def is_picture_by_content(self, name: str, entry: os.DirEntry[str]) -> bool:
        """Whether a file without a picture's suffix is one by its first bytes.

        Of a suffix whose first files are none no more are read: there may be millions.
        """
        suffix = _suffix(name) if len(_suffix(name)) <= LONGEST_SUFFIX else ""
        if suffix in NO_PICTURES or self._asked[suffix] >= MOST_ASKED:
            return False
        found = is_picture(entry.path)
        self._asked[suffix] += 0 if found else 1
        return found


def read_folder(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of a folder.

    The class of an image is the folder that holds it, named by its path below the splits ("boots/left" when nested);
    folders that all images share are dropped from the name, above the splits and below. The splits may also lie below
    the classes ("boots/train"), then below every one. Images outside any class folder, and those in "_unlabeled", are
    unlabelled. Symbolic links are followed, each folder and each image once.
    """
    root = absolute(source.location).resolve()
    found = image_files(root, reporter)
    if not found.files:
        raise DataError(_in_vain(root, found), root)
    division = division_of(found.files, source, root)
    listings: list[Listing] = []
    for holder, files in groupby(found.files, key=_holder):
        assignment = division.assignments[holder]
        if assignment.skipped:
            found.aside.add_all("skipped", list(files))
        else:
            listings += [Listing(file, file, assignment.label, assignment.split, assignment.role) for file in files]
    labels = {assignment.label for assignment in division.assignments.values()}
    crossed = _crossed_in_a_split(division)
    called = None if labels - {""} else classes_in_names(found.files)
    return build_catalog(
        root.name or str(root),
        root,
        listings,
        source,
        reporter,
        aside=found.aside,
        notices=[*([called] if called else []), *division.notices, *_nested(labels), *crossed],
        doubtful_classes=bool(crossed),
        reading=Reading("folders" if called is None else "names", splits_by="folders"),
    )


def division_of(files: Sequence[str], source: DataSource, root: Path) -> Division:
    """What the folders say of their images. Raises DataError with a question where that cannot be told."""
    holders = {_holder(file) for file in files}
    division = _without_conditions(divide(holders, source.folder_meanings), holders, source.folder_meanings)
    if unknown := unknown_meanings(holders, source.folder_meanings):
        raise DataError(Message("folder-meaning-unused", folder=unknown[0], data=root), "folders")
    if (elsewhere := classes_elsewhere(root, files, division, source.folder_meanings)) is not None:
        sentence = Message("data-question", *elsewhere.why.remedies, data=root, question=elsewhere.why)
        raise FolderMeaningError(sentence, root, elsewhere.asked) if elsewhere.asked else DataError(sentence, root)
    if division.question:
        question = Message("data-question", *division.question.remedies, data=root, question=division.question)
        raise FolderMeaningError(question, root, division.asked)
    return division


def _nested(classes: set[str]) -> list[Message]:
    """What to know where the folder of a class lies in that of another: one of them may not be meant."""
    inner = natural_order([label for label in classes if any(above in classes for above in _folders_above(label))])
    if not inner:
        return []
    outer = next(above for above in _folders_above(inner[0]) if above in classes)
    return [Message("classes-in-folders-of-others", count=len(inner), first=inner[0], outer=outer)]


def _without_conditions(division: Division, holders: Collection[str], meanings: Mapping[str, str]) -> Division:
    """The division with "day" and "night", or "2019" and "2020", dropped from the names, for they are no classes."""
    names = _conditions({assignment.label for assignment in division.assignments.values()}, meanings)
    if not names:
        return division
    dropped = divide(holders, {**meanings, **dict.fromkeys(names, "none")})
    dropped.notices.append(
        Message(
            "folders-of-conditions",
            _each_is(names, "class", Message("makes-them-some")),
            folders=first_few(names, NAMED),
        )
    )
    return dropped


def _conditions(classes: set[str], meanings: Mapping[str, str]) -> list[str]:
    """The innermost or else the outermost names of all classes, where these are conditions or dates and classes lie in
    or around them.
    """
    paths = [label.split("/") for label in classes - {""}]
    if any(len(path) < 2 for path in paths):
        return []
    for end, rest in ((-1, slice(None, -1)), (0, slice(1, None))):
        names = {path[end] for path in paths}
        others = {"/".join(path[rest]) for path in paths}
        are_conditions = all(name.casefold() in CONDITIONS or DATE.fullmatch(name) for name in names)
        if len(names) > 1 and len(others) > 1 and are_conditions and names.isdisjoint(meanings):
            return natural_order(list(names))
    return []


def _crossed_in_a_split(division: Division) -> list[Message]:
    """`_crossed` of the classes of each split, for others may have other folders inside."""
    by_split: dict[str, set[str]] = {}
    for assignment in division.assignments.values():
        by_split.setdefault(assignment.split, set()).add(assignment.label)
    return list(dict.fromkeys(notice for classes in by_split.values() for notice in _crossed(classes)))


def _crossed(classes: set[str]) -> list[Message]:
    """What to know where every class folder has the same folders inside ("cat/1", "cat/2", "dog/1", ...)."""
    names = _inside_each(classes)
    if not names:
        return []
    outer = natural_order(list({label.partition("/")[0] for label in classes - {""}}))
    remedies = [_each_is(outer, "none", Message("goes-by-the-inner-names-alone"))]
    if "/" not in names[0]:
        remedies.append(_each_is(names, "none", Message("goes-by-the-outer-names-alone")))
    return [
        Message(
            "folders-crossed",
            *remedies,
            outer=len(outer),
            outer_names=first_few(outer, NAMED),
            inner=len(names),
            inner_names=first_few(names, NAMED),
        )
    ]


def _each_is(names: Sequence[str], meaning: str, effect: Message) -> Remedy:
    return Remedy(of_each(names, meaning), effect, folders=tuple(names[:MOST_ASKED_ABOUT]))


def _inside_each(classes: set[str]) -> list[str]:
    """The names that lie in each of two or more folders, where all folders have the same two or more; else none."""
    inside: dict[str, set[str]] = {}
    for label in classes - {""}:
        outer, _, inner = label.partition("/")
        inside.setdefault(outer, set()).add(inner)
    (first, *others) = [*inside.values()] or [set()]
    if len(inside) < 2 or len(first) < 2 or "" in first or any(other != first for other in others):
        return []
    return natural_order(list(first))


def _folders_above(label: str) -> list[str]:
    names = label.split("/")
    return ["/".join(names[:depth]) for depth in range(len(names) - 1, 0, -1)]


def image_files(root: Path, reporter: Reporter | None = None, most: int = 0) -> FolderListing:
    """Every image file below `root` in natural order, those of a folder before its sub-folders.

    Pictures of formats that are not read are among them, for the report to say so, and files that are pictures by their
    content alone. Hidden things and those of the system are passed over and counted. A folder that several names lead
    to is looked into once, under its real name where that lies below `root`. Of more than `most` files (0: no bound)
    the rest is not looked for.
    """
    found = FolderListing()
    visited: set[tuple[int, int]] = set()
    ahead, links = [""], deque[str]()
    has_links = False
    reporter = reporter or Reporter()
    while (ahead or links) and not (most and len(found.files) + found.others > most):
        found.tell(reporter)
        # Links come last: otherwise "latest -> train" would rename what is in train.
        folders, linked = _look_into(root, ahead.pop() if ahead else links.popleft(), visited, found, reporter)
        ahead += reversed(folders)
        links += linked
        has_links = has_links or bool(linked)
    if has_links:
        # Each folder was looked into once, so its files stand together and in order.
        holdings = [(holder, list(files)) for holder, files in groupby(found.files, key=_holder)]
        holdings.sort(key=lambda holding: _walking_order(holding[0]))
        found.files = [file for _, files in holdings for file in files]
    return found


def first_files(root: Path, entries: int, folders: int, reporter: Reporter) -> FolderListing:
    """Image files below `root` as `image_files` finds them: of so many folders at most, so many entries of each.

    Folders are taken level by level, and where a level has too many, evenly from all of it.
    """
    found = FolderListing()
    visited: set[tuple[int, int]] = set()
    level = [""]
    while level and folders > 0:
        if len(level) > folders:
            found.is_cut_short = True
            level = [level[place * len(level) // folders] for place in range(folders)]
        folders -= len(level)
        reporter.progress(Message("stage-looking"), len(found.files), 0)
        inside = [_look_into(root, folder, visited, found, reporter, entries) for folder in level]
        level = [folder for folders_and_links in inside for group in folders_and_links for folder in group]
    found.is_cut_short = found.is_cut_short or bool(level)
    found.files.sort(key=lambda file: (_walking_order(_holder(file)), natural_key(file)))
    return found


def _in_vain(root: Path, found: FolderListing) -> Message:
    if found.others == 1:
        return Message("folder-of-one-file", root=root, cause=instead_of_images(root))
    if found.others:
        cause = instead_of_images(root)
        return Message("folder-of-other-files", root=root, others=found.others, folders=found.folders, cause=cause)
    if found.aside.counts["closed"]:
        return Message("folder-without-files-found", root=root, cause=instead_of_images(root))
    if found.folders > 1:
        return Message("folder-of-empty-folders", root=root, count=found.folders - 1)
    if found.aside.counts["system"]:
        return Message("folder-of-hidden-files", root=root)
    return Message("folder-empty", root=root)


def _look_into(
    root: Path,
    folder: str,
    visited: set[tuple[int, int]],
    found: FolderListing,
    reporter: Reporter,
    most: int | None = None,
) -> tuple[list[str], list[str]]:
    """Add the files of one folder to `found`, unless it was visited before; `most` of its entries are gone through.

    Returns its sub-folders in natural order: real ones, and symbolic links to folders.
    """
    folders: list[str] = []
    links: list[str] = []
    try:
        facts = (root / folder).stat()
        if (facts.st_dev, facts.st_ino) in visited:
            return folders, links
        visited.add((facts.st_dev, facts.st_ino))
        with os.scandir(root / folder) as entries:
            shown: dict[str, os.DirEntry[str]] = {}
            for number, entry in enumerate(islice(entries, most), 1):
                if is_of_the_system(entry.name):
                    found.aside.add("system", f"{folder}/{entry.name}" if folder else entry.name)
                else:
                    shown[entry.name] = entry
                if number % STEP == 0:
                    reporter.progress(Message("stage-listing"), number, 0, Message("unit-files"))
            found.is_cut_short = found.is_cut_short or next(entries, None) is not None
        found.folders += 1
    except OSError as error:
        found.aside.add("closed", f"{folder or root}: {error.strerror}")
        return folders, links
    before = len(found.files)
    for number, own_name in enumerate(natural_order(list(shown)), 1):
        entry = shown[own_name]
        if number % STEP == 0:
            found.tell(reporter)
        name = f"{folder}/{own_name}" if folder else own_name
        if _is_folder(entry):
            (links if entry.is_symlink() else folders).append(name)
        elif _suffix(own_name) in LISTED_SUFFIXES or found.is_picture_by_content(own_name, entry):
            found.files.append(name)
        else:
            found.others += 1
            found.aside.add("other", name)
    if folder and not (folders or links or len(found.files) > before):
        found.aside.add("empty", folder)
    return folders, links


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself, for example; where it looks like an image, the assembly reports it.
        return False


def _suffix(name: str) -> str:
    # PurePath.suffix says the same, ten times slower.
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def _holder(file: str) -> str:
    return file.rpartition("/")[0]


def _walking_order(folder: str) -> list[NaturalKey]:
    return [natural_key(name) for name in folder.split("/") if name]
