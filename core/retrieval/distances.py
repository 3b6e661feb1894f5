"""Squared Euclidean distances in float64, in blocks, and the K nearest by them.

Smaller means nearer. Equal vectors are equally far from everything wherever they stand, so that ties can be
ordered by place and a ranking never depends on chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.retrieval.similarity import add_ties

Distances = npt.NDArray[np.float64]

BLOCK_BYTES = 64 << 20
# Matrix products round what is left over after their tiles differently: every product has the same whole tiles.
_TILE = 64
_COLUMNS_AT_ONCE = 4096
# With so many times K candidates a row, those that tie with the K-th are chosen before they are sorted.
_CROWD = 8
# Of |q|^2 + |x|^2: up to half of this was left between equal vectors of 2,048 dimensions, and float32 vectors that near
# are equal but for their last bit.
_ROUNDING = 1e-14


class DistanceTable:
    """Squared distances from any rows to G gallery vectors; no float64 copy of the gallery is kept.

    With `directions` all vectors are scaled to unit length first: the squared distance is then 2 - 2 cosine. Vectors
    of length zero stay where they are: 1 away from all that have a direction, 0 from each other.
    """

    def __init__(self, gallery: npt.NDArray[np.floating], directions: bool = False) -> None:
        self._gallery = gallery
        self._width = min(_COLUMNS_AT_ONCE, _whole_tiles(max(len(gallery), 1)))
        parts = [np.einsum("ij,ij->i", part, part) for _, part in self._parts()]
        self._squares = np.concatenate(parts)[: len(gallery)] if parts else np.empty(0)
        self._scale: Distances | None = None
        if directions:
            lengths = np.sqrt(self._squares)
            self._scale = 1 / np.where(lengths > 0, lengths, np.inf)
            self._squares = (lengths > 0).astype(np.float64)

    def of(self, queries: npt.NDArray[np.floating]) -> Distances:
        """(B, G) squared Euclidean distances of (B, D) vectors, |q|^2 + |x|^2 - 2 q.x; 0 where that is rounding."""
        padded = np.zeros((_whole_tiles(len(queries)), queries.shape[1]))
        padded[: len(queries)] = queries
        if self._scale is not None:
            scale_to_unit(padded)
        squares = np.einsum("ij,ij->i", padded, padded)[: len(queries)]
        padded *= -2
        distances = np.empty((len(queries), len(self._gallery)))
        for start, part in self._parts():
            there = distances[:, start : start + self._width]
            there[:] = (padded @ part.T)[: len(queries), : there.shape[1]]
        if self._scale is not None:
            distances *= self._scale
        for row, square in zip(distances, squares, strict=True):
            both = self._squares + square
            row += both
            row[row <= _ROUNDING * both] = 0
        return distances

    def _parts(self) -> Iterator[tuple[int, Distances]]:
        part = np.zeros((self._width, self._gallery.shape[1]))
        for start in range(0, len(self._gallery), self._width):
            rows = self._gallery[start : start + self._width]
            part[: len(rows)] = rows
            part[len(rows) :] = 0
            yield start, part


def scale_to_unit(vectors: Distances) -> None:
    """Give (N, D) float64 vectors unit length, in place; those of length zero keep it."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.where(lengths > 0, lengths, 1.0)[:, None]


def rows_at_once(count: int, block_bytes: int = BLOCK_BYTES) -> int:
    """How many rows of `count` float64 distances fit into `block_bytes`: whole tiles, at least one."""
    return max(1, block_bytes // (8 * max(count, 1) * _TILE)) * _TILE


def nearest(distances: Distances, k: int) -> tuple[Rows, Distances]:
    """(B, k) columns of the k smallest of every row of (B, G) distances, and those distances, nearest first.

    Ties go to the lower column. `k` is 1 to G; infinite distances come last.
    """
    last = np.partition(distances, k - 1, axis=1)[:, k - 1]
    near = distances <= last[:, None]
    if np.count_nonzero(near) > _CROWD * k * len(distances):
        # Nearly everything ties with the K-th, as in a collapsed network.
        near = distances < last[:, None]
        add_ties(near, distances, last, k)
    rows, columns = np.nonzero(near)
    values = distances[rows, columns]
    order = np.lexsort((columns, values, rows))
    starts = np.searchsorted(rows, np.arange(len(distances)))
    chosen = order[starts[:, None] + np.arange(k)]
    return columns[chosen], values[chosen]


def _whole_tiles(count: int) -> int:
    return -(-count // _TILE) * _TILE
