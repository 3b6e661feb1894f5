"""`python -m core compare`: what one checkpoint gets right that another gets wrong."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.external_embeddings import EmbeddingsReader, add_embedding_arguments
from core.progress import Reporter
from core.report.columns import aligned, percent
from core.report.table import NOT_AVAILABLE

if TYPE_CHECKING:
    from core.comparison import ClassDifferences, Comparison
    from core.retrieval.paired_intervals import PairedIntervals

SUMMARY = "compare two checkpoints on one data set: what was fixed, what broke, what moved"
LISTED_CLASSES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for slot in ("A", "B"):
        parser.add_argument(
            f"checkpoint_{slot.lower()}",
            type=Path,
            metavar=f"CHECKPOINT_{slot}",
            help="a checkpoint, a run (its best one), or an embeddings file",
        )
    add_embedding_arguments(parser, data_required=False)
    parser.add_argument(
        "--distance",
        choices=("cosine", "euclidean"),
        help="distance of retrieval in both (default: cosine for embeddings of unit length, euclidean for others)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    from core.comparison import compare
    from core.retrieval.protocol import Protocol

    reader = EmbeddingsReader(arguments, reporter)
    a, b = reader.read(arguments.checkpoint_a), reader.read(arguments.checkpoint_b)
    comparison = compare(a, b, (Protocol.of(a, arguments.distance), Protocol.of(b, arguments.distance)))
    head = f"A: {arguments.checkpoint_a}\nB: {arguments.checkpoint_b}\n"
    reporter.result(comparison.as_json(), lambda: head + _describe(comparison), arguments.json)


def _describe(comparison: Comparison) -> str:
    from core.retrieval.protocol_wording import describe_protocol

    a, b = comparison.evaluation_a, comparison.evaluation_b
    intervals = comparison.intervals
    figures = [(one.title, a.micro[one.title], b.micro[one.title]) for one in a.measures if one.measure.usual]
    overall = aligned(
        ["percent", "A", "B", "B - A"],
        [[name, percent(left), percent(right), percent(_minus(right, left), True)] for name, left, right in figures],
    )
    if intervals.difference is not None:
        overall += f"\n\n{_describe_bounds(intervals)}"
    overlap = percent(comparison.neighbour_overlap)
    changed = (
        f"{len(comparison.fixed):,} images fixed (wrong in A, right in B), {len(comparison.broken):,} broken: "
        f"McNemar's test {_describe_p(comparison.mcnemar_p)}."
        f" Overlap of the {comparison.k} nearest, A and B: {overlap} %."
    )
    of_a, of_b = describe_protocol(a.protocol), describe_protocol(b.protocol)
    protocol = of_a if of_a == of_b else f"A: {of_a}\nB: {of_b}"
    return f"{protocol}\n\n{overall}\n\n{changed}\n\n{_class_table(comparison.by_class)}"


def _describe_p(p: float | None) -> str:
    if p is None:
        return NOT_AVAILABLE
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _describe_bounds(intervals: PairedIntervals) -> str:
    described = [
        f"{name} [{percent(interval.low, signed)}, {percent(interval.high, signed)}]"
        for name, interval, signed in (
            ("A", intervals.a, False),
            ("B", intervals.b, False),
            ("B - A", intervals.difference, True),
        )
        if interval is not None
    ]
    drawn = "" if intervals.difference is None else f" of {intervals.difference.units:,} {intervals.difference.unit}"
    return f"Recall@1, 95 % intervals by resampling{drawn}: {', '.join(described)}"


def _class_table(classes: ClassDifferences) -> str:
    import numpy as np

    from core.retrieval.class_figures import known

    # Those that were not measured come last, as NaN does.
    shown = np.argsort(-np.abs(classes.difference), kind="stable")[:LISTED_CLASSES].tolist()
    recall_a, recall_b, difference, low, high = (
        known(column[shown])
        for column in (classes.recall_a, classes.recall_b, classes.difference, classes.low, classes.high)
    )
    rows = [
        [
            classes.labels[code],
            f"{classes.images[code]:,}",
            percent(recall_a[row]),
            percent(recall_b[row]),
            percent(difference[row], signed=True),
            NOT_AVAILABLE if low[row] is None else f"[{percent(low[row], True)}, {percent(high[row], True)}]",
        ]
        for row, code in enumerate(shown)
    ]
    title = f"Recall@1 of {len(shown)} of {len(classes):,} classes, largest difference first (percent)"
    return f"{title}\n{aligned(['class', 'images', 'A', 'B', 'B - A', '95 % interval'], rows)}"


def _minus(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left - right
