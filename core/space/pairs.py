"""How far apart images lie: of one class, of different classes, any two.

All on the unit sphere, with d(x, y) the Euclidean distance of unit vectors, 0 to 2; pairs are of different images.

    alignment    mean of d^2 over pairs of one class                        Wang and Isola 2020, with alpha = 2
    uniformity   log of the mean of exp(-2 d^2) over all pairs              Wang and Isola 2020, with t = 2
    intra        mean of d over pairs of one class                          Roth et al. 2020
    inter        mean Euclidean distance between the means of two classes   Roth et al. 2020
    density      intra / inter                                              Roth et al. 2020

Smaller is better for all but inter. Wang and Isola's positive pairs are two views of an image; here they are two
images of a class. Corner cases: an image without a class counts in uniformity only; without any pair a figure is None.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.retrieval.distances import BLOCK_BYTES, Distances, DistanceTable, rows_at_once, scale_to_unit
from core.space.sample import SAMPLE, asked

_TEMPERATURE = 2.0


@dataclass(frozen=True)
class PairMeasures:
    """See above.

    Attributes:
        alignment: 0 to 4.
        uniformity: -8 to 0; about -4 for points spread evenly over a sphere of many dimensions.
        intra, inter: 0 to 2.
        density: from 0; None where there is no inter, or where it is 0.
        asked: how many images were held against all others, for all but inter.
    """

    alignment: float | None
    uniformity: float | None
    intra: float | None
    inter: float | None
    density: float | None
    asked: int


def pair_measures(
    vectors: npt.NDArray[np.floating],
    codes: Rows,
    sample: int = SAMPLE,
    seed: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> PairMeasures:
    """Measure (N, D) vectors of the (N,) classes `codes`, -1 where there is none.

    With more than `sample` images, that many are drawn and held against all others.
    """
    table, chosen = DistanceTable(vectors, directions=True), asked(len(vectors), sample, seed)
    squared, plain, potential, same_pairs, pairs = 0.0, 0.0, 0.0, 0, 0
    step = rows_at_once(len(vectors), block_bytes)
    for start in range(0, len(chosen), step):
        rows = chosen[start : start + step]
        distances = table.of(vectors[rows])
        others = np.ones(distances.shape, bool)
        others[np.arange(len(rows)), rows] = False
        potential += float(np.exp(-_TEMPERATURE * distances).sum(where=others))
        pairs += others.size - len(rows)
        same = distances[others & (codes == codes[rows, None]) & (codes[rows, None] >= 0)]
        squared, plain, same_pairs = (
            squared + float(same.sum()),
            plain + float(np.sqrt(same).sum()),
            same_pairs + same.size,
        )
    intra = plain / same_pairs if same_pairs else None
    inter = _between_means(_class_means(vectors, codes), block_bytes)
    return PairMeasures(
        alignment=squared / same_pairs if same_pairs else None,
        uniformity=float(np.log(potential / pairs)) if pairs else None,
        intra=intra,
        inter=inter,
        density=intra / inter if intra is not None and inter else None,
        asked=len(chosen),
    )


def _class_means(vectors: npt.NDArray[np.floating], codes: Rows) -> Distances:
    """(C, D) means of the unit vectors of every class that is there."""
    labelled = np.flatnonzero(codes >= 0)
    order = labelled[np.argsort(codes[labelled], kind="stable")]
    _, starts, sizes = np.unique(codes[order], return_index=True, return_counts=True)
    means = np.zeros((len(starts), vectors.shape[1]))
    place = np.repeat(np.arange(len(starts)), sizes)
    for start in range(0, len(order), 4096):
        part = vectors[order[start : start + 4096]].astype(np.float64)
        scale_to_unit(part)
        here, first = np.unique(place[start : start + 4096], return_index=True)
        means[here] += np.add.reduceat(part, first, axis=0)
    return means / np.maximum(sizes, 1)[:, None]


def _between_means(means: Distances, block_bytes: int) -> float | None:
    """Mean distance of two different rows; None with fewer than two."""
    if len(means) < 2:
        return None
    table, step, total = DistanceTable(means), rows_at_once(len(means), block_bytes), 0.0
    for start in range(0, len(means), step):
        distances = table.of(means[start : start + step])
        rows = np.arange(len(distances))
        distances[rows, start + rows] = 0.0
        total += float(np.sqrt(distances).sum())
    return total / (len(means) * (len(means) - 1))
