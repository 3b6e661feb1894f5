"""Intervals of a comparison: against the bootstrap query by query, and where there is too little to draw from."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.catalog import texts
from core.retrieval.paired_intervals import class_bounds, paired_intervals
from core.retrieval.significance import difference_interval, hits


def test_class_bounds_are_those_of_resampled_queries() -> None:
    random = np.random.default_rng(1)
    outcomes = [np.repeat([1.0, -1.0, 0.0], counts) for counts in ((12, 3, 45), (0, 8, 12), (5, 5, 0))]
    queries = np.array([len(values) for values in outcomes])
    fixed = np.array([np.sum(values == 1) for values in outcomes])
    broken = np.array([np.sum(values == -1) for values in outcomes])
    bounds = class_bounds(queries, fixed, broken)
    for values, intervals in zip(outcomes, bounds, strict=True):
        drawn = random.choice(values, (20_000, len(values))).mean(axis=1)
        assert intervals == pytest.approx(np.quantile(drawn, (0.025, 0.975)), abs=1.5 / len(values))


def test_classes_without_change_or_with_one_query() -> None:
    bounds = class_bounds(np.array([10, 1, 0]), np.array([0, 1, 0]), np.array([0, 0, 0]))
    assert bounds[0].tolist() == [0.0, 0.0]
    assert np.isnan(bounds[1:]).all()


def test_whole_classes_are_drawn_unless_there_is_only_one() -> None:
    a = np.array([1, 1, 2, 2, 1, -1, 0, 3])
    b = np.array([1, 2, 1, 1, 1, -1, 1, 1])
    labels = texts(["x", "x", "y", "y", "z", "alone", "z", "y"])
    intervals = paired_intervals(a, b, labels)
    assert intervals.difference == difference_interval(hits(a, 1), hits(b, 1), labels)
    assert (
        intervals.difference is not None and intervals.difference.unit == "classes" and intervals.difference.units == 3
    )
    assert intervals.a is not None and intervals.a.value == pytest.approx(3 / 7)
    of_one = paired_intervals(a[:2], b[:2], labels[:2])
    assert of_one.b is not None and of_one.b.unit == "queries"
    assert paired_intervals(a[:1], b[:1], labels[:1]).difference is None
