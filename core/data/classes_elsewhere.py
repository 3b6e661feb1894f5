"""Layouts whose classes are not in the names of folders but in those of files, or in lists: they are refused."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import islice, takewhile
from pathlib import Path

from core.data.catalog import natural_order
from core.data.folder_division import Division
from core.data.split_names import hinted_words, tokens

# Person and vehicle re-identification: identity, camera, ... as in 0002_c1s1_000451_03.jpg.
IDENTITY_FIRST = re.compile(r"(-?\d+)_c\d+[a-z_]")
LOOKED_AT = 2_000
TABLE = "Write a table with the columns image,label,split,role (.csv; role is query or gallery) and open that."
NAMED = 4
MOST = 1_000
LONGEST_PREFIX = 2
LIST_SUFFIXES = frozenset({"txt", "lst", "xml", "mat"})
LISTING = frozenset({"list", "lists", "label", "labels", "class", "classes", "identity", "ids", "pairs", "annotations"})
ROLES = frozenset({("test", "query"), ("test", "gallery")})


def classes_elsewhere(root: Path, files: Sequence[str], division: Division) -> str:
    """Why the folders of `files` below `root` name no classes, with a way on; "" where they may."""
    step = max(1, len(files) // LOOKED_AT)
    some = list(islice(files, 0, None, step))
    if _are_named_by_identity(some):
        return (
            "the classes are in the names of the files, as in Market-1501, VeRi or DukeMTMC (identity_camera_...), "
            f"which are not read from there. {TABLE}"
        )
    if _are_spread(some):
        return (
            f"the folders are the first letters of the files' names (as {some[0]}), as in Google Landmarks, so the "
            f"classes are in a list, which is not read. {TABLE}"
        )
    lists = _lists(root)
    if any(name.startswith("list_") and hinted_words(name) & ROLES for name in lists):
        return (
            f"{', '.join(lists[:NAMED])} say what is train, query and gallery, as in MSMT17, and are not read. {TABLE}"
        )
    places = division.places.values()
    if lists and not any(place.label for place in places):
        return (
            f"no picture lies in a folder of its class; {', '.join(lists[:NAMED])} may list the classes and are not "
            f"read. {TABLE}"
        )
    if division.divides and not any(place.label for place in places if place.split):
        tops = natural_order(list({file.rpartition("/")[0] for file in files if "/" in file}))
        there = ", ".join(tops[:NAMED]) + (", ..." if len(tops) > NAMED else "")
        return (
            f"the splits ({there}) hold pictures and no folders of classes: the classes are in the names of the files "
            f"or in a list, which are not read from there. {TABLE}"
        )
    return ""


def _are_spread(files: Sequence[str]) -> bool:
    """Whether most files lie in folders that repeat how their names begin, as 0/1/a/01a4.jpg or 01/a4/01a4.jpg."""
    found = 0
    for file in files:
        *holders, name = file.split("/")
        short = list(takewhile(lambda holder: len(holder) <= LONGEST_PREFIX, reversed(holders)))[::-1]
        found += any(name.startswith("".join(short[start:])) for start in range(len(short) - 1))
    return found * 2 > len(files)


def _lists(root: Path) -> list[str]:
    """Files in a folder or one below that may list classes, such as train_test_split/train_list.txt."""
    try:
        with os.scandir(root) as entries:
            inside = list(islice((entry for entry in entries if not entry.name.startswith(".")), MOST))
    except OSError:
        return []
    names = [entry.name for entry in inside if _may_list(entry.name)]
    for folder in (entry for entry in inside if _is_folder(entry)):
        try:
            with os.scandir(folder.path) as entries:
                names += [f"{folder.name}/{entry.name}" for entry in islice(entries, MOST) if _may_list(entry.name)]
        except OSError:
            continue
    return natural_order(names)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _may_list(name: str) -> bool:
    stem, _, suffix = name.rpartition(".")
    words = set(tokens(stem))
    return suffix.lower() in LIST_SUFFIXES and bool(words & LISTING or hinted_words(stem))


def _are_named_by_identity(files: Sequence[str]) -> bool:
    """Whether most files begin with an identity and a camera that their folder does not name."""
    found = 0
    for file in files:
        holder, _, name = file.rpartition("/")
        match = IDENTITY_FIRST.match(name)
        found += match is not None and match[1] != holder.rpartition("/")[2]
    return found * 2 > len(files)
