"""Food-101 (Bossard, Guillaumin, Van Gool, ECCV 2014)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from core.data.official.official_set import OFFICIAL_SPLIT, Listed, OfficialSet, PublishedPart, divided_in_halves
from core.data.readers.index_file import lines_of
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

CLASSES = 101
INDICES = {"train": "meta/train.json", "test": "meta/test.json"}


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images of both official parts; a class is a dish, named as in the files ("apple_pie")."""
    by_dish = [(part, dish) for part, index in INDICES.items() for dish in _index(folder / index).items()]
    rows = [(part, dish, name) for part, (dish, names) in by_dish for name in names]
    labels = [dish for _, dish, _ in rows]
    files, official = [f"images/{name}.jpg" for _, _, name in rows], [part for part, _, _ in rows]
    return divided_in_halves(folder, files, labels, sorted(set(labels)), **{OFFICIAL_SPLIT: official})


def _index(path: Path) -> dict[str, list[str]]:
    """The images of each dish, such as "apple_pie/1005649"."""
    try:
        found: Any = json.loads("\n".join(lines_of(path)))
    except (ValueError, RecursionError) as error:
        raise DataError(Message("json-not-readable", path=path, reason=error), path) from error
    lists = list(found.values()) if isinstance(found, dict) else [None]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
        raise DataError(Message("food-list-invalid", path=path), path)
    return cast(dict[str, list[str]], found)


FOOD101 = OfficialSet(
    name="Food-101",
    meaning="101,000 photographs of 101 dishes; the first 51 train, the other 50 test",
    folders=("food-101",),
    layouts=(tuple(INDICES.values()),),
    signs=frozenset(),
    parts=(PublishedPart("train", 75_750, CLASSES), PublishedPart("test", 25_250, CLASSES)),
    list_images=list_images,
)
