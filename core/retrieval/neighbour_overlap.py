"""How far two embeddings of the same images agree about who is near, whatever their dimensions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.signedinteger]


def shared_neighbours(near_a: Positions, near_b: Positions) -> npt.NDArray[np.float64]:
    """(N,) share of each (N, k) list of neighbours that both have, whatever the order; NaN where A's is empty.

    -1 is nobody.
    """
    there = (near_a >= 0).sum(axis=1)
    shared = np.zeros(len(near_a), np.int64)
    for column in near_b.T:
        shared += ((near_a == column[:, None]) & (near_a >= 0)).sum(axis=1)
    return np.asarray(np.where(there > 0, shared / np.maximum(there, 1), np.nan))


def neighbour_overlap(near_a: Positions, near_b: Positions) -> float | None:
    """The mean of `shared_neighbours`; None without any neighbour."""
    return mean_overlap(shared_neighbours(near_a, near_b))


def mean_overlap(shared: npt.NDArray[np.float64]) -> float | None:
    """The mean of (N,) shares over those that are known; None where there are none."""
    there = np.isfinite(shared)
    return float(shared[there].mean()) if there.any() else None
