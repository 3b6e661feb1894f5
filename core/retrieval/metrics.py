"""Recall@K, MAP@R and R-precision: exact, in blocks, per query, per class and overall.

Definitions (Musgrave et al. 2020, "A Metric Learning Reality Check", and the field's Recall@K). For a query with
R images of its class in the gallery, itself excluded:

    Recall@K      1 if any of the K nearest is of its class, else 0
    R-precision   hits among the R nearest, divided by R
    MAP@R         (1 / R) * sum over ranks k <= R of  precision at k  *  (1 if rank k is a hit)

Corner cases: a query without any positive (R = 0: a class of one image, or unlabelled) is not measured, and counted.
Unlabelled images stay in the gallery, where they are never a hit. The query is excluded by its position, so exact
duplicates keep their ranks. Equal similarities are ordered by position: a collapsed network scores as chance does.
Where nothing is measured, a figure is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import Cancelled, EmbeddingsError
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol, class_codes
from core.retrieval.search import BLOCK_BYTES, Ranked, search

RECALL_AT = (1, 2, 4, 8)

Measure = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassResult:
    """One class: means over its measured queries; None where it has none.

    Attributes:
        label: the class.
        images: its images in the evaluation, queries and gallery together.
        queries: its measured queries.
        recall: K -> Recall@K.
        map_at_r: MAP@R.
        confused_with: the wrong class that is nearest most often, "" where there is none.
        confused_share: the share of the class's queries whose nearest image is of that class.
    """

    label: str
    images: int
    queries: int
    recall: dict[int, float | None]
    map_at_r: float | None
    confused_with: str
    confused_share: float

    def as_json(self) -> dict[str, Any]:
        """Plain values; K as text."""
        return {
            "label": self.label,
            "images": self.images,
            "queries": self.queries,
            "recall": {str(k): value for k, value in self.recall.items()},
            "map_at_r": self.map_at_r,
            "confused_with": self.confused_with,
            "confused_share": self.confused_share,
        }


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well embeddings retrieve. N is the number of embeddings; positions index them.

    Attributes:
        protocol: who searched whom, in words.
        queries: how many were measured.
        gallery: how many images could be found.
        not_measured: queries without a positive; in no figure.
        recall: K -> share of measured queries; None when nothing was measured.
        map_at_r, r_precision: means over measured queries, or None.
        per_class: in natural order of the class names.
        first_hit: (N,) int64 rank of the first image of the query's class; 0 when none is among the
            max(K, R) nearest; -1 where not measured.
        average_precision: (N,) float64 AP@R; NaN where not measured.
        nearest: (N,) int64 position of the most similar image; -1 for non-queries.
        nearest_similarity: (N,) float32; NaN for non-queries.
    """

    protocol: str
    queries: int
    gallery: int
    not_measured: int
    recall: dict[int, float | None]
    map_at_r: float | None
    r_precision: float | None
    per_class: tuple[ClassResult, ...]
    first_hit: Rows
    average_precision: Measure
    nearest: Rows
    nearest_similarity: npt.NDArray[np.float32]

    def as_json(self) -> dict[str, Any]:
        """The document that `evaluate --json` writes."""
        return {
            "protocol": self.protocol,
            "queries": self.queries,
            "gallery": self.gallery,
            "not_measured": self.not_measured,
            "recall": {str(k): value for k, value in self.recall.items()},
            "map_at_r": self.map_at_r,
            "r_precision": self.r_precision,
            "per_class": [result.as_json() for result in self.per_class],
        }


def evaluate(
    embeddings: Embeddings,
    recall_at: Sequence[int] = RECALL_AT,
    block_bytes: int = BLOCK_BYTES,
    should_stop: Callable[[], bool] | None = None,
) -> Evaluation:
    """Measure retrieval by cosine similarity; `block_bytes` bounds the memory and changes no figure.

    Raises EmbeddingsError when there is nothing to search or a K is below 1, Cancelled when `should_stop` says so.
    """
    return evaluate_with_neighbours(embeddings, 1, recall_at, block_bytes, should_stop)[0]


def evaluate_with_neighbours(
    embeddings: Embeddings,
    k: int,
    recall_at: Sequence[int] = RECALL_AT,
    block_bytes: int = BLOCK_BYTES,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Evaluation, Rows]:
    """`evaluate`, and from the same search the (N, k) int64 positions of the nearest images; -1 where none."""
    if not recall_at or min(recall_at) < 1:
        raise EmbeddingsError(f"Recall@K needs every K to be at least 1; received {list(recall_at)}.", "recall")
    protocol = Protocol.of(embeddings)
    if len(protocol.gallery) < (2 if protocol.leave_one_out else 1):
        raise EmbeddingsError(f"Retrieval needs at least two images; received {len(embeddings)}.")
    classes, codes = class_codes(embeddings)
    positives = _positives(protocol, codes, len(classes))
    searched = np.maximum(positives, max(recall_at))
    found = _Found.empty(len(embeddings), k)
    for ranked in search(embeddings, protocol, np.maximum(searched, k), block_bytes):
        if should_stop is not None and should_stop():
            raise Cancelled("The evaluation was stopped.")
        places = ranked.places
        found.add(ranked, protocol.queries[places], positives[places], searched[places], codes)
    measured = np.flatnonzero(found.first_hit >= 0)
    evaluation = Evaluation(
        protocol=_in_words(protocol, embeddings, len(measured)),
        queries=len(measured),
        gallery=len(protocol.gallery),
        not_measured=len(protocol.queries) - len(measured),
        recall=_recall(found.first_hit[measured], recall_at),
        map_at_r=_mean(found.average_precision[measured]),
        r_precision=_mean(found.precision[measured]),
        per_class=_per_class(classes, codes, protocol, found, recall_at),
        first_hit=found.first_hit,
        average_precision=found.average_precision,
        nearest=found.near[:, 0],
        nearest_similarity=found.nearest_similarity,
    )
    return evaluation, found.near


@dataclass(frozen=True, eq=False)
class _Found:
    """The per-query figures of all N positions, filled block by block."""

    first_hit: Rows
    average_precision: Measure
    precision: Measure
    near: Rows
    nearest_similarity: npt.NDArray[np.float32]

    @classmethod
    def empty(cls, count: int, k: int) -> _Found:
        return cls(
            np.full(count, -1, np.int64),
            np.full(count, np.nan),
            np.full(count, np.nan),
            np.full((count, k), -1, np.int64),
            np.full(count, np.nan, np.float32),
        )

    def add(self, ranked: Ranked, queries: Rows, positives: Rows, searched: Rows, codes: Rows) -> None:
        """Turn one block's rankings into figures; (B,) arrays belong to its B queries."""
        nearest = ranked.nearest
        width = min(nearest.shape[1], self.near.shape[1])
        self.near[queries, :width] = nearest[:, :width]
        self.nearest_similarity[queries] = ranked.similarities[:, 0]
        ranks = np.arange(1, nearest.shape[1] + 1)
        hits = (codes[np.maximum(nearest, 0)] == codes[queries, None]) & (nearest >= 0)
        within_r = hits & (ranks <= positives[:, None])
        reached = hits & (ranks <= searched[:, None])
        # Precision at rank k counts the hits up to k; only ranks that are hits enter the sum. The sum runs from the
        # left (np.sum would not), so that its last bit is the same however long the block's rankings are.
        precisions = np.cumsum(np.where(within_r, np.cumsum(within_r, axis=1) / ranks, 0.0), axis=1)
        measured, divisor = positives > 0, np.maximum(positives, 1)
        first_hit = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, 0)
        self.first_hit[queries] = np.where(measured, first_hit, -1)
        self.precision[queries] = np.where(measured, within_r.sum(axis=1) / divisor, np.nan)
        self.average_precision[queries] = np.where(measured, precisions[:, -1] / divisor, np.nan)


def _positives(protocol: Protocol, codes: Rows, class_count: int) -> Rows:
    """(Q,) R of each query: images of its class in the gallery, itself not counted; 0 where unlabelled."""
    in_gallery = codes[protocol.gallery]
    sizes = np.bincount(in_gallery[in_gallery >= 0], minlength=class_count + 1)
    asked = codes[protocol.queries]
    positives: Rows = np.where(asked >= 0, sizes[asked] - int(protocol.leave_one_out), 0).astype(np.int64)
    return positives


def _recall(first_hit: Rows, recall_at: Sequence[int]) -> dict[int, float | None]:
    return {int(k): _mean((first_hit > 0) & (first_hit <= k)) for k in recall_at}


def _mean(values: npt.NDArray[Any]) -> float | None:
    return float(np.mean(values, dtype=np.float64)) if len(values) else None


def _per_class(
    classes: tuple[str, ...], codes: Rows, protocol: Protocol, found: _Found, recall_at: Sequence[int]
) -> tuple[ClassResult, ...]:
    """Means by class through counting: there may be more classes than a loop over them should take."""
    taking_part = codes[np.union1d(protocol.queries, protocol.gallery)]
    images = np.bincount(taking_part[taking_part >= 0], minlength=len(classes))
    measured = np.flatnonzero(found.first_hit >= 0)
    own, first_hit = codes[measured], found.first_hit[measured]
    queries = np.bincount(own, minlength=len(classes))

    def means(values: npt.NDArray[Any]) -> list[float | None]:
        sums = np.bincount(own, weights=values, minlength=len(classes))
        return [float(total / count) if count else None for total, count in zip(sums, queries, strict=True)]

    recall = {int(k): means((first_hit > 0) & (first_hit <= k)) for k in recall_at}
    map_at_r = means(found.average_precision[measured])
    confused, times = _confusions(own, codes[found.near[measured, 0]], len(classes))
    return tuple(
        ClassResult(
            label=label,
            images=int(images[code]),
            queries=int(queries[code]),
            recall={k: shares[code] for k, shares in recall.items()},
            map_at_r=map_at_r[code],
            confused_with=classes[confused[code]] if times[code] else "",
            confused_share=float(times[code] / queries[code]) if times[code] else 0.0,
        )
        for code, label in enumerate(classes)
    )


def _confusions(own: Rows, nearest: Rows, class_count: int) -> tuple[Rows, Rows]:
    """(C,) most frequent wrong class of each class's (M,) nearest images, and how often; ties to the first class."""
    wrong = (nearest >= 0) & (nearest != own)
    pairs, counts = np.unique(own[wrong] * class_count + nearest[wrong], return_counts=True)
    asking, answered = np.divmod(pairs, max(class_count, 1))
    order = np.lexsort((answered, -counts, asking))
    heads, first = np.unique(asking[order], return_index=True)
    confused, times = np.zeros(class_count, np.int64), np.zeros(class_count, np.int64)
    confused[heads], times[heads] = answered[order][first], counts[order][first]
    return confused, times


def _in_words(protocol: Protocol, embeddings: Embeddings, measured: int) -> str:
    split = f" on split {embeddings.origin.split}" if embeddings.origin.split else ""
    skipped = len(protocol.queries) - measured
    parts = ["cosine similarity", f"{measured:,} queries"]
    if protocol.leave_one_out:
        parts = [f"leave-one-out{split}", *parts, "self excluded by row"]
    else:
        parts = [f"query to gallery{split}", *parts, f"{len(protocol.gallery):,} gallery images"]
    if skipped:
        parts.append(f"{skipped:,} queries without another image of their class not measured")
    unlabelled = int(np.sum(embeddings.labels[protocol.gallery] == ""))
    if unlabelled:
        parts.append(f"{unlabelled:,} unlabelled images stay in the gallery")
    return ", ".join(parts)
