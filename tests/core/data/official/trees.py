"""Trees as the archives of official sets unpack to, with one tiny picture under every name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

# File systems allow some 65,000 names for one file.
LINKS = 50_000


def put_images(root: Path, files: Iterable[str]) -> None:
    """A picture of one pixel under each name; all are links to a few files."""
    folders: set[str] = set()
    for number, file in enumerate(files):
        folder = file.rpartition("/")[0]
        if folder not in folders:
            folders.add(folder)
            (root / folder).mkdir(parents=True, exist_ok=True)
        if number % LINKS == 0:
            original = root / f".original-{number}"
            Image.new("RGB", (1, 1)).save(original, "JPEG")
        # A hundred thousand Path objects take a second.
        os.link(original, f"{root}/{file}")


def put_lines(path: Path, lines: Iterable[str]) -> None:
    """A text file with a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def put_matlab(path: Path, **variables: object) -> None:
    """A MATLAB file, compressed as the published ones are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, variables, do_compression=True)


def records(**columns: Sequence[object]) -> np.ndarray:
    """A 1 x N array of records, as MATLAB's struct arrays are saved."""
    array = np.empty((1, len(next(iter(columns.values())))), dtype=[(name, object) for name in columns])
    for name, column in columns.items():
        for place, value in enumerate(column):
            array[0, place][name] = value
    return array


def cells(texts: Sequence[str]) -> np.ndarray:
    """A 1 x N cell array of text."""
    array = np.empty((1, len(texts)), dtype=object)
    array[0, :] = texts
    return array


def spread(images: int, classes: int) -> list[int]:
    """(images,) class numbers 0..classes-1 in ascending order, each at least once, as even as can be."""
    return [image * classes // images for image in range(images)]
