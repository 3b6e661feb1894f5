"""Cosine similarity in blocks, and the ranking that every measure and every gallery shares.

Larger means nearer. Equal similarities are ordered by position, so a ranking never depends on chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

# Matrix products round the columns and rows left over after their tiles differently. Padding to whole tiles
# gives equal vectors equal similarities wherever they stand, and the same figures for every block size.
_TILE = 64
_NOWHERE = np.uint64(np.iinfo(np.uint64).max)
# With so many times K candidates a row, finding the K exactly is cheaper than sorting the candidates.
_CROWD = 8
# A candidate takes about 60 bytes; deep rankings of many rows are made in parts of so many.
_MOST_CANDIDATES = 1 << 20


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Scale (N, D) or (D,) vectors to unit length; zero vectors stay zero."""
    # In float64, because squares leave float32's range and because a float32 sum depends on the array's shape.
    exact = np.asarray(vectors, dtype=np.float64)
    lengths = np.sqrt(np.square(exact).sum(axis=-1, keepdims=True))
    return (exact / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Gallery:
    """N unit vectors that can be searched, kept as (N padded to whole tiles, D)."""

    vectors: Vectors
    count: int

    @classmethod
    def of(cls, vectors: Vectors) -> Gallery:
        """A gallery of any (N, D) vectors; takes a unit-length copy of them."""
        padded = np.zeros((_whole_tiles(len(vectors)), vectors.shape[1]), np.float32)
        for start in range(0, len(vectors), 4096):
            padded[start : start + 4096][: len(vectors) - start] = unit(vectors[start : start + 4096])
        return cls(padded, len(vectors))

    def part(self, columns: Positions) -> Gallery:
        """The gallery of some columns only, in that order; their similarities stay the same."""
        padded = np.zeros((_whole_tiles(len(columns)), self.vectors.shape[1]), np.float32)
        padded[: len(columns)] = self.vectors[columns]
        return Gallery(padded, len(columns))

    @property
    def width(self) -> int:
        """Columns of `similarities`: N and its padding."""
        return len(self.vectors)

    def similarities(self, queries: Vectors) -> Vectors:
        """(B, width) cosine similarities of (B, D) unit vectors; the padding's are -inf."""
        padded = np.zeros((_whole_tiles(len(queries)), queries.shape[1]), np.float32)
        padded[: len(queries)] = queries
        values = (padded @ self.vectors.T)[: len(queries)]
        values[:, self.count :] = -np.inf
        return values

    def similarities_of_one(self, query: Vectors) -> Vectors:
        """(N,) cosine similarities of one (D,) unit vector, read once from memory; near to `similarities` to 1e-6."""
        return np.asarray((self.vectors @ query)[: self.count], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Ranking:
    """The K nearest of B queries, nearest first.

    Attributes:
        columns: (B, K) int64 places in the gallery; -1 where a query has fewer than K.
        similarities: (B, K) float32, -inf there.
    """

    columns: Positions
    similarities: Vectors


def rank(similarities: Vectors, k: int) -> Ranking:
    """Order the K largest of every row of (B, W) similarities; -inf marks what is not to be found.

    Ties go to the lower column. Works for any K from 1: what a row cannot fill is -1.
    """
    rows, columns = _candidates(similarities, k)
    if len(rows) > _MOST_CANDIDATES and len(similarities) > 1:
        del rows, columns
        half = len(similarities) // 2
        first, second = rank(similarities[:half], k), rank(similarities[half:], k)
        return Ranking(
            np.concatenate([first.columns, second.columns]),
            np.concatenate([first.similarities, second.similarities]),
        )
    counts = np.bincount(rows, minlength=len(similarities))
    keys = np.full((len(similarities), max(int(counts.max(initial=0)), k)), _NOWHERE)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys[rows, place] = _descending(similarities[rows, columns]) | columns.astype(np.uint64)
    keys.sort(axis=1)
    keys = keys[:, :k]
    found = keys != _NOWHERE
    ranked = np.where(found, (keys & np.uint64(0xFFFFFFFF)).astype(np.int64), -1)
    values = np.take_along_axis(similarities, np.maximum(ranked, 0), axis=1)
    return Ranking(ranked, np.where(found, values, np.float32(-np.inf)))


def _candidates(similarities: Vectors, k: int) -> tuple[Positions, Positions]:
    """(rows, columns) of all entries that can be among the K largest of their row, in reading order."""
    count, width = similarities.shape
    groups = width // _TILE
    if groups > k:
        # Each group's maximum is an entry, so the K-th largest maximum bounds the K-th largest entry from below.
        # Groups are strided: neighbours in a catalog are often of one class and would share a group.
        maxima = similarities[:, : groups * _TILE].reshape(count, _TILE, groups).max(axis=1)
        bound = np.partition(maxima, groups - k, axis=1)[:, groups - k]
    elif width > k:
        bound = np.partition(similarities, width - k, axis=1)[:, width - k]
    else:
        bound = np.full(count, -np.inf, np.float32)
    kept = (similarities >= bound[:, None]) & (similarities > -np.inf)
    if width > k and np.count_nonzero(kept) > _CROWD * k * count:
        kept &= _exactly(similarities, k)
    places = np.flatnonzero(kept)
    return places // width, places % width


def _exactly(similarities: Vectors, k: int) -> npt.NDArray[np.bool_]:
    """(B, W) whether an entry is among the K largest of its row, ties going to the lower column.

    For the rows of a collapsed network, where nearly every entry ties with the K-th.
    """
    border = similarities.shape[1] - k
    last = np.partition(similarities, border, axis=1)[:, border, None]
    above, tied = similarities > last, similarities == last
    room = k - above.sum(axis=1, keepdims=True)
    return np.asarray(above | (tied & (np.cumsum(tied, axis=1, dtype=np.int32) <= room)))


def _descending(values: Vectors) -> npt.NDArray[np.uint64]:
    """Keys, in the upper 32 bits, that sort as integers from the largest value to the smallest."""
    bits = (values + np.float32(0)).view(np.uint32)  # adding zero makes -0 equal to 0
    ascending = np.where(bits >> 31, ~bits, bits | np.uint32(0x80000000))
    return np.asarray((~ascending).astype(np.uint64) << np.uint64(32))


def _whole_tiles(count: int) -> int:
    return -(-count // _TILE) * _TILE
