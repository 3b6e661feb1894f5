"""Cars-196 (Krause, Stark, Deng, Fei-Fei: 3D Object Representations for Fine-Grained Categorization, 2013).

Two layouts were published: all images in `car_ims` with one index, and the later development kit with images and index
in two parts. The field divides neither by these parts but by class: 1-98 train, 99-196 test.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.data.official.matlab_file import fields_of, variables_of
from core.data.official.official_set import Listed, OfficialSet, PublishedPart
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

CLASSES, TRAINING_CLASSES = 196, 98
INDEX = "cars_annos.mat"
KIT_TRAIN, KIT_NAMES = "devkit/cars_train_annos.mat", "devkit/cars_meta.mat"
# Published later than the kit, and therefore beside it in some copies.
KIT_TEST = ("devkit/cars_test_annos_withlabels.mat", "cars_test_annos_withlabels.mat")


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images of either layout, in the order of its index."""
    files, codes, names = _whole(folder) if _is_whole(folder) else _kit(folder)
    if wrong := next((code for code in codes if not 1 <= code <= CLASSES), None):
        raise DataError(Message("cars-class-out-of-range", folder=folder, label=wrong, classes=CLASSES), wrong)
    if len(set(names)) != CLASSES:
        raise DataError(
            Message("cars-class-names-miscounted", folder=folder, count=len(set(names)), classes=CLASSES), folder
        )
    return Listed(
        root=folder,
        files=files,
        labels=[names[code - 1] for code in codes],
        splits=["train" if code <= TRAINING_CLASSES else "test" for code in codes],
    )


def _is_whole(folder: Path) -> bool:
    """Whether the first layout is meant; some copies have its index beside the images and index of the later kit."""
    has_kit = (folder / KIT_TRAIN).exists() and any((folder / name).exists() for name in KIT_TEST)
    return (folder / INDEX).exists() and ((folder / "car_ims").is_dir() or not has_kit)


def _whole(folder: Path) -> tuple[list[str], list[int], list[str]]:
    path = folder / INDEX
    variables = variables_of(path, ("annotations", "class_names"))
    fields = fields_of(path, variables["annotations"], ("relative_im_path", "class"))
    files = _texts(path, fields["relative_im_path"])
    return files, _numbers(path, fields["class"]), list(map(str, variables["class_names"]))


def _kit(folder: Path) -> tuple[list[str], list[int], list[str]]:
    files: list[str] = []
    codes: list[int] = []
    test = next(name for name in KIT_TEST if (folder / name).exists())
    for index, images in ((KIT_TRAIN, "cars_train"), (test, "cars_test")):
        path = folder / index
        fields = fields_of(path, variables_of(path, ("annotations",))["annotations"], ("fname", "class"))
        # Some copies hold the folder twice, one in the other.
        inner = f"{images}/{images}" if (folder / images / images).is_dir() else images
        files += [f"{inner}/{name}" for name in _texts(path, fields["fname"])]
        codes += _numbers(path, fields["class"])
    return files, codes, list(map(str, variables_of(folder / KIT_NAMES, ("class_names",))["class_names"]))


def _numbers(path: Path, values: Sequence[Any]) -> list[int]:
    try:
        codes = [int(value) for value in values]
        wrong = next((value for code, value in zip(codes, values, strict=True) if code != value), None)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(Message("cars-class-no-number", path=path, reason=error), path) from error
    if wrong is not None:
        raise DataError(Message("cars-class-not-whole", path=path, label=wrong), path)
    return codes


def _texts(path: Path, values: Sequence[Any]) -> list[str]:
    if odd := next((" ".join(str(value).split()) for value in values if not isinstance(value, str)), ""):
        raise DataError(Message("cars-image-name-invalid", path=path, name=odd), path)
    return list(values)


CARS196 = OfficialSet(
    name="Cars-196",
    meaning="16,185 cars of 196 models; classes 1-98 train, 99-196 test",
    folders=("stanford_cars",),
    layouts=((INDEX,), *((KIT_TRAIN, KIT_NAMES, test) for test in KIT_TEST)),
    signs=frozenset({INDEX, KIT_TRAIN, *KIT_TEST}),
    parts=(PublishedPart("train", 8_054, 98), PublishedPart("test", 8_131, 98)),
    list_images=list_images,
)
