"""Points on their way."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.panels.map.transition import between
from explorer.panels.map.viewport import Bounds, Viewport


def test_known_points_start_where_they_were_on_the_screen_and_end_in_place() -> None:
    old_xy = np.array([(0, 0), (1, 1), (0.5, 0.25)], np.float32)
    old_view = Viewport(Bounds.of(old_xy), 400, 300).fitted().zoomed(1.7, 50, 60)
    new_xy = np.array([(300, -20), (100, 80), (-50, 10)], np.float32)
    new_view = Viewport(Bounds.of(new_xy), 400, 300).fitted()
    way = between((old_xy, np.array([9, 4, 2]), old_view), (new_xy, np.array([4, 7, 9]), new_view))
    start = new_view.all_to_screen(way.at(0.0))
    assert start[0] == pytest.approx(old_view.to_screen(1, 1), abs=1e-2)
    assert start[2] == pytest.approx(old_view.to_screen(0, 0), abs=1e-2)
    assert way.at(0.0)[1] == pytest.approx(new_xy[1]), "a new point is in place at once"
    assert np.array_equal(way.at(1.0), new_xy)
    assert way.at(0.5)[0] == pytest.approx((way.at(0.0)[0] + new_xy[0]) / 2, rel=1e-4)


def test_without_an_old_map_everything_is_in_place() -> None:
    xy = np.ones((3, 2), np.float32)
    nothing = (np.empty((0, 2), np.float32), np.empty(0, np.int64), Viewport())
    way = between(nothing, (xy, np.arange(3), Viewport()))
    assert np.array_equal(way.at(0.0), xy)
