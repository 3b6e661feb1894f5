"""The grid as a user drives it: what is painted, selected, walked to and opened."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.appearance import theme
from explorer.image_grid.grid import ImageGrid
from explorer.image_grid.groups import Group
from explorer.image_grid.layout import HEAD, MARGIN
from tests.explorer.image_grid.conftest import PlainThumbnails, colour

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
WIDTH, HEIGHT = 2 * MARGIN + 4 * 88 + 2, 400


class Heard:
    """What the grid wished; a wish to select is granted, as by the session."""

    def __init__(self, grid: ImageGrid) -> None:
        self.selected: list[int] = []
        self.queries: list[int] = []
        self.previews: list[int] = []
        self.menus: list[int] = []
        self._grid = grid
        grid.selection_wished.connect(self._select)
        grid.query_wished.connect(self.queries.append)
        grid.preview_wished.connect(self.previews.append)
        grid.menu_wished.connect(lambda row, _where: self.menus.append(row))

    def _select(self, rows: np.ndarray) -> None:
        self.selected = rows.tolist()
        self._grid.set_selected(rows)


@pytest.fixture
def grid(qtbot: QtBot, thumbnails: PlainThumbnails) -> ImageGrid:
    """Four columns: "a" has rows 20..28, "b" rows 10..11, "c" rows 0..9 backwards."""
    made = ImageGrid(thumbnails, "Images")
    qtbot.addWidget(made)
    made.resize(WIDTH + made.verticalScrollBar().sizeHint().width(), HEIGHT)
    groups = [("a", np.arange(20, 29)), ("b", np.arange(10, 12)), ("c", np.arange(10)[::-1])]
    made.set_groups([Group(title, rows, "#3fb27f", "test") for title, rows in groups])
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    made.setFocus()
    assert made.layout_now.columns == 4
    return made


@pytest.fixture
def heard(grid: ImageGrid) -> Heard:
    return Heard(grid)


def middle(grid: ImageGrid, group: int, place: int) -> QPoint:
    """Of a square, on the viewport."""
    x, y = grid.layout_now.corner(group, place)
    return QPoint(x + grid.side // 2, y + grid.side // 2 - grid.top)


def click(grid: ImageGrid, group: int, place: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifiers, middle(grid, group, place))


def painted(grid: ImageGrid) -> QImage:
    QApplication.processEvents()
    return grid.viewport().grab().toImage()


def colour_at(grid: ImageGrid, group: int, place: int) -> QColor:
    return painted(grid).pixelColor(middle(grid, group, place))


@pytest.mark.parametrize("name", ["dark", "light"])
def test_pictures_stand_under_their_heads(
    grid: ImageGrid, name: theme.ThemeName, qapp: QApplication, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(theme.apply, qapp, "dark"))
    theme.apply(qapp, name)
    image = painted(grid)
    for group, rows in enumerate(([20, 21, 22], [10, 11], [9, 8, 7])):
        for place, row in enumerate(rows):
            assert image.pixelColor(middle(grid, group, place)) == colour(row)
    background = QColor(theme.current().background)
    assert image.pixelColor(middle(grid, 1, 2)) == background, "no picture, no frame"
    head = image.copy(0, 0, image.width(), HEAD)
    inks = {head.pixelColor(x, HEAD // 2).name() for x in range(head.width())}
    assert QColor("#3fb27f").name() in inks and QColor(theme.current().selection).name() in inks


def test_a_closed_group_says_how_many_more_there_are_and_opens(grid: ImageGrid) -> None:
    assert [grid.layout_now.more(group) for group in range(3)] == [6, 0, 7]
    click(grid, 0, 3)
    assert grid.layout_now.shown.tolist() == [9, 2, 3]
    assert colour_at(grid, 0, 3) == colour(23)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(60, HEAD // 2))
    assert grid.layout_now.shown.tolist() == [3, 2, 3], "a click on the head closes it"
    QTest.keyClick(grid, Qt.Key.Key_E)
    assert grid.layout_now.shown.tolist() == [9, 2, 10] and grid.all_open
    QTest.keyClick(grid, Qt.Key.Key_E)
    assert grid.layout_now.shown.tolist() == [3, 2, 3]


def test_clicks_select_one_add_and_take_away(grid: ImageGrid, heard: Heard) -> None:
    click(grid, 0, 1)
    assert heard.selected == [21]
    click(grid, 1, 0, CONTROL)
    click(grid, 2, 2, CONTROL)
    assert heard.selected == [7, 10, 21]
    click(grid, 1, 0, CONTROL)
    assert heard.selected == [7, 21]
    click(grid, 1, 1)
    assert heard.selected == [11]
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, NONE, middle(grid, 1, 3))
    assert heard.selected == [], "beside everything"
    assert heard.queries == []


def test_shift_selects_all_that_is_shown_in_between(grid: ImageGrid, heard: Heard) -> None:
    click(grid, 0, 1)
    click(grid, 2, 0, SHIFT)
    assert heard.selected == [9, 10, 11, 21, 22], "not what the closed group hides"
    click(grid, 0, 0, SHIFT)
    assert heard.selected == [20, 21], "from where the range began"
    click(grid, 1, 1, CONTROL)
    click(grid, 1, 0, SHIFT | CONTROL)
    assert heard.selected == [10, 11, 20, 21]
    QTest.keyClick(grid, Qt.Key.Key_A, CONTROL)
    assert heard.selected == [*range(12), *range(20, 29)]
