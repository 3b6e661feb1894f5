"""Evaluations as tables: one row for each embedding, one for each class, one for several runs together.

No file is read and no model loaded here; the window writes the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Texts
from core.errors import InputError
from core.messages import Message
from core.report.table import Cell, MetricValue, Row, Table
from core.retrieval.class_figures import known
from core.retrieval.clustering import Clustering, Silhouette
from core.retrieval.continuous import ContinuousEvaluation
from core.retrieval.evaluation import Evaluation
from core.retrieval.measures import MEASURES as BY_CLASS
from core.retrieval.protocol_wording import describe_protocol
from core.wording import counted

# "continuous" are label distance and nDCG at every rank that was measured, by their own names at the paper's alone.
OF_TARGETS = ("label-distance", "ndcg", "continuous")
OF_ALL = ("nmi", "ami", "silhouette")
PAPERS_DISTANCE_AT, PAPERS_NDCG_AT = 10, 100
PRINTED = "Retrieval measures in percent."


def all_measures() -> tuple[str, ...]:
    """What can be asked for by name."""
    return (*(measure.name for measure in BY_CLASS), *OF_ALL, *OF_TARGETS)


def usual_measures() -> tuple[str, ...]:
    """What is measured where nothing is asked for."""
    return (*(measure.name for measure in BY_CLASS if measure.usual), "label-distance", "ndcg")


@dataclass(frozen=True, eq=False)
class EvaluatedModel:
    """What is known about one embedding; None where it was not asked for.

    Attributes:
        name: of its row.
        evaluation: retrieval.
        clustering, silhouette, continuous: the other measures.
    """

    name: str
    evaluation: Evaluation
    clustering: Clustering | None = None
    silhouette: Silhouette | None = None
    continuous: ContinuousEvaluation | None = None

    def as_json(self) -> dict[str, Any]:
        """The evaluation's document, with the other measures beside it where there are any."""
        document = self.evaluation.as_json()
        for name, measured in (("clustering", self.clustering), ("silhouette", self.silhouette)):
            if measured is not None:
                document[name] = asdict(measured)
        return document if self.continuous is None else {**document, "continuous": self.continuous.as_json()}


def overall(
    measured: Sequence[EvaluatedModel],
    measures: Sequence[str] | None = None,
    average: str = "micro",
    intervals: str | None = None,
    words: Sequence[str] = (),
) -> Table:
    """A row for each embedding; `measures` are those to show, the usual ones where it is None.

    `average` is "micro", over queries, or "macro", over classes. `intervals` adds the 95 % bootstrap interval of each
    measure that is a mean over queries, drawing "queries" or whole "classes"; a macro average always draws classes.
    """
    drawn = "classes" if intervals is not None and average == "macro" else intervals
    rows = [_row(one, measures or usual_measures(), average, drawn) for one in measured]
    headings = tuple(rows[0]) if rows else ()
    cells: tuple[Row, ...] = tuple((one.name, *row.values()) for one, row in zip(measured, rows, strict=True))
    words = (*words, *_protocols(measured, average, drawn))
    return Table(words, ("checkpoint", *headings), cells, PRINTED)


def with_mean_of_runs(table: Table, name: str = "mean of the runs") -> Table:
    """`table` and a last row with mean, deviation and 95 % interval of every figure over its rows.

    Raises InputError for fewer than two rows: the checkpoints must be runs that differ in their seed alone.
    """
    from core.seeds import across_seeds

    if len(table.rows) < 2:
        raise InputError(Message("seeds-of-too-few-runs", count=len(table.rows)), "--seeds")
    means: list[Cell] = [f"{name} ({len(table.rows)})"]
    for column in list(zip(*table.rows, strict=True))[1:]:
        figures = [cell for cell in column if isinstance(cell, MetricValue)]
        values = [figure.value for figure in figures if figure.value is not None]
        if len(values) < len(column):
            means.append(replace(figures[0], value=None, low=None, high=None) if figures else "")
            continue
        summary = across_seeds(values)
        means.append(
            replace(figures[0], value=summary.mean, low=summary.low, high=summary.high, deviation=summary.deviation)
        )
    words = (
        *table.words,
        f"Last row: mean ± standard deviation over {len(table.rows)} runs [95 % t-interval of the mean].",
    )
    return replace(table, words=words, rows=(*table.rows, tuple(means)))


def per_class(measured: EvaluatedModel, measures: Sequence[str] | None = None, worst: int = 0) -> Table:
    """A row for each class, in their order, or for the `worst` by the first Recall@K, lowest first."""
    evaluation, classes = measured.evaluation, measured.evaluation.by_class
    first = min(evaluation.recall)
    all_classes = counted(len(classes), "class", "classes")
    words, order = f"{all_classes}.", np.arange(len(classes))
    if worst:
        # Those that were not measured come last, as NaN does.
        order = np.argsort(classes.means[f"Recall@{first}"], kind="stable")[:worst]
        words = f"{len(order):,} of {all_classes}, lowest Recall@{first} first."
    titles = [one.title for one in evaluation.measures if one.measure.name in (measures or usual_measures())]
    columns = [known(classes.means[title][order]) for title in titles]
    shares = known(classes.confused_share[order])
    rows: list[Row] = [
        (
            classes.labels[code],
            int(classes.images[code]),
            int(classes.queries[code]),
            *(MetricValue(column[row]) for column in columns),
            classes.confused_label(code),
            MetricValue(shares[row]),
        )
        for row, code in enumerate(order.tolist())
    ]
    headings = ("class", "images", "queries", *titles, "most confused with", "confused")
    return Table(
        (f"{measured.name}: {words}", *_distinct_sentences([measured], _protocol)), headings, tuple(rows), PRINTED
    )


def curve(measured: Sequence[EvaluatedModel], up_to: int) -> Table:
    """The cumulative match characteristic: a row for each rank from 1 to `up_to`, a column for each embedding.

    Raises InputError when `up_to` is more than the images of a gallery.
    """
    gallery = min(one.evaluation.protocol.gallery for one in measured)
    if up_to > gallery:
        raise InputError(Message("cmc-beyond-gallery", ranks=up_to, gallery=gallery), "--cmc")
    columns = [one.evaluation.cmc(up_to).tolist() for one in measured]
    rows: tuple[Row, ...] = tuple(
        (rank, *(MetricValue(None if np.isnan(share) else share) for share in shares))
        for rank, shares in enumerate(zip(*columns, strict=True), start=1)
    )
    words = "Cumulative match characteristic (CMC): queries with an image of their class up to a rank."
    return Table(
        (words, *_distinct_sentences(measured, _protocol)), ("rank", *(one.name for one in measured)), rows, PRINTED
    )


def figures_as_json(table: Table) -> list[dict[str, dict[str, float | None]]]:
    """Each row's figures that have bounds or a deviation: heading -> value, low, high and deviation."""
    return [
        {
            heading: {"value": cell.value, "low": cell.low, "high": cell.high, "deviation": cell.deviation}
            for heading, cell in zip(table.headings, row, strict=True)
            if isinstance(cell, MetricValue) and cell.low is not None
        }
        for row in table.rows
    ]


def _protocols(measured: Sequence[EvaluatedModel], average: str, drawn: str | None) -> list[str]:
    """How every figure came about, a sentence a line."""
    words = _distinct_sentences(measured, _protocol)
    if average == "macro":
        words += _distinct_sentences(measured, _describe_macro)
    if drawn is not None:
        words.append(f"The 95 % intervals are percentiles of 10,000 bootstrap resamples of {drawn}.")
    for others in (_describe_clustering, _describe_silhouette, _describe_continuous):
        words += _distinct_sentences(measured, others)
    return words


def _distinct_sentences(
    measured: Sequence[EvaluatedModel], describe: Callable[[EvaluatedModel], str | None]
) -> list[str]:
    """Each different sentence once; after the names it is true of, where it is not true of all."""
    names_by_words: dict[str, list[str]] = {}
    for one in measured:
        words = describe(one)
        if words is not None:
            names_by_words.setdefault(words, []).append(one.name)
    return [
        f"{words[:1].upper()}{words[1:]}." if len(names) == len(measured) else f"{', '.join(names)}: {words}."
        for words, names in names_by_words.items()
    ]


def _protocol(measured: EvaluatedModel) -> str:
    return describe_protocol(measured.evaluation.protocol)


def _describe_macro(measured: EvaluatedModel) -> str:
    classes = counted(measured.evaluation.by_class.measured, "class", "classes")
    return f"means over {classes} of the means within them (macro)"


def _describe_clustering(measured: EvaluatedModel) -> str | None:
    found = measured.clustering
    if found is None:
        return None
    clusters, images = counted(found.clusters, "k-means cluster"), counted(found.images, "image")
    return (
        f"NMI (arithmetic) and AMI of {clusters} of {images}, faiss, {found.iterations} iterations, seed {found.seed}"
    )


def _describe_silhouette(measured: EvaluatedModel) -> str | None:
    found = measured.silhouette
    if found is None:
        return None
    return f"silhouette of {found.measured:,} of {counted(found.images, 'labelled image')}"


def _describe_continuous(measured: EvaluatedModel) -> str | None:
    found = measured.continuous
    return None if found is None else f"continuous labels, means over queries: {describe_protocol(found.protocol)}"


def _row(measured: EvaluatedModel, measures: Sequence[str], average: str, drawn: str | None) -> dict[str, MetricValue]:
    evaluation = measured.evaluation
    means = evaluation.micro if average == "micro" else evaluation.macro
    row = {one.title: MetricValue(means[one.title]) for one in evaluation.measures if one.measure.name in measures}
    if drawn is not None:
        classes = evaluation.labels if drawn == "classes" else None
        row = {
            title: _with_interval(figure, evaluation.of_queries(title), classes, average)
            for title, figure in row.items()
        }
    clustering = measured.clustering
    if "nmi" in measures:
        row["NMI"] = MetricValue(None if clustering is None else clustering.nmi)
    if "ami" in measures:
        row["AMI"] = MetricValue(None if clustering is None else clustering.ami)
    if "silhouette" in measures:
        value = None if measured.silhouette is None else measured.silhouette.value
        row["silhouette"] = MetricValue(value, decimals=4, percent=False)
    if measured.continuous is not None:
        row |= _continuous(measured.continuous, measures, evaluation.labels, drawn)
    return row


def _continuous(
    found: ContinuousEvaluation, measures: Sequence[str], labels: Texts, drawn: str | None
) -> dict[str, MetricValue]:
    """Means over queries, whatever the average of the classes' measures is."""
    distance_at = _ranks("label-distance", PAPERS_DISTANCE_AT, found.mean_distance, measures)
    ndcg_at = _ranks("ndcg", PAPERS_NDCG_AT, found.ndcg, measures)
    row = {
        f"label distance@{k}": MetricValue(found.mean_distance[k], decimals=4, percent=False) for k in distance_at
    } | {f"nDCG@{k}": MetricValue(found.ndcg[k]) for k in ndcg_at}
    classes = labels[found.measured] if drawn == "classes" else None
    if drawn is None or (classes is not None and (classes == "").any()):  # an image without a class is in none drawn
        return row
    values = [*(found.per_query_distance[k] for k in distance_at), *(found.per_query_ndcg[k] for k in ndcg_at)]
    return {
        heading: figure if value is None else _with_interval(figure, value, classes, "micro")
        for (heading, figure), value in zip(row.items(), values, strict=True)
    }


def _ranks(name: str, papers: int, measured_at: Iterable[int], measures: Sequence[str]) -> list[int]:
    """At which ranks `measures` want a measure of targets: at all, at the paper's, or at none."""
    return [k for k in measured_at if "continuous" in measures or (name in measures and k == papers)]


def _with_interval(
    figure: MetricValue, values: npt.NDArray[np.float64], classes: Texts | None, average: str
) -> MetricValue:
    from core.retrieval.significance import mean_interval

    interval = mean_interval(values, classes, average)
    return figure if interval is None else replace(figure, low=interval.low, high=interval.high)
