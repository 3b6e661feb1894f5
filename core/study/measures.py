"""What a run of a study is measured by on its test split.

The nearer of two images is the one at the smaller Euclidean distance between embeddings as the model gives them. For
embeddings of unit length that is the order of their cosine similarities; those that were trained without are compared
as they were trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.retrieval.similarity import rank

Vectors = npt.NDArray[np.float32]
Figures = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

# Shares are shown in percent; distances of targets are in the targets' own unit, and less is better.
DISTANCE = "target-distance"
BLOCK = 256


def is_share(measure: str) -> bool:
    """Whether a measure lies in 0..1 and more is better."""
    return not measure.startswith(DISTANCE)


def measure(
    names: Sequence[str], vectors: Vectors, codes: Positions, targets: npt.NDArray[np.float32] | None
) -> dict[str, float]:
    """The asked-for measures of N images that are all searched among each other, none of them finding itself.

    Args:
        names: see `core.study.definition`.
        vectors: (N, D) embeddings.
        codes: (N,) class codes; -1 is no class.
        targets: (N, T) continuous labels, NaN where missing, or None.

    Raises DataError where the data do not have what a measure needs.
    """
    by_class = [name for name in names if name == "map@r" or name.startswith("recall")]
    by_target = [name for name in names if name not in by_class]
    found = of_classes(by_class, vectors, codes) if by_class else {}
    if by_target:
        found |= _of_known_targets(by_target, vectors, targets)
    return {name: found[name] for name in names}


def of_classes(names: Sequence[str], vectors: Vectors, codes: Positions) -> dict[str, float]:
    """Recall@K and MAP@R as `core.retrieval.metrics` defines them, but by Euclidean distance."""
    sizes = np.bincount(codes[codes >= 0], minlength=1)
    positives = np.where(codes >= 0, sizes[np.maximum(codes, 0)] - 1, 0)
    queries = np.flatnonzero(positives > 0)
    if not len(queries):
        raise DataError("No test image has another one of its class, so recall and MAP@R cannot be measured.")
    deepest = max([int(positives.max()), *(_number(name) for name in names if name != "map@r")])
    sums = dict.fromkeys(names, 0.0)
    for block in np.array_split(queries, -(-len(queries) // BLOCK)):
        nearest = _nearest(vectors, block, min(deepest, len(vectors) - 1))
        hits = codes[nearest] == codes[block, None]
        for name in names:
            if name == "map@r":
                sums[name] += float(_average_precision(hits, positives[block]).sum())
            else:
                sums[name] += float(hits[:, : _number(name)].any(axis=1).sum())
    return {name: total / len(queries) for name, total in sums.items()}


def of_targets(names: Sequence[str], vectors: Vectors, targets: npt.NDArray[np.float32]) -> dict[str, float]:
    """Mean target distance at K and modified nDCG at K (Kim et al., CVPR 2019), by Euclidean distances of targets.

    The gain of an image at target distance d is 1 / (1 + d), discounted at rank k by log2(k + 1), and divided by what
    the order of the targets themselves would reach.
    """
    deepest = min(max(_number(name) for name in names), len(vectors) - 1)
    discounts = 1 / np.log2(np.arange(2, deepest + 2))
    everything = np.arange(len(vectors))
    sums = dict.fromkeys(names, 0.0)
    for block in np.array_split(everything, -(-len(everything) // BLOCK)):
        nearest = _nearest(vectors, block, deepest)
        apart = np.linalg.norm(targets[block, None].astype(np.float64) - targets[None], axis=2)
        reached = np.take_along_axis(apart, nearest, axis=1)
        apart[np.arange(len(block)), block] = np.inf
        ideal = np.sort(apart, axis=1)[:, :deepest]
        for name in names:
            k = min(_number(name), deepest)
            if name.startswith(DISTANCE):
                sums[name] += float(reached[:, :k].mean(axis=1).sum())
            else:
                gains = [(discounts[:k] / (1 + distances[:, :k])).sum(axis=1) for distances in (reached, ideal)]
                sums[name] += float((gains[0] / gains[1]).sum())
    return {name: total / len(vectors) for name, total in sums.items()}


def _of_known_targets(
    names: Sequence[str], vectors: Vectors, targets: npt.NDArray[np.float32] | None
) -> dict[str, float]:
    known = np.empty(0, dtype=np.int64) if targets is None else np.flatnonzero(np.isfinite(targets).all(axis=1))
    if targets is None or len(known) < 2:
        raise DataError(f"{names[0]} needs test images with continuous targets, and there are fewer than two.")
    return of_targets(names, vectors[known], targets[known])


def _nearest(vectors: Vectors, queries: Positions, k: int) -> Positions:
    """(B, k) positions of the nearest others of each query, nearest first, ties by position."""
    exact = vectors.astype(np.float64)
    squares = np.square(exact).sum(axis=1)
    distances = squares[queries, None] + squares - 2 * (exact[queries] @ exact.T)
    nearness = -np.maximum(distances, 0).astype(np.float32)
    nearness[np.arange(len(queries)), queries] = -np.inf
    return rank(nearness, k).columns


def _average_precision(hits: npt.NDArray[np.bool_], positives: Positions) -> Figures:
    """(B,) AP@R of (B, W) hits in the order of rank, with R = (B,) positives."""
    ranks = np.arange(1, hits.shape[1] + 1)
    within = hits & (ranks <= positives[:, None])
    sums: Figures = np.where(within, np.cumsum(within, axis=1) / ranks, 0.0).sum(axis=1)
    return sums / positives


def _number(name: str) -> int:
    return int(name.split("@")[1])
