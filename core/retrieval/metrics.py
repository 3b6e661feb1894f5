"""Recall@K, Precision@K, MAP@R, R-precision, MRR and CMC: exact, in blocks, per query, per class and overall.

Definitions (Musgrave et al. 2020, "A Metric Learning Reality Check", and the field's Recall@K). For a query with
R images of its class in the gallery, itself excluded:

    Recall@K      1 if any of the K nearest is of its class, else 0
    Precision@K   hits among the K nearest, divided by K
    R-precision   hits among the R nearest, divided by R
    MAP@R         (1 / R) * sum over ranks k <= R of  precision at k  *  (1 if rank k is a hit)
    MRR           1 / rank of the first hit, over the whole gallery
    CMC           Recall@K for every K up to some rank

Overall figures are means over the measured queries (micro); `macro` has means over the classes of the classes' means.

Corner cases: a query without any positive (R = 0: a class of one image, or unlabelled) is not measured, and counted.
Unlabelled images stay in the gallery, where they are never a hit. The query is excluded by its position, so exact
duplicates keep their ranks. Equal similarities are ordered by position: a collapsed network scores as chance does.
With K beyond the gallery, Recall@K is 1, since R > 0, and what is missing counts as wrong in Precision@K.
Where nothing is measured, a figure is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import Cancelled, EmbeddingsError
from core.progress import Reporter
from core.retrieval.collapse import spread_of
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol, class_codes
from core.retrieval.search import BLOCK_BYTES, as_positions, blocks
from core.retrieval.similarity import Vectors, cosines
from core.wording import counted

if TYPE_CHECKING:
    from core.retrieval.ranks import RankedBlock

RECALL_AT = (1, 2, 4, 8)
# How many nearest images of each query an evaluation lists: as many as the window shows, and a comparison needs.
LISTED = 20
DISTANCE_IN_WORDS = {"cosine": "cosine similarity", "euclidean": "Euclidean distance of the embeddings as they are"}

Measure = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Means:
    """Means of every measure over queries or over classes; None where there is nothing to average.

    Attributes:
        recall, precision: K -> mean.
        map_at_r, r_precision, mrr: means.
    """

    recall: dict[int, float | None]
    precision: dict[int, float | None]
    map_at_r: float | None
    r_precision: float | None
    mrr: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain values; K as text."""
        return {
            "recall": {str(k): value for k, value in self.recall.items()},
            "precision": {str(k): value for k, value in self.precision.items()},
            "map_at_r": self.map_at_r,
            "r_precision": self.r_precision,
            "mrr": self.mrr,
        }


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
        confused_share: the share of the class's queries whose nearest image is of that class; 0 where there is none.
        precision: K -> Precision@K.
        r_precision, mrr: as in `Evaluation`.
    """

    label: str
    images: int
    queries: int
    recall: dict[int, float | None]
    map_at_r: float | None
    confused_with: str
    confused_share: float | None
    precision: dict[int, float | None] = field(default_factory=dict)
    r_precision: float | None = None
    mrr: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values; K as text."""
        means = Means(self.recall, self.precision, self.map_at_r, self.r_precision, self.mrr)
        return {
            "label": self.label,
            "images": self.images,
            "queries": self.queries,
            **means.as_json(),
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
        first_hit: (N,) int64 rank of the first image of the query's class; -1 where not measured.
        average_precision: (N,) float64 AP@R; NaN where not measured.
        neighbours: (N, L) int32 positions of the most similar images, nearest first; -1 where there are fewer.
        nearest_similarity: (N,) float32 cosine similarity, or minus the Euclidean distance; NaN for non-queries.
        precision: K -> mean Precision@K, for the K asked for.
        mrr: mean of 1 / `first_hit`.
        macro: means over the classes that have measured queries.
        precision_at_r: (N,) float64 R-precision of each query; NaN where not measured.
        precision_at: K -> (N,) float64 Precision@K of each query; NaN where not measured.
        distance: what "nearest" went by, one of `core.retrieval.search.DISTANCES`.
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
    neighbours: npt.NDArray[np.int32]
    nearest_similarity: npt.NDArray[np.float32]
    precision: dict[int, float | None] = field(default_factory=dict)
    mrr: float | None = None
    macro: Means | None = None
    precision_at_r: Measure | None = None
    precision_at: dict[int, Measure] = field(default_factory=dict)
    distance: str = "cosine"

    @property
    def nearest(self) -> npt.NDArray[np.int32]:
        """(N,) position of the most similar image; -1 for non-queries."""
        return self.neighbours[:, 0]

    @property
    def micro(self) -> Means:
        """The means over queries together, as `macro` has those over classes."""
        return Means(self.recall, self.precision, self.map_at_r, self.r_precision, self.mrr)

    @property
    def classes_measured(self) -> int:
        """How many classes have measured queries: what `macro` is a mean over."""
        return sum(result.queries > 0 for result in self.per_class)

    def cmc(self, up_to: int) -> Measure:
        """(up_to,) cumulative match characteristic: Recall@K for K = 1, 2, ...; NaN when nothing was measured."""
        first_hit = self.first_hit[self.first_hit > 0]
        if not len(first_hit):
            return np.full(up_to, np.nan)
        at_rank = np.bincount(np.minimum(first_hit, up_to + 1), minlength=up_to + 2)[1 : up_to + 1]
        return np.cumsum(at_rank) / len(first_hit)

    def as_json(self) -> dict[str, Any]:
        """The document that `evaluate --json` writes."""
        return {
            "protocol": self.protocol,
            "distance": self.distance,
            "queries": self.queries,
            "gallery": self.gallery,
            "not_measured": self.not_measured,
            **self.micro.as_json(),
            "classes_measured": self.classes_measured,
            "macro": None if self.macro is None else self.macro.as_json(),
            "per_class": [result.as_json() for result in self.per_class],
        }


def evaluate(
    embeddings: Embeddings,
    recall_at: Sequence[int] = RECALL_AT,
    block_bytes: int = BLOCK_BYTES,
    should_stop: Callable[[], bool] | None = None,
    *,
    distance: str = "cosine",
    precision_at: Sequence[int] = (),
    listed: int = LISTED,
    reporter: Reporter | None = None,
) -> Evaluation:
    """Measure retrieval by cosine similarity, or by the "euclidean" distance of the embeddings as they are.

    `listed` is how many of each query's nearest images are listed. `block_bytes` bounds the memory and changes no
    figure. Raises EmbeddingsError when there is nothing to search, a K is below 1 or the distance unknown, Cancelled
    when `should_stop` says so.
    """
    # Imports numba, for which the window does not wait when it starts.
    from core.retrieval.ranks import Positives, rank_positives

    recall_at, precision_at = _ascending(recall_at, "Recall@K"), _ascending(precision_at, "Precision@K")
    if not recall_at:
        raise EmbeddingsError("Recall@K needs at least one K; received none.", "recall")
    protocol = Protocol.of(embeddings)
    if len(protocol.gallery) < (2 if protocol.leave_one_out else 1):
        raise EmbeddingsError(f"Retrieval needs at least two images; received {len(embeddings)}.")
    classes, codes = class_codes(embeddings)
    positives = Positives.of(codes[protocol.gallery], len(classes))
    found, measured = _Found.empty(len(embeddings), listed, precision_at), 0
    for block in blocks(embeddings, protocol, distance, block_bytes):
        if should_stop is not None and should_stop():
            raise Cancelled("The evaluation was stopped.")
        queries = protocol.queries[block.places]
        selves = protocol.own_columns(queries)
        ranked = rank_positives(block.similarities, codes[queries], selves, positives, precision_at, listed)
        if distance == "euclidean":
            np.negative(np.sqrt(-ranked.nearest_similarity), out=ranked.nearest_similarity)
        found.add(queries, ranked, positives.counts(codes[queries], selves), protocol)
        measured += len(queries)
        if reporter is not None:
            reporter.progress("measuring recall", measured, len(protocol.queries), "queries")
    if distance == "cosine":
        found.tell_cosines(embeddings.vectors)
    return _evaluation(embeddings, protocol, classes, codes, found, recall_at, distance)


def _ascending(at: Sequence[int], name: str) -> tuple[int, ...]:
    if at and min(at) < 1:
        raise EmbeddingsError(f"{name} needs every K to be at least 1; received {list(at)}.", "recall")
    return tuple(sorted({int(k) for k in at}))


def _evaluation(
    embeddings: Embeddings,
    protocol: Protocol,
    classes: tuple[str, ...],
    codes: Rows,
    found: _Found,
    recall_at: tuple[int, ...],
    distance: str,
) -> Evaluation:
    measured = np.flatnonzero(found.first_hit >= 0)
    figures = found.figures(measured, recall_at)
    per_class = _per_class(classes, codes, protocol, found, measured, figures)
    micro = figures.means(_mean)
    return Evaluation(
        protocol=in_words(protocol, embeddings, len(measured), distance),
        queries=len(measured),
        gallery=len(protocol.gallery),
        not_measured=len(protocol.queries) - len(measured),
        recall=micro.recall,
        map_at_r=micro.map_at_r,
        r_precision=micro.r_precision,
        per_class=per_class,
        first_hit=found.first_hit,
        average_precision=found.average_precision,
        neighbours=found.near,
        nearest_similarity=found.nearest_similarity,
        precision=micro.precision,
        mrr=micro.mrr,
        macro=figures.means(_mean_of_class_means(codes[measured])),
        precision_at_r=found.precision,
        precision_at=found.precision_at,
        distance=distance,
    )


@dataclass(frozen=True, eq=False)
class _Figures:
    """(M,) figures of the measured queries, as `Means` has their means."""

    recall: dict[int, Measure]
    precision: dict[int, Measure]
    map_at_r: Measure
    r_precision: Measure
    mrr: Measure

    def means(self, mean: Callable[[Measure], float | None]) -> Means:
        return Means(
            {k: mean(values) for k, values in self.recall.items()},
            {k: mean(values) for k, values in self.precision.items()},
            mean(self.map_at_r),
            mean(self.r_precision),
            mean(self.mrr),
        )


@dataclass(frozen=True, eq=False)
class _Found:
    """The per-query figures of all N positions, filled block by block."""

    first_hit: Rows
    average_precision: Measure
    precision: Measure
    precision_at: dict[int, Measure]
    near: npt.NDArray[np.int32]
    nearest_similarity: npt.NDArray[np.float32]

    @classmethod
    def empty(cls, count: int, listed: int, precision_at: tuple[int, ...]) -> _Found:
        return cls(
            np.full(count, -1, np.int64),
            np.full(count, np.nan),
            np.full(count, np.nan),
            {at: np.full(count, np.nan) for at in precision_at},
            np.full((count, listed), -1, np.int32),
            np.full(count, np.nan, np.float32),
        )

    def tell_cosines(self, vectors: Vectors) -> None:
        """Write down how similar each query's nearest is, which a block tells to its own rounding only."""
        queries = np.flatnonzero(self.near[:, 0] >= 0)
        self.nearest_similarity[queries] = cosines(vectors, vectors, (queries, self.near[queries, 0]))

    def add(self, queries: Rows, ranked: RankedBlock, positives: Rows, protocol: Protocol) -> None:
        """Turn one block's ranks into figures of its (B,) query positions, with R of each in `positives`."""
        self.near[queries] = as_positions(ranked.nearest, protocol)
        self.nearest_similarity[queries] = ranked.nearest_similarity
        self.first_hit[queries] = ranked.first_hit
        measured = positives > 0
        divisor = np.where(measured, positives, np.nan)
        self.precision[queries] = ranked.hits / divisor
        self.average_precision[queries] = ranked.precision_sum / divisor
        for number, (at, values) in enumerate(self.precision_at.items()):
            values[queries] = np.where(measured, ranked.hits_at[:, number] / at, np.nan)

    def figures(self, measured: Rows, recall_at: tuple[int, ...]) -> _Figures:
        first_hit = self.first_hit[measured]
        return _Figures(
            {k: (first_hit <= k).astype(np.float64) for k in recall_at},
            {k: values[measured] for k, values in self.precision_at.items()},
            self.average_precision[measured],
            self.precision[measured],
            1.0 / first_hit,
        )


def _mean(values: Measure) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _mean_of_class_means(own: Rows) -> Callable[[Measure], float | None]:
    """A mean over classes of (M,) values' means by class; `own` has their (M,) class codes."""
    counts = np.bincount(own)
    there = counts > 0
    return lambda values: _mean(np.bincount(own, weights=values)[there] / counts[there])


def _per_class(
    classes: tuple[str, ...], codes: Rows, protocol: Protocol, found: _Found, measured: Rows, figures: _Figures
) -> tuple[ClassResult, ...]:
    """Means by class through counting: there may be more classes than a loop over them should take."""
    taking_part = np.zeros(len(codes), bool)
    for side in protocol.sides:
        taking_part[side] = True
    images = np.bincount(codes[taking_part & (codes >= 0)], minlength=len(classes)).tolist()
    own = codes[measured]
    counts = np.bincount(own, minlength=len(classes))
    divisor, without = np.maximum(counts, 1), np.flatnonzero(counts == 0).tolist()

    def shares_of(sums: npt.NDArray[Any]) -> list[float | None]:
        shares: list[float | None] = (sums / divisor).tolist()
        for code in without:
            shares[code] = None
        return shares

    def means(values: Measure) -> list[float | None]:
        return shares_of(np.bincount(own, weights=values, minlength=len(classes)))

    recall = {k: means(values) for k, values in figures.recall.items()}
    precision = {k: means(values) for k, values in figures.precision.items()}
    map_at_r, r_precision, mrr = means(figures.map_at_r), means(figures.r_precision), means(figures.mrr)
    confused, times = _confusions(own, codes[found.near[measured, 0]], len(classes))
    confused_with = [classes[code] if often else "" for code, often in zip(confused.tolist(), times, strict=True)]
    # Lists, since reading single numbers out of arrays takes longer than all the counting.
    queries, confused_share = counts.tolist(), shares_of(times)
    return tuple(
        ClassResult(
            label=label,
            images=images[code],
            queries=queries[code],
            recall={k: shares[code] for k, shares in recall.items()},
            map_at_r=map_at_r[code],
            confused_with=confused_with[code],
            confused_share=confused_share[code],
            precision={k: shares[code] for k, shares in precision.items()},
            r_precision=r_precision[code],
            mrr=mrr[code],
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


def in_words(protocol: Protocol, embeddings: Embeddings, measured: int, distance: str = "cosine") -> str:
    """The protocol as a paper states it: who searched whom by what, and what was left out."""
    split = f" on split {embeddings.origin.split}" if embeddings.origin.split else ""
    skipped = len(protocol.queries) - measured
    parts = [DISTANCE_IN_WORDS[distance], counted(measured, "query", "queries")]
    if protocol.leave_one_out:
        parts = [f"leave-one-out{split}", *parts, "self excluded by row"]
    else:
        parts = [f"query to gallery{split}", *parts, counted(len(protocol.gallery), "gallery image")]
        parts += ["self excluded by row"] if protocol.overlaps else []
    if skipped:
        parts.append(f"{counted(skipped, 'query', 'queries')} without another image of their class not measured")
    unlabelled = int(np.sum(embeddings.labels[protocol.gallery] == ""))
    if unlabelled:
        parts.append(f"{counted(unlabelled, 'unlabelled image')} in the gallery")
    # What makes all figures doubtful comes first, where a narrow place still shows it.
    told = [spread_of(embeddings.vectors).in_words(), ", ".join(parts), embeddings.origin.told]
    return "; ".join(part for part in told if part)
