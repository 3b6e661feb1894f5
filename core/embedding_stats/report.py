"""All measures of one embedding space, with another one and with a map where they are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.comparison import on_common_rows
from core.data.catalog import Rows
from core.embedding_stats.agreement import Agreement, linear_cka
from core.embedding_stats.hubs import SEARCHING, Hubness, hubness, nearest_others
from core.embedding_stats.map_quality import NEIGHBOURS, MapQuality, map_quality
from core.embedding_stats.pairs import PairMeasures, pair_measures
from core.embedding_stats.sample import SAMPLE, asked
from core.embedding_stats.spectrum import Spectrum, spectrum
from core.errors import EmbeddingsError
from core.messages import Message
from core.progress import Reporter
from core.projection.projection import Projection
from core.retrieval.embeddings import Embeddings
from core.retrieval.neighbour_overlap import neighbour_overlap
from core.retrieval.protocol import Protocol, class_codes


@dataclass(frozen=True)
class EmbeddingStats:
    """What a space looks like.

    Attributes:
        images, dimensions, classes: N, D, C.
        unlabelled: images without a class.
        pairs, spectrum, hubs: the measures; hubs are None with fewer than two images.
        agreement: with the other embeddings, on the rows that both have; None without one.
        map: how far the map can be trusted, on the rows that it has; None without one.
        seed: what images were drawn by, where not all were asked.
        distance: what near is for hubs and the map, one of `distance_rule.DISTANCES`.
        told: what of a given file is not in these figures, and how it was read; "" where nothing is to be said.
    """

    images: int
    dimensions: int
    classes: int
    unlabelled: int
    pairs: PairMeasures
    spectrum: Spectrum
    hubs: Hubness | None
    agreement: Agreement | None = None
    map: MapQuality | None = None
    seed: int = 0
    told: str = ""
    distance: str = ""


def describe(
    embeddings: Embeddings,
    other: Embeddings | None = None,
    projection: Projection | None = None,
    k: int = NEIGHBOURS,
    sample: int = SAMPLE,
    seed: int = 0,
    reporter: Reporter | None = None,
    queries: int = SEARCHING,
    protocol: Protocol | None = None,
) -> EmbeddingStats:
    """Measure everything; `k` counts neighbours.

    `sample` bounds how many images are held against all others, `queries` how many search for their neighbours among
    all; `seed` draws both. `protocol` says what near is, the one that fits the embeddings where it is None.

    Raises EmbeddingsError for a k, a sample or queries below 1, a seed below 0, and when `other` or `projection` do
    not fit.
    """
    for name, number in (("neighbours", k), ("sample", sample), ("queries", queries)):
        if number < 1:
            raise EmbeddingsError(Message("report-count-invalid", name=name, number=number), name)
    if seed < 0:
        raise EmbeddingsError(Message("report-seed-invalid", seed=seed), "seed")
    steps = _Steps(reporter if reporter is not None else Reporter(), 3 + (other is not None) + (projection is not None))
    classes, codes = class_codes(embeddings)
    protocol = protocol or Protocol.of(embeddings)
    steps.next()
    near = nearest_others(embeddings, k, asked(len(embeddings), queries, seed), protocol)
    steps.next()
    pairs = pair_measures(embeddings.vectors, codes, sample, seed)
    steps.next()
    directions = spectrum(embeddings.vectors)
    agreement, quality = None, None
    if other is not None:
        steps.next()
        agreement = agree(embeddings, other, k, near, queries, seed, (protocol, Protocol.of(other)))
    if projection is not None:
        steps.next()
        quality = judge_map(embeddings, projection, k, sample, seed, protocol)
    return EmbeddingStats(
        images=len(embeddings),
        dimensions=embeddings.dimensions,
        classes=len(classes),
        unlabelled=int(np.count_nonzero(codes < 0)),
        pairs=pairs,
        spectrum=directions,
        hubs=hubness(near, len(embeddings)),
        agreement=agreement,
        map=quality,
        seed=seed,
        told=embeddings.origin.description,
        distance=protocol.distance,
    )


def agree(
    a: Embeddings,
    b: Embeddings,
    k: int = NEIGHBOURS,
    near_a: Rows | None = None,
    queries: int = SEARCHING,
    seed: int = 0,
    protocols: tuple[Protocol, Protocol] | None = None,
) -> Agreement:
    """How alike two embeddings are on the rows they share.

    (Q, k) `near_a` are A's neighbours where the same `queries`, `seed` and protocol found them already.
    Raises EmbeddingsError when they share fewer than two or are of different data.
    """
    of_a, of_b = protocols or (Protocol.of(a), Protocol.of(b))
    common_a, common_b = on_common_rows(a, b)
    searching = asked(len(common_a), queries, seed)
    if near_a is None or not np.array_equal(common_a.rows, a.rows):
        near_a = nearest_others(common_a, k, searching, of_a.on(common_a))
    return Agreement(
        cka=linear_cka(common_a.vectors, common_b.vectors),
        overlap=neighbour_overlap(near_a, nearest_others(common_b, k, searching, of_b.on(common_b))),
        k=near_a.shape[1],
        images=len(common_a),
        asked=len(searching),
        distances=(of_a.distance, of_b.distance),
    )


def judge_map(
    embeddings: Embeddings,
    projection: Projection,
    k: int,
    sample: int = SAMPLE,
    seed: int = 0,
    protocol: Protocol | None = None,
) -> MapQuality:
    """How far a map of these embeddings can be trusted, on the rows that both have.

    Raises EmbeddingsError when they have none in common, or a map without rows has another length.
    """
    distance = (protocol or Protocol.of(embeddings)).distance
    if projection.rows is None:
        return map_quality(embeddings.vectors, projection.xy, k, sample, seed, distance)
    points = projection.at(embeddings.rows)
    there = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(there):
        raise EmbeddingsError(Message("map-without-images-of-embeddings", count=len(embeddings)))
    return map_quality(embeddings.vectors[there], points[there], k, sample, seed, distance)


class _Steps:
    def __init__(self, reporter: Reporter, count: int) -> None:
        self._reporter, self._count, self._done = reporter, count, 0

    def next(self) -> None:
        self._reporter.progress(Message("stage-measuring-the-space"), self._done, self._count, Message("unit-parts"))
        self._done += 1
