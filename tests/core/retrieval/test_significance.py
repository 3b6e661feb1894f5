from __future__ import annotations

import math
from itertools import product

import pytest

from core.retrieval.significance import EXACT_UP_TO, mcnemar


@pytest.mark.parametrize(
    ("fixed", "broken", "expected"),
    [
        (0, 0, 1.0),
        (5, 0, 2 / 2**5),
        (0, 6, 2 / 2**6),
        (1, 9, 2 * (1 + 10) / 2**10),  # by hand: C(10, 0) + C(10, 1) of 1,024
        (10, 10, 1.0),
        (2, 8, 0.109375),
    ],
)
def test_known_values(fixed: int, broken: int, expected: float) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("fixed", "broken"), [(3, 4), (1, 7), (6, 2), (0, 8)])
def test_equals_counting_every_outcome(fixed: int, broken: int) -> None:
    """Throw a fair coin for every disagreement, all ways: how often is it at least this one-sided?"""
    trials = fixed + broken
    distance = abs(fixed - broken)
    extreme = sum(abs(2 * sum(coins) - trials) >= distance for coins in product((0, 1), repeat=trials))
    assert mcnemar(fixed, broken) == pytest.approx(extreme / 2**trials, rel=1e-12)


@pytest.mark.parametrize("difference", [0, 10, 40, 80, 120])
def test_both_formulas_agree_where_they_meet(difference: int) -> None:
    exact = mcnemar(EXACT_UP_TO // 2 + difference // 2, EXACT_UP_TO // 2 - difference // 2)
    corrected = max(difference - 1, 0) ** 2 / EXACT_UP_TO
    assert exact == pytest.approx(math.erfc(math.sqrt(corrected / 2)), abs=1e-4)


def test_large_counts_use_the_chi_square_of_the_books() -> None:
    # 3.841 is the 5 % point of chi-square with one degree of freedom: (|b - c| - 1)^2 / (b + c) = 3.841
    total = 1_000_000
    difference = math.sqrt(3.841458820694124 * total) + 1
    fixed = round((total + difference) / 2)
    assert mcnemar(fixed, total - fixed) == pytest.approx(0.05, abs=2e-4)


def test_either_order_gives_the_same() -> None:
    assert mcnemar(214, 122) == mcnemar(122, 214)
    assert mcnemar(3_000, 2_700) == mcnemar(2_700, 3_000)
    assert mcnemar(100_000, 10) == 0.0


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="-1 fixed"):
        mcnemar(-1, 3)
