"""Images that are each other's nearest by their embeddings, of two splits or of one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.leaks.exact_duplicates import DistinctFiles

Vectors = npt.NDArray[np.float32]
BLOCK = 256


def mutual_nearest(
    vectors: Vectors, rows: Rows, left: DistinctFiles, right: DistinctFiles, least: float
) -> tuple[Rows, Rows, Vectors]:
    """Pairs that are each other's nearest by cosine, at least `least`, and 1 - cosine; within one split, each once.

    `vectors` (M, D) are those of the (M,) catalog `rows`; images without a vector are passed over.
    """
    (with_left, named_left), (with_right, named_right) = left.among(rows), right.among(rows)
    if not with_left.size or not with_right.size:
        return with_left[:0], with_right[:0], np.zeros(0, np.float32)
    order = np.argsort(rows, kind="stable")
    unit_left, unit_right = (
        _unit(vectors[order[np.searchsorted(rows, side, sorter=order)]]) for side in (with_left, with_right)
    )
    best, of_left, of_right = _nearest_both_ways(unit_left, unit_right, are_one=left is right)
    places = np.arange(len(of_left))
    mutual = np.flatnonzero((best >= least) & (of_right[of_left] == places))
    if left is right:
        mutual = mutual[mutual < of_left[mutual]]
    return named_left[mutual], named_right[of_left[mutual]], np.maximum(0, 1 - best[mutual])


def _nearest_both_ways(left: Vectors, right: Vectors, are_one: bool) -> tuple[Vectors, Rows, Rows]:
    """(L,) cosines of the nearest of (R, D) unit vectors to each of (L, D), where they are, and (R,) the other way.

    Where both `are_one`, none is its own nearest.
    """
    best, of_left = np.full(len(left), -np.inf, np.float32), np.zeros(len(left), np.int64)
    of_right = np.zeros(len(right), np.int64)
    for start in range(0, len(right), BLOCK):
        cosines = right[start : start + BLOCK] @ left.T
        if are_one:
            within = np.arange(len(cosines))
            cosines[within, start + within] = -np.inf
        of_right[start : start + BLOCK] = cosines.argmax(axis=1)
        nearest = cosines.max(axis=0)
        better = nearest > best
        best[better] = nearest[better]
        of_left[better] = start + cosines.argmax(axis=0)[better]
    return best, of_left, of_right


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # A vector of zeros has no direction: it is near to nothing.
    unit: Vectors = (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit
