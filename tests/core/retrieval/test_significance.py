"""McNemar's test by counting all outcomes; bootstrap intervals by slow loops, scipy, simulation and their rules."""

from __future__ import annotations

import math
from dataclasses import asdict
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from core.errors import EmbeddingsError
from core.retrieval.resampling import resampled_sums
from core.retrieval.significance import (
    AVERAGES,
    Bootstrap,
    difference_interval,
    hits,
    mcnemar,
    mean_interval,
)


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


def test_large_counts_are_near_the_chi_square_of_the_books() -> None:
    # 3.841 is the 5 % point of chi-square with one degree of freedom: (|b - c| - 1)^2 / (b + c) = 3.841
    total = 1_000_000
    difference = math.sqrt(3.841458820694124 * total) + 1
    fixed = round((total + difference) / 2)
    assert mcnemar(fixed, total - fixed) == pytest.approx(0.05, abs=2e-4)


@pytest.mark.parametrize(("fixed", "broken"), [(501, 500), (512, 489), (530, 475), (560, 470), (2_600, 2_500)])
def test_large_counts_are_exact_too(fixed: int, broken: int) -> None:
    exact = stats.binomtest(fixed, fixed + broken).pvalue
    assert mcnemar(fixed, broken) == pytest.approx(exact, rel=1e-9)


def test_either_order_gives_the_same() -> None:
    assert mcnemar(214, 122) == mcnemar(122, 214)
    assert mcnemar(3_000, 2_700) == mcnemar(2_700, 3_000)
    assert mcnemar(100_000, 10) < 1e-300


def test_negative_counts_are_refused() -> None:
    with pytest.raises(EmbeddingsError, match="-1 fixed"):
        mcnemar(-1, 3)


def slow_interval(sums: np.ndarray, sizes: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """Percentiles of resampled ratios, from the drawn places themselves."""
    places = np.stack([resampled_sums(column, resamples, seed) for column in np.eye(len(sums))], axis=1)
    figures = [sum(times * sums) / sum(times * sizes) for times in places]
    low, high = np.quantile(figures, [0.025, 0.975])
    return float(low), float(high)


def test_by_query_equals_a_slow_loop() -> None:
    values = np.random.default_rng(0).random(12)
    interval = mean_interval(values, bootstrap=Bootstrap(resamples=200, seed=4))
    assert (interval.low, interval.high) == pytest.approx(slow_interval(values, np.ones(12), 200, 4), rel=1e-12)
    assert (interval.value, interval.unit, interval.units) == (pytest.approx(values.mean()), "queries", 12)


@pytest.mark.parametrize("average", AVERAGES)
def test_by_class_equals_a_slow_loop(average: str) -> None:
    generator = np.random.default_rng(1)
    values, classes = generator.random(40), generator.integers(0, 6, 40)
    inside = [values[classes == code] for code in range(6)]
    sums, sizes = np.array([part.sum() for part in inside]), np.array([float(len(part)) for part in inside])
    if average == "macro":
        sums, sizes = sums / sizes, np.ones(6)
    interval = mean_interval(values, classes, average, Bootstrap(resamples=200, seed=5))
    assert (interval.low, interval.high) == pytest.approx(slow_interval(sums, sizes, 200, 5), rel=1e-12)
    assert interval.value == pytest.approx(sums.sum() / sizes.sum(), rel=1e-12)
    assert (interval.unit, interval.units) == ("classes", 6)


@pytest.mark.parametrize("values", [np.random.default_rng(2).exponential(size=25), np.arange(25) < 19.0])
def test_equals_scipy_on_the_same_resamples(values: np.ndarray) -> None:
    settings = Bootstrap(resamples=500)
    interval = mean_interval(values, bootstrap=settings)
    same = SimpleNamespace(bootstrap_distribution=resampled_sums(values, 500, settings.seed) / 25)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=0, bootstrap_result=same, method="percentile", vectorized=True
    ).confidence_interval
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_equals_scipy_with_its_own_resamples_as_far_as_chance_allows() -> None:
    values = np.random.default_rng(3).exponential(size=50)
    expected = stats.bootstrap((values,), np.mean, n_resamples=4_000, method="percentile", rng=0).confidence_interval
    interval = mean_interval(values)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), rel=0.02)


def test_a_recall_has_the_interval_of_the_books() -> None:
    hit = np.arange(2_000) < 1_600
    interval = mean_interval(hit)
    half = 1.96 * math.sqrt(0.8 * 0.2 / 2_000)
    assert (interval.low, interval.high) == pytest.approx((0.8 - half, 0.8 + half), abs=0.002)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    generator = np.random.default_rng(4)
    held = 0
    for trial in range(400):
        values = generator.exponential(size=60)
        interval = mean_interval(values, bootstrap=Bootstrap(400, 0.9, seed=trial))
        held += interval.low <= 1 <= interval.high
    # Sixty skewed values cost the bootstrap one or two points of 90 %; 1.5 more is chance at 400 trials.
    assert 0.85 <= held / 400 <= 0.94, held


def test_only_whole_classes_hold_the_truth_where_classes_are_hard_as_a_whole() -> None:
    generator = np.random.default_rng(5)
    classes, by_query, by_class = np.repeat(np.arange(40), 10), 0, 0
    for trial in range(200):
        values = generator.standard_normal(40)[classes] + generator.standard_normal(400)
        settings = Bootstrap(300, 0.95, seed=trial)
        queries, whole = (
            mean_interval(values, None, "micro", settings),
            mean_interval(values, classes, "micro", settings),
        )
        by_query += queries.low <= 0 <= queries.high
        by_class += whole.low <= 0 <= whole.high
    assert by_query < 130
    assert by_class > 175


def test_pairing_sees_what_two_separate_intervals_do_not() -> None:
    generator = np.random.default_rng(6)
    a = generator.random(500)
    b = a + generator.normal(0.01, 0.02, 500)
    together = difference_interval(a, b)
    assert together.excludes_zero
    assert together.value == pytest.approx(b.mean() - a.mean(), rel=1e-9)
    assert mean_interval(a).high > mean_interval(b).low


def test_without_a_difference_the_interval_is_a_point() -> None:
    a = np.random.default_rng(7).random(30)
    interval = difference_interval(a, a, bootstrap=Bootstrap(100))
    assert (interval.value, interval.low, interval.high) == (0, 0, 0)
    assert not interval.excludes_zero


def test_what_was_not_measured_is_left_out() -> None:
    values, classes = np.array([0.1, np.nan, 0.7, 0.4, np.nan]), np.array(["a", "b", "a", "c", "c"])
    kept = np.isfinite(values)
    assert mean_interval(values) == mean_interval(values[kept])
    assert mean_interval(values, classes) == mean_interval(values[kept], classes[kept])
    assert mean_interval(values, classes).units == 2


@pytest.mark.parametrize("values", [[], [1.0], [np.nan, 1.0]])
def test_fewer_than_two_have_no_interval(values: list[float]) -> None:
    assert mean_interval(np.array(values)) is None
    assert mean_interval(np.array([0.2, 0.4]), np.array(["same", "same"])) is None


def test_hits_are_recall() -> None:
    first_hit = np.array([1, 3, 0, -1, 2])
    np.testing.assert_array_equal(hits(first_hit, 2), [1, 0, 0, np.nan, 1])


@given(
    values=hnp.arrays(np.float64, st.integers(2, 30), elements=st.floats(-1, 1, width=32)),
    shift=st.floats(-5, 5),
    factor=st.floats(0.125, 8),
)
def test_an_interval_moves_and_stretches_with_its_figure(values: np.ndarray, shift: float, factor: float) -> None:
    settings = Bootstrap(50)
    plain, moved = (mean_interval(part, bootstrap=settings) for part in (values, shift + factor * values))
    assert (moved.low, moved.high) == pytest.approx((shift + factor * plain.low, shift + factor * plain.high), abs=1e-9)
    assert values.min() - 1e-9 <= plain.low <= plain.high <= values.max() + 1e-9


@given(
    pairs=hnp.arrays(np.float64, st.tuples(st.just(2), st.integers(2, 30)), elements=st.floats(-1, 1, width=32)),
    grouped=st.booleans(),
)
def test_exchanging_the_sides_turns_the_interval_round(pairs: np.ndarray, grouped: bool) -> None:
    classes = np.arange(pairs.shape[1]) // 2 if grouped and pairs.shape[1] > 2 else None
    there, back = (difference_interval(a, b, classes, "micro", Bootstrap(50)) for a, b in (pairs, pairs[::-1]))
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    two = np.array([0.1, 0.2])
    with pytest.raises(EmbeddingsError, match="paired"):
        difference_interval(two, two[:1])
    with pytest.raises(EmbeddingsError, match="1 queries were measured in only one"):
        difference_interval(two, np.array([0.1, np.nan]))
    with pytest.raises(EmbeddingsError, match="macro with classes"):
        mean_interval(two, None, "macro")
    with pytest.raises(EmbeddingsError, match="3 classes"):
        mean_interval(two, np.array([1, 2, 3]))
    with pytest.raises(EmbeddingsError, match="infinite"):
        mean_interval(np.array([0.1, np.inf]))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"resamples": 0}, "from 1"),
        ({"level": 95}, "between 0 and 1"),
        ({"seed": -1}, "from 0"),
    ],
)
def test_settings_prove_themselves(settings: dict, sentence: str) -> None:
    with pytest.raises(EmbeddingsError, match=sentence):
        Bootstrap(**settings)


def test_an_interval_as_plain_values() -> None:
    values = asdict(mean_interval(np.array([0.0, 1.0])))
    assert values["value"] == 0.5
    assert values["bootstrap"] == {"resamples": 10_000, "level": 0.95, "method": "percentile", "seed": 0}
