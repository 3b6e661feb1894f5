"""Layouts whose classes are not in the names of folders but in those of files, or in lists: refused or asked about."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import islice, takewhile
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from core.data.catalog import natural_order
from core.data.readers.folder_division import Division, of_each
from core.data.split_names import NOISE, hinted_words, split_word, tokens
from core.messages import Message, Remedy
from core.wording import first_few

# Person and vehicle re-identification: identity, camera, ... as in 0002_c1s1_000451_03.jpg.
IDENTITY_FIRST = re.compile(r"(-?\d+)_c\d+[a-z_]")
# CUHK03: pair of cameras, identity, camera, number, as in 1_001_1_01.png.
IDENTITY_SECOND = re.compile(r"\d_(\d{3})_[12]_\d{2}\.")
# Folders of what one camera saw (VIPeR, PRID, iLIDS-VID), and of images to be found, beside a split's.
CAMERA = re.compile(r"cam(?:era)?[\W_]*(?:\d+|[a-z])", re.IGNORECASE)
TO_BE_FOUND = frozenset({"database", "db", "index", "reference", "references", "distractor", "distractors"})
LOOKED_AT = 2_000
NAMED = 4
MOST = 1_000
LONGEST_PREFIX = 2
LIST_SUFFIXES = frozenset({"txt", "lst", "xml", "mat"})
LISTING = frozenset({"list", "lists", "label", "labels", "class", "classes", "identity", "ids", "pairs", "annotations"})
ROLES = frozenset({("test", "query"), ("test", "gallery")})
# "cat" of "cat_0", "cat.0", "cat (3)" and "american_bulldog_12".
_BEFORE_A_NUMBER = re.compile(r"(?P<word>.*?[^\W\d_].*?)[\W_]*\d+\)?")
# What cameras, telephones and programs begin the names of their files with.
OF_DEVICES = frozenset({
    "dsc", "dscn", "dscf", "dcim", "gopr", "gp", "mvimg", "pxl", "vid", "wa", "scan", "frame", "screenshot", "snapshot",
    "untitled", "page", "p", "sam", "imag", "capture", "file", "output", "out", "cam", "camera",
})  # fmt: skip
WORDS_NAMED, MOST_NAMES = 3, 20_000
# Of the names so many begin with such a word, and with each word so many do on average.
SHARE_OF_NAMES, FEWEST_EACH = 0.9, 2


class Elsewhere(NamedTuple):
    """Why folders name no classes, with a way on; `asked` are the folders of which a person may say otherwise, each
    with what it may be.
    """

    why: Message
    asked: Mapping[str, str] = MappingProxyType({})


def classes_elsewhere(
    root: Path, files: Sequence[str], division: Division, decided: Collection[str] = ()
) -> Elsewhere | None:
    """Why the folders of `files` below `root` name no classes; None where they may.

    Folders that a person `said` the meaning of are left as they are.
    """
    if why := _why_in_names(files):
        return Elsewhere(why)
    if (cameras := _cameras(division)) and not set(cameras) & set(decided):
        return _of_cameras(cameras, division)
    splits, others = _splits_among_classes(division, files)
    if splits and not set(splits) & set(decided):
        return _of_splits_among_classes(splits, others)
    why = _why_in_lists(root, files, division, decided)
    return Elsewhere(why) if why else None


def classes_in_names(files: Sequence[str]) -> Message | None:
    """What to know where pictures in no folder of a class are called like classes, as cat_0.jpg and dog_1.jpg."""
    names = [file.rpartition("/")[2].rpartition(".")[0] for file in files[:MOST_NAMES]]
    words = [match["word"] for name in names if (match := _BEFORE_A_NUMBER.fullmatch(name)) is not None]
    counts = Counter(word for word in words if not all(part in NOISE or part in OF_DEVICES for part in tokens(word)))
    found = sum(counts.values())
    if len(counts) < 2 or found < SHARE_OF_NAMES * len(names) or found < FEWEST_EACH * len(counts):
        return None
    some = first_few(natural_order(list(counts)), WORDS_NAMED)
    return Message("classes-in-names-of-pictures", some=some, first=files[0])


def _why_in_names(files: Sequence[str]) -> Message | None:
    step = max(1, len(files) // LOOKED_AT)
    some = list(islice(files, 0, None, step))
    if _are_named_by_identity(some):
        return Message("classes-in-names-of-files")
    if _are_spread(some):
        return Message("folders-of-first-letters", example=some[0])
    return None


def _why_in_lists(root: Path, files: Sequence[str], division: Division, decided: Collection[str]) -> Message | None:
    if (roles := _queries_and_what_they_find(division)) and not set(roles) & set(decided):
        return Message("folders-of-queries", folders=roles)
    lists = _lists(root)
    if any(name.startswith("list_") and hinted_words(name) & ROLES for name in lists):
        return Message("lists-of-roles", lists=lists[:NAMED])
    assignments = division.assignments.values()
    if lists and not any(assignment.label for assignment in assignments):
        return Message("lists-of-classes", lists=lists[:NAMED])
    if division.divides and not any(assignment.label for assignment in assignments if assignment.split):
        return Message("splits-without-class-folders", folders=first_few(_holders(files), NAMED))
    return None


def _of_cameras(cameras: Sequence[str], division: Division) -> Elsewhere:
    hold_folders = any("/" in assignment.label for assignment in division.assignments.values())
    guess = "none" if hold_folders else "class"
    remedies = [Remedy(of_each(cameras, "class"), Message("says-that-they-are-classes"))]
    if hold_folders:
        remedies.insert(0, Remedy(of_each(cameras, "none"), Message("goes-by-folders-of-identities-in-them")))
    why = Message("folders-of-cameras", folders=first_few(cameras, NAMED))
    return Elsewhere(why.with_remedies(*remedies), dict.fromkeys(cameras, guess))


def _splits_among_classes(division: Division, files: Sequence[str]) -> tuple[list[str], list[str]]:
    """Folders called like splits that hold pictures and no folders, and others that do the same."""
    assignments = division.assignments.values()
    if not division.divides or any(assignment.label for assignment in assignments):
        return [], []
    names = [holder.rpartition("/")[2] for holder in _holders(files)]
    splits = [name for name in names if split_word(name) is not None]
    others = [name for name in names if name not in splits]
    return (splits, others) if others and not any(map(hinted_words, others)) else ([], [])


def _of_splits_among_classes(splits: Sequence[str], others: Sequence[str]) -> Elsewhere:
    why = Message("splits-among-classes", splits=first_few(splits, NAMED), others=first_few(others, NAMED))
    remedies = (
        Remedy(of_each(splits, "class"), Message("says-that-they-are-classes")),
        Remedy(of_each(splits, "skip"), Message("leaves-them-out")),
    )
    return Elsewhere(why.with_remedies(*remedies), dict.fromkeys(splits, "class"))


def _holders(files: Sequence[str]) -> list[str]:
    return natural_order(list({file.rpartition("/")[0] for file in files if "/" in file}))


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
    for folder in inside:
        with suppress(OSError):
            if folder.is_dir():
                with os.scandir(folder.path) as entries:
                    names += [f"{folder.name}/{entry.name}" for entry in islice(entries, MOST) if _may_list(entry.name)]
    return natural_order(names)


def _may_list(name: str) -> bool:
    stem, _, suffix = name.rpartition(".")
    words = set(tokens(stem))
    return suffix.lower() in LIST_SUFFIXES and bool(words & LISTING or hinted_words(stem))


def _are_named_by_identity(files: Sequence[str]) -> bool:
    """Whether most files begin with an identity and a camera that their folder does not name."""
    found = 0
    for file in files:
        holder, _, name = file.rpartition("/")
        match = IDENTITY_FIRST.match(name) or IDENTITY_SECOND.match(name)
        found += match is not None and match[1] != holder.rpartition("/")[2]
    return found * 2 > len(files)


def _cameras(division: Division) -> list[str]:
    if division.question:
        return []
    firsts = natural_order(
        list({assignment.label.partition("/")[0] for assignment in division.assignments.values()} - {""})
    )
    return firsts if len(firsts) > 1 and all(CAMERA.fullmatch(name) for name in firsts) else []


def _queries_and_what_they_find(division: Division) -> list[str]:
    """ "query" and "database", where these two would be all classes."""
    labels = natural_order(list({assignment.label for assignment in division.assignments.values()} - {""}))
    queries = [label for label in labels if ("test", "query") in hinted_words(label)]
    found = [label for label in labels if TO_BE_FOUND.intersection(tokens(label))]
    if any("/" in label for label in labels):
        # Folders inside may be the classes: that is asked about.
        return []
    return labels if queries and found and len(queries) + len(found) == len(labels) else []
