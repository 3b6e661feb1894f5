"""Whether a folder is in the form of CUB-200-2011, and whether it is that set itself; told from its index files."""

from __future__ import annotations

from pathlib import Path

from core.data.readers.text_file import looked_through

IMAGES, CLASS_OF_IMAGE, NAMES, DIVISION = (
    "images.txt", "image_class_labels.txt", "classes.txt", "train_test_split.txt",
)  # fmt: skip
OF_CUB = "Black_footed_Albatross"  # the first class of CUB-200-2011


def is_in_cubs_form(folder: Path) -> bool:
    """Whether a folder has the two index files that every such set has."""
    return all((folder / name).is_file() for name in (IMAGES, CLASS_OF_IMAGE))


def is_cub(folder: Path) -> bool:
    """Whether the set in CUB's form is CUB-200-2011 itself, whole or damaged, by its folder or its first class."""
    if folder.name == "CUB_200_2011" or not is_in_cubs_form(folder) or not (folder / IMAGES).stat().st_size:
        return True
    return any(_mentions(folder / name, OF_CUB) for name in (NAMES, IMAGES))


def _mentions(path: Path, word: str) -> bool:
    if not path.is_file():
        return False
    try:
        with looked_through(path) as lines:
            return any(word in line for line in lines)
    except OSError:
        return False
