"""The outline against a slow loop with another rule: the winding angle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.panels.map.lasso import inside


def turns_around(x: float, y: float, outline: np.ndarray) -> int:
    """How often the outline winds around a point, by adding up the angles of its edges."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        step = math.atan2(y1 - y, x1 - x) - math.atan2(y0 - y, x0 - x)
        total += (step + math.pi) % (2 * math.pi) - math.pi
    return round(total / (2 * math.pi))


def star(corners: int, reach: float = 1.0) -> np.ndarray:
    angle = np.arange(corners) * 2 * np.pi / corners
    radius = np.where(np.arange(corners) % 2, 0.45, 1.0) * reach
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@pytest.mark.parametrize(
    "outline",
    [
        star(10),
        star(40)[::-1],
        np.cumsum(np.random.default_rng(5).normal(size=(60, 2)), axis=0) * 0.15,  # crosses itself
        np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]),
    ],
    ids=["star", "clockwise star", "scribble", "square"],
)
def test_inside_agrees_with_the_winding_angle(outline: np.ndarray) -> None:
    xy = np.random.default_rng(1).uniform(-1.2, 1.2, (1500, 2)).astype(np.float32)
    expected = np.array([turns_around(x, y, outline) % 2 == 1 for x, y in xy.astype(np.float64)])
    assert 0 < expected.sum() < len(xy)
    assert np.array_equal(inside(xy, outline), expected)


def test_a_ray_through_a_corner_counts_once() -> None:
    diamond = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)], np.float64)
    xy = np.array([(0, 0), (-0.5, 0), (-2, 0), (2, 0), (-2, 1), (-2, -1)], np.float32)
    assert inside(xy, diamond).tolist() == [True, True, False, False, False, False]


def test_tiles_share_no_point_and_miss_none() -> None:
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=-1).reshape(-1, 2).astype(np.float32)
    tile = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], np.float64)
    tiles = [tile + np.array((x, y)) for x in (0, 4) for y in (0, 4)]
    times = sum(inside(grid, tile).astype(int) for tile in tiles)
    assert (times == 1).all()


def test_too_few_corners_or_points_enclose_nothing() -> None:
    xy = np.zeros((3, 2), np.float32)
    assert not inside(xy, np.array([(-1.0, -1.0), (1.0, 1.0)])).any()
    assert inside(np.empty((0, 2), np.float32), star(6)).shape == (0,)
