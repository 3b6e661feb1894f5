"""Omniglot (Lake, Salakhutdinov, Tenenbaum, Science 2015): drawn characters of fifty alphabets, twenty hands each."""

from __future__ import annotations

import os
from pathlib import Path

from core.data.official.official_set import Listed, OfficialSet, PublishedPart
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

# The alphabets of the two parts are disjoint, and so are the characters.
SPLITS = {"images_background": "train", "images_evaluation": "test"}


def list_images(folder: Path, reporter: Reporter) -> Listed:
    """The drawings of both parts, or of the one that is there; a class is an alphabet's character."""
    files: list[str] = []
    splits: list[str] = []
    for part, split in SPLITS.items():
        found = _drawings(folder, part, reporter) if (folder / part).is_dir() else []
        files += found
        splits += [split] * len(found)
    places = [file.split("/") for file in files]
    return Listed(
        root=folder,
        files=files,
        labels=[f"{alphabet}/{character}" for _, alphabet, character, _ in places],
        splits=splits,
        attributes={
            "alphabet": [place[1] for place in places],
            "drawer": [place[3].removesuffix(".png").rpartition("_")[2] for place in places],
        },
    )


def _drawings(folder: Path, part: str, reporter: Reporter) -> list[str]:
    """part/Alphabet/character01/0001_01.png, ..., sorted."""
    found: list[str] = []
    for alphabet in _names(folder / part):
        for character in _names(folder / part / alphabet):
            place = f"{part}/{alphabet}/{character}"
            found += [f"{place}/{name}" for name in _names(folder / place) if name.endswith(".png")]
        reporter.progress(Message("stage-listing-drawings"), len(found), 0)
    return found


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208
    except NotADirectoryError:
        return []
    except OSError as error:
        raise DataError(Message("data-not-opened", path=folder, reason=error.strerror), folder) from error


OMNIGLOT = OfficialSet(
    name="Omniglot",
    meaning="32,460 drawings of 1,623 characters; the background alphabets train, the evaluation alphabets test",
    folders=("omniglot-py",),
    layouts=(tuple(SPLITS), *((part,) for part in SPLITS)),
    signs=frozenset(SPLITS),
    parts=(PublishedPart("train", 19_280, 964), PublishedPart("test", 13_180, 659)),
    list_images=list_images,
)
