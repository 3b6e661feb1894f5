"""How well embeddings retrieve: exact, in blocks, per query, per class and overall.

The measures are those of `core.retrieval.measures`, and CMC: Recall@K for every K up to some rank.

Overall figures are means over the measured queries (micro); `macro` has means over the classes of the classes' means.

Corner cases: a query without any positive (R = 0: a class of one image, or unlabelled) is not measured, and counted.
Unlabelled images stay in the gallery, where they are never a hit. The query is excluded by its position, so exact
duplicates keep their ranks. Equal similarities are ordered by position: a collapsed network scores as chance does.
With K beyond the gallery, Recall@K is 1, since R > 0, and what is missing counts as wrong in Precision@K.
Where nothing is measured, a figure is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows, Texts, texts
from core.errors import Cancelled, EmbeddingsError
from core.messages import Message
from core.progress import Reporter
from core.retrieval.class_figures import ClassFigures
from core.retrieval.collapse import spread_of
from core.retrieval.embeddings import Embeddings
from core.retrieval.measures import Figures, MeasureAt, RankedQueries, as_json, at_ranks
from core.retrieval.protocol import Protocol, ProtocolFields, class_codes
from core.retrieval.protocol_wording import describe_protocol
from core.retrieval.search import BLOCK_BYTES, as_positions, blocks
from core.retrieval.similarity import cosines

if TYPE_CHECKING:
    from core.retrieval.ranks import RankedBlock

RECALL_AT = (1, 2, 4, 8)
# How many nearest images of each query an evaluation lists: as many as the window shows, and a comparison needs.
LISTED = 20

Means = dict[str, float | None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well embeddings retrieve. N is the number of embeddings; positions index them.

    Attributes:
        protocol: who searched whom by what, and what was left out.
        taking_part: positions of queries and gallery together.
        found: what the search found of each query.
        measures: which figures there are.
        micro: title of a measure -> mean over the measured queries; None where nothing was measured.
        macro: title -> mean over the classes that have measured queries of the means within them.
        by_class: the figures of each class.
    """

    protocol: ProtocolFields
    taking_part: Rows
    found: RankedQueries
    measures: tuple[MeasureAt, ...]
    micro: Means
    macro: Means
    by_class: ClassFigures

    @classmethod
    def of(
        cls,
        found: RankedQueries,
        classes: Sequence[str],
        taking_part: Rows,
        recall_at: Sequence[int],
        precision_at: Sequence[int],
        protocol: ProtocolFields,
    ) -> Evaluation:
        """The figures of what was found; `taking_part` are the positions of queries and gallery together."""
        measures = at_ranks(recall_at, precision_at)
        measured = np.flatnonzero(found.first_hit >= 0)
        figures = {one.title: one.of(found)[measured] for one in measures}
        by_class = ClassFigures.of(found, classes, taking_part, measured, figures)
        return cls(
            protocol=protocol,
            taking_part=taking_part,
            found=found,
            measures=measures,
            micro={title: float(np.mean(values)) if len(values) else None for title, values in figures.items()},
            macro=by_class.macro(),
            by_class=by_class,
        )

    @property
    def labels(self) -> Texts:
        """(N,) the class of each image; "" where unlabelled."""
        return texts([*self.by_class.labels, ""])[self.found.codes]

    @property
    def first_hit(self) -> Rows:
        """(N,) rank of the first image of the query's class; -1 where not measured."""
        return self.found.first_hit

    @property
    def neighbours(self) -> npt.NDArray[np.int32]:
        """(N, L) positions of the most similar images, nearest first; -1 where there are fewer."""
        return self.found.neighbours

    @property
    def nearest(self) -> npt.NDArray[np.int32]:
        """(N,) position of the most similar image; -1 for non-queries."""
        return self.found.neighbours[:, 0]

    @property
    def recall(self) -> dict[int, float | None]:
        """K -> share of measured queries; None when nothing was measured."""
        return {one.k: self.micro[one.title] for one in self.measures if one.measure.key == "recall"}

    @property
    def map_at_r(self) -> float | None:
        """Mean over measured queries, or None."""
        return self.micro["MAP@R"]

    def of_queries(self, title: str) -> Figures:
        """(N,) a measure of each query, by the title of its means; NaN where not measured."""
        return next(one for one in self.measures if one.title == title).of(self.found)

    def cmc(self, up_to: int) -> Figures:
        """(up_to,) cumulative match characteristic: Recall@K for K = 1, 2, ...; NaN when nothing was measured."""
        first_hit = self.first_hit[self.first_hit > 0]
        if not len(first_hit):
            return np.full(up_to, np.nan)
        at_rank = np.bincount(np.minimum(first_hit, up_to + 1), minlength=up_to + 2)[1 : up_to + 1]
        return np.cumsum(at_rank) / len(first_hit)

    def as_json(self) -> dict[str, Any]:
        """The document that `evaluate --json` writes."""
        return {
            "protocol": describe_protocol(self.protocol),
            "protocol_fields": asdict(self.protocol),
            "distance": self.protocol.distance,
            "queries": self.protocol.queries,
            "gallery": self.protocol.gallery,
            "not_measured": self.protocol.not_measured,
            **as_json(self.measures, self.micro),
            "classes_measured": self.by_class.measured,
            "macro": as_json(self.measures, self.macro),
            "per_class": self.by_class.as_json(self.measures),
        }


def evaluate(
    embeddings: Embeddings,
    recall_at: Sequence[int] = RECALL_AT,
    block_bytes: int = BLOCK_BYTES,
    should_stop: Callable[[], bool] | None = None,
    *,
    protocol: Protocol | None = None,
    precision_at: Sequence[int] = (),
    listed: int = LISTED,
    reporter: Reporter | None = None,
) -> Evaluation:
    """Measure retrieval by `protocol`, or by the one that fits the embeddings (`Protocol.of`).

    `listed` is how many of each query's nearest images are listed. `block_bytes` bounds the memory and changes no
    figure. Raises EmbeddingsError when there is nothing to search or a K is below 1, Cancelled when `should_stop` says
    so.
    """
    # Imports numba, for which the window does not wait when it starts.
    from core.retrieval.ranks import Positives, rank_positives

    recall_at, precision_at = _ascending(recall_at, "Recall@K"), _ascending(precision_at, "Precision@K")
    if not recall_at:
        raise EmbeddingsError(Message("recall-without-k"), "recall")
    protocol = protocol or Protocol.of(embeddings)
    if len(protocol.gallery) < (2 if protocol.leave_one_out else 1):
        raise EmbeddingsError(Message("retrieval-of-too-few-images", count=len(embeddings)))
    classes, codes = class_codes(embeddings)
    positives = Positives.of(codes[protocol.gallery], len(classes))
    found, done = _nothing_found(codes, listed, precision_at), 0
    for block in blocks(embeddings, protocol, block_bytes):
        if should_stop is not None and should_stop():
            raise Cancelled(Message("evaluation-stopped"))
        queries = protocol.queries[block.places]
        ranked = rank_positives(block.similarities, codes[queries], positives, precision_at, listed)
        if protocol.distance == "euclidean":
            np.negative(np.sqrt(-ranked.nearest_similarity), out=ranked.nearest_similarity)
        _enter(found, queries, ranked, protocol)
        done += len(queries)
        if reporter is not None:
            stage, unit = Message("stage-measuring-recall"), Message("unit-queries")
            reporter.progress(stage, done, len(protocol.queries), unit)
    if protocol.distance == "cosine":
        # A block tells to its own rounding only how similar the nearest is.
        queries = np.flatnonzero(found.neighbours[:, 0] >= 0)
        pairs = queries, found.neighbours[queries, 0]
        found.nearest_similarity[queries] = cosines(embeddings.vectors, embeddings.vectors, pairs)
    measured = int(np.count_nonzero(found.first_hit >= 0))
    fields = replace(
        protocol.fields(measured),
        split=embeddings.origin.split,
        unlabelled=int(np.count_nonzero(codes[protocol.gallery] < 0)),
        spread=spread_of(embeddings.vectors, protocol.distance, embeddings.paths),
        origin=embeddings.origin.description,
    )
    return Evaluation.of(found, classes, protocol.taking_part, recall_at, precision_at, fields)


def _ascending(at: Sequence[int], name: str) -> tuple[int, ...]:
    if at and min(at) < 1:
        raise EmbeddingsError(Message("measure-needs-k-from-one", measure=name, received=str(list(at))), "recall")
    return tuple(sorted({int(k) for k in at}))


def _nothing_found(codes: Rows, listed: int, precision_at: tuple[int, ...]) -> RankedQueries:
    count = len(codes)
    return RankedQueries(
        codes=codes,
        first_hit=np.full(count, -1, np.int64),
        positives=np.zeros(count, np.int64),
        hits_at_r=np.zeros(count, np.int64),
        precision_sum=np.zeros(count),
        hits_at={at: np.zeros(count, np.int64) for at in precision_at},
        neighbours=np.full((count, listed), -1, np.int32),
        nearest_similarity=np.full(count, np.nan, np.float32),
    )


def _enter(found: RankedQueries, queries: Rows, ranked: RankedBlock, protocol: Protocol) -> None:
    found.first_hit[queries] = ranked.first_hit
    found.positives[queries] = ranked.positives
    found.hits_at_r[queries] = ranked.hits
    found.precision_sum[queries] = ranked.precision_sum
    for number, hits in enumerate(found.hits_at.values()):
        hits[queries] = ranked.hits_at[:, number]
    found.neighbours[queries] = as_positions(ranked.nearest, protocol)
    found.nearest_similarity[queries] = ranked.nearest_similarity
