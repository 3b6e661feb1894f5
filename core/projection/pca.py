"""Principal components: the map that is there at once. NumPy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]
# Two units in the last place of float32.
_ROUNDING = 2.4e-7


def principal_components(vectors: npt.NDArray[np.float32]) -> tuple[Points, list[float]]:
    """(N, 2) positions of (N, D) vectors along their two directions of largest variance, and the shares of it.

    Deterministic: each direction points to where its largest coefficient is positive. Directions that do not
    exist (D = 1, or fewer than three images) are zero, and so is everything where vectors differ by no more than the
    rounding of float32: spread over a map it would look like structure.
    """
    count, dimensions = vectors.shape
    points = np.zeros((count, 2), np.float32)
    if count < 2 or dimensions < 1:
        return points, [0.0, 0.0]
    centred = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    if np.abs(centred).max() <= _ROUNDING * np.abs(vectors).max():
        return points, [0.0, 0.0]
    directions, variances = _directions(centred)
    total = float(variances.sum())
    shares = [0.0, 0.0]
    for axis in range(min(2, directions.shape[1])):
        direction = directions[:, axis]
        direction = direction * (1.0 if direction[np.abs(direction).argmax()] >= 0 else -1.0)
        points[:, axis] = centred @ direction.astype(np.float32)
        shares[axis] = float(variances[axis] / total) if total > 0 else 0.0
    return points, shares


def _directions(centred: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(D, M) unit directions in descending order of variance, and the variances (up to a common factor)."""
    count, dimensions = centred.shape
    if count < dimensions:
        _, singular, directions = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
        return directions.T, np.square(singular)
    # For many images the (D, D) covariance is far smaller than the vectors, whose decomposition would take minutes.
    variances, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    return directions[:, ::-1], np.maximum(variances[::-1], 0.0)
