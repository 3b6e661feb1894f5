"""One figure of several runs that differ in their seed alone: mean, deviation, and where the mean lies.

Student's t, because runs are few: with 3 of them the 95 % interval is 4.3 standard errors wide on each side, not 1.96.
The interval covers what the seed changes (initialisation, batches, augmentation) and not the choice of test images;
`core.retrieval.significance` covers that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InputError

LEVEL = 0.95


@dataclass(frozen=True)
class SeedSummary:
    """A figure over runs.

    Attributes:
        runs: how many; for a difference of two groups, both together.
        mean: their mean.
        deviation: sample standard deviation (n - 1); None for a single run and for a difference of two groups.
        low, high: the t-interval of the mean; None where a group has a single run.
        level: the share of such intervals that hold the true mean.
    """

    runs: int
    mean: float
    deviation: float | None
    low: float | None
    high: float | None
    level: float = LEVEL

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def across_seeds(figures: Sequence[float], level: float = LEVEL) -> SeedSummary:
    """Mean, deviation and t-interval of one figure of several runs.

    For two methods run with the same seeds, give the differences by seed: that is the paired interval.
    Raises InputError without figures, when one is not finite, or for a level outside of 0..1.
    """
    _check(figures, level)
    mean, variance = _moments(figures)
    if variance is None:
        return SeedSummary(len(figures), mean, None, None, None, level)
    half = _t(level, len(figures) - 1) * math.sqrt(variance / len(figures))
    return SeedSummary(len(figures), mean, math.sqrt(variance), mean - half, mean + half, level)


def difference_across_seeds(a: Sequence[float], b: Sequence[float], level: float = LEVEL) -> SeedSummary:
    """Mean of `b` minus mean of `a`, whose runs share no seeds, with Welch's interval (1947).

    Raises as `across_seeds` does.
    """
    for figures in (a, b):
        _check(figures, level)
    (mean_a, variance_a), (mean_b, variance_b) = _moments(a), _moments(b)
    mean, runs = mean_b - mean_a, len(a) + len(b)
    if variance_a is None or variance_b is None:
        return SeedSummary(runs, mean, None, None, None, level)
    error_a, error_b = variance_a / len(a), variance_b / len(b)
    error = error_a + error_b
    if error == 0:
        return SeedSummary(runs, mean, None, mean, mean, level)
    # Welch and Satterthwaite's degrees of freedom.
    freedom = error**2 / (error_a**2 / (len(a) - 1) + error_b**2 / (len(b) - 1))
    half = _t(level, freedom) * math.sqrt(error)
    return SeedSummary(runs, mean, None, mean - half, mean + half, level)


def _check(figures: Sequence[float], level: float) -> None:
    if not len(figures) or not all(math.isfinite(figure) for figure in figures):
        raise InputError(f"Runs are summed up by their figures; received {list(figures)}, expected finite numbers.")
    if not 0 < level < 1:
        raise InputError(f"The level of an interval is {level}, expected between 0 and 1.", "level")


def _moments(figures: Sequence[float]) -> tuple[float, float | None]:
    mean = math.fsum(figures) / len(figures)
    if len(figures) < 2:
        return mean, None
    return mean, math.fsum((figure - mean) ** 2 for figure in figures) / (len(figures) - 1)


def _t(level: float, freedom: float) -> float:
    """The quantile of Student's t that leaves (1 - level) / 2 above it."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + level) / 2))
