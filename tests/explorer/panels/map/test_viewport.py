"""Pan and zoom."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.panels.map.viewport import LEAST_ZOOM, MARGIN, MOST_ZOOM, Bounds, Viewport, following


@pytest.fixture
def view() -> Viewport:
    return Viewport(Bounds(-2, -1, 6, 3), 800, 600).fitted()


def test_screen_and_map_are_inverse(view: Viewport) -> None:
    moved = view.panned(37, -12).wheeled(90, 100, 200)
    for place in ((0.0, 0.0), (123.5, 456.25), (800.0, 600.0)):
        assert moved.to_screen(*moved.to_map(*place)) == pytest.approx(place)


def test_map_y_grows_upwards(view: Viewport) -> None:
    assert view.to_screen(2, 3)[1] < view.to_screen(2, -1)[1]


def test_a_small_map_does_not_lose_half_of_itself_to_margins() -> None:
    """One of two maps beside the legend, in a window of 1100 x 700."""
    small = Viewport(Bounds(0, 0, 4, 4), 168, 356).fitted()
    (left, top), (right, bottom) = small.to_screen(0, 4), small.to_screen(4, 0)
    assert right - left > 0.65 * 168
    assert left >= 24 and right <= 168 - 24 and top >= 36 and bottom <= 356 - 36


def test_fit_keeps_everything_within_the_margins_and_touches_them(view: Viewport) -> None:
    left, bottom = view.to_screen(-2, -1)
    right, top = view.to_screen(6, 3)
    assert left == pytest.approx(MARGIN)
    assert right == pytest.approx(800 - MARGIN)
    assert top >= MARGIN
    assert bottom <= 600 - MARGIN


def test_the_point_under_the_cursor_stays_when_zooming(view: Viewport) -> None:
    before = view.to_map(630, 120)
    assert view.wheeled(240, 630, 120).to_map(630, 120) == pytest.approx(before)


def test_wheel_zooms_exponentially(view: Viewport) -> None:
    assert view.wheeled(200, 0, 0).zoom == pytest.approx(math.e)
    assert view.wheeled(-200, 0, 0).zoom == pytest.approx(1 / math.e)


@pytest.mark.parametrize(("delta", "limit"), [(1e5, MOST_ZOOM), (-1e5, LEAST_ZOOM)])
def test_zoom_is_limited_and_still_holds_the_cursor(view: Viewport, delta: float, limit: float) -> None:
    try:
        zoomed = view.zoomed(math.exp(delta / 1e4), 10, 20)
    except OverflowError:
        pytest.fail("zoom overflowed")
    assert zoomed.zoom == limit
    assert zoomed.to_map(10, 20) == pytest.approx(view.to_map(10, 20))


def test_double_click_brings_the_point_to_the_middle(view: Viewport) -> None:
    wanted = view.to_map(33, 44)
    assert view.centred(33, 44).to_map(400, 300) == pytest.approx(wanted)


def test_pan_moves_the_map_with_the_cursor(view: Viewport) -> None:
    x, y = view.to_screen(1, 1)
    assert view.panned(30, -50).to_screen(1, 1) == pytest.approx((x + 30, y - 50))


def test_resizing_keeps_the_middle(view: Viewport) -> None:
    middle = view.to_map(400, 300)
    assert view.resized(300, 500).to_map(150, 250) == pytest.approx(middle)


def test_linked_view_looks_at_the_same_place(view: Viewport) -> None:
    other = Viewport(view.home, 500, 300).looking_at(1.5, 0.5, 7.0)
    assert other.to_map(250, 150) == pytest.approx((1.5, 0.5))
    assert other.zoom == 7.0


def test_all_to_screen_is_to_screen_of_each(view: Viewport) -> None:
    xy = np.array([(0, 0), (5.5, -0.25)], np.float32)
    expected = [view.to_screen(*point) for point in xy.tolist()]
    assert view.all_to_screen(xy) == pytest.approx(np.array(expected))


def test_in_view_is_what_lies_on_the_widget(view: Viewport) -> None:
    near = view.zoomed(6, 400, 300)
    xy = np.random.default_rng(0).uniform((-2, -1), (6, 3), (500, 2)).astype(np.float32)
    screen = near.all_to_screen(xy)
    expected = ((screen >= 0) & (screen <= (800, 600))).all(axis=1)
    assert 0 < expected.sum() < 500
    assert np.array_equal(near.in_view(xy), expected)


@pytest.mark.parametrize("xy", [np.empty((0, 2), np.float32), np.ones((1, 2), np.float32), np.ones((5, 2), np.float32)])
def test_no_points_or_one_place_still_gives_a_finite_view(xy: np.ndarray) -> None:
    view = Viewport(Bounds.of(xy), 300, 200).fitted()
    assert math.isfinite(view.scale)
    assert view.scale > 0
    if len(xy):
        assert view.to_screen(1, 1) == pytest.approx((150, 100))


def test_linked_views_start_where_each_fits_and_meet_where_one_looks_closely() -> None:
    a = Viewport(Bounds(0, 0, 10, 10), 400, 400).fitted()
    b = Viewport(Bounds(2, 2, 6, 6), 400, 400).fitted()
    assert following(a, b, same_layout=True) == b
    near = a.looking_at(3.0, 3.5, 50.0)
    follower = following(near, b, same_layout=True)
    assert (follower.x, follower.y) == pytest.approx((3.0, 3.5), abs=0.05) and follower.zoom == 50


def test_linked_views_of_unlike_layouts_show_the_same_part() -> None:
    a = Viewport(Bounds(0, 0, 10, 10), 400, 400).fitted()
    b = Viewport(Bounds(-1, -1, 1, 1), 400, 400).fitted()
    corner = following(a.looking_at(10.0, 10.0, 3.0), b, same_layout=False)
    assert (corner.x, corner.y, corner.zoom) == pytest.approx((1.0, 1.0, 3.0))
