"""What the values of a column stand for that divides a table's images: their words, or what a person said of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from core.data.catalog import BOTH
from core.data.source import LEFT_OUT
from core.data.split_names import MEANINGS, Word, role_word, split_word

# What each of `source.VALUE_MEANINGS` is as (split, role); of images that are left out it is nothing.
STANDS_FOR: dict[str, Word] = {**MEANINGS, "both": ("test", BOTH), "none": ("", ""), LEFT_OUT: ("", "")}
# CelebA's numbers.
PARTITION = {"0": ("train", ""), "1": ("val", ""), "2": ("test", "")}
# What cells say besides the words of folders.
CELL_WORDS = {
    "trainval": ("train", ""), "train_val": ("train", ""), "train+val": ("train", ""), "train-val": ("train", ""),
    "publictest": ("val", ""), "public_test": ("val", ""), "privatetest": ("test", ""), "private_test": ("test", ""),
    "index": ("test", "gallery"), "unlabeled": ("", ""), "unlabelled": ("", ""),
}  # fmt: skip
BOTH_WORDS = frozenset({"both", "query,gallery", "query&gallery", "query+gallery", "queryandgallery", "query/gallery"})
# A column of more different values divides nothing that a person would spell out.
MOST_VALUES = 20
_FOLDS = re.compile(r"(cv|k)?[_ -]?folds?[_ -]?(id|idx|index|no|number)?|cv", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}")
_MEANING = {word: meaning for meaning, word in STANDS_FOR.items() if meaning != LEFT_OUT}
_THREE = ("train", "val", "test")
# Where nothing but the number of images tells the splits apart.
_BY_SIZE = ("train", "test", "val")


def split_of(value: str, column: str, values: Sequence[str]) -> Word | None:
    """(split, role) that a cell of a split column stands for by its own words, or None.

    `column` is its name and `values` all that is in it: 0, 1 and 2 of a column "partition" are CelebA's.
    """
    text = value.strip()
    if re.sub(r"[\W_]", "", column).casefold() == "partition" and "2" in values and set(values) <= PARTITION.keys():
        return PARTITION[text]
    found = split_word(text)
    return found if found is not None else CELL_WORDS.get(text.casefold())


def role_of(value: str) -> str:
    """The role that a cell of a role column stands for by its own words, or ""."""
    word = "".join(value.split()).casefold()
    return BOTH if word in BOTH_WORDS else role_word(value)


def is_called_folds(column: str) -> bool:
    """Whether a column's name is one of the folds of a cross-validation."""
    return _FOLDS.fullmatch(column.strip()) is not None


def are_folds(values: Sequence[str]) -> bool:
    """Whether these are whole numbers from 0 or 1 on, as folds have."""
    numbers = sorted(int(value) for value in values if _NUMBER.fullmatch(value))
    return 2 <= len(values) <= MOST_VALUES and numbers in (list(range(len(values))), list(range(1, len(values) + 1)))


def understood(column: str, values: Sequence[str], of_roles: bool = False) -> dict[str, str]:
    """What the values of a split or a role column mean by their own words: value -> one of `VALUE_MEANINGS`."""
    if of_roles:
        return {value: _MEANING[("test", role)] for value in values if (role := role_of(value))}
    return {value: _MEANING[word] for value in values if (word := split_of(value, column, values)) is not None}


def proposed(column: str, values: Mapping[str, int], of_roles: bool = False) -> dict[str, str]:
    """What each value of a column may mean, for a person to say: value -> one of `VALUE_MEANINGS`.

    `values` are how many images have each, in natural order. Where some have words of their own, the others mean none.
    Of two the larger part is train, the other test; of three the others are val and test in their order where the
    first is the largest, else by size. Of folds, and of more values, the first is test. Of roles the largest part is
    the gallery.
    """
    known = understood(column, list(values), of_roles)
    unknown = [value for value in values if value not in known]
    by_size = sorted(unknown, key=lambda value: -values[value])
    if of_roles:
        guesses = dict.fromkeys(unknown, "query") | dict.fromkeys(by_size[:1], "gallery")
    elif known:
        guesses = dict.fromkeys(unknown, "none")
    elif len(unknown) > len(_THREE) or (is_called_folds(column) and are_folds(unknown)):
        guesses = dict.fromkeys(unknown, "train") | dict.fromkeys(unknown[:1], "test")
    elif len(unknown) == len(_THREE) and by_size[0] == unknown[0]:
        guesses = dict(zip(unknown, _THREE, strict=True))
    else:
        guesses = dict(zip(by_size, _BY_SIZE, strict=False))
    return {value: known.get(value) or guesses[value] for value in values}


def as_option(meanings: Mapping[str, str]) -> str:
    """What `--split-values` takes for them."""
    return f"--split-values {shlex.quote(','.join(f'{value}={meaning}' for value, meaning in meanings.items()))}"
