"""What the panel shows as tables to paste elsewhere; `core.report.formats` writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.comparison import Comparison
from core.data.catalog import Rows
from core.messages import Message
from core.report.table import Cell, MetricValue, Table
from core.retrieval.evaluation import Evaluation
from core.retrieval.protocol_wording import describe_protocol
from core.retrieval.significance import Interval
from explorer.panels.recall.class_measures import ClassMeasures, MeasureColumn, MeasureKind
from explorer.panels.recall.overall_measures import means_of

DECIMALS = 1


def table_of_figures(evaluation: Evaluation, names: Sequence[str], macro: bool, checkpoint: str) -> Table:
    """One row: the overall figures `names` of a checkpoint, with the protocol on top."""
    means = means_of(evaluation, macro)
    average = (
        Message("mean-over-classes", classes=evaluation.by_class.measured) if macro else Message("mean-over-queries")
    )
    figures = tuple(MetricValue(means.get(name), decimals=DECIMALS) for name in names)
    return Table(
        (f"{describe_protocol(evaluation.protocol)}, {average}",),
        (Message("column-checkpoint"), *names),
        ((checkpoint, *figures),),
    )


def table_of_comparison(comparison: Comparison, name_a: str, name_b: str) -> Table:
    """Recall@1 of both and of B − A, each with its 95 % interval."""
    a, b, both = comparison.evaluation_a.recall[1], comparison.evaluation_b.recall[1], comparison.intervals
    difference = None if a is None or b is None else b - a
    rows = ((f"A: {name_a}", a, both.a), (f"B: {name_b}", b, both.b), ("B − A", difference, both.difference))
    drawn = "" if both.difference is None else Message("table-intervals", unit=both.difference.unit)
    return Table(
        (f"{describe_protocol(comparison.evaluation_a.protocol)}{drawn}",),
        (Message("column-checkpoint"), "R@1"),
        tuple((name, _bounded(share, interval)) for name, share, interval in rows),
    )


def table_of_classes(measures: ClassMeasures, shown: Rows, words: str) -> Table:
    """The classes at the positions `shown`, in that order; `words` say how they were measured."""
    columns = [column for column in measures.columns if column.kind is not MeasureKind.INTERVAL]
    bounds = next((column for column in measures.columns if column.kind is MeasureKind.INTERVAL), None)
    rows = tuple(tuple(_cell(measures, column, bounds, int(index)) for column in columns) for index in shown)
    return Table((words,), tuple(column.title for column in columns), rows)


def _cell(measures: ClassMeasures, column: MeasureColumn, bounds: MeasureColumn | None, index: int) -> Cell:
    number = float(column.numbers[index])
    if column.kind is MeasureKind.NAME:
        return measures.names[index]
    if column.kind is MeasureKind.CONFUSION:
        return measures.text(index, measures.columns.index(column))
    if column.kind is MeasureKind.COUNT:
        return int(number)
    if column.kind is MeasureKind.DIFFERENCE and bounds is not None:
        low, high = (_known(float(values[index])) for values in (bounds.numbers, bounds.upper))
        return MetricValue(_known(number), low, high, decimals=DECIMALS)
    return MetricValue(_known(number), decimals=DECIMALS)


def _bounded(share: float | None, interval: Interval | None) -> MetricValue:
    if interval is None:
        return MetricValue(share, decimals=DECIMALS)
    return MetricValue(share, interval.low, interval.high, decimals=DECIMALS)


def _known(number: float) -> float | None:
    return None if np.isnan(number) else number
