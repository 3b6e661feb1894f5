"""Tables in JSON: a list of records, columns by name, or a class for each image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.data.headerless import is_image
from core.errors import DataError

# What a file of annotations has, and nothing else.
COCO_KEYS = ("images", "annotations")
LISTS = ("data", "samples", "records", "rows", "items", "images")


def records_of(path: Path, text: str) -> list[Mapping[str, Any]]:
    """The rows of a JSON file, by the names of their columns.

    Raises DataError in one sentence for what is no table, naming what it is and the way on.
    """
    try:
        # Numbers stay the text they are: 1.0 is another class than 1.
        values = json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _constant: None)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not readable JSON ({error}).", path) from error
    if isinstance(values, dict) and set(COCO_KEYS) <= values.keys():
        raise DataError(
            f"{path} is a file of annotations (COCO, iNaturalist), which is not read: it may name several objects of a "
            "picture; write its pictures and their classes into a table with the columns image,label (.csv), or open "
            "the folders if they name the classes.",
            path,
        )
    found = _records(values)
    if not found:
        raise DataError(
            f"{path} is no table; expected a list of records such as "
            '[{"image": "a/1.jpg", "label": "cat"}, ...] or {"a/1.jpg": "cat", ...}.',
            path,
        )
    return found


def _records(values: Any) -> list[Mapping[str, Any]]:
    if isinstance(values, list):
        if values and all(isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) for each in values):
            return [{"image": name, "label": label} for name, label in values]
        return values if all(isinstance(each, dict) for each in values) else []
    if not isinstance(values, dict) or not values:
        return []
    inner = list(values.values())
    if all(is_image(name) for name in values):
        if all(isinstance(each, dict) for each in inner):
            return [{"image": name, **each} for name, each in values.items()]
        return [{"image": name, "label": label} for name, label in values.items()]
    if all(isinstance(each, list) for each in inner) and len({len(each) for each in inner}) == 1 and len(inner) > 1:
        return [dict(zip(values, cells, strict=True)) for cells in zip(*inner, strict=True)]
    if (
        all(isinstance(each, dict) for each in inner)
        and len(inner) > 1
        and all(each.keys() == inner[0].keys() for each in inner)
    ):
        return [{name: column[row] for name, column in values.items()} for row in inner[0]]
    named = next((values[name] for name in LISTS if isinstance(values.get(name), list)), None)
    return _records(named) if named is not None else []
