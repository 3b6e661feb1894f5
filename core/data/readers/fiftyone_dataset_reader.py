"""FiftyOne's own export (FiftyOneDataset): `samples.json` beside `metadata.json`, pictures in `data/`.

A sample has a `filepath`, `tags` and fields; the class is the label of its first Classification field, `ground_truth`
before others, and a tag that says train, test, ... is its split. Format:
https://docs.voxel51.com/user_guide/export_datasets.html (FiftyOneDataset).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.data.catalog import Catalog
from core.data.catalog_builder import Listing, build_catalog
from core.data.readers.text_file import read_json_file
from core.data.source import DataSource
from core.data.split_names import split_word
from core.errors import DataError
from core.messages import Message
from core.paths import absolute
from core.progress import Reporter

SAMPLES, METADATA, GROUND_TRUTH, LARGEST = "samples.json", "metadata.json", "ground_truth", 2_000_000_000


def is_fiftyone_dataset(folder: Path) -> bool:
    """Whether a folder has both files of the export."""
    return (folder / SAMPLES).is_file() and (folder / METADATA).is_file()


def read_fiftyone_dataset(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of the samples. Raises DataError naming the sample without a path, or with one out of the folder."""
    root = absolute(source.location).resolve()
    path = root / SAMPLES
    content, notices = read_json_file(path, source.encoding, LARGEST)
    samples = content.get("samples") if isinstance(content, Mapping) else None
    if not isinstance(samples, list):
        raise DataError(Message("fiftyone-without-samples-list", path=path), path)
    if not samples:
        raise DataError(Message("fiftyone-samples-empty", path=path), path)
    listings = [_listing(path, number, sample) for number, sample in enumerate(samples, 1)]
    if not any(listing.label for listing in listings) and (kinds := _kinds_of_labels(samples)):
        notices.append(Message("fiftyone-labels-of-several", kinds=kinds))
    return build_catalog(root.name, root, listings, source, reporter, notices=notices)


def _listing(path: Path, number: int, sample: Any) -> Listing:
    file = sample.get("filepath") if isinstance(sample, Mapping) else None
    if not isinstance(file, str):
        raise DataError(Message("fiftyone-sample-without-path", path=path, number=number), number)
    if Path(file).is_absolute() or ".." in Path(file).parts:
        raise DataError(Message("fiftyone-sample-outside-folder", path=path, number=number, file=file), number)
    tags = sample.get("tags")
    words = (
        [word for tag in tags if isinstance(tag, str) and (word := split_word(tag))] if isinstance(tags, list) else []
    )
    split, role = words[0] if words else ("", "")
    return Listing(file, file, _label(sample), split, role)


def _kinds_of_labels(samples: list[Any]) -> str:
    """What the samples' fields hold instead of one class, as "Detections"; "" where that is nothing."""
    fields = (field for sample in samples for field in sample.values() if isinstance(field, Mapping))
    kinds = {str(field.get("_cls", "")) for field in fields}
    return ", ".join(sorted(kinds & {"Classifications", "Detections", "Polylines", "Keypoints", "Segmentation"}))


def _label(sample: Mapping[str, Any]) -> str:
    fields = [sample.get(GROUND_TRUTH), *sample.values()]
    labels = (
        field.get("label")
        for field in fields
        if isinstance(field, Mapping) and field.get("_cls", "Classification") == "Classification"
    )
    return next((label for label in labels if isinstance(label, str)), "")
