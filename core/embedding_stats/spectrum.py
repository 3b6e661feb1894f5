"""Over how many directions the embeddings spread.

With s_1..s_D the singular values of the (N, D) unit vectors, not centred, and p_i = s_i / sum of s:

    effective rank    exp(- sum of p_i log p_i), 1 to D                            Roy and Vetterli 2007
    spectral decay    sum of (1 / D) log((1 / D) / p_i): KL(uniform || p), from 0  Roth et al. 2020

A collapsed space has an effective rank of 1. Spectral decay is smaller the more evenly all directions are used; it is
infinite, and None here, where a direction is not used at all, as with fewer images than dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.retrieval.distances import scale_to_unit

_ROWS_AT_ONCE = 4096
# Relative to the largest: what float32 vectors carry beside their directions is rounding.
_NO_DIRECTION = 1e-6


@dataclass(frozen=True)
class Spectrum:
    """See above.

    Attributes:
        effective_rank: 1 to D; None where all vectors are zero or there are none.
        spectral_decay: from 0; None where a direction is not used.
        used: directions with a singular value that is more than rounding, 1e-6 of the largest.
        dimensions: D.
    """

    effective_rank: float | None
    spectral_decay: float | None
    used: int
    dimensions: int


def spectrum(vectors: npt.NDArray[np.floating]) -> Spectrum:
    """Measure (N, D) vectors; memory beyond them is a few (4096, D) and (D, D) blocks."""
    dimensions = vectors.shape[1]
    values = singular_values(vectors)
    if not values.size or values[0] == 0:
        return Spectrum(None, None, 0, dimensions)
    shares = values / values.sum()
    there = shares[shares > 0]
    used = int(np.count_nonzero(values > _NO_DIRECTION * values[0]))
    return Spectrum(
        effective_rank=float(np.exp(-np.sum(there * np.log(there)))),
        spectral_decay=float(-np.mean(np.log(dimensions * shares))) if used == dimensions else None,
        used=used,
        dimensions=dimensions,
    )


def singular_values(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """(min(N, D),) singular values of the (N, D) unit vectors, largest first.

    From the eigenvalues of X'X in float64, summed block by block. Squaring leaves half of the digits to the smallest
    values, those below 1e-7 of the largest; in float32 vectors these are rounding already.
    """
    gram = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = vectors[start : start + _ROWS_AT_ONCE].astype(np.float64)
        scale_to_unit(part)
        gram += part.T @ part
    return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0)))[: len(vectors)]
