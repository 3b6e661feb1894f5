"""The grid against a look at every point."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.panels.map.picking import PointGrid


def brute_force(xy: np.ndarray, x: float, y: float, radius: float, allowed: np.ndarray | None) -> int:
    best, least = -1, radius * radius
    for index, (px, py) in enumerate(xy.astype(np.float64)):
        distance = (px - x) ** 2 + (py - y) ** 2
        if (allowed is None or allowed[index]) and (distance < least or (distance == least and best < 0)):
            best, least = index, distance
    return best


@pytest.mark.parametrize("count", [1, 2, 7, 400])
@pytest.mark.parametrize("masked", [False, True])
def test_nearest_is_what_brute_force_finds(count: int, masked: bool) -> None:
    rng = np.random.default_rng(count)
    xy = rng.normal(size=(count, 2)).astype(np.float32) * (1, 0.2)
    xy = xy.astype(np.float32)
    allowed = rng.random(count) < 0.5 if masked else None
    grid = PointGrid(xy)
    answers = []
    for x, y, radius in zip(rng.normal(size=150), rng.normal(size=150), rng.exponential(0.2, 150), strict=True):
        expected = brute_force(xy, x, y, radius, allowed)
        assert grid.nearest(x, y, radius, allowed) == expected
        answers.append(expected)
    assert -1 in answers


def test_of_equally_near_points_the_first_is_found() -> None:
    grid = PointGrid(np.array([(1, 0), (0, 0), (0, 0), (-1, 0)], np.float32))
    assert grid.nearest(0.1, 0, 5) == 1
    assert grid.nearest(0, 0, 5, np.array([True, False, False, True])) == 0


def test_a_point_at_the_radius_counts_and_one_beyond_does_not() -> None:
    grid = PointGrid(np.array([(3, 4)], np.float32))
    assert grid.nearest(0, 0, 5.0) == 0
    assert grid.nearest(0, 0, 4.999) == -1


def test_points_in_one_place_or_on_a_line() -> None:
    assert PointGrid(np.ones((50, 2), np.float32)).nearest(1, 1, 0.1) == 0
    line = np.stack([np.arange(50), np.zeros(50)], axis=1).astype(np.float32)
    assert PointGrid(line).nearest(31.2, 0.1, 1) == 31


def test_without_points_nothing_is_found() -> None:
    assert PointGrid(np.empty((0, 2), np.float32)).nearest(0, 0, 1e9) == -1
