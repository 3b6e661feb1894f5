"""The grid as a user drives it: what is painted, selected, walked to and opened."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.appearance import theme
from explorer.appearance.hover_card import CardContent
from explorer.image_grid.grid import ImageGrid
from explorer.image_grid.groups import Group
from explorer.image_grid.layout import HEAD, MARGIN
from tests.explorer.image_grid.conftest import PlainThumbnails, colour
from tests.explorer.mouse import hover

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


def test_arrow_keys_walk_and_select(grid: ImageGrid, heard: Heard) -> None:
    for keys, row in (
        ([Qt.Key.Key_Right], 21),
        ([Qt.Key.Key_Down], 11),
        ([Qt.Key.Key_Down], 8),
        ([Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Left], 22),
        ([Qt.Key.Key_Home], 20),
        ([Qt.Key.Key_End], 7),
    ):
        for key in keys:
            QTest.keyClick(grid, key)
        assert heard.selected == [row] and grid.current == row
    QTest.keyClick(grid, Qt.Key.Key_Left, SHIFT)
    QTest.keyClick(grid, Qt.Key.Key_Up, SHIFT)
    assert heard.selected == [7, 8, 9, 11]
    QTest.keyClick(grid, Qt.Key.Key_Space)
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert (heard.previews, heard.queries) == ([11], [11])


def test_keys_scroll_what_they_go_to_into_view(grid: ImageGrid, heard: Heard) -> None:
    grid.resize(grid.width(), 200)
    grid.open_all()
    for key in (Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_Home, Qt.Key.Key_PageDown, Qt.Key.Key_Down):
        QTest.keyClick(grid, key)
        assert grid.current in grid.rows_in_view
        place = list(grid._in_view().values())[grid.rows_in_view.index(grid.current)].frame
        assert place.top() >= HEAD and place.bottom() < 200, "not under the head that sticks"


def test_the_keyboard_is_seen(grid: ImageGrid, heard: Heard) -> None:
    x, y = grid.layout_now.corner(0, 0)
    ring = painted(grid).pixelColor(x + 40, y - 2)
    assert ring == QColor(theme.current().text)
    grid.clearFocus()
    assert painted(grid).pixelColor(x + 40, y - 2) == QColor(theme.current().background)
    grid.set_card_of(lambda row: CardContent(f"class of {row}", ("file.jpg",)))
    QTest.keyClick(grid, Qt.Key.Key_Right)
    assert grid.accessibleDescription() == "class of 21, file.jpg" and grid.accessibleName() == "Images"


def test_what_is_selected_asked_or_wrong_is_marked(grid: ImageGrid) -> None:
    tokens = theme.current()
    grid.set_selected(np.array([21]))
    grid.set_query(10)
    wrong = np.zeros(29, bool)
    wrong[[22, 8]] = True
    grid.set_wrong(wrong)
    image = painted(grid)
    for (group, place), framed, badged in (
        ((0, 0), 0, 0),
        ((0, 1), 1, 0),
        ((1, 0), 1, 0),
        ((0, 2), 0, 1),
        ((2, 1), 0, 1),
    ):
        x, y = grid.layout_now.corner(group, place)
        assert (image.pixelColor(x + 1, y + 40) == QColor(tokens.accent)) == bool(framed)
        assert (image.pixelColor(x + 80 - 18, y + 13) == QColor(tokens.wrong)) == bool(badged)
        assert (image.pixelColor(x + 7, y + 13) == QColor(tokens.accent)) == bool(framed)
    grid.set_wrong(None)
    grid.set_selected(np.empty(0, np.int64))
    x, y = grid.layout_now.corner(0, 2)
    assert painted(grid).pixelColor(x + 80 - 18, y + 13) == colour(22)


def test_pictures_come_when_they_are_there(grid: ImageGrid, thumbnails: PlainThumbnails, qtbot: QtBot) -> None:
    thumbnails.late = {30, 31, 32}
    thumbnails.asked.clear()
    grid.set_groups([Group("d", np.array([30, 31, 32]))])
    line = QColor(theme.current().line)
    assert [colour_at(grid, 0, place) for place in range(3)] == [line] * 3
    assert thumbnails.asked[:3] == [32, 31, 30], "what is asked for last is decoded first"
    thumbnails.arrive(31)
    qtbot.waitUntil(lambda: colour_at(grid, 0, 1) == colour(31))
    assert colour_at(grid, 0, 0) == line


def test_what_scrolled_away_is_given_up(grid: ImageGrid, thumbnails: PlainThumbnails) -> None:
    rows = np.arange(100, 500)
    thumbnails.late = set(rows.tolist())
    grid.set_groups([Group("", rows)])
    painted(grid)
    seen = grid.rows_in_view
    thumbnails.given_up.clear()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    painted(grid)
    assert sorted(thumbnails.given_up) == seen and not set(seen) & set(grid.rows_in_view)


def test_a_file_that_does_not_open_keeps_its_square_and_tells_why(
    grid: ImageGrid, thumbnails: PlainThumbnails, qtbot: QtBot
) -> None:
    thumbnails.broken[21] = "ring/3.png is damaged: it ends in the middle of a line of pixels."
    grid.set_card_of(lambda row: CardContent("ring", (f"{row}.png",)))
    at = middle(grid, 0, 1)
    assert painted(grid).pixelColor(at + QPoint(-30, -30)) == QColor(theme.current().line)
    hover(grid.viewport(), at)
    qtbot.waitUntil(grid._dwelling.card.isVisible)
    words = " ".join(grid._dwelling.card.content.lines)
    assert words.startswith("21.png ring/3.png is damaged") and words.endswith("line of pixels.")
    hover(grid.viewport(), middle(grid, 1, 3))
    assert not grid._dwelling.card.isVisible()


def test_heads_stick_to_the_top_until_the_next_pushes_them_out(grid: ImageGrid) -> None:
    grid.resize(grid.width(), 200)
    grid.open_all()
    layout = grid.layout_now
    grid._scroll_top(100)
    assert grid._head_y(0) == 0
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(60, 10))
    assert not grid.layout_now.is_open[0] and grid.top == 0, "the head that was clicked is where it was"
    grid.open_all()
    grid._scroll_top(int(layout.tops[1]) - 10)
    assert (grid._head_y(0), grid._head_y(1)) == (10 - HEAD, 10)


def test_size_changes_by_wheel_and_keys_and_keeps_what_is_at_the_top(grid: ImageGrid) -> None:
    grid.resize(grid.width(), 200)
    grid.open_all()
    sides: list[int] = []
    grid.side_changed.connect(sides.append)
    grid._scroll_top(int(grid.layout_now.tops[2]))
    first = grid.rows_in_view[0]
    at = QPointF(50, 50)
    for up in (120, 120, -120):
        wheel = QWheelEvent(
            at, at, QPoint(), QPoint(0, up), Qt.MouseButton.NoButton, CONTROL, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(grid.viewport(), wheel)
    QTest.keyClick(grid, Qt.Key.Key_Minus)
    QTest.keyClick(grid, Qt.Key.Key_Plus)
    assert sides == [96, 112, 96, 80, 96] and first in grid.rows_in_view
    for _ in range(10):
        QTest.keyClick(grid, Qt.Key.Key_Plus)
    assert grid.side == 192
    QTest.keyClick(grid, Qt.Key.Key_Minus)
    assert grid.side == 176


def test_groups_stay_open_and_the_keys_where_they_are_when_images_are_sorted_anew(
    grid: ImageGrid, heard: Heard
) -> None:
    click(grid, 0, 3)
    click(grid, 0, 5)
    grid.set_groups([Group("c", np.arange(10)), Group("a", np.arange(20, 29)[::-1])])
    assert grid.layout_now.shown.tolist() == [3, 9] and grid.current == 25
    QTest.keyClick(grid, Qt.Key.Key_Left)
    assert grid.current == 26
    grid.reveal(9)
    assert grid.layout_now.shown.tolist() == [10, 9] and 9 in grid.rows_in_view and grid.current == 9


def test_ctrl_click_on_a_head_selects_its_group(grid: ImageGrid, heard: Heard) -> None:
    click(grid, 1, 0)
    for expected in ([10, *range(20, 29)], [10]):
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, CONTROL, QPoint(60, HEAD // 2))
        assert heard.selected == expected
    assert not grid.layout_now.is_open[0]


def test_one_group_alone_is_open(grid: ImageGrid) -> None:
    grid.set_groups([Group("a", np.arange(30))])
    assert grid.layout_now.shown.tolist() == [30] and grid.layout_now.has_heads and grid.all_open
    grid.set_groups([Group("a", np.arange(30)), Group("b", np.arange(30, 60))])
    assert grid.layout_now.shown.tolist() == [3, 3] and not grid.all_open


def test_the_query_is_gone_to_only_when_asked(grid: ImageGrid) -> None:
    grid.resize(grid.width(), 200)
    grid.set_query(1)
    assert 1 not in grid.rows_in_view and grid.top == 0
    QTest.keyClick(grid, Qt.Key.Key_Q)
    assert 1 in grid.rows_in_view and grid.current == 1, "its group was opened"


def test_images_in_another_order_are_shown_from_the_first(grid: ImageGrid) -> None:
    grid.resize(grid.width(), 200)
    grid.verticalScrollBar().setValue(150)
    grid.set_groups([Group(group.title, group.rows, "#123456") for group in grid.groups])
    assert grid.top == 150, "the same pictures, in other colours"
    grid.set_groups(list(grid.groups)[::-1])
    assert grid.top == 0


def test_the_keys_are_on_a_picture_that_is_shown(grid: ImageGrid, heard: Heard) -> None:
    grid.reveal(27)
    QTest.keyClick(grid, Qt.Key.Key_O)
    assert grid.layout_now.shown.tolist() == [3, 2, 3] and grid.current == 22
    QTest.keyClick(grid, Qt.Key.Key_O)
    assert grid.layout_now.shown.tolist() == [9, 2, 3] and grid.current == 22


def test_a_pointer_held_down_may_leave_the_grid(grid: ImageGrid, heard: Heard) -> None:
    grid.resize(grid.width(), 200)
    grid.open_all()
    QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, NONE, middle(grid, 0, 0))
    for y in (-300, 230, 900):
        at = QPointF(60, y)
        move = QMouseEvent(QEvent.Type.MouseMove, at, at, Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, NONE)
        QApplication.sendEvent(grid.viewport(), move)
    QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(60, 900))
    assert heard.selected == [20] and not grid._dwelling.card.isVisible()


def test_a_right_click_is_about_one_picture(grid: ImageGrid, heard: Heard) -> None:
    grid.set_selected(np.array([20, 21]))
    for place in (1, 2):
        at = middle(grid, 0, place)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, grid.viewport().mapToGlobal(at))
        QApplication.sendEvent(grid.viewport(), event)
    assert heard.menus == [21, 22] and heard.selected == [22], "one that is not selected is selected alone"


def test_twenty_million_pictures_in_one_column_can_be_scrolled_to_the_end(
    qtbot: QtBot, thumbnails: PlainThumbnails
) -> None:
    made = ImageGrid(thumbnails, "Images")
    qtbot.addWidget(made)
    made.resize(240, 500)
    made.set_side(192)
    rows = np.arange(20_000_000)
    made.set_groups([Group("", rows)])
    made.show()
    assert made.layout_now.height > 2**31 > made.verticalScrollBar().maximum()
    made.verticalScrollBar().setValue(made.verticalScrollBar().maximum())
    assert made.rows_in_view[-1] == rows[-1]
    made.reveal(12_345_678)
    assert 12_345_678 in made.rows_in_view
