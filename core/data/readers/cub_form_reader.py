"""Sets in CUB's form that are not CUB-200-2011, as NABirds and people's own: their classes and their own division.

`images.txt` has lines `image path` (below `images/`), `image_class_labels.txt` lines `image class`, `classes.txt` lines
`class name` and `train_test_split.txt` lines `image is_training`, 1 or 0; the last two may be absent. Images and
classes may be called by any word. NABirds: Van Horn et al., CVPR 2015; https://dl.allaboutbirds.org/nabirds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from core.data.catalog import Catalog
from core.data.catalog_builder import Listing, build_catalog
from core.data.readers.cub_form import CLASS_OF_IMAGE, DIVISION, IMAGES, NAMES
from core.data.readers.index_file import by_first_word, index_files
from core.data.source import DataSource
from core.errors import DataError
from core.messages import Message
from core.paths import absolute
from core.progress import Reporter

INDEXES = frozenset({IMAGES, CLASS_OF_IMAGE})
FOLDER = "images"
SPLITS = {"1": "train", "0": "test"}


def read_cub_form(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of such a set, divided as its `train_test_split.txt` says.

    Raises DataError naming the line that makes no sense, and an image or class that one file has and another lacks.
    """
    root = absolute(source.location).resolve()
    with index_files(source.encoding) as assumed:
        listings = _listed(root)
    return build_catalog(root.name, root, listings, source, reporter, notices=assumed)


def _listed(root: Path) -> list[Listing]:
    files = by_first_word(root / IMAGES, ("image", "path"))
    classes = by_first_word(root / CLASS_OF_IMAGE, ("image", "class"))
    if outside := next((file for file in files.values() if file.startswith("/") or ".." in file.split("/")), ""):
        raise DataError(Message("index-file-outside-folder", path=root / IMAGES, file=outside), outside)
    names = _disambiguated(by_first_word(root / NAMES, ("class", "name"))) if (root / NAMES).is_file() else {}
    division = by_first_word(root / DIVISION, ("image", "is_training")) if (root / DIVISION).is_file() else {}
    is_below = (root / FOLDER).is_dir() and not all(file.startswith(f"{FOLDER}/") for file in files.values())
    below = f"{FOLDER}/" if is_below else ""
    return [
        Listing(path, f"{below}{path}", _label(root, image, classes, names), _split(root, image, division))
        for image, path in files.items()
    ]


def _label(root: Path, image: str, classes: Mapping[str, str], names: Mapping[str, str]) -> str:
    if image not in classes:
        raise DataError(
            Message("index-image-without-class", path=root / CLASS_OF_IMAGE, image=image, index=IMAGES), image
        )
    return names.get(classes[image], classes[image])


def _disambiguated(names: Mapping[str, str]) -> dict[str, str]:
    """Names of classes, with their number where several have one name."""
    count = Counter(names.values())
    return {code: name if count[name] == 1 else f"{name} ({code})" for code, name in names.items()}


def _split(root: Path, image: str, division: Mapping[str, str]) -> str:
    if not division:
        return ""
    said = division.get(image, "nothing")
    if said not in SPLITS:
        raise DataError(Message("index-division-invalid", path=root / DIVISION, value=said, image=image), image)
    return SPLITS[said]
