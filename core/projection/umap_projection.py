"""UMAP (McInnes, Healy, Melville 2018): the map that shows classes as islands. For child processes only.

umap-learn does the work. Departures from its defaults: neighbours are exact and come from faiss, which also spares the
50 s that pynndescent takes to compile; the start is PCA (or a given map) instead of a spectral embedding, so that a map
can be followed by eye from PCA to UMAP and from one checkpoint to the next.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import faiss
import numpy as np
import numpy.typing as npt

from core import paths
from core.messages import Message
from core.progress import Reporter
from core.projection.pca import Points

NEIGHBOURS = 15
MINIMAL_DISTANCE = 0.1
_START_REACH = 10.0
_SCATTER = 1e-4
# Half the squared distance, which is the cosine distance of unit vectors, as near to 0 as the rounding of a float32
# product of many dimensions.
_TIED = 2e-6


def epochs_for(count: int, leaning: bool) -> int:
    """How long to optimise N points: umap-learn's rule, but shorter from a finished map.

    From another checkpoint's map, 200 epochs keep as many neighbours as 500 and islands stay nearer to their places.
    """
    return 500 if count <= 10_000 and not leaning else 200


def umap_layout(
    vectors: npt.NDArray[np.float32],
    components: Points,
    initial: npt.NDArray[np.floating] | None,
    epochs: int,
    seed: int,
    reporter: Reporter | None = None,
    distance: str = "cosine",
) -> Points:
    """(N, 2) positions of (N, D) vectors, N at least 2, starting from `initial`, or from `components` where NaN.

    By "cosine" they are of unit length, by "euclidean" of any.
    The same vectors, start and seed give the same positions. Images whose neighbours are a choice among equals start
    from their components: from another map they would keep a structure that their vectors do not have.
    """
    k = min(NEIGHBOURS, len(vectors))
    if distance == "euclidean":
        vectors = _standardised(vectors)
        near = _nearest_apart(vectors, k)
    else:
        near = exact_neighbours(vectors, k)
    tied = near[1][:, -1] <= _TIED
    start = components
    if initial is not None:
        start = np.where(np.isfinite(initial) & ~tied[:, None], initial, components).astype(np.float32)
    with _reporting_epochs(reporter or Reporter()):
        if tied.any():
            return _layout_of_ties(vectors, start, epochs, seed, distance)
        return _optimised(vectors, near, start, epochs, seed, distance)


def scattered(count: int, seed: int) -> Points:
    """(N, 2) positions on one spot, apart just enough to be seen as several."""
    return np.random.default_rng(seed).normal(0.0, _SCATTER * _START_REACH, (count, 2)).astype(np.float32)


def _standardised(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """With mean 0 and mean square length 1, so that no distance loses digits; their order stays."""
    apart = vectors - vectors.mean(axis=0, dtype=np.float64)
    length = np.sqrt(np.square(apart).sum(axis=1).mean())
    return np.asarray(apart / (length or 1.0), np.float32)


def _layout_of_ties(vectors: npt.NDArray[np.float32], start: Points, epochs: int, seed: int, distance: str) -> Points:
    """The layout of vectors of which many are equally near to each other, to the rounding of float32.

    Among equals the search takes those that stand first, and a data set stands in the order of its classes: islands of
    classes would appear that the vectors do not have. So the images are drawn in an order of the seed's. Distances are
    those of the vectors' differences from their mean, which keep their digits where cosines are all 1.
    """
    order = np.random.default_rng(seed).permutation(len(vectors))
    drawn = vectors[order]
    apart = drawn - drawn.mean(axis=0, dtype=np.float64).astype(np.float32)
    near = _nearest_apart(apart, min(NEIGHBOURS, len(vectors)))
    positions = np.empty((len(vectors), 2), np.float32)
    positions[order] = _optimised(drawn, near, start[order], epochs, seed, distance)
    return positions


def _optimised(
    vectors: npt.NDArray[np.float32],
    near: tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]],
    start: Points,
    epochs: int,
    seed: int,
    distance: str,
) -> Points:
    umap = _import_umap()
    nearest, distances = near
    if distance == "euclidean":
        distances = np.sqrt(2 * distances)
    with warnings.catch_warnings():
        # New images are never placed on a finished map, so the search index that this misses is not wanted.
        warnings.filterwarnings("ignore", message="precomputed_knn", category=UserWarning)
        model = umap.UMAP(
            n_neighbors=nearest.shape[1],
            min_dist=MINIMAL_DISTANCE,
            metric=distance,
            n_epochs=epochs,
            init=_spread(start, seed),
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(nearest, distances, None),
        )
        return np.asarray(model.fit_transform(vectors), dtype=np.float32)


def _nearest_apart(vectors: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """As `exact_neighbours`, of any vectors, by half the squared Euclidean distance."""
    squares, nearest = faiss.knn(vectors, vectors, k, metric=faiss.METRIC_L2)
    return _itself_first(nearest, np.clip(squares / 2, 0.0, None))


@contextmanager
def _reporting_epochs(reporter: Reporter) -> Iterator[None]:
    """The bar that umap-learn shows of its epochs, told to a reporter instead."""

    def reported(epochs: range, **_of_the_bar: object) -> Iterator[int]:
        stage, unit = Message("stage-computing-umap"), Message("unit-epochs")
        for epoch in epochs:
            reporter.progress(stage, epoch, len(epochs), unit)
            yield epoch
        reporter.progress(stage, len(epochs), len(epochs), unit)

    umap = _import_umap()
    bar, umap.layouts.tqdm = umap.layouts.tqdm, reported
    try:
        yield
    finally:
        umap.layouts.tqdm = bar


def exact_neighbours(vectors: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """(N, k) nearest of (N, D) unit vectors, each image itself first, and their cosine distances."""
    similarities, nearest = faiss.knn(vectors, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return _itself_first(nearest, np.clip(1.0 - similarities, 0.0, None))


def _itself_first(
    nearest: npt.NDArray[np.int64], distances: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    itself = np.arange(len(nearest))
    missing = ~(nearest == itself[:, None]).any(axis=1)
    # Among more than k duplicates faiss may leave an image out of its own list.
    nearest[missing, -1] = itself[missing]
    distances[nearest == itself[:, None]] = 0.0
    order = np.lexsort((nearest != itself[:, None], distances))
    return np.take_along_axis(nearest, order, 1), np.take_along_axis(distances, order, 1)


def _import_umap() -> ModuleType:
    """umap-learn, set up to keep everything it compiles: its main loops are compiled anew at every start otherwise."""
    # numba reads this once, when it is imported.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(paths.compiled()))
    with warnings.catch_warnings():
        # Without tensorflow it warns that a parametric variant, which nobody here uses, is missing.
        warnings.simplefilter("ignore")
        import umap
        import umap.layouts
        import umap.umap_
    from numba.core.dispatcher import Dispatcher

    for module in (umap.layouts, umap.umap_):
        for function in vars(module).values():
            if isinstance(function, Dispatcher):
                function.enable_caching()
    library: ModuleType = umap
    return library


def _spread(start: Points, seed: int) -> Points:
    """Widen to UMAP's usual reach and part images that lie on one spot (duplicates), which repel nothing."""
    centred = start - start.mean(axis=0)
    reach = float(np.abs(centred).max())
    # A finished UMAP map is wider and stays so: squeezed, its islands would be thrown apart in other directions.
    scaled = centred * (_START_REACH / reach) if 0 < reach < _START_REACH else centred
    scatter = np.random.default_rng(seed).normal(0.0, _SCATTER * _START_REACH, start.shape)
    return np.asarray(scaled + scatter, dtype=np.float32)
