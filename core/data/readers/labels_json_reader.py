"""FiftyOne's image classification data set: pictures in `data/`, their classes in `labels.json`.

The file is {"classes": [names] or null, "labels": {picture: class}}; a picture is its path below `data/` without the
suffix, a class is a number in `classes`, a name, {"label": name, ...} or null. Format:
https://docs.voxel51.com/user_guide/export_datasets.html (FiftyOneImageClassificationDataset).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.data.catalog import Catalog
from core.data.catalog_builder import Listing, build_catalog
from core.data.readers.folder_reader import image_files
from core.data.readers.text_file import read_json_file
from core.data.source import DataSource
from core.data.split_names import split_word
from core.errors import DataError
from core.messages import Message
from core.paths import absolute
from core.progress import Reporter

LABELS_FILE, DATA_FOLDER = "labels.json", "data"


def read_labels_json(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of the pictures in `data/` and of those that only `labels.json` names, which are missing.

    Pictures that it does not name are unlabelled. Raises DataError naming the entry that makes no sense.
    """
    path = absolute(source.location).resolve()
    listings, notices = _listings(path, source.encoding, reporter)
    root = path.parent / DATA_FOLDER
    return build_catalog(path.parent.name, root, listings, source, reporter, notices=notices)


def read_divided_labels_json(source: DataSource, paths: Sequence[Path], reporter: Reporter) -> Catalog:
    """The catalog of a folder whose split folders (train, test, ...) hold such a data set each."""
    root = absolute(source.location).resolve()
    listings: list[Listing] = []
    notices: list[Message] = []
    for path in paths:
        below = f"{path.parent.name}/{DATA_FOLDER}/"
        split, role = split_word(path.parent.name) or ("", "")
        of_split, assumed = _listings(path, source.encoding, reporter)
        notices += assumed
        listings += [
            listing._replace(
                name=f"{below}{listing.name}",
                file=None if listing.file is None else f"{below}{listing.file}",
                split=split,
                role=role,
            )
            for listing in of_split
        ]
    return build_catalog(root.name, root, listings, source, reporter, notices=notices)


def _listings(path: Path, encoding: str, reporter: Reporter) -> tuple[list[Listing], list[Message]]:
    """The pictures in `data/`, then those that only `labels.json` names; and what was assumed of its encoding."""
    content, assumed = read_json_file(path, encoding)
    given = _labels(path, content)
    files = image_files(path.parent / DATA_FOLDER, reporter).files
    names = {file: file.rpartition(".")[0] for file in files}
    listings = [Listing(file, file, given.get(names[file], given.get(file, ""))) for file in files]
    there = {*files, *names.values()}
    listings += [Listing(name, None, label) for name, label in given.items() if name not in there]
    return listings, assumed


def _labels(path: Path, content: Any) -> dict[str, str]:
    """The class of each picture that `labels.json` names; "" for none."""
    labels = content.get("labels") if isinstance(content, dict) else None
    if isinstance(content, dict) and {"images", "annotations"} <= content.keys():
        raise DataError(Message("json-of-coco", path=path), path)
    if not isinstance(labels, dict):
        raise DataError(Message("labels-json-without-labels", path=path), path)
    classes = content.get("classes") or []
    if not isinstance(classes, list):
        raise DataError(Message("labels-json-classes-invalid", path=path, kind=type(classes).__name__), path)
    return {name: _label(path, name, value, classes) for name, value in labels.items()}


def _label(path: Path, name: str, value: object, classes: Sequence[object]) -> str:
    if isinstance(value, Mapping):
        value = value.get("label")
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(classes):
        return str(classes[value])
    numbers = Message("number-from-0-to", most=len(classes) - 1) if classes else Message("classes-for-number")
    raise DataError(
        Message("labels-json-class-invalid", path=path, image=name, value=repr(value), expected=numbers), name
    )
