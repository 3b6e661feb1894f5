"""UMAP's weighted neighbour graph (McInnes, Healy, Melville 2018, section 3.1), from exact neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows

Distances = npt.NDArray[np.float64]
_BISECTIONS = 48
_LEAST_WIDTH = 1e-3  # of the mean distance: keeps a crowd of duplicates from having no width at all


@dataclass(frozen=True, eq=False)
class Graph:
    """E undirected edges, each listed once in each direction, ordered by head, then tail.

    Attributes:
        heads, tails: (E,) int64 image numbers.
        weights: (E,) in (0, 1]; larger is nearer.
    """

    heads: Rows
    tails: Rows
    weights: Distances


def neighbour_graph(vectors: npt.NDArray[np.float32], k: int) -> Graph:
    """The graph of the k - 1 nearest of each of N unit vectors by cosine distance; k counts the image itself."""
    nearest, distances = _nearest(vectors, k - 1)
    weights = _memberships(distances, k)
    count = len(vectors)
    keys = (np.arange(count)[:, None] * count + nearest).ravel()
    order = np.argsort(keys)
    return _symmetric(keys[order], weights.ravel()[order], count)


def _nearest(vectors: npt.NDArray[np.float32], k: int) -> tuple[Rows, Distances]:
    """(N, k) nearest other images and their cosine distances, nearest first."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    similarities, found = index.search(vectors, k + 1)
    # An image need not be its own first answer: a duplicate may come before it, or push it out of the list.
    itself = found == np.arange(len(vectors))[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = (len(vectors), k)
    return found[~itself].reshape(shape), np.maximum(1.0 - similarities[~itself].astype(np.float64), 0.0).reshape(shape)


def _memberships(distances: Distances, k: int) -> Distances:
    """(N, k - 1) weights exp(-(d - nearest) / width), each row's width such that they sum to log2(k)."""
    nearest = np.where(distances > 0, distances, np.inf).min(axis=1)
    beyond = np.maximum(distances - np.where(np.isfinite(nearest), nearest, 0.0)[:, None], 0.0)
    low, high = np.zeros(len(distances)), np.full(len(distances), np.inf)
    width = np.ones(len(distances))
    for _ in range(_BISECTIONS):
        too_wide = np.exp(-beyond / width[:, None]).sum(axis=1) > np.log2(k)
        high = np.where(too_wide, width, high)
        low = np.where(too_wide, low, width)
        width = np.where(np.isfinite(high), (low + high) / 2, width * 2)
    own_mean = distances.mean(axis=1)
    least = _LEAST_WIDTH * np.where(own_mean > 0, own_mean, distances.mean())
    return np.asarray(np.exp(-beyond / np.maximum(width, np.maximum(least, 1e-12))[:, None]))


def _symmetric(keys: Rows, weights: Distances, count: int) -> Graph:
    """Join both directions of every pair: an edge exists if either end sees it (a + b - ab)."""
    backward = keys % count * count + keys // count
    order = np.argsort(backward)
    every = np.union1d(keys, backward)
    forth, back = np.zeros(len(every)), np.zeros(len(every))
    forth[np.searchsorted(every, keys)] = weights
    back[np.searchsorted(every, backward[order])] = weights[order]
    joined = forth + back - forth * back
    kept = joined > 0
    return Graph(every[kept] // count, every[kept] % count, joined[kept])
