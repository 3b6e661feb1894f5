"""`python -m core evaluate`: retrieval measures as a table that can be pasted into a paper."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.external_embeddings import EmbeddingsReader, add_embedding_arguments
from core.errors import InputError
from core.messages import Message
from core.progress import JsonLinesReporter, Reporter
from core.retrieval.embeddings import FILE_SUFFIXES
from core.wording import counted

if TYPE_CHECKING:
    from core.data.readers.targets_file import Targets
    from core.report.table import Table
    from core.retrieval.embeddings import Embeddings
    from core.retrieval.protocol import Protocol
    from core.retrieval.report import EvaluatedModel

SUMMARY = "measure retrieval: Recall@K, MAP@R, R-precision and more, as a table for a terminal or a paper"
FORMATS = ("plain", "markdown", "latex", "csv", "json")
# The ranks that files have; the table has the paper's alone, or with --measures continuous all.
DISTANCE_AT = (1, 5, 10)
NDCG_AT = (10, 50, 100)


@dataclass(frozen=True)
class EvaluateOptions:
    """What is measured of every checkpoint."""

    measures: tuple[str, ...]
    recall_at: tuple[int, ...]
    precision_at: tuple[int, ...]

    @classmethod
    def by(cls, arguments: argparse.Namespace) -> EvaluateOptions:
        """Raises InputError for a measure that there is not, or a K that is no number."""
        measures = _measures(arguments.measures)
        recall_at = _numbers(arguments.recall_at, "--recall-at")
        precision_at: tuple[int, ...] = ()
        if arguments.precision_at is not None:
            precision_at, measures = _numbers(arguments.precision_at, "--precision-at"), (*measures, "precision")
        elif arguments.measures is not None and "precision" in measures:
            precision_at = recall_at
        return cls(measures, recall_at, precision_at)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoints",
        type=Path,
        nargs="+",
        metavar="CHECKPOINT",
        help="a checkpoint, a run (its best one), or an embeddings file; each becomes a row",
    )
    add_embedding_arguments(parser, data_required=False)
    _add_measures(parser)
    _add_certainty(parser)
    _add_outputs(parser)


def _add_measures(parser: argparse.ArgumentParser) -> None:
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
        help="measures to print: recall, precision, map@r, r-precision, mrr, nmi, ami, silhouette, label-distance, "
        "ndcg, continuous, which is the last two at more ranks (default: recall,map@r,r-precision, and "
        "label-distance,ndcg where the data has targets)",
    )
    parser.add_argument(
        "--distance",
        choices=("cosine", "euclidean"),
        help="distance of retrieval (default: cosine where all embeddings have unit length, else euclidean, which "
        "takes them as they are)",
    )


def _add_certainty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--average",
        choices=("micro", "macro"),
        default="micro",
        help="mean over queries (micro, default), or over the means of the classes (macro)",
    )
    parser.add_argument(
        "--intervals",
        nargs="?",
        const="queries",
        choices=("queries", "classes"),
        help="add 95 %% bootstrap intervals, which resample queries (default) or whole classes",
    )
    parser.add_argument(
        "--seeds", action="store_true", help="the checkpoints are runs of one method with several seeds: add their mean"
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--per-class",
        nargs="?",
        type=int,
        const=0,
        metavar="WORST",
        help="add a table of all classes, or of so many of the worst",
    )
    parser.add_argument(
        "--cmc", type=int, metavar="N", help="add the cumulative match characteristic, a row for each rank from 1 to N"
    )
    parser.add_argument(
        "--per-query", type=Path, metavar="FILE", help="write the result of each query, a row each, as .csv or .parquet"
    )
    parser.add_argument("--format", choices=FORMATS, default="plain", help="format of the tables (default: plain)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures, every class included, as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    from core.retrieval import per_query
    from core.retrieval.protocol import Protocol

    asked = EvaluateOptions.by(arguments)
    _require_counts(arguments.per_class, arguments.cmc)
    if arguments.seeds:
        _require_runs(arguments.checkpoints)
    if arguments.per_query is not None:
        per_query.check_suffix(arguments.per_query)
    reader = EmbeddingsReader(arguments, reporter)
    measured: list[EvaluatedModel] = []
    words: list[str] = []
    queries: list[per_query.Columns] = []
    for name, given in zip(names_of(arguments.checkpoints), arguments.checkpoints, strict=True):
        embeddings = reader.read(given)
        words.append(_describe_origin(name, given, embeddings))
        targets = _targets(arguments, reader, embeddings, asked)
        protocol = Protocol.of(embeddings, arguments.distance)
        seen = _seen_in_training(given, arguments, reader, embeddings)
        one = _measure(name, embeddings, targets, asked, protocol, seen)
        measured.append(one)
        if arguments.per_query is not None:
            queries.append(per_query.columns(name, embeddings, protocol, one.evaluation, one.continuous))
    data = [f"Data: {reader.catalog.name}."] if arguments.data is not None else []
    tables = _tables(arguments, measured, asked, [*data, *words])
    in_json = arguments.json is not None or arguments.format == "json" or isinstance(reporter, JsonLinesReporter)
    document = _document(arguments, measured, tables[0]) if in_json else {}
    if queries:
        per_query.write(arguments.per_query, queries)
    reporter.result(document, lambda: _written(tables, document, arguments.format), arguments.json)


def _seen_in_training(
    given: Path, arguments: argparse.Namespace, reader: EmbeddingsReader, embeddings: Embeddings
) -> dict[str, Any]:
    """What a protocol tells of classes of these images that training saw, or may have."""
    from core.data.class_division import shared_classes

    if arguments.data is None:
        return {}
    shared = shared_classes(reader.catalog, embeddings.rows)
    return {"shared_classes": shared, "trained_on": _trained_on_others(given, reader.catalog.fingerprint)}


def _trained_on_others(given: Path, catalog: str) -> str | None:
    """What a run's checkpoint was trained on where that is not the data of this fingerprint, as it is divided here."""
    from core.models.checkpoint_files import read_info, resolve
    from core.retrieval.embeddings_file import is_embeddings_file

    if is_embeddings_file(given):
        return None
    trained_on = read_info(resolve(given)).metrics.get("data")
    if not isinstance(trained_on, dict) or trained_on.get("catalog") in (None, catalog):
        return None
    return str(trained_on.get("name", ""))


def _targets(
    arguments: argparse.Namespace, reader: EmbeddingsReader, embeddings: Embeddings, asked: EvaluateOptions
) -> Targets | None:
    """(N, T) continuous labels of the embeddings, where the data has any and a measure needs them.

    Raises InputError where such a measure was named and they are not there.
    """
    from core.retrieval.report import OF_TARGETS

    catalog = reader.catalog if arguments.data is not None else None
    wanted = [name for name in asked.measures if name in OF_TARGETS]
    if wanted and catalog is not None and catalog.targets is not None:
        return catalog.targets[embeddings.rows]
    if wanted and arguments.measures is not None:
        if catalog is None:
            raise InputError(Message("measure-without-data", measure=wanted[0]), "--measures")
        raise InputError(Message("measure-without-targets", measure=wanted[0], catalog=catalog.name), "--measures")
    return None


def _measure(
    name: str,
    embeddings: Embeddings,
    targets: Targets | None,
    asked: EvaluateOptions,
    protocol: Protocol,
    seen: Mapping[str, Any],
) -> EvaluatedModel:
    """All that was asked for, by `protocol`; `seen` are fields of it that the embeddings do not tell."""
    from core.retrieval.clustering import cluster, silhouette
    from core.retrieval.continuous import evaluate_continuous
    from core.retrieval.evaluation import evaluate
    from core.retrieval.report import EvaluatedModel

    found = evaluate(embeddings, asked.recall_at, protocol=protocol, precision_at=asked.precision_at)
    return EvaluatedModel(
        name,
        replace(found, protocol=replace(found.protocol, **seen)),
        cluster(embeddings, protocol.distance) if {"nmi", "ami"} & set(asked.measures) else None,
        silhouette(embeddings, protocol.distance) if "silhouette" in asked.measures else None,
        None if targets is None else evaluate_continuous(embeddings, targets, DISTANCE_AT, NDCG_AT, protocol=protocol),
    )


def _tables(
    arguments: argparse.Namespace, measured: list[EvaluatedModel], asked: EvaluateOptions, words: list[str]
) -> list[Table]:
    from core.retrieval.report import curve, overall, per_class, with_mean_of_runs

    table = overall(measured, asked.measures, arguments.average, arguments.intervals, words)
    tables = [with_mean_of_runs(table) if arguments.seeds else table]
    if arguments.per_class is not None:
        tables += [per_class(one, asked.measures, arguments.per_class) for one in measured]
    return [*tables, *([curve(measured, arguments.cmc)] if arguments.cmc else [])]


def _document(arguments: argparse.Namespace, measured: list[EvaluatedModel], table: Table) -> dict[str, Any]:
    """One checkpoint's figures alone; several as a list under "evaluations", each with its name."""
    from core.retrieval.report import figures_as_json

    documents = [one.as_json() for one in measured]
    sure = figures_as_json(table)
    for one, document, figures in zip(measured, documents, sure, strict=False):
        if arguments.intervals is not None:
            drawn = "classes" if arguments.average == "macro" else arguments.intervals
            document["intervals"] = {"average": arguments.average, "drawn": drawn, "figures": figures}
        if arguments.cmc:
            document["cmc"] = [None if isnan(share) else share for share in one.evaluation.cmc(arguments.cmc)]
    if len(documents) == 1:
        return documents[0]
    together: dict[str, Any] = {
        "evaluations": [{"name": one.name, **found} for one, found in zip(measured, documents, strict=True)]
    }
    return {**together, "mean_of_runs": sure[-1]} if arguments.seeds else together


def _written(tables: list[Table], document: dict[str, Any], form: str) -> str:
    if form == "json":
        import json

        return json.dumps(document, indent=2, ensure_ascii=False)
    from core.report.formats import FORMATS as WRITERS

    return "\n\n".join(WRITERS[form](table) for table in tables)


def _describe_origin(name: str, given: Path, embeddings: Embeddings) -> str:
    """Which checkpoint a row is, as far as the embeddings tell."""
    identity = f", checkpoint {embeddings.origin.checkpoint[:12]}" if embeddings.origin.checkpoint else ""
    return f"{name}: {given}{identity}, {counted(embeddings.dimensions, 'dimension')}."


def names_of(given: list[Path]) -> list[str]:
    """The shortest ends of the paths that tell them apart, without suffixes where those do not matter."""
    whole = [path.absolute().parts for path in given]
    bare = [_without_suffix(path.absolute()).parts for path in given]
    parts = bare if len(set(bare)) == len(set(whole)) else whole
    names: list[str] = []
    for length in range(1, max(map(len, parts), default=0) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(set(parts)):
            break
    return names


def _without_suffix(path: Path) -> Path:
    # The folder of a run may be called "margin-0.2".
    return path.with_suffix("") if path.suffix in (".safetensors", *FILE_SUFFIXES) else path


def _measures(text: str | None) -> tuple[str, ...]:
    from core.retrieval.report import all_measures, usual_measures

    if text is None:
        return usual_measures()
    chosen = tuple(part.strip().lower() for part in text.split(","))
    unknown = [name for name in chosen if name not in all_measures()]
    if unknown:
        raise InputError(Message("measure-unknown", measure=unknown[0], measures=all_measures()), "--measures")
    return chosen


def _numbers(text: str, option: str) -> tuple[int, ...]:
    try:
        numbers = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        numbers = ()
    if not numbers or numbers[0] < 1:
        raise InputError(Message("list-of-ranks-invalid", option=option, text=text), option)
    return numbers


def _require_counts(worst: int | None, ranks: int | None) -> None:
    if worst is not None and worst < 0:
        raise InputError(Message("per-class-count-invalid", count=worst), "--per-class")
    if ranks is not None and ranks < 1:
        raise InputError(Message("cmc-ranks-invalid", ranks=ranks), "--cmc")


def _require_runs(checkpoints: list[Path]) -> None:
    """Raise InputError, before the long work, for what has no mean over seeds."""
    different = len({path.resolve() for path in checkpoints})
    if different < max(2, len(checkpoints)):
        if different == len(checkpoints):
            raise InputError(Message("seeds-of-one-run", count=different), "--seeds")
        repeated = Message("seeds-of-repeated-runs", different=different, count=len(checkpoints))
        raise InputError(repeated, "--seeds")
