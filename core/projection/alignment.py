"""Turn one map so that it looks like another: the best rotation, reflection, scale and shift (Procrustes)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.projection.pca import Points


def align(points: npt.NDArray[np.floating], reference: npt.NDArray[np.floating]) -> Points:
    """(N, 2) `points` turned, mirrored and moved nearest to (N, 2) `reference`, and made as wide; NaN does not pull.

    Not with the scale of least squares, which shrinks a map that has little in common with its reference to a spot.
    With fewer than two different points there is nothing to turn: only the centres are brought together.
    """
    known = np.isfinite(reference).all(axis=1)
    if not known.any():
        return np.asarray(points, np.float32)
    exact, source, target = (np.asarray(part, np.float64) for part in (points, points[known], reference[known]))
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    left, singular, right = np.linalg.svd((source - centre).T @ (target - goal))
    spread, wanted = (float(np.square(part).sum()) for part in (source - centre, target - goal))
    turn = (wanted / spread) ** 0.5 * left @ right if spread > 0 and singular.sum() > 0 else np.eye(2)
    return np.asarray((exact - centre) @ turn + goal, np.float32)
