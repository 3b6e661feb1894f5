"""`python -m core evaluate`: retrieval measures as a table that can be pasted into a paper."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.given_embeddings import EmbeddingsReader, add_embedding_arguments
from core.errors import InputError
from core.progress import JsonLinesReporter, Reporter

if TYPE_CHECKING:
    from core.data.catalog import Catalog
    from core.report.table import Table
    from core.retrieval.embeddings import Embeddings
    from core.retrieval.report import Measured

SUMMARY = "measure retrieval: Recall@K, MAP@R, R-precision and more, as a table for a terminal or a paper"
FORMATS = ("plain", "markdown", "latex", "csv", "json")
# The table shows these of the ranks that `--json` has.
DISTANCE_AT = (1, 5, 10)
NDCG_AT = (10, 50, 100)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "checkpoints",
        type=Path,
        nargs="+",
        metavar="CHECKPOINT",
        help="a checkpoint, a run (its best one), or an embeddings file; each becomes a row",
    )
    add_embedding_arguments(parser, data_required=False)
    parser.add_argument(
        "--recall-at", "--recall", default="1,2,4,8", metavar="K,K,...", help="the K of Recall@K (default: 1,2,4,8)"
    )
    parser.add_argument(
        "--precision-at",
        metavar="K,K,...",
        help="the K of Precision@K (default: none, or those of Recall@K with --measures precision)",
    )
    parser.add_argument(
        "--measures",
        metavar="NAME,...",
        help="which columns: recall, precision, map@r, r-precision, mrr, nmi, ami, silhouette, continuous "
        "(default: recall,precision,map@r,r-precision, and continuous where the data has targets)",
    )
    parser.add_argument(
        "--distance", choices=("cosine", "euclidean"), default="cosine", help="euclidean takes embeddings as they are"
    )
    parser.add_argument(
        "--average", choices=("micro", "macro"), default="micro", help="mean over queries, or over classes' means"
    )
    parser.add_argument(
        "--intervals",
        nargs="?",
        const="queries",
        choices=("queries", "classes"),
        help="add 95 %% bootstrap intervals that draw queries (default), or whole classes",
    )
    parser.add_argument("--seeds", action="store_true", help="the checkpoints are one method's runs: add their mean")
    parser.add_argument(
        "--per-class",
        nargs="?",
        type=int,
        const=0,
        metavar="WORST",
        help="add a table by class: all, or the worst so many",
    )
    parser.add_argument("--format", choices=FORMATS, default="plain", help="how tables are written (default: plain)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures, every class included, as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Measure, print, write."""
    from core.retrieval.report import overall, per_class, with_mean_of_runs
    from core.storage import write_json

    measures = _measures(arguments.measures)
    recall_at = _numbers(arguments.recall_at, "--recall-at")
    precision_at: tuple[int, ...] = ()
    if arguments.precision_at is not None:
        precision_at, measures = _numbers(arguments.precision_at, "--precision-at"), (*measures, "precision")
    elif arguments.measures is not None and "precision" in measures:
        precision_at = recall_at
    reader = EmbeddingsReader(arguments, reporter)
    names = _names(arguments.checkpoints)
    measured: list[Measured] = []
    words: list[str] = []
    for name, given in zip(names, arguments.checkpoints, strict=True):
        embeddings = reader.read(given)
        words.append(_origin_in_words(name, given, embeddings))
        catalog = reader.catalog if arguments.data is not None else None
        measured.append(_measure(name, embeddings, catalog, measures, recall_at, precision_at, arguments.distance))
    data = [f"Data: {reader.catalog.name}."] if arguments.data is not None else []
    table = overall(measured, measures, arguments.average, arguments.intervals, [*data, *words])
    tables = [with_mean_of_runs(table) if arguments.seeds else table]
    if arguments.per_class is not None:
        tables += [per_class(one, measures, arguments.per_class) for one in measured]
    reporter.close()
    document = _document(measured)
    if arguments.json is not None:
        write_json(arguments.json, document)
    if isinstance(reporter, JsonLinesReporter):
        reporter.event("result", **document)
    else:
        print(_written(tables, document, arguments.format))


def _measure(
    name: str,
    embeddings: Embeddings,
    catalog: Catalog | None,
    measures: tuple[str, ...],
    recall_at: tuple[int, ...],
    precision_at: tuple[int, ...],
    distance: str,
) -> Measured:
    from core.retrieval.clustering import cluster, silhouette
    from core.retrieval.continuous import evaluate_continuous
    from core.retrieval.metrics import evaluate
    from core.retrieval.report import Measured

    targets = None if catalog is None or catalog.targets is None else catalog.targets[embeddings.rows]
    return Measured(
        name,
        evaluate(embeddings, recall_at, distance=distance, precision_at=precision_at),
        embeddings.labels,
        cluster(embeddings, distance) if {"nmi", "ami"} & set(measures) else None,
        silhouette(embeddings, distance) if "silhouette" in measures else None,
        evaluate_continuous(embeddings, targets, DISTANCE_AT, NDCG_AT)
        if targets is not None and "continuous" in measures
        else None,
    )


def _document(measured: list[Measured]) -> dict[str, Any]:
    """One checkpoint's figures alone; several as a list under "evaluations", each with its name."""
    documents = [one.as_json() for one in measured]
    if len(documents) > 1:
        return {"evaluations": [{"name": one.name, **found} for one, found in zip(measured, documents, strict=True)]}
    return documents[0]


def _written(tables: list[Table], document: dict[str, Any], form: str) -> str:
    if form == "json":
        import json

        return json.dumps(document, indent=2, ensure_ascii=False)
    from core.report.formats import FORMATS as WRITERS

    return "\n\n".join(WRITERS[form](table) for table in tables)


def _origin_in_words(name: str, given: Path, embeddings: Embeddings) -> str:
    """Which checkpoint a row is, as far as the embeddings tell."""
    identity = f", checkpoint {embeddings.origin.checkpoint[:12]}" if embeddings.origin.checkpoint else ""
    return f"{name}: {given}{identity}, {embeddings.dimensions:,} dimensions."


def _names(given: list[Path]) -> list[str]:
    """The shortest ends of the paths that tell them apart."""
    parts = [path.absolute().with_suffix("").parts for path in given]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(set(parts)):
            break
    return names


def _measures(text: str | None) -> tuple[str, ...]:
    from core.retrieval.report import DEFAULT_MEASURES, MEASURES

    if text is None:
        return DEFAULT_MEASURES
    chosen = tuple(part.strip().lower() for part in text.split(","))
    unknown = [name for name in chosen if name not in MEASURES]
    if unknown:
        raise InputError(f"--measures has '{unknown[0]}'; expected some of {', '.join(MEASURES)}.", "--measures")
    return chosen


def _numbers(text: str, option: str) -> tuple[int, ...]:
    try:
        numbers = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        numbers = ()
    if not numbers or numbers[0] < 1:
        raise InputError(f"{option} is '{text}'; expected whole numbers from 1, such as 1,2,4,8.", option)
    return numbers
