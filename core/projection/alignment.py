"""Turn one map so that it looks like another: the best rotation, reflection, scale and shift (Procrustes)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.projection.pca import Points


@dataclass(frozen=True, eq=False)
class Similarity:
    """x -> scale * (x - centre) @ rotation + target: keeps shapes, moves and sizes them."""

    rotation: npt.NDArray[np.float64]
    scale: float
    centre: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]

    def apply(self, points: npt.NDArray[np.floating]) -> Points:
        """(N, 2) points moved."""
        return (self.scale * (np.asarray(points, np.float64) - self.centre) @ self.rotation + self.target).astype(
            np.float32
        )


def fit(
    points: npt.NDArray[np.floating],
    reference: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating] | None = None,
) -> Similarity:
    """The similarity that turns (M, 2) `points` nearest to (M, 2) `reference`, weighted, and makes them as wide.

    Not with the scale of least squares, which shrinks a map that has little in common with its reference to a spot.
    With fewer than two different points there is nothing to turn: only the centres are brought together.
    """
    source, target = np.asarray(points, np.float64), np.asarray(reference, np.float64)
    weight = np.ones(len(source)) if weights is None else np.asarray(weights, np.float64)
    total = weight.sum()
    if total <= 0:
        return Similarity(np.eye(2), 1.0, np.zeros(2), np.zeros(2))
    share = (weight / total)[:, None]
    centre, goal = (share * source).sum(axis=0), (share * target).sum(axis=0)
    left, singular, right = np.linalg.svd((share * (source - centre)).T @ (target - goal))
    spread, wanted = (float((share * np.square(part)).sum()) for part in (source - centre, target - goal))
    if spread <= 0 or singular.sum() <= 0:
        return Similarity(np.eye(2), 1.0, centre, goal)
    return Similarity(left @ right, (wanted / spread) ** 0.5, centre, goal)


def align(
    points: npt.NDArray[np.floating],
    reference: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating] | None = None,
) -> Points:
    """(N, 2) `points` turned, mirrored and sized to look like `reference`; NaN does not pull."""
    known = np.isfinite(reference).all(axis=1)
    return fit(points[known], reference[known], None if weights is None else weights[known]).apply(points)
