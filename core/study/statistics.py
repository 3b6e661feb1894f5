"""Mean, deviation and interval of a few runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Sample:
    """What n runs say about the mean of all runs there could be.

    Attributes:
        count: n.
        mean: of the n figures.
        deviation: their standard deviation, divided by n - 1; None for a single one.
        low, high: the 95 % interval of the mean by Student's t with n - 1 degrees of freedom; None for a single one.
    """

    count: int
    mean: float
    deviation: float | None
    low: float | None
    high: float | None


def sample(figures: Sequence[float]) -> Sample:
    """The statistics of at least one figure."""
    count = len(figures)
    mean = math.fsum(figures) / count
    if count < 2:
        return Sample(count, mean, None, None, None)
    deviation = math.sqrt(math.fsum((figure - mean) ** 2 for figure in figures) / (count - 1))
    half = student_t(count - 1) * deviation / math.sqrt(count)
    return Sample(count, mean, deviation, mean - half, mean + half)


def student_t(freedom: int, confidence: float = CONFIDENCE) -> float:
    """The t that a Student variable with `freedom` (at least 1) degrees stays within with `confidence`."""
    low, high = 0.0, 1.0
    while within(high, freedom) < confidence:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, freedom) < confidence else (low, middle)
    return high


def within(t: float, freedom: int) -> float:
    """P(|T| < t) of a Student variable: the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= k / (k + 1) * math.cos(angle) ** 2
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
