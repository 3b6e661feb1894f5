"""Between which bounds Recall@1 of A, of B and their difference lie: overall, and for each class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows, Texts
from core.retrieval.significance import Interval, difference_interval, hits, mean_interval

LEVEL = 0.95
# Bounds of a class are shown to a tenth of a point in a table of many; overall ones have ten times as many resamples.
CLASS_RESAMPLES = 1_000
CLASSES_AT_ONCE = 500

Bounds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairedIntervals:
    """95 % intervals of Recall@1 over the same queries; None where there are fewer than two to draw from.

    Whole classes are drawn, because the queries of a class share its neighbours; single queries where there is only
    one class.
    """

    a: Interval | None
    b: Interval | None
    difference: Interval | None


def paired_intervals(first_hit_a: Rows, first_hit_b: Rows, labels: Texts) -> PairedIntervals:
    """The intervals of two evaluations; (N,) ranks of first hits, -1 where not measured, and (N,) class names."""
    a, b = hits(first_hit_a, 1), hits(first_hit_b, 1)
    measured = first_hit_a >= 0
    classes = labels if len(np.unique(labels[measured])) > 1 else None
    return PairedIntervals(mean_interval(a, classes), mean_interval(b, classes), difference_interval(a, b, classes))


def class_bounds(queries: Rows, fixed: Rows, broken: Rows, seed: int = 0) -> Bounds:
    """(C, 2) between which bounds each class's B - A lies in 95 of 100 cases; NaN for fewer than two queries.

    A query is fixed, broken or neither, so resampling the (C,) `queries` of a class is drawing from three outcomes:
    the multinomial distribution gives the bootstrap's very counts without touching a query.
    """
    bounds = np.full((len(queries), 2), np.nan)
    random = np.random.default_rng(seed)
    tail = (1 - LEVEL) / 2
    for start in range(0, len(queries), CLASSES_AT_ONCE):
        part = slice(start, start + CLASSES_AT_ONCE)
        count = np.maximum(queries[part], 1)
        shares = np.stack([fixed[part], broken[part]], axis=1) / count[:, None]
        outcomes = np.concatenate([shares, 1 - shares.sum(axis=1, keepdims=True)], axis=1).clip(0)
        drawn = random.multinomial(count, outcomes, size=(CLASS_RESAMPLES, len(count)))
        figures = (drawn[..., 0] - drawn[..., 1]) / count
        bounds[part] = np.quantile(figures, (tail, 1 - tail), axis=0).T
    bounds[queries < 2] = np.nan
    return bounds
