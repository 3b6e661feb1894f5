"""The nearest images of one image, for a click: exact search and how well what it found answers the query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import EmbeddingsError
from core.messages import Message
from core.retrieval.distances import DistanceTable, nearest
from core.retrieval.embeddings import Embeddings, Vectors
from core.retrieval.protocol import Protocol, class_codes
from core.retrieval.similarity import Gallery, cosines, is_unit, rank
from core.retrieval.similarity import unit as unit

Similarities = npt.NDArray[np.float32] | npt.NDArray[np.float64]

# Reading the gallery once (a matrix-vector product) rounds differently from the blocked product that all
# measures rank by; candidates this close to the last rank are therefore scored again, the measures' way.
_ROUNDING = np.float32(4e-6)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The K nearest gallery images of one query, nearest first; never the query itself.

    Attributes:
        positions: (K,) int64 into the embeddings; ties in ascending order; never -1.
        similarities: (K,) float32 cosine, or minus the Euclidean distance; larger is nearer.
    """

    positions: Rows
    similarities: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True)
class QueryOutcome:
    """What the neighbours of a labelled image are worth; ranks count from 1 over the whole gallery.

    Attributes:
        right_at_1: whether the nearest image is of the query's class; None for an unlabelled query.
        first_hit: rank of the first shown image of its class, or None.
        first_miss: rank of the first shown image of another class, or None.
        average_precision: AP@R, or None when the query has no positive.
        missed: (rank, position) of the nearest image of its class that is not shown, or None.
    """

    right_at_1: bool | None
    first_hit: int | None
    first_miss: int | None
    average_precision: float | None
    missed: tuple[int, int] | None


class Index:
    """Exact search among the gallery images of `embeddings`; may be asked from any thread.

    Attributes:
        protocol: the given one, or that which fits the embeddings (`Protocol.of`). By its distance similarities are
            cosines, or minus the squared Euclidean distances.
    """

    def __init__(self, embeddings: Embeddings, protocol: Protocol | None = None) -> None:
        protocol = protocol or Protocol.of(embeddings)
        self.embeddings, self.protocol, self.gallery = embeddings, protocol, protocol.gallery
        self._everyone = len(self.gallery) == len(embeddings)
        self._vectors = Gallery.of(embeddings.vectors, None if self._everyone else self.gallery)
        self._table: DistanceTable | None = None
        if protocol.distance == "euclidean":
            self._table = DistanceTable(embeddings.vectors if self._everyone else embeddings.vectors[self.gallery])
        else:
            # Here, where nobody waits for a click.
            self._vectors.find_equal()
        self._column = np.full(len(embeddings), -1, np.int64)
        self._column[self.gallery] = np.arange(len(self.gallery))
        self.classes, self.codes = class_codes(embeddings)
        self._last: tuple[int, Similarities] | None = None

    def neighbours(self, position: int, k: int) -> Neighbours:
        """The `k` nearest of the image at `position` of the embeddings, or as many as there are."""
        return self._nearest(self.embeddings.vectors[position], self._query(position), self.similarities(position), k)

    def neighbours_of_vector(self, vector: npt.NDArray[np.floating], k: int, exclude: int | None = None) -> Neighbours:
        """The `k` nearest of any (D,) vector; `exclude` is a position that must not be found.

        Raises EmbeddingsError when the vector is not finite or has another dimension.
        """
        vector = np.asarray(vector, dtype=np.float32)
        if vector.shape != (self.embeddings.dimensions,) or not np.isfinite(vector).all():
            raise EmbeddingsError(
                Message("query-vector-invalid", shape=str(vector.shape), dimensions=self.embeddings.dimensions)
            )
        if self._table is not None:
            query = vector
        else:
            query = self._vectors.as_query(vector) if is_unit(vector[None]) else unit(vector)
        return self._nearest(vector, query, self._similarities(query, exclude), k)

    def column(self, positions: Rows) -> Rows:
        """Places in `gallery` of positions into the embeddings; -1 for those that cannot be found."""
        columns: Rows = self._column[positions]
        return columns

    def similarities(self, position: int) -> Similarities:
        """(G,) similarity of every gallery image to the one at `position`; -inf at what it must not find, as itself.

        The last answer is kept, because a click asks for neighbours first and for their outcome next.
        """
        last = self._last
        if last is None or last[0] != position:
            last = (position, self._similarities(self._query(position), position))
            self._last = last
        return last[1]

    def _query(self, position: int) -> Vectors:
        if self._table is not None:
            return np.asarray(self.embeddings.vectors[position], dtype=np.float32)
        return self._vectors.as_query(self.embeddings.vectors[position])

    def _similarities(self, query: Vectors, exclude: int | None) -> Similarities:
        similarities: Similarities
        if self._table is not None:
            similarities = -self._table.of(query[None])[0]
        else:
            similarities = self._vectors.similarities_of_one(query)
        if exclude is not None:
            self.protocol.hide(np.array([exclude]), similarities[None])
        similarities.flags.writeable = False
        return similarities

    def _nearest(self, asked: Vectors, query: Vectors, similarities: Similarities, k: int) -> Neighbours:
        k = min(k, int(np.count_nonzero(similarities > -np.inf)))
        if k < 1:
            return Neighbours(np.empty(0, np.int64), np.empty(0, np.float32))
        if self._table is not None:
            columns, squares = nearest(-similarities[None].astype(np.float64), k)
            return Neighbours(self.gallery[columns[0]], -np.sqrt(squares[0]).astype(np.float32))
        border = len(similarities) - k
        last = np.partition(similarities, border)[border]
        candidates = np.flatnonzero(similarities >= last - _ROUNDING)
        ranked = rank(self._vectors.part(candidates).similarities(query[None]), k)
        positions = self.gallery[candidates[ranked[0]]]
        pairs = np.zeros(len(positions), np.int64), positions
        return Neighbours(positions, cosines(asked[None], self.embeddings.vectors, pairs))


def judge(embeddings: Embeddings, position: int, neighbours: Neighbours, index: Index) -> QueryOutcome:
    """Compare the shown `neighbours` of the image at `position` with what a perfect ranking would show.

    Raises EmbeddingsError when `index` is of other embeddings, as happens when a late answer meets a new checkpoint.
    """
    if index.embeddings is not embeddings:
        raise EmbeddingsError(Message("neighbours-of-other-embeddings"))
    own = index.codes[position]
    if own < 0:
        return QueryOutcome(None, None, None, None, None)
    hits = index.codes[neighbours.positions] == own
    positives = np.flatnonzero((index.codes[index.gallery] == own) & (index.similarities(position) > -np.inf))
    return QueryOutcome(
        right_at_1=bool(hits[0]) if len(hits) else None,
        first_hit=_first(hits),
        first_miss=_first(~hits),
        average_precision=_average_precision(position, len(positives), neighbours, index),
        missed=_missed(position, index.gallery[positives], neighbours, index),
    )


def _first(found: npt.NDArray[np.bool_]) -> int | None:
    return int(found.argmax()) + 1 if found.any() else None


def _average_precision(position: int, count: int, neighbours: Neighbours, index: Index) -> float | None:
    if not count:
        return None
    nearest = neighbours if len(neighbours) >= count else index.neighbours(position, count)
    hits = index.codes[nearest.positions[:count]] == index.codes[position]
    precisions = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precisions[hits].sum() / count)


def _missed(position: int, positives: Rows, shown: Neighbours, index: Index) -> tuple[int, int] | None:
    hidden = positives[~np.isin(positives, shown.positions)]
    if not len(hidden):
        return None
    similarities = index.similarities(position)
    columns = index.column(hidden)
    best = columns[similarities[columns].argmax()]
    before = int((similarities > similarities[best]).sum() + (similarities[:best] == similarities[best]).sum())
    return max(before, len(shown)) + 1, int(index.gallery[best])
