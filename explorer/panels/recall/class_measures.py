"""What the recall table and its chart show: C classes in columns of numbers, read once from an evaluation.

Arrays rather than objects, so that sorting and filtering 20,000 classes stay quick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

from core.comparison import Comparison
from core.data.catalog import Rows
from core.messages import Message
from core.retrieval.evaluation import Evaluation
from explorer.appearance.number_format import difference_bounds, per_cent, signed

MAIN_RECALLS = (1, 4)
Numbers = npt.NDArray[np.float64]


class MeasureKind(Enum):
    """How the numbers of a column are written and drawn."""

    NAME = "name"
    COUNT = "count"
    BAR = "bar"
    SHARE = "share"
    CONFUSION = "confusion"
    DIFFERENCE = "difference"
    INTERVAL = "interval"


@dataclass(frozen=True, eq=False)
class MeasureColumn:
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
    kind: MeasureKind
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
    columns: tuple[MeasureColumn, ...]
    main: int
    compared: bool

    def __len__(self) -> int:
        return len(self.names)

    def text(self, index: int, column: int) -> str:
        """What the cell of class `index` says."""
        values = self.columns[column]
        number = float(values.numbers[index])
        if values.kind is MeasureKind.NAME:
            return self.names[index]
        if values.kind is MeasureKind.CONFUSION:
            return f"{values.partners[index]} {100 * number:.0f} %" if values.partners[index] else "–"
        if np.isnan(number):
            images = int(self.images[index])
            return Message("class-not-measured", images=images) if column == self.main else "n/a"
        if values.kind is MeasureKind.INTERVAL:
            return difference_bounds(number, float(values.upper[index]))
        if values.kind is MeasureKind.COUNT:
            return f"{number:,.0f}"
        return signed(number) if values.kind is MeasureKind.DIFFERENCE else per_cent(number)


def measures_of(evaluation: Evaluation, code_of: Mapping[str, int]) -> ClassMeasures:
    """The columns of one evaluation; `code_of` maps a class name to its index in the catalog's classes."""
    classes = evaluation.by_class
    codes, head = _head(classes.labels, classes.images, code_of)
    shown = [one for one in evaluation.measures if one.measure.per_class]
    columns = [
        MeasureColumn(
            one.short,
            f"{one.explanation}.",
            MeasureKind.BAR if one is shown[0] else MeasureKind.SHARE,
            classes.means[one.title],
            minor=one.measure.at == "recall" and one.k not in MAIN_RECALLS,
        )
        for one in shown
    ]
    there = classes.confused_with >= 0
    confusion = MeasureColumn(
        Message("most-confused-with"),
        Message("most-confused-explained"),
        MeasureKind.CONFUSION,
        np.where(there, classes.confused_share, np.nan),
        [classes.confused_label(code) for code in range(len(classes))],
    )
    return ClassMeasures(classes.labels, codes, classes.images, (*head, *columns, confusion), len(head), compared=False)


def differences_of(comparison: Comparison, code_of: Mapping[str, int]) -> ClassMeasures:
    """The columns of a comparison: recall at 1 of both checkpoints, B − A and its interval."""
    classes = comparison.by_class
    codes, head = _head(classes.labels, classes.images, code_of)
    columns = (
        MeasureColumn("R@1 A", Message("recall-of-slot-explained", slot="A"), MeasureKind.SHARE, classes.recall_a),
        MeasureColumn("R@1 B", Message("recall-of-slot-explained", slot="B"), MeasureKind.SHARE, classes.recall_b),
        MeasureColumn("B − A", Message("difference-explained"), MeasureKind.DIFFERENCE, classes.difference),
        MeasureColumn(
            Message("interval"),
            Message("interval-explained"),
            MeasureKind.INTERVAL,
            classes.low,
            upper=classes.high,
        ),
    )
    return ClassMeasures(classes.labels, codes, classes.images, (*head, *columns), len(head) + 2, compared=True)


def _head(
    labels: Sequence[str], images: Rows, code_of: Mapping[str, int]
) -> tuple[Rows, tuple[MeasureColumn, MeasureColumn]]:
    codes = np.fromiter((code_of.get(name, -1) for name in labels), np.int64, len(labels))
    return codes, (
        # Codes are in the natural order of names ("a2" before "a10"), so sorting by them sorts by name.
        MeasureColumn(Message("class"), Message("class-explained"), MeasureKind.NAME, codes.astype(np.float64)),
        MeasureColumn(Message("images"), Message("images-explained"), MeasureKind.COUNT, images.astype(np.float64)),
    )
