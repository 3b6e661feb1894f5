"""UMAP (McInnes, Healy, Melville 2018): the map that shows classes as islands. For child processes only.

Departures from umap-learn: neighbours are exact; the start is PCA (or a given map) instead of a spectral
embedding, so that a map can be followed from PCA to UMAP and from one checkpoint to the next by eye.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core import places
from core.projection.pca import Points

NEIGHBOURS = 15
FEWEST = 15
_START_REACH = 10.0
_SCATTER = 1e-4


def epochs_for(count: int, leaning: bool) -> int:
    """How long to optimise N points: umap-learn's rule, but shorter from a finished map.

    From another checkpoint's map, 200 epochs keep as many neighbours as 500 and islands stay nearer to their places.
    """
    return 500 if count <= 10_000 and not leaning else 200


def umap_layout(
    vectors: npt.NDArray[np.float32],
    start: Points,
    epochs: int,
    seed: int,
    advance: Callable[[int], None] | None = None,
) -> Points:
    """(N, 2) positions of (N, D) unit vectors, N at least 2; `advance(epochs done)` follows the work.

    The same vectors, start and seed give the same positions. Compiled code is kept in the cache folder.
    """
    # numba reads this once, when it is imported.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(places.cache() / "numba"))
    from core.projection.layout import optimise
    from core.projection.neighbour_graph import neighbour_graph

    graph = neighbour_graph(vectors, min(NEIGHBOURS, len(vectors)))
    return optimise(_spread(start, seed), graph, epochs, seed, advance)


def _spread(start: Points, seed: int) -> Points:
    """Widen to UMAP's usual reach and part images that lie on one spot (duplicates), which repel nothing."""
    centred = start - start.mean(axis=0)
    reach = float(np.abs(centred).max())
    # A finished UMAP map is wider and stays so: squeezed, its islands would be thrown apart in other directions.
    scaled = centred * (_START_REACH / reach) if 0 < reach < _START_REACH else centred
    scatter = np.random.default_rng(seed).normal(0.0, _SCATTER * _START_REACH, start.shape)
    return np.asarray(scaled + scatter, dtype=np.float32)
