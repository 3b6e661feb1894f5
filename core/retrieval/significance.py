"""Whether the difference between two checkpoints is more than chance."""

from __future__ import annotations

import math

EXACT_UP_TO = 1_000


def mcnemar(fixed: int, broken: int) -> float:
    """Two-sided p-value of McNemar's test on the same queries answered twice.

    Only the queries on which the two disagree count: `fixed` were wrong and became right, `broken` were right and
    became wrong. Under chance each falls on either side with probability 1/2. Up to 1,000 such queries the binomial
    tail is summed exactly; beyond, the chi-square statistic (1 degree of freedom) with Edwards' continuity correction
    differs from it by less than 0.0001. No disagreement at all gives 1.

    Raises ValueError when a count is negative.
    """
    if fixed < 0 or broken < 0:
        raise ValueError(f"McNemar's test received {fixed} fixed and {broken} broken queries, expected counts from 0.")
    disagreeing = fixed + broken
    if disagreeing <= EXACT_UP_TO:
        return _binomial_two_sided(min(fixed, broken), disagreeing)
    statistic = max(abs(fixed - broken) - 1, 0) ** 2 / disagreeing
    return math.erfc(math.sqrt(statistic / 2))


def _binomial_two_sided(fewer: int, trials: int) -> float:
    """Twice the chance of at most `fewer` heads in `trials` fair throws, at most 1; in whole numbers until the end."""
    at_most = sum(math.comb(trials, heads) for heads in range(fewer + 1))
    return min(1.0, 2 * at_most / (1 << trials))
