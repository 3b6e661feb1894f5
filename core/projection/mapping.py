"""Making a map: UMAP or PCA. Imports umap-learn, so it belongs into child processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import EmbeddingsError
from core.progress import Reporter
from core.projection.alignment import align
from core.projection.pca import principal_components
from core.projection.projection import Projection, as_compared
from core.projection.umap_projection import (
    MINIMAL_DISTANCE,
    NEIGHBOURS,
    TASK,
    epochs_for,
    scattered,
    umap_layout,
)
from core.retrieval.collapse import spread_of
from core.retrieval.distance_rule import distance_of

METHODS = ("umap", "pca")
FEWEST = 15


def project(
    vectors: npt.NDArray[np.floating],
    method: str = "umap",
    seed: int = 42,
    initial: npt.NDArray[np.floating] | None = None,
    reporter: Reporter | None = None,
) -> Projection:
    """Map (N, D) vectors by the distance that all measures go by (`distance_rule`), N at least 1.

    `initial` is another map of the same images, NaN where it has none: UMAP starts there, and either method's
    result is turned to look like it. Below 15 images UMAP has nothing to work with; PCA is used and said.
    Raises EmbeddingsError for an unknown method, a seed outside of 0 to 2**32 - 1, vectors that are not finite, or an
    `initial` of another length.
    """
    _check(vectors, method, seed, initial)
    reporter = reporter if reporter is not None else Reporter()
    count = len(vectors)
    distance = distance_of(vectors)
    compared = as_compared(vectors, distance)
    points, shares = principal_components(compared)
    if initial is not None:
        points = align(points, initial)
    parameters: dict[str, Any] = {"asked": method, "seed": seed, "images": count, "metric": distance}
    if method == "umap" and count < FEWEST:
        reporter.event("notice", sentence=f"UMAP needs at least {FEWEST} images, there are {count}: PCA is shown.")
        method = "pca"
    spread = spread_of(vectors, distance)
    collapse = spread.describe()
    if collapse:
        parameters["collapsed"] = collapse
        little = "The map shows little: " if spread.describe_collapse() else ""
        reporter.event("notice", sentence=f"{little}{collapse}.")
    if method == "pca":
        return Projection(points, "pca", parameters | {"variance": shares})
    reporter.progress(TASK, 0, 0)
    epochs = epochs_for(count, leaning=initial is not None)
    if spread.is_rounding:
        points = points + scattered(count, seed)
    else:
        points = umap_layout(compared, points, initial, epochs, seed, reporter, distance)
        points = points if initial is None else align(points, initial)
    return Projection(
        points, "umap", parameters | {"neighbours": NEIGHBOURS, "min_dist": MINIMAL_DISTANCE, "epochs": epochs}
    )


def _check(vectors: npt.NDArray[np.floating], method: str, seed: int, initial: npt.NDArray[np.floating] | None) -> None:
    if method not in METHODS:
        raise EmbeddingsError(f"There is no method '{method}'; there are: {', '.join(METHODS)}.", "method")
    if not 0 <= seed < 2**32:
        raise EmbeddingsError(f"The seed is {seed}; expected 0 to 2**32 - 1.", "seed")
    if not len(vectors):
        raise EmbeddingsError("There are no images to map.")
    if not np.isfinite(vectors).all():
        first = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise EmbeddingsError(f"Vector {first} of {len(vectors):,} is not finite and cannot be mapped.", first)
    if initial is not None and initial.shape != (len(vectors), 2):
        raise EmbeddingsError(f"The initial map has shape {initial.shape}, expected {(len(vectors), 2)}.", "initial")
