"""Stanford Online Products (Song, Xiang, Jegelka, Savarese: Deep Metric Learning via Lifted Structured Feature
Embedding, CVPR 2016)."""

from __future__ import annotations

from pathlib import Path

from core.data.official.official_set import Listed, OfficialSet, PublishedPart
from core.data.readers.index_file import words_of
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

COLUMNS = ("image_id", "class_id", "super_class_id", "path")
INDICES = {"train": "Ebay_train.txt", "test": "Ebay_test.txt"}


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images of both index files; a class is its number, `super_class` the kind of product ("bicycle")."""
    rows: list[tuple[str, ...]] = []
    for split, index in INDICES.items():
        listed = words_of(folder / index, COLUMNS, first_line=2)
        kind_of = _kinds(folder / index, listed)
        rows += [(file, label, split, kind_of[kind]) for _, label, kind, file in listed]
    files, labels, splits, kinds = zip(*rows, strict=True)
    return Listed(root=folder, files=files, labels=labels, splits=splits, attributes={"super_class": kinds})


def _kinds(path: Path, rows: list[list[str]]) -> dict[str, str]:
    """The name of each super-class by its number: that of its images' folder, without the ending "_final"."""
    found: dict[str, str] = {}
    for line, row in enumerate(rows, 2):
        folder = row[3].partition("/")[0]
        if found.setdefault(row[2], folder) != folder:
            raise DataError(
                Message(
                    "products-super-class-in-two-folders",
                    path=path,
                    line=line,
                    label=row[2],
                    folder=folder,
                    before=found[row[2]],
                ),
                line,
            )
    return {number: folder.removesuffix("_final") for number, folder in found.items()}


ONLINE_PRODUCTS = OfficialSet(
    name="Stanford Online Products",
    meaning="120,053 photographs of 22,634 products; 11,318 classes train, 11,316 test",
    folders=("Stanford_Online_Products",),
    layouts=(tuple(INDICES.values()),),
    signs=frozenset(INDICES.values()),
    parts=(PublishedPart("train", 59_551, 11_318), PublishedPart("test", 60_502, 11_316)),
    list_images=list_images,
)
