"""Cosine similarity in blocks, and the ranking that every measure and every gallery shares.

Larger means nearer. Equal similarities are ordered by position, so a ranking never depends on chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.retrieval.equal_vectors import equal_vectors
from core.retrieval.parallel import parallel_rows

Vectors = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

# Matrix products round the columns and rows left over after their tiles differently. Padding to whole tiles
# gives equal vectors equal similarities wherever they stand, and the same figures for every block size.
TILE = 64
ROW_TILE = 16
# A unit-length copy of the gallery is kept up to this size; a larger one is scaled anew, part by part, for each block.
KEPT_BYTES = 128 << 20
_SCALED_AT_ONCE = 4096
# OpenBLAS multiplies matrices of up to a million multiplications with other code, which rounds differently.
_SMALL_PRODUCT = 1 << 20
# With fewer than one in so many columns equal to others, these are exchanged in place, else whole rows are made anew.
_FEW = 8
# How far from 1 the length of a vector that was scaled in float32 can be.
_UNIT_TOLERANCE = 1e-6
_NOWHERE = np.uint64(np.iinfo(np.uint64).max)
# With so many times K candidates a row, finding the K exactly is cheaper than sorting the candidates.
_CROWD = 8
_TIES_AT_ONCE = 512
# A candidate takes about 60 bytes; deep rankings of many rows are made in parts of so many.
_MOST_CANDIDATES = 1 << 20


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Scale (N, D) or (D,) vectors to unit length; zero vectors stay zero."""
    # In float64, because squares leave float32's range and because a float32 sum depends on the array's shape.
    exact = np.asarray(vectors, dtype=np.float64)
    lengths = np.sqrt(np.square(exact).sum(axis=-1, keepdims=True))
    return (exact / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def cosines(
    vectors: npt.NDArray[np.floating], others: npt.NDArray[np.floating], pairs: tuple[Positions, Positions]
) -> npt.NDArray[np.float32]:
    """(P,) cosine similarities of the vectors and the others at P pairs of places, right to the last bit of float32.

    A matrix product in float32 rounds by where a vector stands in its block; figures that are told must not.
    """
    found = np.empty(len(pairs[0]), np.float32)

    def measure(rows: slice) -> None:
        for start in range(rows.start, rows.stop, 128):
            places = slice(start, min(start + 128, rows.stop))
            one = np.asarray(vectors[pairs[0][places]], dtype=np.float64)
            other = np.asarray(others[pairs[1][places]], dtype=np.float64)
            squares = np.linalg.vecdot(one, one) * np.linalg.vecdot(other, other)
            scale = np.sqrt(np.where(squares > 0, squares, 1.0))
            found[places] = np.clip(np.linalg.vecdot(one, other) / scale, -1, 1)

    parallel_rows(measure, len(found))
    return found


def within_squares(vectors: Vectors) -> Vectors:
    """The vectors, brought to about 1 by a power of two where float32 cannot hold their squares."""
    exponent = int(np.frexp(max(vectors.max(), -vectors.min()))[1]) if vectors.size else 0
    return vectors if abs(exponent) < 32 else np.ldexp(vectors, -exponent)


def lengths(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """(N,) Euclidean lengths of (N, D) vectors, in float64."""
    found = np.empty(len(vectors))

    def measure(rows: slice) -> None:
        # In parts that stay within the processor's cache.
        for start in range(rows.start, rows.stop, 128):
            places = slice(start, min(start + 128, rows.stop))
            part = np.asarray(vectors[places], dtype=np.float64)
            np.sqrt(np.linalg.vecdot(part, part), out=found[places])

    parallel_rows(measure, len(vectors))
    return found


class Gallery:
    """N vectors that can be searched by cosine similarity.

    When all `vectors` that it was made from have unit length, to the rounding of float32, they are read where they
    lie; others are scaled. So a gallery may be a memory map far larger than the memory.

    Attributes:
        count: N.
        width: columns of `similarities`: N and its padding.
        normalised: whether the vectors had unit length already; queries among them then are taken as they are, too.
    """

    def __init__(self, vectors: Vectors, positions: Positions | None, normalised: bool) -> None:
        self.count = len(vectors) if positions is None else len(positions)
        self.width = _whole_tiles(self.count)
        self.normalised = normalised
        self._dimensions = vectors.shape[1]
        self._source = vectors
        self._positions = positions
        self._whole: Vectors | None = None
        self._rest = np.zeros((TILE, self._dimensions), np.float32)
        self._equal: tuple[Positions, Positions] | None = None
        there = self.count - self.count % TILE
        if positions is None and normalised and vectors.dtype == np.float32 and vectors.flags.c_contiguous:
            self._whole = vectors[:there]
        elif self.width * self._dimensions * 4 <= KEPT_BYTES:
            self._whole = np.empty((there, self._dimensions), np.float32)
            for start in range(0, there, _SCALED_AT_ONCE):
                stop = min(start + _SCALED_AT_ONCE, there)
                self._whole[start:stop] = self._scaled(start, stop)
        self._rest[: self.count - there] = self._scaled(there, self.count)

    @classmethod
    def of(cls, vectors: Vectors, positions: Positions | None = None) -> Gallery:
        """A gallery of (N, D) vectors, any numbers, or of those at some positions, in that order."""
        normalised = is_unit(vectors)
        if positions is not None and _are_in_a_row(positions):
            vectors, positions = at(vectors, positions), None
        return cls(vectors, positions, normalised)

    def part(self, columns: Positions) -> Gallery:
        """The gallery of some columns only, in that order; their similarities stay the same."""
        return Gallery(self._source, columns if self._positions is None else self._positions[columns], self.normalised)

    def as_query(self, vectors: npt.NDArray[np.floating]) -> Vectors:
        """(N, D) or (D,) vectors of the same origin, ready for `similarities`."""
        return np.asarray(vectors, dtype=np.float32) if self.normalised else unit(vectors)

    def similarities(self, queries: Vectors, out: Vectors | None = None) -> Vectors:
        """(B, width) cosine similarities of (B, D) unit vectors; the padding's are -inf.

        `out` has at least B rows, rounded up to whole `ROW_TILE`, and is then where they lie.
        """
        rows = _whole_tiles(len(queries), ROW_TILE)
        padded = queries
        if rows > len(queries) or not queries.flags.c_contiguous:
            padded = np.zeros((rows, self._dimensions), np.float32)
            padded[: len(queries)] = queries
        values = np.empty((rows, self.width), np.float32) if out is None else out[:rows]
        for start, part in self._parts():
            _multiply(padded, part, values[:, start : start + len(part)])
        self._tie(values)
        values[:, self.count :] = -np.inf
        return values[: len(queries)]

    def similarities_of_one(self, query: Vectors) -> Vectors:
        """(N,) cosine similarities of one (D,) unit vector, read once from memory; near to `similarities` to 1e-6."""
        values = np.empty(self.width, np.float32)
        for start, part in self._parts():
            np.matmul(part, query, out=values[start : start + len(part)])
        self._tie(values[None])
        return values[: self.count]

    def find_equal(self) -> tuple[Positions, Positions]:
        """Columns that equal an earlier one, and that one; looked for once, before the first search or when asked."""
        if self._equal is None:
            self._equal = equal_vectors(self._scaled, self.count, self._dimensions)
        return self._equal

    def _tie(self, values: Vectors) -> None:
        """Give columns of equal vectors equal values, however the product rounds them."""
        places, first = self.find_equal()
        if len(places) == 0:
            return
        if len(places) * _FEW < self.width:
            values[:, places] = values[:, first]
            return
        source = np.arange(self.width)
        source[places] = first

        def give(rows: slice) -> None:
            for row in values[rows]:
                row[:] = row.take(source)

        parallel_rows(give, len(values))

    def _parts(self) -> Iterator[tuple[int, Vectors]]:
        """(first column, the whole tiles of unit vectors from there on)."""
        there = self.count - self.count % TILE
        if self._whole is None:
            for start in range(0, there, _SCALED_AT_ONCE):
                yield start, self._scaled(start, min(start + _SCALED_AT_ONCE, there))
        elif there:
            yield 0, self._whole
        if there < self.width:
            yield there, self._rest

    def _scaled(self, start: int, stop: int) -> Vectors:
        places = slice(start, stop) if self._positions is None else self._positions[start:stop]
        return self.as_query(self._source[places])


def _multiply(queries: Vectors, part: Vectors, out: Vectors) -> None:
    """Write queries @ part.T to `out`, whole tiles all; small products are made large with rows of zeros."""
    least = _whole_tiles(_SMALL_PRODUCT // part.size + 1, ROW_TILE)
    if len(queries) >= least:
        np.matmul(queries, part.T, out=out)
    else:
        enlarged = np.zeros((least, queries.shape[1]), np.float32)
        enlarged[: len(queries)] = queries
        out[:] = (enlarged @ part.T)[: len(queries)]


def at(vectors: Vectors, positions: Positions) -> Vectors:
    """(P, D) vectors at some positions, as a view where they lie in a row."""
    return vectors[positions[0] : positions[-1] + 1] if _are_in_a_row(positions) else vectors[positions]


def _are_in_a_row(positions: Positions) -> bool:
    return len(positions) > 0 and bool(np.all(np.diff(positions) == 1))


def is_unit(vectors: npt.NDArray[np.floating]) -> bool:
    """Whether all (N, D) vectors have unit length, to the rounding of float32."""
    return bool(np.all(np.abs(lengths(vectors) - 1) <= _UNIT_TOLERANCE))


def rank(similarities: Vectors, k: int) -> Positions:
    """(B, K) columns of the K largest of every row of (B, W) similarities, the largest first; -inf is not to be found.

    Ties go to the lower column. Works for any K from 1: what a row cannot fill is -1.
    """
    rows, columns = _candidates(similarities, k)
    if len(rows) > _MOST_CANDIDATES and len(similarities) > 1:
        del rows, columns
        half = len(similarities) // 2
        return np.concatenate([rank(similarities[:half], k), rank(similarities[half:], k)])
    counts = np.bincount(rows, minlength=len(similarities))
    keys = np.full((len(similarities), max(int(counts.max(initial=0)), k)), _NOWHERE)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys[rows, place] = _descending(similarities[rows, columns]) | columns.astype(np.uint64)
    keys.sort(axis=1)
    keys = keys[:, :k]
    return np.where(keys != _NOWHERE, (keys & np.uint64(0xFFFFFFFF)).astype(np.int64), -1)


def _candidates(similarities: Vectors, k: int) -> tuple[Positions, Positions]:
    """(rows, columns) of all entries that can be among the K largest of their row, in reading order."""
    count, width = similarities.shape
    groups = width // TILE
    if groups > k:
        # Each group's maximum is an entry, so the K-th largest maximum bounds the K-th largest entry from below.
        # Groups are strided: neighbours in a catalog are often of one class and would share a group.
        maxima = similarities[:, : groups * TILE].reshape(count, TILE, groups).max(axis=1)
        bound = np.partition(maxima, groups - k, axis=1)[:, groups - k]
    elif width > k:
        bound = np.partition(similarities, width - k, axis=1)[:, width - k]
    else:
        bound = np.full(count, -np.inf, np.float32)
    near = (similarities >= bound[:, None]) & (similarities > -np.inf)
    if width > k and np.count_nonzero(near) > _CROWD * k * count:
        crowded = np.count_nonzero(near, axis=1) > _CROWD * k
        if crowded.all():
            near &= _exactly(similarities, k, bound)
        else:
            near[crowded] &= _exactly(similarities[crowded], k, bound[crowded])
    places = np.flatnonzero(near)
    return places // width, places % width


def _exactly(similarities: Vectors, k: int, least: Vectors) -> npt.NDArray[np.bool_]:
    """(B, W) whether an entry is among the K largest of its row, ties going to the lower column.

    For the rows of a collapsed network, where nearly every entry ties with the K-th. At least K entries of a row reach
    its `least`; where fewer are above, that is the K-th itself.
    """
    last = least.copy()
    near = similarities > last[:, None]
    below = np.count_nonzero(near, axis=1) >= k
    if below.any():
        border = similarities.shape[1] - k
        last[below] = np.partition(similarities[below], border, axis=1)[:, border]
        near[below] = similarities[below] > last[below, None]
    add_ties(near, similarities, last, k)
    return near


def add_ties(
    near: npt.NDArray[np.bool_], values: npt.NDArray[np.floating], last: npt.NDArray[np.floating], k: int
) -> None:
    """Complete the `kept` of each row of (B, W) values to K by those that equal its `last`, from the left."""
    room = k - np.count_nonzero(near, axis=1)
    for start in range(0, values.shape[1], _TIES_AT_ONCE):
        columns = slice(start, start + _TIES_AT_ONCE)
        tied = values[:, columns] == last[:, None]
        tied &= np.cumsum(tied, axis=1, dtype=np.int32) <= room[:, None]
        near[:, columns] |= tied
        room -= np.count_nonzero(tied, axis=1)
        if not room.any():
            return


def _descending(values: Vectors) -> npt.NDArray[np.uint64]:
    """Keys, in the upper 32 bits, that sort as integers from the largest value to the smallest."""
    bits = (values + np.float32(0)).view(np.uint32)  # adding zero makes -0 equal to 0
    ascending = np.where(bits >> 31, ~bits, bits | np.uint32(0x80000000))
    return np.asarray((~ascending).astype(np.uint64) << np.uint64(32))


def _whole_tiles(count: int, tile: int = TILE) -> int:
    return -(-count // tile) * tile
