"""A folder with a folder per class; folders named train, test, val, query or gallery above the classes divide it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from core.data.catalog import Catalog, natural_key
from core.data.images import SUFFIXES
from core.data.source import DataSource
from core.data.table_of_images import Listing, assemble, split_word
from core.errors import DataError
from core.progress import Reporter


def read_folder(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of a folder.

    The class of an image is the folder that holds it, named by its path below the splits ("boots/left" when nested);
    folders that all images share are dropped from the name. Images outside any class folder are unlabelled. Symbolic
    links are followed, each folder and each image once.
    """
    root = Path(source.location).expanduser().resolve()
    files = list(image_files(root))
    if not files:
        raise DataError(f"{root} holds no image files ({', '.join(sorted(SUFFIXES))}), not even in sub-folders.", root)
    placed = [_place(path.relative_to(root).parts[:-1]) for path in files]
    shared = _shared_prefix([folders for folders, _, _ in placed])
    listings = [
        Listing(path.relative_to(root).as_posix(), path, "/".join(folders[shared:]), split, role)
        for path, (folders, split, role) in zip(files, placed, strict=True)
    ]
    return assemble(root.name, root, listings, exclude_labels=source.exclude_labels, reporter=reporter)


def image_files(root: Path) -> Iterator[Path]:
    """Every image file below `root`, in natural order; hidden files and folders are passed over."""
    visited: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        facts = Path(folder).stat()
        if (facts.st_dev, facts.st_ino) in visited:
            folders.clear()
            continue
        visited.add((facts.st_dev, facts.st_ino))
        folders[:] = sorted((name for name in folders if not _hidden(name)), key=natural_key)
        for name in sorted(files, key=natural_key):
            if not _hidden(name) and Path(name).suffix.lower() in SUFFIXES:
                yield Path(folder, name)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _place(folders: tuple[str, ...]) -> tuple[tuple[str, ...], str, str]:
    """(class folders, split, role): leading split words are taken off."""
    split = role = ""
    while folders and (word := split_word(folders[0])) is not None:
        split, role = word[0], word[1] or role
        folders = folders[1:]
    return folders, split, role


def _shared_prefix(paths: list[tuple[str, ...]]) -> int:
    """How many leading folders all images share, always leaving one that can name a class."""
    shortest = min(len(path) for path in paths)
    shared = 0
    while shared < shortest - 1 and len({path[shared] for path in paths}) == 1:
        shared += 1
    return shared
