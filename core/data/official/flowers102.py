"""Oxford Flowers 102 (Nilsback, Zisserman, ICVGIP 2008)."""

from __future__ import annotations

from pathlib import Path

from core.data.official.matlab_file import variables_of
from core.data.official.official_set import OFFICIAL_SPLIT, Listed, OfficialSet, PublishedPart, divided_in_halves
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

CLASSES = 102
LABELS, PARTS = "imagelabels.mat", "setid.mat"
PART_VARIABLES = {"trnid": "train", "valid": "val", "tstid": "test"}


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """Images 1, 2, ... in `jpg`; a class is its number, for the set has no names."""
    path = folder / LABELS
    codes = [int(code) for code in variables_of(path, ("labels",))["labels"]]
    if wrong := next((code for code in codes if not 1 <= code <= CLASSES), None):
        raise DataError(Message("flowers-class-out-of-range", path=path, label=wrong, classes=CLASSES), wrong)
    files = [f"jpg/image_{number:05d}.jpg" for number in range(1, len(codes) + 1)]
    classes = [str(code) for code in range(1, CLASSES + 1)]
    official = _official(folder / PARTS, len(codes))
    return divided_in_halves(folder, files, list(map(str, codes)), classes, **{OFFICIAL_SPLIT: official})


def _official(path: Path, images: int) -> list[str]:
    import numpy as np

    part = np.full(images, "", dtype=object)
    variables = variables_of(path, tuple(PART_VARIABLES))
    for name, word in PART_VARIABLES.items():
        numbers = np.array(variables[name], dtype=np.int64)
        if len(numbers) and not (numbers.min() >= 1 and numbers.max() <= images):
            raise DataError(
                Message(
                    "flowers-image-out-of-range", path=path, name=name, image=numbers.max(), index=LABELS, images=images
                ),
                name,
            )
        part[numbers - 1] = word
    if (part == "").any():
        number = int(np.flatnonzero(part == "")[0]) + 1
        raise DataError(Message("flowers-image-in-no-part", path=path, image=number, parts=PART_VARIABLES))
    return [str(word) for word in part]


FLOWERS102 = OfficialSet(
    name="Oxford Flowers 102",
    meaning="8,189 flowers of 102 kinds; classes 1-51 train, 52-102 test",
    folders=("flowers-102",),
    layouts=((LABELS, PARTS),),
    signs=frozenset({LABELS}),
    parts=(
        PublishedPart("train", 1_020, CLASSES),
        PublishedPart("val", 1_020, CLASSES),
        PublishedPart("test", 6_149, CLASSES),
    ),
    list_images=list_images,
)
