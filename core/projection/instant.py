"""The map that is there at once: PCA, made in the window's own process while UMAP is under way."""

from __future__ import annotations

from core.projection.alignment import align
from core.projection.pca import principal_components
from core.projection.projection import Projection
from core.retrieval.embeddings import Embeddings
from core.retrieval.similarity import unit


def pca_map(embeddings: Embeddings, like: Projection | None = None) -> Projection:
    """PCA of the unit vectors with catalog rows; turned to look like another map where there is one."""
    points, shares = principal_components(unit(embeddings.vectors))
    if like is not None:
        points = align(points, like.at(embeddings.rows))
    return Projection(points, "pca", {"variance": shares, "images": len(embeddings)}, embeddings.rows)
