"""The columns of a catalog as a person looks at them: class, split, role, targets and all that a table had beside them.

Each is read when it is first asked for and kept: a million cells are looked at once, as codes into their different
texts, and all that is asked of them afterwards is arithmetic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows, Texts, natural_order, texts
from core.data.column_kinds import Codes, Kind, Numbers, as_arrow, encoded, kind_of, without

if TYPE_CHECKING:
    import pyarrow as pa

Mask = npt.NDArray[np.bool_]
CLASS, SPLIT, ROLE = "class", "split", "role"
# More different texts are told apart, but not put in order: of captions nobody reads a list.
MOST_ORDERED = 20_000


class Column(ABC):
    """One column of N cells.

    Attributes:
        name: by which conditions and colours know it; different from that of every other column of the data.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """What all of its filled cells are."""

    @property
    @abstractmethod
    def numbers(self) -> Numbers | None:
        """(N,) numbers, NaN where missing; of dates the seconds since 1970, 1 for yes; None where it is text."""

    @property
    @abstractmethod
    def words(self) -> Texts:
        """(W,) different filled cells as text: in natural order, or by value where it has numbers.

        Of more than `MOST_ORDERED` texts in the order they come.
        """

    @property
    @abstractmethod
    def codes(self) -> Codes:
        """(N,) index into `words`, -1 where missing."""

    @cached_property
    def counts(self) -> Rows:
        """(W,) how many cells have each of the words."""
        return np.bincount(self.codes + 1, minlength=len(self.words) + 1)[1:].astype(np.int64)

    @cached_property
    def places(self) -> dict[str, int]:
        """word -> its code."""
        return {word: code for code, word in enumerate(self.words)}

    @property
    def values(self) -> int:
        """How many different values there are."""
        return len(self.words)

    @cached_property
    def missing(self) -> int:
        """How many cells are empty."""
        return int(np.count_nonzero(self.is_missing()))

    @cached_property
    def range(self) -> tuple[float, float] | None:
        """The least and the greatest number; None where there is none."""
        if self.numbers is None or self.missing == len(self.numbers):
            return None
        return float(np.nanmin(self.numbers)), float(np.nanmax(self.numbers))

    def frequent(self, most: int) -> list[tuple[str, int]]:
        """(word, cells) of the most frequent words; among equals the earlier first."""
        order = np.argsort(-self.counts, kind="stable")[:most]
        return [(str(self.words[at]), int(self.counts[at])) for at in order]

    def is_missing(self) -> Mask:
        """(N,) where it is empty."""
        return self.codes < 0

    @cached_property
    def searched(self) -> pa.Array:
        """(W,) the words in small letters, Hangul as syllables, for finding a part of them."""
        return searchable(self.words)


@dataclass(frozen=True, eq=False)
class _Read:
    kind: Kind
    words: Texts
    codes: Codes
    numbers: Numbers | None


class TextColumn(Column):
    """A column of text cells; what they are is found out when it is first asked for."""

    def __init__(self, name: str, cells: Texts) -> None:
        super().__init__(name)
        self._cells = cells

    @property
    def kind(self) -> Kind:
        return self._read.kind

    @property
    def words(self) -> Texts:
        return self._read.words

    @property
    def codes(self) -> Codes:
        return self._read.codes

    @cached_property
    def numbers(self) -> Numbers | None:
        values, codes = self._read.numbers, self._read.codes
        # The last entry is that of code -1.
        return None if values is None else np.append(values, np.nan)[codes]

    @cached_property
    def _read(self) -> _Read:
        words, codes = encoded(self._cells)
        kind, numbers = kind_of(words)
        if numbers is not None and np.isnan(numbers).any():
            unknown = np.isnan(numbers)
            words, codes = without(words, unknown, codes)
            numbers = numbers[~unknown]
        order = _order(words, numbers)
        if order is None:
            return _Read(kind, words, codes, numbers)
        place = np.empty(len(order) + 1, np.int32)
        place[order], place[-1] = np.arange(len(order)), -1
        return _Read(kind, words[order], place[codes], None if numbers is None else numbers[order])


class CodedColumn(Column):
    """Text that is known as codes already, such as the classes."""

    def __init__(self, name: str, words: Sequence[str], codes: npt.NDArray[np.integer]) -> None:
        super().__init__(name)
        self._words, self._codes = texts(words), codes.astype(np.int32)

    @property
    def kind(self) -> Kind:
        return "text"

    @property
    def numbers(self) -> None:
        return None

    @property
    def words(self) -> Texts:
        return self._words

    @property
    def codes(self) -> Codes:
        return self._codes


class NumberColumn(Column):
    """Numbers that are known as such, NaN where missing: a target, or a measure of each image."""

    def __init__(self, name: str, values: npt.NDArray[np.floating]) -> None:
        super().__init__(name)
        # As text it is the number that was written, not the digits by which float32 misses it.
        self._given = values
        self._numbers = values.astype(np.float64)

    @property
    def kind(self) -> Kind:
        return "number"

    @property
    def numbers(self) -> Numbers:
        return self._numbers

    @cached_property
    def words(self) -> Texts:
        return texts([_digits(value) for value in self._read[0]])

    @property
    def codes(self) -> Codes:
        return self._read[1]

    @property
    def values(self) -> int:
        # Of a million measures nobody reads the texts.
        return len(self._read[0])

    def is_missing(self) -> Mask:
        return np.isnan(self._numbers)

    @cached_property
    def _read(self) -> tuple[npt.NDArray[np.floating], Codes]:
        values, codes = np.unique(self._given, return_inverse=True)
        # NaN is sorted last.
        known = len(values) - bool(len(values) and np.isnan(values[-1]))
        codes = codes.astype(np.int32)
        codes[codes >= known] = -1
        return values[:known], codes


def shares_of_range(numbers: Numbers, ends: tuple[float, float]) -> Numbers:
    """Where numbers are between two ends, 0 at the lower and 1 at the upper; 0.5 where both are one number."""
    low, high = ends
    if not high > low:
        return np.where(np.isnan(numbers), np.nan, 0.5)
    # The difference of the halves is a number where that of the largest numbers is none.
    return np.asarray((numbers / 2 - low / 2) / (high / 2 - low / 2), np.float64)


def searchable(words: Texts) -> pa.Array:
    """Text in small letters, Hangul as syllables."""
    import pyarrow.compute as pc

    return pc.utf8_lower(pc.utf8_normalize(as_arrow(words), "NFC"))


def columns_of(catalog: Catalog, reserved: Iterable[str] = ()) -> list[Column]:
    """Class, split and role where they are given, targets and attributes of a catalog; nothing is read yet.

    An attribute with the name of another column, or of one that is `reserved`, gets a number: "class (2)".
    """
    taken = {CLASS, SPLIT, ROLE, *reserved}
    columns: list[Column] = [ClassColumn(catalog), TextColumn(SPLIT, catalog.splits)]
    if any(catalog.roles):
        columns.append(TextColumn(ROLE, catalog.roles))
    for position, name in enumerate(catalog.target_names):
        assert catalog.targets is not None
        columns.append(NumberColumn(_untaken(name, taken), catalog.targets[:, position]))
    columns += [TextColumn(_untaken(name, taken), cells) for name, cells in catalog.attributes.items()]
    return columns


class ClassColumn(CodedColumn):
    """The classes of a catalog, which counts them when it is first asked."""

    def __init__(self, catalog: Catalog) -> None:
        Column.__init__(self, CLASS)
        self._catalog = catalog

    @cached_property
    def words(self) -> Texts:
        return texts(self._catalog.classes)

    @cached_property
    def codes(self) -> Codes:
        return self._catalog.codes.astype(np.int32)


def _untaken(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    taken.add(free)
    return free


def _order(words: Texts, numbers: Numbers | None) -> Rows | None:
    """(W,) indices that put the words in order; None where they are too many."""
    if numbers is not None:
        return np.argsort(numbers, kind="stable")
    if len(words) > MOST_ORDERED:
        return None
    place = {word: at for at, word in enumerate(words)}
    return np.array([place[word] for word in natural_order(list(place))], np.int64)


def _digits(value: np.floating) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else str(value)
