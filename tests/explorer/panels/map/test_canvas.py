"""The canvas as a hand uses it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.appearance import theme
from explorer.appearance.hover_card import CardContent
from explorer.panels.map.canvas import MapCanvas
from explorer.panels.map.kernels import Kernels

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier

FIRST = 100  # ids start here, to differ from indices


@pytest.fixture(params=["compiled", "by Qt"])
def kernels(request: pytest.FixtureRequest, qapp: QApplication) -> Kernels:
    """Drawing code, ready; whatever a canvas does, it does without compiled code too."""
    ready = Kernels()
    if request.param == "compiled":
        ready.load_now()
    else:
        ready.draw_with_qt()
    return ready


@pytest.fixture
def canvas(qtbot: QtBot, kernels: Kernels, three_blobs: np.ndarray) -> MapCanvas:
    canvas = MapCanvas(kernels)
    canvas.animations = False
    qtbot.addWidget(canvas)
    canvas.resize(500, 400)
    canvas.show()
    canvas.set_points(three_blobs, np.arange(60) + FIRST)
    palette = np.array([(230, 60, 60), (60, 220, 60), (60, 60, 230)], np.uint8)
    canvas.set_colours(palette, np.repeat([0, 1, 2], 20))
    return canvas


def place(canvas: MapCanvas, index: int) -> QPoint:
    x, y = canvas.scene.xy[index].tolist()
    return QPointF(*canvas.view.to_screen(x, y)).toPoint()


def alone(canvas: MapCanvas) -> int:
    """A point with no other within two pick radii."""
    screen = canvas.view.all_to_screen(canvas.scene.xy)
    apart = np.hypot(*(screen[:, None] - screen[None]).transpose(2, 0, 1)) + np.eye(len(screen)) * 1e9
    index = int(apart.min(axis=1).argmax())
    assert apart.min(axis=1)[index] > 20
    return index


def empty_place(canvas: MapCanvas) -> QPoint:
    return QPoint(12, canvas.height() - 12)


def drag(qtbot: QtBot, canvas: MapCanvas, way: list[QPoint], modifiers: Qt.KeyboardModifier = PLAIN) -> None:
    qtbot.mousePress(canvas, LEFT, modifiers, way[0])
    for step in way[1:]:
        move(canvas, step, modifiers)
    qtbot.mouseRelease(canvas, LEFT, modifiers, way[-1])


def move(canvas: MapCanvas, where: QPoint, modifiers: Qt.KeyboardModifier = PLAIN, held: Qt.MouseButton = LEFT) -> None:
    """A mouse move; QTest's own has no modifiers, and none where an earlier test left the cursor."""
    spot = QPointF(where)
    event = QMouseEvent(QEvent.Type.MouseMove, spot, canvas.mapToGlobal(spot), Qt.MouseButton.NoButton, held, modifiers)
    QApplication.sendEvent(canvas, event)


def hover(canvas: MapCanvas, where: QPoint) -> None:
    move(canvas, where, held=Qt.MouseButton.NoButton)


def around(canvas: MapCanvas, indices: range) -> list[QPoint]:
    screen = canvas.view.all_to_screen(canvas.scene.xy[list(indices)])
    (left, top), (right, bottom) = screen.min(axis=0) - 6, screen.max(axis=0) + 6
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 2)]
    return [QPoint(round(x), round(y)) for x, y in corners]


def test_a_click_tells_the_id_of_the_point(qtbot: QtBot, canvas: MapCanvas) -> None:
    index = alone(canvas)
    with qtbot.waitSignal(canvas.clicked) as clicked:
        qtbot.mouseClick(canvas, LEFT, CTRL, place(canvas, index) + QPoint(4, -4))
    assert clicked.args == [index + FIRST, CTRL]


def test_a_click_on_nothing_tells_minus_one(qtbot: QtBot, canvas: MapCanvas) -> None:
    with qtbot.waitSignal(canvas.clicked) as clicked:
        qtbot.mouseClick(canvas, LEFT, PLAIN, empty_place(canvas))
    assert clicked.args[0] == -1


def test_a_shaky_click_is_a_click_and_a_drag_is_none(qtbot: QtBot, canvas: MapCanvas) -> None:
    clicks: list[int] = []
    canvas.clicked.connect(lambda row, _modifiers: clicks.append(row))
    spot = place(canvas, alone(canvas))
    before = canvas.view
    drag(qtbot, canvas, [spot, spot + QPoint(2, 2)])
    assert len(clicks) == 1
    assert canvas.view == before
    drag(qtbot, canvas, [spot, spot + QPoint(3, 3), spot + QPoint(40, 10)])
    assert len(clicks) == 1
    assert canvas.view != before


def test_dragging_moves_the_map_with_the_cursor(qtbot: QtBot, canvas: MapCanvas) -> None:
    grabbed = canvas.view.to_map(200, 200)
    with qtbot.waitSignal(canvas.view_changed):
        drag(qtbot, canvas, [QPoint(200, 200), QPoint(230, 190), QPoint(260, 240)])
    assert canvas.view.to_map(260, 240) == pytest.approx(grabbed)


def test_the_wheel_zooms_to_the_cursor(qtbot: QtBot, canvas: MapCanvas) -> None:
    held = canvas.view.to_map(321, 123)
    spot = QPointF(321, 123)
    event = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, PLAIN,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    with qtbot.waitSignal(canvas.view_changed):
        QApplication.sendEvent(canvas, event)
    assert canvas.view.zoom == pytest.approx(np.exp(120 / 200))
    assert canvas.view.to_map(321, 123) == pytest.approx(held)


def test_a_double_click_recentres(qtbot: QtBot, canvas: MapCanvas) -> None:
    wanted = canvas.view.to_map(100, 300)
    qtbot.mouseDClick(canvas, LEFT, PLAIN, QPoint(100, 300))
    assert canvas.view.to_map(250, 200) == pytest.approx(wanted)


@pytest.mark.parametrize(("modifiers", "how"), [(PLAIN, "replace"), (CTRL, "add"), (ALT, "remove")])
def test_the_lasso_takes_what_it_encloses(
    qtbot: QtBot, canvas: MapCanvas, modifiers: Qt.KeyboardModifier, how: str
) -> None:
    qtbot.keyClick(canvas, Qt.Key.Key_S)
    assert canvas.mode == "select"
    with qtbot.waitSignal(canvas.lassoed) as lassoed:
        drag(qtbot, canvas, around(canvas, range(20, 40)), modifiers)
    assert sorted(lassoed.args[0].tolist()) == list(range(20 + FIRST, 40 + FIRST))
    assert lassoed.args[1] == how


def test_shift_draws_a_box_in_either_mode(qtbot: QtBot, canvas: MapCanvas) -> None:
    corners = around(canvas, range(40, 60))
    with qtbot.waitSignal(canvas.lassoed) as lassoed:
        drag(qtbot, canvas, [corners[0], corners[2]], SHIFT)
    assert sorted(lassoed.args[0].tolist()) == list(range(40 + FIRST, 60 + FIRST))


def test_dimmed_points_are_neither_clicked_nor_enclosed(qtbot: QtBot, canvas: MapCanvas) -> None:
    index = alone(canvas)
    canvas.set_dimmed(np.arange(60) == index)
    with qtbot.waitSignal(canvas.clicked) as clicked:
        qtbot.mouseClick(canvas, LEFT, PLAIN, place(canvas, index))
    assert clicked.args[0] == -1
    with qtbot.waitSignal(canvas.lassoed) as lassoed:
        drag(qtbot, canvas, [QPoint(1, 1), QPoint(498, 398)], SHIFT)
    assert len(lassoed.args[0]) == 59


def test_escape_drops_the_lasso_first_and_is_left_to_the_window_then(qtbot: QtBot, canvas: MapCanvas) -> None:
    canvas.set_mode("select")
    qtbot.mousePress(canvas, LEFT, PLAIN, QPoint(10, 10))
    move(canvas, QPoint(100, 100))
    left: list[bool] = []
    with qtbot.assertNotEmitted(canvas.lassoed), qtbot.assertNotEmitted(canvas.clicked):
        for _ in range(2):
            event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, PLAIN)
            canvas.keyPressEvent(event)
            left.append(not event.isAccepted())
        qtbot.mouseRelease(canvas, LEFT, PLAIN, QPoint(100, 100))
    assert left == [False, True]


def test_keys_pan_zoom_and_fit(qtbot: QtBot, canvas: MapCanvas) -> None:
    start = canvas.view
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.view.x > start.x
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.view.y > start.y
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.view.zoom > 1
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.view.zoom == pytest.approx(1)
    qtbot.keyClick(canvas, Qt.Key.Key_F)
    assert canvas.view == start


def test_hover_is_told_once_per_point_and_the_card_follows(qtbot: QtBot, canvas: MapCanvas) -> None:
    seen: list[int] = []
    canvas.hovered.connect(seen.append)
    canvas.card_provider = lambda row: CardContent(f"image {row}", ("row",))
    index = alone(canvas)
    hover(canvas, place(canvas, index))
    hover(canvas, place(canvas, index) + QPoint(1, 1))
    assert seen == [index + FIRST]
    assert not canvas.card.isVisible(), "only after the cursor has rested"
    qtbot.waitUntil(canvas.card.isVisible, timeout=2000)
    assert canvas.card.content.title == f"image {index + FIRST}"
    assert canvas.rect().contains(canvas.card.geometry())
    hover(canvas, empty_place(canvas))
    assert seen == [index + FIRST, -1]
    assert not canvas.card.isVisible()


def test_no_card_is_shown_without_words(qtbot: QtBot, canvas: MapCanvas) -> None:
    asked: list[int] = []
    canvas.card_provider = lambda row: asked.append(row)
    hover(canvas, place(canvas, alone(canvas)))
    qtbot.waitUntil(lambda: bool(asked), timeout=2000)
    assert not canvas.card.isVisible()


def test_the_picture_of_a_card_may_come_later(qtbot: QtBot, canvas: MapCanvas) -> None:
    pictures: dict[int, QImage] = {}
    canvas.thumbnail_provider = pictures.get
    canvas.card_provider = lambda _row: CardContent("hat", ("row 1",))
    index = alone(canvas)
    hover(canvas, place(canvas, index))
    qtbot.waitUntil(canvas.card.isVisible, timeout=2000)
    assert not canvas.is_idle
    picture = QImage(10, 10, QImage.Format.Format_RGB888)
    picture.fill(QColor("#ff00ff"))
    pictures[index + FIRST] = picture
    canvas.on_thumbnail_ready(index + FIRST)
    assert canvas.is_idle
    assert canvas.card.grab().toImage().pixelColor(40, 40) == QColor("#ff00ff")


def test_every_point_is_seen_in_its_colour(qtbot: QtBot, canvas: MapCanvas) -> None:
    index = alone(canvas)
    image = canvas.grab().toImage()
    ratio = image.devicePixelRatio()
    spot = place(canvas, index)
    pixel = image.pixelColor(round(spot.x() * ratio), round(spot.y() * ratio))
    strongest = int(np.argmax([pixel.red(), pixel.green(), pixel.blue()]))
    assert strongest == index // 20
    assert image.pixelColor(2, 2) == QColor(theme.current().background)


def test_the_query_wears_the_accent(qtbot: QtBot, canvas: MapCanvas) -> None:
    index = alone(canvas)
    canvas.set_query(index)
    spot = place(canvas, index)
    assert canvas.grab().toImage().pixelColor(spot) == QColor(theme.current().accent)


def test_links_run_from_the_query_to_its_neighbours(qtbot: QtBot, canvas: MapCanvas) -> None:
    before = canvas.grab().toImage()
    canvas.set_query(0)
    canvas.set_links([25, -1], [False, None])
    after = canvas.grab().toImage()
    start, end = canvas.view.all_to_screen(canvas.scene.xy[[0, 25]])
    wrong = QColor(theme.current().wrong)
    found = 0
    for share in np.linspace(0.2, 0.8, 200):
        spot = QPointF(*(start + (end - start) * share)).toPoint()
        pixel = after.pixelColor(spot)
        found += before.pixelColor(spot) != pixel and abs(pixel.red() - wrong.red()) < 60
    assert found > 20


def test_pictures_replace_discs_from_near(qtbot: QtBot, canvas: MapCanvas) -> None:
    asked: set[int] = set()

    def provide(row: int) -> QImage:
        asked.add(row)
        picture = QImage(8, 8, QImage.Format.Format_RGB888)
        picture.fill(QColor("#ff00ff"))
        return picture

    canvas.thumbnail_provider = provide
    canvas.grab()
    assert not asked, "the overview shows discs"
    x, y = canvas.scene.xy[5].tolist()
    canvas.set_view(canvas.view.looking_at(x, y, 40.0))
    image = canvas.grab().toImage()
    assert 5 + FIRST in asked
    assert image.pixelColor(250, 200) == QColor("#ff00ff")


def test_a_chosen_picture_is_framed_apart_from_the_colour_of_its_class(canvas: MapCanvas) -> None:
    """The accent colour is a blue, and so may a class be."""
    picture = QImage(8, 8, QImage.Format.Format_RGB888)
    picture.fill(QColor("#ff00ff"))
    canvas.thumbnail_provider = lambda _row: picture
    blue = QColor(theme.current().accent)
    canvas.set_colours(np.array([blue.getRgb()[:3]] * 3, np.uint8), np.repeat([0, 1, 2], 20))
    x, y = canvas.scene.xy[5].tolist()
    canvas.set_view(canvas.view.looking_at(x, y, 40.0))

    def column() -> list[str]:
        image = canvas.grab().toImage()
        return [image.pixelColor(250, y).name() for y in range(200)]

    assert blue.name() in column()
    canvas.set_selected(np.arange(60) == 5)
    selected = column()
    assert theme.current().text in selected[: selected.index(blue.name())], "around its border"
    canvas.set_query(5)
    assert theme.current().text not in column()
    assert column().count(blue.name()) > selected.count(blue.name()), "a frame around the border, set off from it"


def test_setting_a_linked_view_is_silent(qtbot: QtBot, canvas: MapCanvas) -> None:
    with qtbot.assertNotEmitted(canvas.view_changed):
        canvas.set_view(canvas.view.looking_at(3.0, 2.0, 5.0))
    assert (canvas.view.x, canvas.view.y, canvas.view.zoom) == (3.0, 2.0, 5.0)


def test_points_glide_to_a_new_map(qtbot: QtBot, canvas: MapCanvas, three_blobs: np.ndarray) -> None:
    canvas.animations = True
    canvas.set_points(three_blobs[::-1].copy(), np.arange(60) + FIRST)
    assert not canvas.is_idle
    with qtbot.assertNotEmitted(canvas.clicked), qtbot.assertNotEmitted(canvas.hovered):
        hover(canvas, place(canvas, 3))
    qtbot.waitUntil(lambda: canvas.is_idle, timeout=3000)
    assert canvas.in_view == 60


def test_new_points_forget_what_was_marked(qtbot: QtBot, canvas: MapCanvas) -> None:
    canvas.set_query(59)
    canvas.set_links([58], [True])
    canvas.set_points(np.zeros((1, 2), np.float32), np.array([5]))
    assert not canvas.grab().isNull()
    assert canvas.in_view == 1


def test_while_the_drawing_code_is_missing_it_says_so(qtbot: QtBot, three_blobs: np.ndarray) -> None:
    waiting = Kernels()
    canvas = MapCanvas(waiting)
    qtbot.addWidget(canvas)
    canvas.resize(300, 200)
    canvas.set_points(three_blobs, np.arange(60))
    words = canvas.grab().toImage()
    assert not canvas.is_idle
    waiting.load_now()
    assert canvas.is_idle
    assert canvas.grab().toImage() != words


def test_an_empty_canvas_answers_everything(qtbot: QtBot, kernels: Kernels) -> None:
    canvas = MapCanvas(kernels)
    qtbot.addWidget(canvas)
    canvas.resize(200, 150)
    assert canvas.is_idle
    assert canvas.in_view == 0
    with qtbot.waitSignal(canvas.clicked) as clicked:
        qtbot.mouseClick(canvas, LEFT, PLAIN, QPoint(50, 50))
    assert clicked.args[0] == -1
    drag(qtbot, canvas, [QPoint(1, 1), QPoint(90, 90)], SHIFT)
    assert not canvas.grab().isNull()


def test_moving_a_crowd_draws_a_sample_and_says_so(
    qtbot: QtBot, canvas: MapCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.panels.map.canvas.MOST_WHILE_MOVING", 25)
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.drawn_while_moving == 20
    assert not canvas.is_idle
    qtbot.waitUntil(lambda: canvas.is_idle, timeout=3000)
    assert canvas.drawn_while_moving is None
