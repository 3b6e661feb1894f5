"""Retrieval with continuous labels: how far apart are the labels of images that lie near each other?

Kim et al. 2019, "Deep Metric Learning Beyond Binary Supervision", section 5. With d_k the distance between the
labels (targets) of a query and of its k-th nearest image:

    mean label distance at K   (1 / K) * sum over k <= K of  d_k                                smaller is better
    modified nDCG at K         DCG_K / the DCG_K of the best ranking                            1 is best
                               DCG_K = sum over k <= K of  2^r_k / log2(k + 1),  r_k = -log2(d_k + 1)

so that 2^r_k = 1 / (d_k + 1); the best ranking orders the gallery by label distance.

Corner cases: images are ranked as the protocol says, by cosine or by Euclidean distance of the vectors as they are (for
unit vectors, which the paper has, both are one order), in float64; equal distances by position. The query is excluded
by its position, so exact duplicates keep their ranks. An image without a complete target neither asks nor is found, and
is counted. A query that can find fewer than K images has no mean label distance at K; its nDCG at K is over all that it
can find.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import Cancelled, EmbeddingsError
from core.messages import Message
from core.retrieval.distances import BLOCK_BYTES, Distances, DistanceTable, nearest, rows_at_once
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol, ProtocolFields
from core.retrieval.protocol_wording import describe_protocol

DISTANCE_AT = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
NDCG_AT = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
# The sum of as many distances as a query has neighbours must still be a float64.
_LARGEST = 1e300

LabelDistance = Callable[[Rows, Rows], Distances]
"""(B,) and (G,) positions -> (B, G) label distances, finite and not negative."""


@dataclass(frozen=True, eq=False)
class ContinuousEvaluation:
    """How well near images have near labels. Q is the number of measured queries; positions index the vectors.

    Attributes:
        protocol: who searched whom by what, and what was left out.
        mean_distance: K -> mean over queries of the mean label distance; None where it is not defined.
        ndcg: K -> mean over queries of the modified nDCG; None when nothing was measured.
        measured: (Q,) positions of the queries, ascending.
        per_query_distance: K -> (Q,) float64; None where it is not defined.
        per_query_ndcg: K -> (Q,) float64.
    """

    protocol: ProtocolFields
    mean_distance: dict[int, float | None]
    ndcg: dict[int, float | None]
    measured: Rows
    per_query_distance: dict[int, npt.NDArray[np.float64] | None]
    per_query_ndcg: dict[int, npt.NDArray[np.float64]]

    def as_json(self) -> dict[str, Any]:
        """The overall figures; K as text."""
        return {
            "protocol": describe_protocol(self.protocol),
            "protocol_fields": asdict(self.protocol),
            "queries": self.protocol.queries,
            "gallery": self.protocol.gallery,
            "without_target": self.protocol.without_target,
            "mean_label_distance": {str(k): value for k, value in self.mean_distance.items()},
            "ndcg": {str(k): value for k, value in self.ndcg.items()},
        }


def evaluate_continuous(
    embeddings: Embeddings,
    targets: npt.NDArray[np.floating],
    distance_at: Sequence[int] = DISTANCE_AT,
    ndcg_at: Sequence[int] = NDCG_AT,
    block_bytes: int = BLOCK_BYTES,
    should_stop: Callable[[], bool] | None = None,
    *,
    protocol: Protocol | None = None,
) -> ContinuousEvaluation:
    """Measure embeddings against their (N, T) `targets`, which are `catalog.targets[embeddings.rows]`.

    By `protocol`, or by the one that fits the embeddings (`Protocol.of`), of the images with complete targets.
    See `measure` for the rest and for what is raised.
    """
    if len(targets) != len(embeddings):
        raise EmbeddingsError(Message("targets-of-other-images", targets=len(targets), embeddings=len(embeddings)))
    complete = np.isfinite(targets).all(axis=1)
    protocol = protocol or Protocol.of(embeddings)
    found = measure(
        embeddings.vectors,
        protocol.among(complete),
        label_distance(targets),
        distance_at,
        ndcg_at,
        block_bytes,
        should_stop,
    )
    without_target = int(np.count_nonzero(~complete[protocol.taking_part]))
    fields = replace(found.protocol, split=embeddings.origin.split, without_target=without_target)
    return replace(found, protocol=fields)


def label_distance(targets: npt.NDArray[np.floating]) -> LabelDistance:
    """Euclidean distances between rows of (N, T) `targets`.

    Raises EmbeddingsError for another shape, and for targets too far apart for float64.
    """
    if targets.ndim != 2 or not targets.shape[1]:
        raise EmbeddingsError(Message("targets-array-misshapen", shape=str(targets.shape)))
    exact = targets.astype(np.float64)
    _require_finite_distances(exact)

    def between(queries: Rows, gallery: Rows) -> Distances:
        from scipy.spatial.distance import cdist

        return np.asarray(cdist(exact[queries], exact[gallery]))

    return between


def _require_finite_distances(targets: Distances) -> None:
    """Raise where the corners of the box around all complete targets are too far apart to be averaged."""
    from scipy.spatial.distance import cdist

    complete = targets[np.isfinite(targets).all(axis=1)]
    if not len(complete):
        return
    low, high = complete.min(axis=0, keepdims=True), complete.max(axis=0, keepdims=True)
    farthest = float(cdist(low, high)[0, 0])
    if not farthest < _LARGEST:
        raise EmbeddingsError(Message("target-distances-too-large", low=low.min(), high=high.max(), most=_LARGEST))


def measure(
    vectors: npt.NDArray[np.floating],
    protocol: Protocol,
    labels: LabelDistance,
    distance_at: Sequence[int] = DISTANCE_AT,
    ndcg_at: Sequence[int] = NDCG_AT,
    block_bytes: int = BLOCK_BYTES,
    should_stop: Callable[[], bool] | None = None,
) -> ContinuousEvaluation:
    """Measure (N, D) `vectors` by the label distances between positions.

    `block_bytes` bounds each table of distances (five are held at once) and changes no figure.

    Raises EmbeddingsError when a K is below 1 or nothing can be found, Cancelled when `should_stop` says so.
    """
    for name, cuts in (("mean label distance", distance_at), ("nDCG", ndcg_at)):
        if not cuts or min(cuts) < 1:
            raise EmbeddingsError(Message("measure-at-invalid-k", measure=name, received=str(list(cuts))), name)
    found = len(protocol.gallery) - int(protocol.overlaps)
    if found < 1:
        raise EmbeddingsError(
            Message(
                "continuous-retrieval-of-too-few-images", queries=len(protocol.queries), gallery=len(protocol.gallery)
            )
        )
    depth = min(max(*distance_at, *ndcg_at), found)
    ranked, best = _searched(vectors, protocol, labels, depth, block_bytes, should_stop)
    distances = {int(k): _mean_distance(ranked, k) for k in distance_at}
    gains = {int(k): _ndcg(ranked, best, k) for k in ndcg_at}
    return ContinuousEvaluation(
        protocol=protocol.fields(len(protocol.queries)),
        mean_distance={k: _mean(values) for k, values in distances.items()},
        ndcg={k: _mean(values) for k, values in gains.items()},
        measured=protocol.queries,
        per_query_distance=distances,
        per_query_ndcg=gains,
    )


def _searched(
    vectors: npt.NDArray[np.floating],
    protocol: Protocol,
    labels: LabelDistance,
    depth: int,
    block_bytes: int,
    should_stop: Callable[[], bool] | None,
) -> tuple[Distances, Distances]:
    """(Q, depth) label distances in the order of the vectors, and in the best order there is, block by block."""
    ranked, best = np.empty((2, len(protocol.queries), depth))
    gallery = vectors if len(protocol.gallery) == len(vectors) else vectors[protocol.gallery]
    table = DistanceTable(gallery, directions=protocol.distance == "cosine")
    step = rows_at_once(len(protocol.gallery), block_bytes)
    for start in range(0, len(protocol.queries), step):
        if should_stop is not None and should_stop():
            raise Cancelled(Message("evaluation-stopped"))
        queries = protocol.queries[start : start + step]
        ranked[start : start + step], best[start : start + step] = _label_distances(
            table.of(vectors[queries]), labels(queries, protocol.gallery), protocol, queries, depth
        )
    return ranked, best


def _label_distances(
    distances: Distances, labels: Distances, protocol: Protocol, queries: Rows, depth: int
) -> tuple[Distances, Distances]:
    """(B, depth) label distances in the order of the vectors, and in the best order there is."""
    for each in (distances, labels):
        protocol.hide(queries, each, np.inf)
    columns, _ = nearest(distances, depth)
    best = np.sort(np.partition(labels, depth - 1, axis=1)[:, :depth], axis=1)
    return np.take_along_axis(labels, columns, axis=1), best


def _mean_distance(ranked: Distances, k: int) -> npt.NDArray[np.float64] | None:
    """(Q,) mean label distance; None where fewer than k can be found."""
    return None if k > ranked.shape[1] else np.asarray(ranked[:, :k].mean(axis=1))


def _ndcg(ranked: Distances, best: Distances, k: int) -> npt.NDArray[np.float64]:
    """(Q,) modified nDCG."""
    discount = 1 / np.log2(np.arange(1, ranked.shape[1] + 1)[:k] + 1)
    return np.asarray((discount / (ranked[:, :k] + 1)).sum(axis=1) / (discount / (best[:, :k] + 1)).sum(axis=1))


def _mean(values: npt.NDArray[np.float64] | None) -> float | None:
    return float(values.mean()) if values is not None and len(values) else None
