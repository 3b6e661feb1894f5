"""A folder with a folder per class; folders named train, test, val, query or gallery above the classes divide it."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from core.data.catalog import Catalog, NaturalKey, natural_key, natural_order
from core.data.classes_elsewhere import classes_elsewhere
from core.data.file_names import is_no_picture, is_of_the_system
from core.data.first_image import instead_of_images
from core.data.folder_division import Division, divide, unknown_meanings
from core.data.images import SUFFIXES, UNREAD_SUFFIXES, is_picture
from core.data.manifest_errors import FolderMeaningError
from core.data.source import DataSource
from core.data.table_of_images import Listing, Tally, assemble
from core.errors import DataError
from core.places import absolute
from core.progress import Reporter
from core.wording import counted

# How something was photographed: folders of these names inside every class divide no class.
CONDITIONS = frozenset({
    "day", "night", "morning", "noon", "evening", "dawn", "dusk", "indoor", "indoors", "outdoor", "outdoors",
    "sunny", "cloudy", "rainy", "foggy", "snowy", "spring", "summer", "autumn", "fall", "winter",
})  # fmt: skip
LISTED_SUFFIXES = SUFFIXES | UNREAD_SUFFIXES
LOOKING, LISTING = "looking for images", "listing a folder"
# Of one folder's files this many are looked at before progress is told: a hundredth of a second.
STEP = 4096
# Files of one unknown suffix that are no pictures before the rest is taken for the same; longer ones are no suffixes.
MOST_ASKED, LONGEST_SUFFIX = 200, 12


@dataclass
class Found:
    """Image files below a folder, with forward slashes, and the folders that could not be looked into.

    `aside` counts those and what was passed over. `folders` were looked into, the root among them, and held `others`
    that are no images.
    """

    files: list[str] = field(default_factory=list)
    aside: Tally = field(default_factory=Tally)
    folders: int = 0
    others: int = 0
    _asked: Counter[str] = field(default_factory=Counter)

    def is_picture_by_content(self, name: str, entry: os.DirEntry[str]) -> bool:
        """Whether a file without a picture's suffix is one by its first bytes.

        Of a suffix whose first files are none no more are read: there may be millions.
        """
        suffix = _suffix(name) if len(_suffix(name)) <= LONGEST_SUFFIX else ""
        if is_no_picture(suffix) or self._asked[suffix] >= MOST_ASKED:
            return False
        found = _is_regular(entry) and is_picture(entry.path)
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
        instead = instead_of_images(root)
        raise DataError(f"{root} holds no images (.jpg, .png, ...): {_in_vain(found)}, because {instead}.", root)
    division = _division(found.files, source, root)
    listings: list[Listing] = []
    for holder, files in groupby(found.files, key=_holder):
        place = division.places[holder]
        if place.skipped:
            found.aside.add_all("skipped", list(files))
        else:
            listings += [Listing(file, file, place.label, place.split, place.role) for file in files]
    labels = {place.label for place in division.places.values()}
    crossed = _crossed(labels)
    return assemble(
        root.name or str(root),
        root,
        listings,
        exclude_labels=source.exclude_labels,
        aside=found.aside,
        notices=[*division.notices, *_nested(labels), *crossed],
        doubtful_classes=bool(crossed),
        reporter=reporter,
    )


def _division(files: Sequence[str], source: DataSource, root: Path) -> Division:
    """What the folders say of their images. Raises DataError with a question where that cannot be told."""
    holders = {_holder(file) for file in files}
    division = _without_conditions(divide(holders, source.folder_meanings), holders, source.folder_meanings)
    if unknown := unknown_meanings(holders, source.folder_meanings):
        raise DataError(f"--folder names '{unknown[0]}', but {root} has no folder of that name with images.", "folders")
    if why := classes_elsewhere(root, files, division, source.folder_meanings):
        raise DataError(f"{root}: {why}", root)
    if division.question:
        raise FolderMeaningError(f"{root}: {division.question}", root, division.asked)
    return division


def _nested(classes: set[str]) -> list[str]:
    """What to know where the folder of a class lies in that of another: one of them may not be meant."""
    inner = natural_order([label for label in classes if any(above in classes for above in _folders_above(label))])
    if not inner:
        return []
    outer = next(above for above in _folders_above(inner[0]) if above in classes)
    return [
        f"{counted(len(inner), 'class lies', 'classes lie')} in the folder of another (first: {inner[0]} in {outer}): "
        "every folder with images is a class."
    ]


def _without_conditions(division: Division, holders: Collection[str], meanings: Mapping[str, str]) -> Division:
    """The division with "day" and "night" inside every class dropped from the names, for they are no classes."""
    names = _inside_each({place.label for place in division.places.values()})
    if not names or not all(name.casefold() in CONDITIONS and name not in meanings for name in names):
        return division
    dropped = divide(holders, {**meanings, **dict.fromkeys(names, "none")})
    dropped.notices.append(
        f"{_some(names)} inside every class are conditions and no parts of the classes' names; "
        f'--folder "{names[0]}=class", and so for each, makes them some.'
    )
    return dropped


def _crossed(classes: set[str]) -> list[str]:
    """What to know where every class folder has the same folders inside ("cat/1", "cat/2", "dog/1", ...)."""
    names = _inside_each(classes)
    if not names:
        return []
    outer = len({label.partition("/")[0] for label in classes - {""}})
    return [
        f"Each of {outer:,} folders has the same {len(names):,} inside ({_some(names)}): "
        f'these are parts of the classes\' names; --folder "{names[0]}=none", and so for each, drops them.'
    ]


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


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _folders_above(label: str) -> list[str]:
    names = label.split("/")
    return ["/".join(names[:depth]) for depth in range(len(names) - 1, 0, -1)]


def image_files(root: Path, reporter: Reporter | None = None, most: int = 0) -> Found:
    """Every image file below `root` in natural order, those of a folder before its sub-folders.

    Pictures of formats that are not read are among them, for the report to say so, and files that are pictures by their
    content alone. Hidden things and those of the system are passed over and counted. A folder that several names lead
    to is looked into once, under its real name where that lies below `root`. Of more than `most` files (0: no bound)
    the rest is not looked for.
    """
    found = Found()
    visited: set[tuple[int, int]] = set()
    ahead, links = [""], deque[str]()
    has_links = False
    reporter = reporter or Reporter()
    while (ahead or links) and not (most and len(found.files) + found.others > most):
        reporter.progress(LOOKING, len(found.files), 0, f"in {found.folders:,} folders")
        # Links come last: otherwise "latest -> train" would rename what is in train.
        inside = _look_into(root, ahead.pop() if ahead else links.popleft(), visited, found, reporter)
        ahead += reversed(inside.folders)
        links += inside.links
        has_links = has_links or bool(inside.links)
    if has_links:
        # Each folder was looked into once, so its files stand together and in order.
        holdings = [(holder, list(files)) for holder, files in groupby(found.files, key=_holder)]
        holdings.sort(key=lambda holding: _walking_order(holding[0]))
        found.files = [file for _, files in holdings for file in files]
    return found


def _in_vain(found: Found) -> str:
    """Where images were looked for that are not there."""
    folders = counted(found.folders, "folder")
    return f"none of the {found.others:,} files in {folders} is one" if found.others else f"no file in {folders}"


@dataclass
class _Inside:
    """Sub-folders in natural order: real ones, and symbolic links to folders."""

    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def _look_into(root: Path, folder: str, visited: set[tuple[int, int]], found: Found, reporter: Reporter) -> _Inside:
    """Add the files of one folder to `found`, unless it was visited before; returns its sub-folders."""
    inside = _Inside()
    try:
        facts = (root / folder).stat()
        if (facts.st_dev, facts.st_ino) in visited:
            return inside
        visited.add((facts.st_dev, facts.st_ino))
        with os.scandir(root / folder) as entries:
            shown: dict[str, os.DirEntry[str]] = {}
            for number, entry in enumerate(entries, 1):
                if is_of_the_system(entry.name):
                    found.aside.add("system", f"{folder}/{entry.name}" if folder else entry.name)
                else:
                    shown[entry.name] = entry
                if number % STEP == 0:
                    reporter.progress(LISTING, number, 0, "files")
        found.folders += 1
    except OSError as error:
        found.aside.add("closed", f"{folder or root}: {error.strerror}")
        return inside
    before = len(found.files)
    for number, own_name in enumerate(natural_order(list(shown)), 1):
        entry = shown[own_name]
        if number % STEP == 0:
            reporter.progress(LOOKING, len(found.files), 0, f"in {found.folders:,} folders")
        name = f"{folder}/{own_name}" if folder else own_name
        if _is_folder(entry):
            (inside.links if entry.is_symlink() else inside.folders).append(name)
        elif _suffix(own_name) in LISTED_SUFFIXES or found.is_picture_by_content(own_name, entry):
            found.files.append(name)
        else:
            found.others += 1
            found.aside.add("other", name)
    if folder and not (inside.folders or inside.links or len(found.files) > before):
        found.aside.add("empty", folder)
    return inside


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


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
    return [natural_key(name) for name in folder.split("/")] if folder else []
