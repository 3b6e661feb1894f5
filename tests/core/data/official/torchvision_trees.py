"""Small sets in the layouts on disk that torchvision downloads; each returns the folder of the set."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np

from tests.core.data.official.trees import put_images, put_lines, put_matlab

BREEDS = {"Abyssinian": (1, 1), "american_bulldog": (2, 2), "Bengal": (3, 1)}
DISHES = ("apple_pie", "baklava", "waffles")
VARIANTS = ("707-320", "A320", "F/A-18")


def omniglot(root: Path) -> Path:
    folder = root / "omniglot-py"
    for part, alphabets in (("images_background", ("Greek", "Latin")), ("images_evaluation", ("Korean",))):
        put_images(
            folder,
            [
                f"{part}/{alphabet}/character{character:02d}/{character:04d}_{drawer:02d}.png"
                for alphabet in alphabets
                for character in (1, 2)
                for drawer in (1, 2, 3)
            ],
        )
    return folder


def fashion_mnist(root: Path, packed: bool = False) -> Path:
    """Twenty pictures of 28 x 28 for training and ten for testing; pixel (0, 0) is the number of the picture."""
    folder = root / "FashionMNIST"
    for prefix, count in (("train", 20), ("t10k", 10)):
        pictures = np.zeros((count, 28, 28), dtype=np.uint8)
        pictures[:, 0, 0] = np.arange(count)
        _put_idx(folder / "raw" / f"{prefix}-images-idx3-ubyte", pictures, packed)
        _put_idx(folder / "raw" / f"{prefix}-labels-idx1-ubyte", np.arange(count, dtype=np.uint8) % 10, packed)
    return folder


def flowers(root: Path) -> Path:
    folder = root / "flowers-102"
    codes = [1, 1, 51, 52, 102, 102]
    put_matlab(folder / "imagelabels.mat", labels=np.array([codes], dtype=np.uint8))
    put_matlab(folder / "setid.mat", trnid=[[1, 4]], valid=[[2, 5]], tstid=[[3, 6]])
    put_images(folder, [f"jpg/image_{number:05d}.jpg" for number in range(1, len(codes) + 1)])
    return folder


def pets(root: Path) -> Path:
    folder = root / "oxford-iiit-pet"
    for part, numbers in (("trainval", (1, 2)), ("test", (100,))):
        put_lines(
            folder / "annotations" / f"{part}.txt",
            [f"{breed}_{number} {code} {kind} 1" for breed, (code, kind) in BREEDS.items() for number in numbers],
        )
        put_images(folder, [f"images/{breed}_{number}.jpg" for breed in BREEDS for number in numbers])
    return folder


def aircraft(root: Path) -> Path:
    folder = root / "fgvc-aircraft-2013b"
    put_lines(folder / "data" / "variants.txt", VARIANTS)
    for part, first in (("trainval", 1_000), ("test", 2_000)):
        numbers = range(first, first + len(VARIANTS))
        for level, words in (("variant", VARIANTS), ("manufacturer", ("Boeing", "Airbus", "McDonnell Douglas"))):
            put_lines(
                folder / "data" / f"images_{level}_{part}.txt",
                [f"{number:07d} {word}" for number, word in zip(numbers, words, strict=True)],
            )
        put_images(folder, [f"data/images/{number:07d}.jpg" for number in numbers])
    return folder


def food(root: Path) -> Path:
    folder = root / "food-101"
    (folder / "meta").mkdir(parents=True)
    for part, numbers in (("train", (1, 2, 3)), ("test", (4,))):
        index = {dish: [f"{dish}/{number}" for number in numbers] for dish in DISHES}
        (folder / "meta" / f"{part}.json").write_text(json.dumps(index))
        put_images(folder, [f"images/{name}.jpg" for names in index.values() for name in names])
    return folder


def _put_idx(path: Path, array: np.ndarray, packed: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    if packed:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(raw, mtime=0))
    else:
        path.write_bytes(raw)
