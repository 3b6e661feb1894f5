"""CUB-200-2011 (Wah, Branson, Welinder, Perona, Belongie: The Caltech-UCSD Birds-200-2011 Dataset, 2011).

The field trains on classes 1-100 and tests on 101-200; `train_test_split.txt` is another task's and is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.official.official_set import Listed, OfficialSet, PublishedPart
from core.data.readers.cub_form import CLASS_OF_IMAGE, IMAGES, NAMES, is_cub
from core.data.readers.index_file import by_first_word, lines_of, number_of
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Table = npt.NDArray[np.float32]

CLASSES, TRAINING_CLASSES, ATTRIBUTES = 200, 100, 312
CLASS_ATTRIBUTES = "attributes/class_attribute_labels_continuous.txt"
# The archive keeps the names of the attributes beside its folder; copies have them elsewhere.
ATTRIBUTE_NAMES = ("attributes/attributes.txt", "attributes.txt", "../attributes.txt")


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images in the order of `images.txt`; a class is named as in `classes.txt`, else by its folder."""
    files = by_first_word(folder / IMAGES, ("image", "path"))
    classes = {
        image: _class(folder, line, word)
        for line, (image, word) in enumerate(by_first_word(folder / CLASS_OF_IMAGE, ("image", "class")).items(), 1)
    }
    if without := next((image for image in files if image not in classes), None):
        raise DataError(
            Message(
                "cub-image-without-class",
                folder=folder,
                image=without,
                file=files[without],
                index=IMAGES,
                classes_index=CLASS_OF_IMAGE,
            ),
            without,
        )
    if unlisted := next((image for image in classes if image not in files), None):
        raise DataError(
            Message("cub-image-unlisted", folder=folder, image=unlisted, classes_index=CLASS_OF_IMAGE, index=IMAGES),
            unlisted,
        )
    codes = [classes[image] for image in files]
    names = _class_names(folder, codes, list(files.values()))
    targets, target_names, notices = _targets(folder, codes)
    return Listed(
        root=folder,
        files=[f"images/{file}" for file in files.values()],
        labels=[names[code] for code in codes],
        splits=["train" if code <= TRAINING_CLASSES else "test" for code in codes],
        targets=targets,
        target_names=target_names,
        notices=notices,
    )


def _class(folder: Path, line: int, word: str) -> int:
    path = folder / CLASS_OF_IMAGE
    code = number_of(path, line, word, "class")
    if not 1 <= code <= CLASSES:
        raise DataError(Message("index-class-out-of-range", path=path, line=line, label=code, classes=CLASSES), line)
    return code


def _class_names(folder: Path, codes: Sequence[int], files: Sequence[str]) -> dict[int, str]:
    by_folder = {code: file.split("/")[0] for code, file in zip(codes, files, strict=True)}
    path = folder / NAMES
    if not path.is_file():
        return by_folder
    class_names = by_first_word(path, ("class", "name")).items()
    return by_folder | {number_of(path, line, code, "class"): name for line, (code, name) in enumerate(class_names, 1)}


def _targets(folder: Path, codes: Sequence[int]) -> tuple[Table | None, tuple[str, ...], tuple[Message, ...]]:
    """(N, 312) the attributes of each image's class, in per cent of the people asked; their names; what is amiss."""
    import numpy as np

    path = folder / CLASS_ATTRIBUTES
    if not path.is_file():
        return None, (), (Message("attributes-file-missing", file=CLASS_ATTRIBUTES),)
    rows = [line.split() for line in lines_of(path)]
    if len(rows) != CLASSES or {len(row) for row in rows} != {ATTRIBUTES}:
        widths = sorted({len(row) for row in rows})[:2]
        raise DataError(
            Message(
                "cub-attributes-misshapen",
                path=path,
                lines=len(rows),
                widths=widths or Message("no"),
                classes=CLASSES,
                attributes=ATTRIBUTES,
            ),
            path,
        )
    try:
        table = np.array(rows, dtype=np.float32)
    except ValueError as error:
        raise DataError(Message("number-table-not-readable", path=path, reason=error), path) from error
    if np.isinf(table).any():
        raise DataError(Message("cub-attributes-infinite", path=path), path)
    targets: Table = table[np.array(codes) - 1]
    return targets, _attribute_names(folder), ()


def _attribute_names(folder: Path) -> tuple[str, ...]:
    path = next((folder / name for name in ATTRIBUTE_NAMES if (folder / name).is_file()), None)
    if path is None:
        return tuple(f"attribute {number}" for number in range(1, ATTRIBUTES + 1))
    names = tuple(by_first_word(path, ("attribute", "name")).values())
    if len(names) != ATTRIBUTES:
        raise DataError(
            Message("cub-attribute-names-miscounted", path=path, count=len(names), attributes=ATTRIBUTES), path
        )
    return names


CUB200 = OfficialSet(
    name="CUB-200-2011",
    meaning="11,788 birds of 200 species; classes 1-100 train, 101-200 test; 312 class attributes as targets",
    folders=("CUB_200_2011",),
    layouts=((IMAGES, CLASS_OF_IMAGE),),
    signs=frozenset({CLASS_OF_IMAGE}),
    parts=(PublishedPart("train", 5_864, 100), PublishedPart("test", 5_924, 100)),
    list_images=list_images,
    is_meant=is_cub,
)
