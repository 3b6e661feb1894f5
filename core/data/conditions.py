"""Conditions on one column of a catalog, or on the images themselves: which rows fulfil them.

A condition that is inverted is fulfilled by exactly the other rows, those whose cell is missing among them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.data.catalog import Rows, texts
from core.data.columns import Column, Mask, searchable

MISSING = ""


@dataclass(frozen=True)
class Condition:
    """What a cell of the column of that name must be; `inverted`, must not be."""

    column: str
    inverted: bool = False

    def mask(self, column: Column) -> Mask:
        """(N,) which rows fulfil it."""
        fulfilled = self._fulfilled(column)
        return ~fulfilled if self.inverted else fulfilled

    def turned(self) -> Self:
        """The same, inverted."""
        return replace(self, inverted=not self.inverted)

    def _fulfilled(self, column: Column) -> Mask:
        raise NotImplementedError


@dataclass(frozen=True)
class OneOf(Condition):
    """The cell is one of some words; "" stands for a missing one."""

    words: tuple[str, ...] = ()

    def _fulfilled(self, column: Column) -> Mask:
        # The last entry is that of code -1.
        is_wanted = np.zeros(len(column.words) + 1, bool)
        is_wanted[[column.places[word] for word in self.words if word in column.places]] = True
        is_wanted[-1] = MISSING in self.words
        return is_wanted[column.codes]


@dataclass(frozen=True)
class Contains(Condition):
    """The cell has a text in it, capitals or not; Hangul as syllables or as letters."""

    text: str = ""

    def _fulfilled(self, column: Column) -> Mask:
        # The last entry is that of code -1.
        return np.append(words_with(column, self.text), False)[column.codes]


@dataclass(frozen=True)
class Between(Condition):
    """The number of the cell is `low` or more and `high` or less, None for no bound; dates are seconds since 1970."""

    low: float | None = None
    high: float | None = None

    def _fulfilled(self, column: Column) -> Mask:
        numbers = column.numbers
        if numbers is None:
            return np.zeros(len(column.codes), bool)
        # NaN is neither above nor below anything.
        within = numbers >= (-np.inf if self.low is None else self.low)
        return within & (numbers <= self.high) if self.high is not None else within


@dataclass(frozen=True)
class Missing(Condition):
    """The cell is empty."""

    def _fulfilled(self, column: Column) -> Mask:
        return column.is_missing()


@dataclass(frozen=True)
class InRows(Condition):
    """The image is one of some that were chosen, whatever its cells are; its column is called ""."""

    column: str = ""
    # As bytes they are compared and looked up as quickly as a word.
    chosen: bytes = b""

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """The condition that these catalog rows fulfil."""
        return cls(chosen=np.asarray(rows, np.int64).tobytes())

    @property
    def rows(self) -> Rows:
        """(M,) the chosen catalog rows."""
        return np.frombuffer(self.chosen, np.int64)

    def _fulfilled(self, column: Column) -> Mask:
        is_chosen = np.zeros(len(column.codes), bool)
        is_chosen[self.rows] = True
        return is_chosen


def words_with(column: Column, text: str) -> Mask:
    """(W,) which words of a column have a text in them."""
    import pyarrow.compute as pc

    # Small letters by the same rules as those of the words: Python's differ for "İ" and for the last "Σ" of a word.
    (part,) = searchable(texts([text])).to_pylist()
    return np.asarray(pc.match_substring(column.searched, part).to_numpy(zero_copy_only=False), dtype=np.bool_)
