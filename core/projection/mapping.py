"""Making a map: UMAP or PCA. Imports umap-learn, so it belongs into child processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import EmbeddingsError
from core.messages import Message
from core.progress import Reporter
from core.projection.alignment import align
from core.projection.pca import principal_components
from core.projection.projection import Projection, as_compared, to_tell
from core.projection.umap_projection import (
    MINIMAL_DISTANCE,
    NEIGHBOURS,
    epochs_for,
    scattered,
    umap_layout,
)
from core.retrieval.collapse import spread_of
from core.retrieval.protocol import Protocol

METHODS = ("umap", "pca")
FEWEST = 15


def project(
    vectors: npt.NDArray[np.floating],
    method: str = "umap",
    seed: int = 42,
    initial: npt.NDArray[np.floating] | None = None,
    reporter: Reporter | None = None,
    protocol: Protocol | None = None,
) -> Projection:
    """Map (N, D) vectors by the distance of `protocol`, or by the one that fits them, N at least 1.

    `initial` is another map of the same images, NaN where it has none: UMAP starts there, and either method's
    result is turned to look like it. Below 15 images UMAP has nothing to work with; PCA is used and said.
    Raises EmbeddingsError for an unknown method, a seed outside of 0 to 2**32 - 1, vectors that are not finite, or an
    `initial` of another length.
    """
    _check(vectors, method, seed, initial)
    reporter = reporter if reporter is not None else Reporter()
    count = len(vectors)
    distance = (protocol or Protocol.everyone(vectors)).distance
    compared = as_compared(vectors, distance)
    points, shares = principal_components(compared)
    if initial is not None:
        points = align(points, initial)
    parameters: dict[str, Any] = {"asked": method, "seed": seed, "images": count, "metric": distance}
    if method == "umap" and count < FEWEST:
        reporter.notice(Message("umap-of-too-few-images", fewest=FEWEST, count=count))
        method = "pca"
    spread = spread_of(vectors, distance)
    parameters |= to_tell(spread)
    if collapse := spread.describe():
        reporter.notice(Message("map-collapsed" if spread.describe_collapse() else "map-with-zeros", spread=collapse))
    if method == "pca":
        return Projection(points, "pca", parameters | {"variance": shares})
    reporter.progress(Message("stage-computing-umap"), 0, 0)
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
        raise EmbeddingsError(Message("map-method-unknown", method=method, methods=METHODS), "method")
    if not 0 <= seed < 2**32:
        raise EmbeddingsError(Message("seed-out-of-range", seed=seed), "seed")
    if not len(vectors):
        raise EmbeddingsError(Message("map-of-no-images"))
    if not np.isfinite(vectors).all():
        first = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise EmbeddingsError(Message("map-vector-not-finite", first=first, count=len(vectors)), first)
    if initial is not None and initial.shape != (len(vectors), 2):
        raise EmbeddingsError(
            Message("initial-map-misshapen", shape=str(initial.shape), expected=str((len(vectors), 2))), "initial"
        )
