"""Which points a freehand outline encloses: exact, by the even-odd rule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float64]


def inside(xy: npt.NDArray[np.float32], outline: Outline) -> npt.NDArray[np.bool_]:
    """(N,) whether each of (N, 2) points lies within a closed outline of (V, 2) corners.

    A point is inside when a ray to its right crosses the outline an odd number of times. An edge owns its lower end
    and not its upper one, so a ray through a corner counts it once. Fewer than three corners enclose nothing.
    """
    result = np.zeros(len(xy), bool)
    if len(outline) < 3 or not len(xy):
        return result
    low, high = outline.min(axis=0), outline.max(axis=0)
    candidates = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
    result[candidates] = _odd_crossings(xy[candidates].astype(np.float64), outline)
    return result


def _odd_crossings(points: npt.NDArray[np.float64], outline: Outline) -> npt.NDArray[np.bool_]:
    # With the points in order of y, an edge concerns one slice of them. A drawn outline crosses a height a few
    # times only, so all edges together cost a few passes over the points instead of one pass each.
    order = np.argsort(points[:, 1], kind="stable")
    x, y = points[order, 0], points[order, 1]
    odd = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        first, end = np.searchsorted(y, (y0, y1))
        crossing = x0 + (y[first:end] - y0) * ((x1 - x0) / (y1 - y0))
        odd[first:end] ^= x[first:end] < crossing
    result = np.empty(len(points), bool)
    result[order] = odd
    return result
