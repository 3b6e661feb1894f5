"""What a run of a study is measured by on its test split.

The nearer of two images is the one at the smaller Euclidean distance between embeddings as the model gives them. For
embeddings of unit length that is the order of their cosine similarities; those that were trained without are compared
as they were trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import EmbeddingsError
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.distances import DistanceTable, nearest, rows_at_once
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol, class_codes

MAP_AT_R = "map@r"
RECALL, DISTANCE, NDCG = "recall", "target-distance", "ndcg"

Targets = npt.NDArray[np.float32]
Hits = npt.NDArray[np.bool_]


def measure(names: Sequence[str], embeddings: Embeddings, targets: Targets | None) -> dict[str, float]:
    """The asked-for measures (see `core.study.definition`); the roles in `embeddings` say who searches whom.

    `targets` (N, T) are the continuous labels, NaN where missing. Raises EmbeddingsError where there is nothing to
    measure.
    """
    by_class = [name for name in names if name == MAP_AT_R or name.startswith(RECALL)]
    by_target = [name for name in names if name not in by_class]
    found = of_classes(by_class, embeddings) if by_class else {}
    if by_target:
        found |= of_targets(by_target, embeddings, targets)
    return {name: found[name] for name in names}


def of_classes(names: Sequence[str], embeddings: Embeddings) -> dict[str, float]:
    """Recall@K and MAP@R as `core.retrieval.metrics` defines them, but by Euclidean distance."""
    protocol = Protocol.of(embeddings)
    _, codes = class_codes(embeddings)
    in_gallery = codes[protocol.gallery]
    sizes = np.bincount(in_gallery[in_gallery >= 0], minlength=max(int(codes.max(initial=0)) + 1, 1))
    own = np.where(codes >= 0, sizes[codes], 0) - (codes >= 0) * int(protocol.leave_one_out)
    queries = protocol.queries[own[protocol.queries] > 0]
    if not len(queries):
        raise EmbeddingsError("No query has another image of its class, so recall and MAP@R cannot be measured.")
    deepest = max([int(own[queries].max()), *(number(name) for name in names if name != MAP_AT_R)])
    depth = min(deepest, len(protocol.gallery) - int(protocol.leave_one_out))
    table = DistanceTable(embeddings.vectors[protocol.gallery])
    sums = dict.fromkeys(names, 0.0)
    for start in range(0, len(queries), rows_at_once(len(protocol.gallery))):
        block = queries[start : start + rows_at_once(len(protocol.gallery))]
        distances = table.of(embeddings.vectors[block])
        if protocol.leave_one_out:
            distances[np.arange(len(block)), block] = np.inf
        columns, _ = nearest(distances, depth)
        hits = in_gallery[columns] == codes[block, None]
        for name in names:
            found = average_precision(hits, own[block]) if name == MAP_AT_R else hits[:, : number(name)].any(axis=1)
            sums[name] += float(found.sum())
    return {name: total / len(queries) for name, total in sums.items()}


def of_targets(names: Sequence[str], embeddings: Embeddings, targets: Targets | None) -> dict[str, float]:
    """Mean target distance at K and modified nDCG at K, as `core.retrieval.continuous` defines them."""
    if targets is None:
        raise EmbeddingsError(f"{names[0]} cannot be measured: the data have no continuous targets.", names[0])
    distance_at = [number(name) for name in names if name.startswith(DISTANCE)]
    ndcg_at = [number(name) for name in names if name.startswith(NDCG)]
    found = evaluate_continuous(embeddings, targets, distance_at or [1], ndcg_at or [1])
    figures = {name: (found.mean_distance if name.startswith(DISTANCE) else found.ndcg)[number(name)] for name in names}
    missing = [name for name, figure in figures.items() if figure is None]
    if missing:
        raise EmbeddingsError(f"{missing[0]} cannot be measured: only {found.gallery:,} images are there.", missing)
    return {name: figure for name, figure in figures.items() if figure is not None}


def average_precision(hits: Hits, positives: Rows) -> npt.NDArray[np.float64]:
    """(B,) AP@R of (B, W) hits in the order of rank, with R = (B,) positives above 0."""
    ranks = np.arange(1, hits.shape[1] + 1)
    within = hits & (ranks <= positives[:, None])
    sums = np.where(within, np.cumsum(within, axis=1) / ranks, 0.0).sum(axis=1)
    return np.asarray(sums / positives)


def number(name: str) -> int:
    """K of a measure at K."""
    return int(name.split("@")[1])
