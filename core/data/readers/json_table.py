"""Tables in JSON: a list of records, columns by name, a class for each image, or images for each class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.data.readers.headerless import HEADERS, is_image
from core.data.split_names import split_word
from core.errors import DataError
from core.messages import Message

# What a file of annotations has, and nothing else.
COCO_KEYS = ("images", "annotations")
LISTS = ("data", "samples", "records", "rows", "items", "images")


def is_json_lines(text: str) -> bool:
    """Whether a text has an object in each line, as Hugging Face's `to_json` writes into a .json file."""
    first, _, rest = text.lstrip().partition("\n")
    try:
        return bool(rest.strip()) and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def json_as_text(text: str) -> Any:
    """What JSON holds, with numbers as the text they are: 1.0 is another class than 1."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _constant: None)


def records_of(path: Path, text: str) -> list[Mapping[str, Any]]:
    """The rows of a JSON file, by the names of their columns.

    Raises DataError in one sentence for what is no table, naming what it is and the way on.
    """
    try:
        values = json_as_text(text)
    except (ValueError, RecursionError) as error:
        raise DataError(Message("json-not-readable", path=path, reason=error), path) from error
    if isinstance(values, dict) and set(COCO_KEYS) <= values.keys():
        raise DataError(Message("json-of-object-annotations", path=path), path)
    found = _records(values)
    if not found:
        raise DataError(Message("json-no-table", path=path), path)
    return found


def _records(values: Any) -> list[Mapping[str, Any]]:
    if isinstance(values, list):
        if values and all(isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) for each in values):
            return [{"image": name, "label": label} for name, label in values]
        return values if all(isinstance(each, dict) for each in values) else []
    if not isinstance(values, dict) or not values:
        return []
    inner = list(values.values())
    if _are_splits(values):
        return [{**record, "split": name} for name, part in values.items() for record in _records_or_names(part)]
    if HEADERS.isdisjoint(values) and all(map(_are_names, inner)):
        return [{"image": name, "label": label} for label, names in values.items() for name in names]
    if len(inner) > 1 and all(isinstance(each, dict) and any(map(_is_image_name, each.values())) for each in inner):
        # pandas' to_json(orient="index").
        return inner
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


def _are_splits(values: Mapping[str, Any]) -> bool:
    """Whether a mapping has a table for each split: {"train": [...], "test": [...]}."""
    words = {split_word(name) for name in values}
    return None not in words and len(words) > 1 and all(map(_records_or_names, values.values()))


def _records_or_names(part: Any) -> list[Mapping[str, Any]]:
    return [{"image": name} for name in part] if _are_names(part) else _records(part)


def _are_names(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and all(map(_is_image_name, part))


def _is_image_name(value: Any) -> bool:
    return isinstance(value, str) and is_image(value)
