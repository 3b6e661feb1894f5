"""One figure of several runs that differ in their seed alone: mean, deviation, and where the mean lies.

Student's t, because runs are few: with 3 of them the 95 % interval is 4.3 standard errors wide on each side, not 1.96.
The interval covers what the seed changes (initialisation, batches, augmentation) and not the choice of test images;
`core.retrieval.significance` covers that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.messages import Message

LEVEL = 0.95


@dataclass(frozen=True)
class SeedSummary:
    """A figure over runs.

    Attributes:
        runs: how many.
        mean: their mean.
        deviation: sample standard deviation (n - 1); None for a single run.
        low, high: the t-interval of the mean; None for a single run.
        level: the share of such intervals that hold the true mean.
    """

    runs: int
    mean: float
    deviation: float | None
    low: float | None
    high: float | None
    level: float = LEVEL


def across_seeds(figures: Sequence[float]) -> SeedSummary:
    """Mean, deviation and t-interval of one figure of several runs.

    For two methods run with the same seeds, give the differences by seed: that is the paired interval.
    Raises InputError without figures, or when one is not finite.
    """
    if not len(figures) or not all(math.isfinite(figure) for figure in figures):
        raise InputError(Message("seeds-figures-not-finite", figures=str(list(figures))))
    from scipy.special import stdtrit

    runs = len(figures)
    mean = math.fsum(figures) / runs
    if runs == 1:
        return SeedSummary(runs, mean, None, None, None)
    variance = math.fsum((figure - mean) ** 2 for figure in figures) / (runs - 1)
    # The quantile of Student's t that leaves (1 - LEVEL) / 2 above it.
    half = float(stdtrit(runs - 1, (1 + LEVEL) / 2)) * math.sqrt(variance / runs)
    return SeedSummary(runs, mean, math.sqrt(variance), mean - half, mean + half)
