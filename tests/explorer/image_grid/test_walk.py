"""The arrow keys against the places of the squares on the screen."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.image_grid import walk
from explorer.image_grid.layout import GridLayout
from explorer.image_grid.walk import Place


@pytest.fixture
def layout() -> GridLayout:
    """Four columns: a closed group with three pictures and a tile, an open one of three lines, one of two pictures."""
    made = GridLayout(np.array([9, 10, 2], np.int64), np.array([False, True, False]), 400, 80)
    assert made.columns == 4 and made.shown.tolist() == [3, 10, 2]
    return made


def test_left_and_right_go_through_all_that_is_shown(layout: GridLayout) -> None:
    shown = [Place(group, place) for group, count in enumerate((3, 10, 2)) for place in range(count)]
    at, forwards = Place(0, 0), [Place(0, 0)]
    while (after := walk.beside(layout, at, 1)) != at:
        forwards.append(at := after)
    assert forwards == shown and at == walk.last(layout)
    backwards = [at]
    while (before := walk.beside(layout, at, -1)) != at:
        backwards.append(at := before)
    assert backwards == shown[::-1]


@pytest.mark.parametrize("column", range(4))
def test_down_and_up_keep_the_column_where_lines_are_long_enough(layout: GridLayout, column: int) -> None:
    lines = [(0, 0, 3), (1, 0, 4), (1, 4, 4), (1, 8, 2), (2, 0, 2)]
    way = [Place(group, first + min(column, count - 1)) for group, first, count in lines]
    start = Place(1, column)
    assert [walk.below(layout, start, step) for step in range(-1, 4)] == way
    assert walk.below(layout, start, 50) == way[-1] and walk.below(layout, start, -50) == way[0]


def test_a_picture_that_is_hidden_stands_for_the_last_that_is_shown(layout: GridLayout) -> None:
    assert walk.on_show(layout, Place(0, 8)) == Place(0, 2)
    assert walk.beside(layout, Place(0, 8), 1) == Place(1, 0)
