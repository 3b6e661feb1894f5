"""`python -m core evaluate`: Recall@K, MAP@R and R-precision, overall and per class."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.given_embeddings import EmbeddingsReader, add_embedding_arguments
from core.commands.table import aligned, percent
from core.errors import InputError
from core.progress import JsonLinesReporter, Reporter

if TYPE_CHECKING:
    from core.retrieval.metrics import ClassResult, Evaluation

SUMMARY = "measure retrieval: Recall@K, MAP@R, R-precision, per class"
LISTED_CLASSES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint, a run (its best one), or an embeddings file"
    )
    add_embedding_arguments(parser, data_required=False)
    parser.add_argument("--recall", default="1,2,4,8", metavar="K,K,...", help="the K of Recall@K (default: 1,2,4,8)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures, every class included, as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Measure, print, write."""
    from core.retrieval.metrics import evaluate
    from core.storage import write_json

    recall_at = _numbers(arguments.recall)
    evaluation = evaluate(EmbeddingsReader(arguments, reporter).read(arguments.checkpoint), recall_at)
    reporter.close()
    if arguments.json is not None:
        write_json(arguments.json, evaluation.as_json())
    if isinstance(reporter, JsonLinesReporter):
        reporter.event("result", **evaluation.as_json())
    else:
        print(_in_words(evaluation))


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        numbers = ()
    if not numbers or numbers[0] < 1:
        raise InputError(f"--recall is '{text}'; expected whole numbers from 1, such as 1,2,4,8.", "--recall")
    return numbers


def _in_words(evaluation: Evaluation) -> str:
    overall = [("queries", f"{evaluation.queries:,}"), ("gallery", f"{evaluation.gallery:,}")]
    overall += [(f"Recall@{k}", percent(share)) for k, share in evaluation.recall.items()]
    overall += [("MAP@R", percent(evaluation.map_at_r)), ("R-precision", percent(evaluation.r_precision))]
    width = max(len(name) for name, _ in overall)
    figures = "\n".join(f"{name:<{width}}  {figure:>10}" for name, figure in overall)
    return f"{evaluation.protocol}\n\n{figures}\n\n{_class_table(evaluation)}"


def _class_table(evaluation: Evaluation) -> str:
    first = min(evaluation.recall)
    shown = sorted(evaluation.per_class, key=lambda result: _badness(result, first))[:LISTED_CLASSES]
    rows = [
        [
            result.label,
            f"{result.images:,}",
            *(percent(share) for share in result.recall.values()),
            percent(result.map_at_r),
            f"{result.confused_with} ({percent(result.confused_share)})" if result.confused_with else "",
        ]
        for result in shown
    ]
    headers = ["class", "images", *(f"R@{k}" for k in evaluation.recall), "MAP@R", "most confused with"]
    title = f"{len(evaluation.per_class):,} classes, lowest Recall@{first} first (percent)"
    if len(shown) < len(evaluation.per_class):
        title = f"The {len(shown)} of {len(evaluation.per_class):,} classes with the lowest Recall@{first} (percent)"
    return f"{title}\n{aligned(headers, rows, words=(0, len(headers) - 1))}"


def _badness(result: ClassResult, k: int) -> tuple[bool, float]:
    share = result.recall[k]
    return (True, 0.0) if share is None else (False, share)
