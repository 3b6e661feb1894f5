"""What each query found, as a file for other programs: a row for each query of each checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows, Texts
from core.errors import InputError
from core.messages import Message
from core.report.formats import harmless, write_rows
from core.report.table import NOT_AVAILABLE
from core.retrieval.class_figures import known
from core.retrieval.continuous import ContinuousEvaluation
from core.retrieval.embeddings import Embeddings, as_utf8
from core.retrieval.evaluation import Evaluation
from core.retrieval.measures import Figures
from core.retrieval.protocol import Protocol
from core.storage import atomic_path

SUFFIXES = (".csv", ".parquet")
TEXTS = ("checkpoint", "path", "class", "nearest", "nearest class")
FIRST_HIT = "first hit"
Columns = dict[str, list[Any]]


def check_suffix(path: Path) -> None:
    """Raise InputError unless `path` ends in .csv or .parquet."""
    if path.suffix not in SUFFIXES:
        raise InputError(Message("per-query-file-of-other-type", path=path), path)


def columns(
    name: str,
    embeddings: Embeddings,
    protocol: Protocol,
    evaluation: Evaluation,
    continuous: ContinuousEvaluation | None = None,
) -> Columns:
    """heading -> a cell for each query of `protocol`, in their order; None where a measure is not defined.

    "first hit" is the rank of the nearest image of the query's class, from 1; Recall@K is 1 where it is K or less.
    Similarity is that of the nearest image; by Euclidean distance there is "distance" in its place. `continuous` adds
    each query's mean label distance and nDCG.
    """
    queries = protocol.queries
    nearest = evaluation.nearest[queries]
    figures = {heading: known(values[queries]) for heading, values in figures_of_each(evaluation).items()}
    near = near_heading(evaluation)
    return {
        "checkpoint": [name] * len(queries),
        "path": _texts_at(embeddings.paths, queries),
        "class": [label or None for label in _texts_at(embeddings.labels, queries)],
        FIRST_HIT: [None if hit is None else int(hit) for hit in figures.pop(FIRST_HIT)],
        **{heading: cells for heading, cells in figures.items() if heading != near},
        "nearest": _texts_at(embeddings.paths, nearest),
        "nearest class": [label or None for label in _texts_at(embeddings.labels, nearest)],
        near: figures[near],
        **({} if continuous is None else _label_columns(continuous, queries, len(embeddings))),
    }


def figures_of_each(evaluation: Evaluation) -> dict[str, Figures]:
    """heading -> (N,) what is known of each image as a query; NaN where it is none, or the measure is not defined.

    "first hit" is a rank from 1; the last is the similarity of the nearest image, or its distance (`near_heading`).
    """
    near = evaluation.found.nearest_similarity.astype(np.float64)
    return {
        FIRST_HIT: np.where(evaluation.first_hit > 0, evaluation.first_hit, np.nan),
        **{
            one.of_query: one.of(evaluation.found)
            for one in sorted(evaluation.measures, key=lambda one: bool(one.measure.at))
            if one.of_query
        },
        near_heading(evaluation): -near if evaluation.protocol.distance == "euclidean" else near,
    }


def near_heading(evaluation: Evaluation) -> str:
    """What nearness of the nearest image is called."""
    return "distance" if evaluation.protocol.distance == "euclidean" else "similarity"


def _label_columns(found: ContinuousEvaluation, queries: Rows, count: int) -> Columns:
    figures = {f"label distance@{k}": values for k, values in found.per_query_distance.items() if values is not None}
    figures |= {f"nDCG@{k}": values for k, values in found.per_query_ndcg.items()}
    everyone = np.full(count, np.nan)
    together: Columns = {}
    for heading, values in figures.items():
        everyone[found.measured] = values
        together[heading] = known(everyone[queries])
    return together


def write(path: Path, parts: Sequence[Columns]) -> None:
    """Write the queries of several checkpoints, one below the other. Raises StorageError, InputError for a suffix."""
    check_suffix(path)
    together: Columns = {heading: [cell for part in parts for cell in part[heading]] for heading in parts[0]}
    with atomic_path(path) as temporary:
        if path.suffix == ".csv":
            _write_csv(temporary, together)
        else:
            _write_parquet(temporary, together)


def _write_csv(path: Path, together: Mapping[str, list[Any]]) -> None:
    # File names need not be text.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        write_rows(stream, [list(together)])
        write_rows(stream, ([_cell(value) for value in row] for row in zip(*together.values(), strict=True)))


def _write_parquet(path: Path, together: Mapping[str, list[Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {FIRST_HIT: pa.int64()} | dict.fromkeys(TEXTS, pa.string())
    arrays = {
        heading: pa.array([as_utf8(cell) for cell in cells], kinds.get(heading, pa.float64()))
        for heading, cells in together.items()
    }
    pq.write_table(pa.table(arrays), path)


def _cell(value: object) -> object:
    if value is None:
        return NOT_AVAILABLE
    return harmless(value) if isinstance(value, str) else value


def _texts_at(values: Texts, positions: npt.NDArray[np.signedinteger]) -> list[str | None]:
    """The texts at positions; None at -1, which is no position."""
    return [None if at < 0 else str(values[at]) for at in positions.tolist()]
