"""What the recall table and its chart show: C classes in columns of numbers, read once from an evaluation.

Arrays rather than objects, so that sorting and filtering 20,000 classes stay quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.wording import counted
from explorer.appearance.in_words import difference_bounds, per_cent, signed

if TYPE_CHECKING:
    from core.comparison import Comparison
    from core.retrieval.metrics import Evaluation

MAIN_RECALLS = (1, 4)
Numbers = npt.NDArray[np.float64]


class Kind(Enum):
    """How the numbers of a column are written and drawn."""

    NAME = "name"
    COUNT = "count"
    BAR = "bar"
    SHARE = "share"
    CONFUSION = "confusion"
    DIFFERENCE = "difference"
    INTERVAL = "interval"


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes:
        title: header.
        explanation: a sentence for the header's tooltip.
        kind: how to write it.
        numbers: (C,) what sorting compares; NaN where not measured. Shares and differences are of 1, not per cent.
        partners: C class names for Kind.CONFUSION, else empty.
        upper: (C,) upper bounds for Kind.INTERVAL, whose numbers are the lower ones, else empty.
        minor: whether the column may be left out where there is little room.
    """

    title: str
    explanation: str
    kind: Kind
    numbers: Numbers
    partners: Sequence[str] = ()
    minor: bool = False
    upper: Numbers = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, eq=False)
class ClassMeasures:
    """C classes with their columns.

    Attributes:
        names: C class names.
        codes: (C,) index into the catalog's classes, -1 for a class that the catalog does not know.
        images: (C,) number of images.
        columns: the table's columns, the first of Kind.NAME.
        main: index of the column that the table is first sorted by and the chart shows.
        compared: whether `main` is a difference of two checkpoints.
    """

    names: Sequence[str]
    codes: Rows
    images: Rows
    columns: tuple[Column, ...]
    main: int
    compared: bool

    def __len__(self) -> int:
        return len(self.names)

    def text(self, index: int, column: int) -> str:
        """What the cell of class `index` says."""
        told = self.columns[column]
        number = float(told.numbers[index])
        if told.kind is Kind.NAME:
            return self.names[index]
        if told.kind is Kind.CONFUSION:
            return f"{told.partners[index]} {100 * number:.0f} %" if told.partners[index] else "–"
        if np.isnan(number):
            return self._not_measured(index) if column == self.main else "n/a"
        if told.kind is Kind.INTERVAL:
            return difference_bounds(number, float(told.upper[index]))
        if told.kind is Kind.COUNT:
            return f"{number:,.0f}"
        return signed(number) if told.kind is Kind.DIFFERENCE else per_cent(number)

    def _not_measured(self, index: int) -> str:
        return f"n/a ({counted(int(self.images[index]), 'image')})"


def measures_of(evaluation: Evaluation, code_of: Mapping[str, int]) -> ClassMeasures:
    """The columns of one evaluation; `code_of` maps a class name to its index in the catalog's classes."""
    results = evaluation.per_class
    recalls = tuple(
        Column(
            f"R@{k}",
            f"Share of the class's images with at least one of their own class among the {k} nearest."
            if k > 1
            else "Share of the class's images whose nearest image is of their own class.",
            Kind.BAR if position == 0 else Kind.SHARE,
            _numbers(result.recall.get(k) for result in results),
            minor=k not in MAIN_RECALLS,
        )
        for position, k in enumerate(evaluation.recall)
    )
    names, codes, images, head = _head(results, code_of)
    map_at_r = Column(
        "MAP@R",
        "Mean average precision over the R nearest, R being how many others the class has.",
        Kind.SHARE,
        _numbers(result.map_at_r for result in results),
    )
    confusion = Column(
        "Most confused with",
        "The other class that is retrieved first most often, and for which share of the class's images.",
        Kind.CONFUSION,
        _numbers(result.confused_share if result.confused_with else None for result in results),
        [result.confused_with for result in results],
    )
    return ClassMeasures(names, codes, images, (*head, *recalls, map_at_r, confusion), len(head), compared=False)


def differences_of(comparison: Comparison, code_of: Mapping[str, int]) -> ClassMeasures:
    """The columns of a comparison: recall at 1 of both checkpoints, B − A and its interval."""
    results = comparison.per_class
    names, codes, images, head = _head(results, code_of)
    columns = (
        Column("R@1 A", "Recall at 1 of checkpoint A.", Kind.SHARE, _numbers(item.recall_a for item in results)),
        Column("R@1 B", "Recall at 1 of checkpoint B.", Kind.SHARE, _numbers(item.recall_b for item in results)),
        Column(
            "B − A",
            "Recall at 1 of B minus that of A, in points: above zero B is better.",
            Kind.DIFFERENCE,
            _numbers(item.difference for item in results),
        ),
        Column(
            "95 % interval",
            "Between which bounds B − A lies in 95 of 100 cases, from drawing the class's queries again and again; "
            "where 0 lies inside, the difference may be chance.",
            Kind.INTERVAL,
            _numbers(item.low for item in results),
            upper=_numbers(item.high for item in results),
        ),
    )
    return ClassMeasures(names, codes, images, (*head, *columns), len(head) + 2, compared=True)


class _OfClass(Protocol):
    """A result that belongs to one class."""

    @property
    def label(self) -> str: ...

    @property
    def images(self) -> int: ...


def _head(
    results: Sequence[_OfClass], code_of: Mapping[str, int]
) -> tuple[list[str], Rows, Rows, tuple[Column, Column]]:
    names = [str(result.label) for result in results]
    codes = np.fromiter((code_of.get(name, -1) for name in names), np.int64, len(names))
    images = np.fromiter((result.images for result in results), np.int64, len(names))
    return (
        names,
        codes,
        images,
        (
            # Codes are in the natural order of names ("a2" before "a10"), so sorting by them sorts by name.
            Column("Class", "The class of the query.", Kind.NAME, codes.astype(np.float64)),
            Column("Images", "Images of the class in this split.", Kind.COUNT, images.astype(np.float64)),
        ),
    )


def _numbers(values: Iterable[float | None]) -> Numbers:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
