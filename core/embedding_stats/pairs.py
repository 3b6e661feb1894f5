"""How far apart images lie: of one class, of different classes, any two.

All on the unit sphere, with d(x, y) the Euclidean distance of unit vectors, 0 to 2; pairs are of different images.

    alignment    mean of d^2 over pairs of one class                         Wang and Isola 2020, with alpha = 2
    uniformity   log of the mean of exp(-2 d^2) over all pairs               Wang and Isola 2020, with t = 2
    intra        mean over classes of the mean of 1 - cos over their pairs   Roth et al. 2020, as in their code
    inter        mean of 1 - cos over pairs of classes' mean directions      Roth et al. 2020, as in their code
    density      intra / inter                                               Roth et al. 2020

Smaller is better for all but inter. Wang and Isola's positive pairs are two views of an image; here they are two
images of a class. Means over pairs of a class follow from the sum of its vectors, so no pair need be visited; only
uniformity visits pairs.

Corner cases: an image without a class counts in uniformity only. A class of one image has no intra; it counts in inter.
(Roth et al.'s code gives it the largest value of all classes.) Without any pair a figure is None.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.embedding_stats.sample import SAMPLE, asked
from core.retrieval.distances import BLOCK_BYTES, Distances, DistanceTable, rows_at_once, scale_to_unit

_TEMPERATURE = 2.0
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class PairMeasures:
    """See above.

    Attributes:
        alignment: 0 to 4.
        uniformity: -8 to 0; about -4 for points spread evenly over a sphere of many dimensions.
        intra, inter: 0 to 2.
        density: from 0; None where there is no inter, or where it is 0.
        asked: how many images were held against all others for uniformity.
    """

    alignment: float | None
    uniformity: float | None
    intra: float | None
    inter: float | None
    density: float | None
    asked: int


@dataclass(frozen=True, eq=False)
class _Classes:
    """The unit vectors of C classes, summed up.

    Attributes:
        sums: (C, D).
        sizes: (C,) images.
        squares: (C,) sums of squared lengths: the images whose vector is not zero.
    """

    sums: Distances
    sizes: Distances
    squares: Distances

    @classmethod
    def of(cls, vectors: npt.NDArray[np.floating], codes: Rows) -> _Classes:
        """Sum up (N, D) vectors, block by block in the order of their classes; -1 is no class."""
        labelled = np.flatnonzero(codes >= 0)
        _, class_indices = np.unique(codes[labelled], return_inverse=True)
        order = np.argsort(class_indices, kind="stable")
        sizes = np.bincount(class_indices).astype(np.float64)
        sums, squares = np.zeros((len(sizes), vectors.shape[1])), np.zeros(len(sizes))
        for start in range(0, len(order), _ROWS_AT_ONCE):
            rows = order[start : start + _ROWS_AT_ONCE]
            part = vectors[labelled[rows]].astype(np.float64)
            scale_to_unit(part)
            here, first = np.unique(class_indices[rows], return_index=True)
            sums[here] += np.add.reduceat(part, first, axis=0)
            squares[here] += np.add.reduceat(np.square(part).sum(axis=1), first)
        return cls(sums, sizes, squares)

    def alignment(self) -> float | None:
        """Mean squared distance of the pairs of a class, over all pairs."""
        pairs = float((self.sizes * (self.sizes - 1)).sum())
        if not pairs:
            return None
        return max(float((2 * (self.sizes - 1) * self.squares - 2 * self._products()).sum()) / pairs, 0.0)

    def intra(self) -> float | None:
        """Mean of 1 - cos over the pairs of a class, over classes."""
        several = self.sizes > 1
        if not several.any():
            return None
        sizes = self.sizes[several]
        return max(float(np.mean(1 - self._products()[several] / (sizes * (sizes - 1)))), 0.0)

    def inter(self) -> float | None:
        """Mean of 1 - cos over pairs of mean directions."""
        count = len(self.sizes)
        if count < 2:
            return None
        directions = self.sums.copy()
        scale_to_unit(directions)
        products = np.square(directions.sum(axis=0)).sum() - np.square(directions).sum()
        return max(float(1 - products / (count * (count - 1))), 0.0)

    def _products(self) -> Distances:
        """(C,) sums of x.y over the ordered pairs of different images of a class."""
        return np.asarray(np.square(self.sums).sum(axis=1) - self.squares)


def pair_measures(
    vectors: npt.NDArray[np.floating],
    codes: Rows,
    sample: int = SAMPLE,
    seed: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> PairMeasures:
    """Measure (N, D) vectors of the (N,) classes `codes`, -1 where there is none.

    With more than `sample` images, uniformity draws that many and holds them against all others; the rest is exact.
    """
    classes, chosen = _Classes.of(vectors, codes), asked(len(vectors), sample, seed)
    intra, inter = classes.intra(), classes.inter()
    return PairMeasures(
        alignment=classes.alignment(),
        uniformity=_uniformity(vectors, chosen, block_bytes),
        intra=intra,
        inter=inter,
        density=intra / inter if intra is not None and inter else None,
        asked=len(chosen),
    )


def _uniformity(vectors: npt.NDArray[np.floating], chosen: Rows, block_bytes: int) -> float | None:
    """Everyone asks the `chosen`: distances have no direction, and a table of few is quickly read for many."""
    if len(vectors) < 2:
        return None
    table, step, potential = (
        DistanceTable(vectors[chosen], directions=True),
        rows_at_once(len(chosen), block_bytes),
        0.0,
    )
    for start in range(0, len(vectors), step):
        distances = table.of(vectors[start : start + step])
        here = slice(*np.searchsorted(chosen, (start, start + step)))
        distances[chosen[here] - start, np.arange(len(chosen))[here]] = np.inf
        potential += float(np.exp(-_TEMPERATURE * distances).sum())
    return float(np.log(potential / (len(chosen) * (len(vectors) - 1))))
