"""How alike two embeddings of the same images are, of any dimensions.

    linear CKA          |Y'X|^2 / (|X'X| |Y'Y|), Frobenius norms, columns centred    Kornblith et al. 2019
    neighbour overlap   mean share of an image's k nearest in A that are among its k nearest in B

CKA is 1 for spaces that are equal up to rotation, reflection, scale and shift. It is the plain estimator, not debiased:
unrelated spaces of few images and many dimensions come out far above 0. It looks at the whole, the overlap at the
neighbourhoods that retrieval lives on. Vectors are taken as they are for CKA, and neighbours by the distance that fits
each of the two (`core.retrieval.distance_rule`). CKA is None where all vectors of one side are equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import EmbeddingsError
from core.messages import Message

_ROWS_AT_ONCE = 4096
# A variance that is only the rounding of a float64 mean; float32 vectors that differ at all have a million times more.
_NOTHING = 1e-24


@dataclass(frozen=True)
class Agreement:
    """See above.

    Attributes:
        cka: 0 to 1, or None.
        overlap: 0 to 1, or None without any neighbour.
        k: how many neighbours.
        images: how many both have.
        asked: how many of them were asked for their neighbours.
        distances: what near is in A and in B, each one of `distance_rule.DISTANCES`.
    """

    cka: float | None
    overlap: float | None
    k: int
    images: int
    asked: int
    distances: tuple[str, str]


def linear_cka(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> float | None:
    """Linear CKA of (N, D) `a` and (N, E) `b`, row by row the same images, in blocks and float64.

    Raises EmbeddingsError when they have different lengths.
    """
    if len(a) != len(b):
        raise EmbeddingsError(Message("cka-of-other-images", a=len(a), b=len(b)))
    if not len(a):
        return None
    mean_a, mean_b = a.mean(axis=0, dtype=np.float64), b.mean(axis=0, dtype=np.float64)
    d, e = a.shape[1], b.shape[1]
    aa, ab, bb = np.zeros((d, d)), np.zeros((d, e)), np.zeros((e, e))
    for start in range(0, len(a), _ROWS_AT_ONCE):
        left, right = a[start : start + _ROWS_AT_ONCE] - mean_a, b[start : start + _ROWS_AT_ONCE] - mean_b
        aa += left.T @ left
        ab += left.T @ right
        bb += right.T @ right
    for covariance, mean in ((aa, mean_a), (bb, mean_b)):
        if np.trace(covariance) <= _NOTHING * len(a) * float(mean @ mean):
            return None
    return float(np.square(np.linalg.norm(ab)) / (np.linalg.norm(aa) * np.linalg.norm(bb)))
