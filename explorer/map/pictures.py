"""Which points are near enough to be shown as pictures instead of discs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LEAST, MOST = 24, 112
MOST_PICTURES = 600
LEAST_SHARE = 0.25


def picture_sizes(screen: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """(M,) side in pixels of each point's picture, 0 where it stays a disc.

    `screen` (M, 2) are the places of the points in view and a margin of MOST around it, so that panning does not
    change sizes. A picture is smaller than the way to the nearest other point, so no two overlap. None are shown as
    long as most points would stay discs, or when there are more than MOST_PICTURES points.
    """
    count = len(screen)
    if count == 0 or count > MOST_PICTURES:
        return np.zeros(count, np.int64)
    apart = np.abs(screen[:, None, :] - screen[None, :, :]).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1) if count > 1 else np.full(count, np.inf)
    sizes = np.minimum(np.floor(nearest * 0.92), MOST).astype(np.int64)
    sizes[sizes < LEAST] = 0
    if np.count_nonzero(sizes) < LEAST_SHARE * count:
        sizes[:] = 0
    return sizes
