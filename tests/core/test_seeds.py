"""Figures of several runs, against the tables of the books and scipy."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest
from scipy import stats

from core.errors import InputError
from core.seeds import across_seeds


def test_three_runs_by_hand() -> None:
    summary = across_seeds([60.0, 61.0, 62.0])
    assert (summary.runs, summary.mean, summary.deviation) == (3, 61.0, 1.0)
    # 4.303 is the 97.5 % point of Student's t with two degrees of freedom.
    assert summary.high == pytest.approx(61 + 4.302653 / math.sqrt(3), abs=1e-6)
    assert summary.low == pytest.approx(61 - 4.302653 / math.sqrt(3), abs=1e-6)


def test_equals_scipy() -> None:
    figures = [0.61, 0.58, 0.66, 0.6, 0.63]
    expected = stats.ttest_1samp(figures, 0).confidence_interval(0.95)
    summary = across_seeds(figures)
    assert (summary.low, summary.high) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_one_run_has_no_interval() -> None:
    alone = across_seeds([0.5])
    assert (alone.mean, alone.deviation, alone.low, alone.high) == (0.5, None, None, None)


def test_equal_runs_have_an_interval_without_width() -> None:
    same = across_seeds([0.25, 0.25])
    assert (same.deviation, same.low, same.high) == (0.0, 0.25, 0.25)


def test_plain_values_for_a_file() -> None:
    assert asdict(across_seeds([0.5])) == {
        "runs": 1,
        "mean": 0.5,
        "deviation": None,
        "low": None,
        "high": None,
        "level": 0.95,
    }


@pytest.mark.parametrize("figures", [[], [0.5, math.nan], [math.inf]])
def test_figures_must_be_there_and_finite(figures: list[float]) -> None:
    with pytest.raises(InputError, match="expected finite numbers"):
        across_seeds(figures)
