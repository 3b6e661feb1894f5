"""How far a map can be trusted: M1 and M2 of Venna and Kaski 2001.

With U_k(i) the images among the k nearest of i on the map but not in the embedding space, and r(i, j) the rank of j
among the neighbours of i in the embedding space:

    trustworthiness(k) = 1 - 2 / (N k (2N - 3k - 1)) * sum over i, and j of U_k(i), of  r(i, j) - k

Continuity exchanges map and space: it falls where neighbours were torn apart, trustworthiness where strangers were put
together. Both are 1 for a perfect map, and about 0.5 for a random one.

Corner cases: distances on the map are Euclidean, in the embedding space those of all measures; equal ones are ordered
by position; self excluded by position. Both are None unless k < N / 2, beyond which the normalisation does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.embedding_stats.sample import SAMPLE, asked
from core.errors import EmbeddingsError
from core.messages import Message
from core.retrieval.distances import BLOCK_BYTES, Distances, DistanceTable, nearest, rows_at_once

NEIGHBOURS = 10


@dataclass(frozen=True)
class MapQuality:
    """See above.

    Attributes:
        trustworthiness, continuity: 0 to 1, larger is better.
        k: how many neighbours.
        asked: how many images were asked for their neighbours, among all.
        images: N.
    """

    trustworthiness: float | None
    continuity: float | None
    k: int
    asked: int
    images: int


def map_quality(
    vectors: npt.NDArray[np.floating],
    points: npt.NDArray[np.floating],
    k: int = NEIGHBOURS,
    sample: int = SAMPLE,
    seed: int = 0,
    distance: str = "cosine",
    block_bytes: int = BLOCK_BYTES,
) -> MapQuality:
    """Hold the (N, 2) `points` of a map against the (N, D) `vectors`, by one of `distance_rule.DISTANCES`.

    With more than `sample` images, that many are drawn and asked for their neighbours among all.
    Raises EmbeddingsError for a k below 1 or when the two have different lengths.
    """
    if len(vectors) != len(points) or k < 1:
        raise EmbeddingsError(Message("map-of-other-images", points=len(points), embeddings=len(vectors), k=k))
    count, chosen = len(vectors), asked(len(vectors), sample, seed)
    if 2 * k >= count:
        return MapQuality(None, None, k, 0, count)
    space, plane = DistanceTable(vectors, directions=distance == "cosine"), DistanceTable(points)
    strangers, torn = 0, 0
    step = rows_at_once(count, block_bytes)
    for start in range(0, len(chosen), step):
        rows = chosen[start : start + step]
        there, here = space.of(vectors[rows]), plane.of(points[rows])
        itself = np.arange(len(rows)), rows
        there[itself] = here[itself] = np.inf
        strangers += _beyond(there, nearest(here, k)[0])
        torn += _beyond(here, nearest(there, k)[0])
    scale = 2 / (len(chosen) * k * (2 * count - 3 * k - 1))
    return MapQuality(1 - scale * strangers, 1 - scale * torn, k, len(chosen), count)


def _beyond(distances: Distances, columns: Rows) -> int:
    """How many ranks the (B, k) `columns` lie beyond the k nearest of the (B, N) `distances`, summed."""
    return int(np.maximum(_ranks(distances, columns) - columns.shape[1], 0).sum())


def _ranks(distances: Distances, columns: Rows) -> Rows:
    """(B, k) ranks of some columns in their rows, from 1; ties to the lower column."""
    ranks = np.empty(columns.shape, np.int64)
    for row, wanted in enumerate(columns):
        values = distances[row]
        for index, column in enumerate(wanted):
            nearer, tied = values < values[column], values[:column] == values[column]
            ranks[row, index] = np.count_nonzero(nearer) + np.count_nonzero(tied) + 1
    return ranks
