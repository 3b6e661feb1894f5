"""Which distance everything goes by where nobody chose one: by what the model gives, for all that is measured or drawn.

Vectors of unit length are compared by cosine similarity, any others as they are, by Euclidean distance: so the figures
of validation, of `evaluate`, of a comparison, of a study and of the window, and its maps, are of one order of
neighbours. For unit vectors both orders are the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.retrieval.similarity import lengths

DISTANCES = ("cosine", "euclidean")
# Half precision, and files that have it, round lengths of 1 by up to so much.
_TOLERANCE = 1e-2


def distance_of(vectors: npt.NDArray[np.floating]) -> str:
    """`cosine` where all (N, D) vectors have unit length, or are zero, as a dead network's; else `euclidean`."""
    found = lengths(vectors)
    unit = np.abs(found - 1) <= _TOLERANCE
    return "cosine" if unit.any() and bool((unit | (found == 0)).all()) else "euclidean"
