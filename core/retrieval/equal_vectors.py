"""Which vectors of a set equal an earlier one: they are to be equally similar to everything.

A matrix product does not promise that. OpenBLAS's code for processors without AVX-512 (Haswell, Zen) rounds the columns
of one tile differently, whatever its size, and equal images would then be ranked by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.retrieval.parallel import parallel_rows

Vectors = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]
# In parts that stay within the processor's cache.
_AT_ONCE = 256
_FAR = 4


def equal_vectors(between: Callable[[int, int], Vectors], count: int, dimensions: int) -> tuple[Positions, Positions]:
    """(M,) places of vectors that equal one before them, and (M,) the place of the first that each equals.

    `between(start, stop)` gives the (P, D) float32 vectors of some places out of `count` N; each is asked for once, and
    those that look equal and their neighbours once more.
    """
    # Odd numbers, so that no bit of a vector is lost in the product.
    factors = np.random.default_rng(0).integers(0, 2**63, dimensions, dtype=np.uint64) << np.uint64(1) | np.uint64(1)
    marks = np.empty(count, np.uint64)

    def mark(rows: slice) -> None:
        for start in range(rows.start, rows.stop, _AT_ONCE):
            stop = min(start + _AT_ONCE, rows.stop)
            marks[start:stop] = _marks(between(start, stop), factors)

    parallel_rows(mark, count)
    _, first, group = np.unique(marks, return_index=True, return_inverse=True)
    earlier = first[group]
    places = np.flatnonzero(earlier < np.arange(count))
    # Two vectors may have one mark by chance.
    chosen = places[_are_equal(between, places, earlier[places])]
    return chosen.astype(np.int64), earlier[chosen].astype(np.int64)


def _are_equal(between: Callable[[int, int], Vectors], places: Positions, earlier: Positions) -> npt.NDArray[np.bool_]:
    """(M,) whether the vectors at ascending places equal those at M earlier ones."""
    equal = np.empty(len(places), np.bool_)
    ends = np.flatnonzero(np.diff(places // _AT_ONCE)) + 1
    for start, stop in pairwise([0, *ends.tolist(), len(places)] if len(places) else []):
        heads, own = np.unique(earlier[start:stop], return_inverse=True)
        equal[start:stop] = (_at(between, places[start:stop]) == _at(between, heads)[own]).all(axis=1)
    return equal


def _at(between: Callable[[int, int], Vectors], places: Positions) -> Vectors:
    """(P, D) vectors at some of ascending places: read together where they lie close, each by itself elsewhere."""
    if places[-1] - places[0] >= _FAR * _AT_ONCE:
        return np.concatenate([between(place, place + 1) for place in places.tolist()])
    close: Vectors = between(int(places[0]), int(places[-1]) + 1)[places - places[0]]
    return close


def _marks(part: Vectors, factors: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """(P,) numbers that are the same for equal vectors, and hardly ever for others."""
    # Adding zero makes -0 equal to 0.
    bits = (part + np.float32(0)).view(np.uint32)
    marks: npt.NDArray[np.uint64] = (bits * factors).sum(axis=1, dtype=np.uint64)
    return marks
