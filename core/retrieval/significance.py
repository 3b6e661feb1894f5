"""Whether a figure, or the difference between two checkpoints, is more than chance.

Two questions with two answers. McNemar's test asks whether a difference in right and wrong answers could be chance;
the bootstrap (Efron 1979) says between which bounds a figure or a difference lies. The bootstrap draws queries, or
whole classes, with replacement: the spread of the figure over such resamples is the spread that other test images
would bring. Queries of one class share its neighbours and are not independent, so an interval clustered by class is
wider and the more honest one wherever classes are small or hard as a whole.

Neither covers what another seed of the training would change: that is `core.seeds`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import EmbeddingsError
from core.messages import Message

AVERAGES = ("micro", "macro")

Values = npt.NDArray[np.floating]
Groups = npt.NDArray[Any]


def mcnemar(fixed: int, broken: int) -> float:
    """Two-sided p-value of McNemar's exact test on the same queries answered twice.

    Only the queries on which the two disagree count: `fixed` were wrong and became right, `broken` were right and
    became wrong. Under chance each falls on either side with probability 1/2. No disagreement at all gives 1.

    Raises EmbeddingsError when a count is negative.
    """
    # A tenth of a second of imports, for which the window does not wait when it starts.
    from scipy.special import bdtr

    if fixed < 0 or broken < 0:
        raise EmbeddingsError(Message("mcnemar-counts-invalid", fixed=fixed, broken=broken))
    return min(1.0, 2 * float(bdtr(min(fixed, broken), fixed + broken, 0.5)))


@dataclass(frozen=True)
class Bootstrap:
    """How an interval is made.

    Attributes:
        resamples: how often queries or classes are drawn anew.
        level: the share of such intervals that hold the true figure, 0 to 1.
        seed: the same one gives the same interval.
        method: "percentile": the quantiles of the resampled figures.
    """

    resamples: int = 10_000
    level: float = 0.95
    seed: int = 0
    method: str = field(default="percentile", init=False)

    def __post_init__(self) -> None:
        if self.resamples < 1:
            raise EmbeddingsError(Message("bootstrap-resamples-invalid", resamples=self.resamples), "resamples")
        if not 0 < self.level < 1:
            raise EmbeddingsError(Message("interval-level-out-of-range", level=self.level), "level")
        if self.seed < 0:
            raise EmbeddingsError(Message("bootstrap-seed-invalid", seed=self.seed), "seed")


DEFAULT = Bootstrap()


@dataclass(frozen=True)
class Interval:
    """A figure and the bounds between which it lies.

    Attributes:
        value: the figure itself, not the mean of the resamples.
        low, high: the bounds; `low` <= `high`.
        unit: what was drawn: "queries" or "classes".
        units: how many there are; of few the bounds are too near each other: an interval of 95 % from 10 simulated
            classes held the truth in 89 %, one from 5 in 83 %.
        bootstrap: how it was made.
    """

    value: float
    low: float
    high: float
    unit: str
    units: int
    bootstrap: Bootstrap

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference of nothing lies outside."""
        return self.low > 0 or self.high < 0


def hits(first_hit: Rows, k: int) -> npt.NDArray[np.float64]:
    """(N,) 1 where the rank of the first hit is 1..k, else 0; NaN where it is -1, not measured. Its mean: Recall@K."""
    return np.where(first_hit < 0, np.nan, (first_hit > 0) & (first_hit <= k))


def mean_interval(
    values: Values, classes: Groups | None = None, average: str = "micro", bootstrap: Bootstrap = DEFAULT
) -> Interval | None:
    """The mean of a measure over queries, and its interval.

    Args:
        values: (N,) the measure of each query (a hit, an average precision, a label distance); NaN is not measured
            and left out.
        classes: (N,) the class of each query, as text or codes: whole classes are then drawn instead of queries.
        average: "micro" is the mean over queries; "macro" the mean over classes of the means within them, for which
            classes are always drawn.
        bootstrap: how.

    Returns None where there are fewer than two queries, or classes, to draw from.
    Raises EmbeddingsError for arrays that do not fit together, infinite values, or a macro average without classes.
    """
    sums, sizes = _units(values, classes, average)
    if len(sums) < 2:
        return None
    low, high = _bounds(sums, sizes, bootstrap)
    unit = "queries" if classes is None else "classes"
    return Interval(float(sums.sum() / sizes.sum()), low, high, unit, len(sums), bootstrap)


def difference_interval(
    a: Values, b: Values, classes: Groups | None = None, average: str = "micro", bootstrap: Bootstrap = DEFAULT
) -> Interval | None:
    """B's mean minus A's on the same queries, and its interval: every resample draws the same ones for both.

    (N,) `a` and `b` belong to the same queries; see `mean_interval` for the rest. Raises EmbeddingsError also when a
    query was measured in only one of them.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise EmbeddingsError(Message("paired-interval-of-other-queries", a=str(a.shape), b=str(b.shape)))
    alone = int(np.count_nonzero(np.isnan(a) != np.isnan(b)))
    if alone:
        raise EmbeddingsError(Message("queries-measured-in-one", alone=alone))
    # With equal weights for both, the difference of the resampled means is the resampled mean of the differences.
    return mean_interval(b - a, classes, average, bootstrap)


def _units(values: Values, classes: Groups | None, average: str) -> tuple[Values, Values]:
    """(U,) sums and (U,) sizes of what is drawn: the figure is sum of sums / sum of sizes."""
    values = np.asarray(values, np.float64)
    if average not in AVERAGES or (average == "macro" and classes is None):
        raise EmbeddingsError(Message("average-invalid", average=average), "average")
    if values.ndim != 1 or (classes is not None and len(classes) != len(values)):
        if classes is None:
            raise EmbeddingsError(Message("query-values-misshapen", shape=str(values.shape)))
        raise EmbeddingsError(Message("query-values-of-other-classes", shape=str(values.shape), classes=len(classes)))
    if np.isinf(values).any():
        raise EmbeddingsError(Message("query-measure-infinite"))
    measured = ~np.isnan(values)
    values = values[measured]
    if classes is None:
        return values, np.ones(len(values))
    _, codes = np.unique(np.asarray(classes)[measured], return_inverse=True)
    sizes = np.bincount(codes).astype(np.float64)
    sums = np.bincount(codes, weights=values, minlength=len(sizes)).astype(np.float64)
    return (sums / sizes, np.ones(len(sizes))) if average == "macro" else (sums, sizes)


def _bounds(sums: Values, sizes: Values, bootstrap: Bootstrap) -> tuple[float, float]:
    figures = _resampled(sums, sizes, bootstrap)
    tail = (1 - bootstrap.level) / 2
    low, high = np.quantile(figures, (tail, 1 - tail))
    return float(low), float(high)


def _resampled(sums: Values, sizes: Values, bootstrap: Bootstrap) -> npt.NDArray[np.float64]:
    """(R,) the figure of every resample."""
    from core.retrieval.resampling import resampled_sums

    drawn = resampled_sums(sums, bootstrap.resamples, bootstrap.seed)
    if (sizes == 1).all():
        return drawn / len(sums)
    return np.asarray(drawn / resampled_sums(sizes, bootstrap.resamples, bootstrap.seed))
