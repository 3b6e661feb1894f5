"""A folder with a folder per class; folders named train, test, val, query or gallery above the classes divide it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from core.data.catalog import Catalog, NaturalKey, natural_key, natural_order
from core.data.first_image import instead_of_images
from core.data.images import SUFFIXES, UNREAD_SUFFIXES
from core.data.source import DataSource
from core.data.table_of_images import Listing, assemble, role_word, split_word
from core.errors import DataError
from core.places import absolute
from core.progress import Reporter
from core.wording import counted

Folders = tuple[str, ...]
LISTED_SUFFIXES = SUFFIXES | UNREAD_SUFFIXES
UNLABELLED = ("_unlabeled",)  # FiftyOne's folder for what has no class
LOOKING, LISTING = "looking for images", "listing a folder"
# Of one folder's files this many are looked at before progress is told: a hundredth of a second.
STEP = 4096


@dataclass
class Found:
    """Image files below a folder, with forward slashes, and the folders that could not be looked into.

    `folders` were looked into, the root among them, and held `others` that are no images.
    """

    files: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    folders: int = 0
    others: int = 0


@dataclass(frozen=True)
class Place:
    """What the folders above an image say about it."""

    label: str
    split: str
    role: str


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
    places = places_of({_holder(file) for file in found.files})
    listings: list[Listing] = []
    for holder, files in groupby(found.files, key=_holder):
        place = places[holder]
        listings += [Listing(file, file, place.label, place.split, place.role) for file in files]
    return assemble(
        root.name or str(root),
        root,
        listings,
        exclude_labels=source.exclude_labels,
        closed_folders=found.closed,
        notices=[*_not_dividing(places.values()), *_nested({place.label for place in places.values()})],
        reporter=reporter,
    )


def _not_dividing(places: Collection[Place]) -> list[str]:
    """What to know where folders called train and test became parts of class names, as when unpacked twice."""
    classes = {place.label for place in places if "/" in place.label and not place.split}
    named = [(label, word[0]) for label in classes for name in label.split("/") if (word := split_word(name))]
    if len({split for _, split in named}) < 2:
        return []
    first = min((label for label, _ in named), key=natural_key)
    return [
        f"Folders called like splits, as in {first}, divide nothing, because they lie beside others: they are "
        "taken for parts of class names. Open the one folder that holds the splits."
    ]


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


def _folders_above(label: str) -> list[str]:
    names = label.split("/")
    return ["/".join(names[:depth]) for depth in range(len(names) - 1, 0, -1)]


def image_files(root: Path, reporter: Reporter | None = None) -> Found:
    """Every image file below `root` in natural order, those of a folder before its sub-folders.

    Pictures of formats that are not read are among them, for the report to say so. Hidden files and folders are passed
    over. A folder that several names lead to is looked into once, under its real name where that lies below `root`.
    """
    found = Found()
    visited: set[tuple[int, int]] = set()
    ahead, links = [""], deque[str]()
    has_links = False
    reporter = reporter or Reporter()
    while ahead or links:
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
                if not _hidden(entry.name):
                    shown[entry.name] = entry
                if number % STEP == 0:
                    reporter.progress(LISTING, number, 0, "files")
        found.folders += 1
    except OSError as error:
        found.closed.append(f"{folder or root}: {error.strerror}")
        return inside
    for number, own_name in enumerate(natural_order(list(shown)), 1):
        entry = shown[own_name]
        if number % STEP == 0:
            reporter.progress(LOOKING, len(found.files), 0, f"in {found.folders:,} folders")
        name = f"{folder}/{own_name}" if folder else own_name
        if _is_folder(entry):
            (inside.links if entry.is_symlink() else inside.folders).append(name)
        elif _suffix(own_name) in LISTED_SUFFIXES:
            found.files.append(name)
        else:
            found.others += 1
    return inside


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself, for example; where it looks like an image, the assembly reports it.
        return False


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _suffix(name: str) -> str:
    # PurePath.suffix says the same, ten times slower.
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def _holder(file: str) -> str:
    return file.rpartition("/")[0]


def _walking_order(folder: str) -> list[NaturalKey]:
    return [natural_key(name) for name in folder.split("/")] if folder else []


def places_of(holders: Iterable[str]) -> dict[str, Place]:
    """What each folder that holds images, named from the root on, says about them."""
    all_folders = {holder: tuple(holder.split("/")) if holder else () for holder in holders}
    depth = _depth_of_division(set(all_folders.values()))
    if depth is None and _end_in_splits(all_folders.values()):
        divided = {holder: _division_at_the_end(folders) for holder, folders in all_folders.items()}
    else:
        divided = {holder: _division(folders, depth) for holder, folders in all_folders.items()}
    shared = _shared_prefix([rest for rest, _, _ in divided.values()])
    return {holder: Place(_class_name(rest[shared:]), split, role) for holder, (rest, split, role) in divided.items()}


def _class_name(folders: Folders) -> str:
    return "" if folders == UNLABELLED else "/".join(folders)


def _end_in_splits(all_folders: Iterable[Folders]) -> bool:
    """Whether below every class lie train, test, ... (cats/train, dogs/train) and no picture elsewhere."""
    named = [folders for folders in all_folders if folders]
    return bool(named) and all(len(folders) > 1 and split_word(folders[-1]) is not None for folders in named)


def _division_at_the_end(folders: Folders) -> tuple[Folders, str, str]:
    """(class folders, split, role) where the class lies above the split."""
    word = split_word(folders[-1]) if folders else None
    if word is None:
        return folders, "", ""
    rest, (split, role) = folders[:-1], word
    outer = split_word(rest[-1]) if role and len(rest) > 1 else None
    # test/query: the role stands below its split.
    return (rest[:-1], outer[0], role) if outer is not None and not outer[1] else (rest, split, role)


def _depth_of_division(all_folders: set[Folders]) -> int | None:
    """How many wrapping folders lie above train, test, ...; None where nothing is divided."""
    depth = 0
    while level := {folders[depth] for folders in all_folders if len(folders) > depth}:
        words = {name for name in level if split_word(name) is not None}
        # Among other classes, a folder "train" that holds no classes itself is a class of its own.
        holds_classes = any(len(folders) > depth + 1 and folders[depth] in words for folders in all_folders)
        if words and (holds_classes or words == level):
            return depth
        if len(level) > 1:
            return None
        depth += 1
    return None


def _division(folders: Folders, depth: int | None) -> tuple[Folders, str, str]:
    """(class folders, split, role); query and gallery may stand alone or below a split."""
    if depth is None:
        return folders, "", ""
    below = folders[depth:]
    word = split_word(below[0]) if below else None
    if word is None:
        return below, "", ""
    split, role = word
    below = below[1:]
    if below and not role and split != "train" and (inner := role_word(below[0])):
        return below[1:], split, inner
    return below, split, role


def _shared_prefix(paths: Iterable[Folders]) -> int:
    """How many leading folders all images in class folders share, always leaving one that can name a class."""
    named = [path for path in paths if path]
    shared = 0
    while named and shared < min(map(len, named)) - 1 and len({path[shared] for path in named}) == 1:
        shared += 1
    return shared
