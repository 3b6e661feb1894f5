from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.comparison import Comparison
from core.data.catalog import Catalog
from explorer.appearance import theme
from explorer.panels.recall.class_bars import ClassBars
from explorer.panels.recall.class_measures import ClassMeasures, differences_of

CLASSES = [("worse", 0.2), ("best", 0.9), ("lone", None), ("middle", 0.5)]
Make = Callable[[object], ClassMeasures]


@pytest.fixture
def bars(qtbot: QtBot, measured: Make) -> ClassBars:
    chart = ClassBars()
    qtbot.addWidget(chart)
    chart.resize(400, 120)
    chart.show_measures(measured(CLASSES))
    return chart


def colours_in(chart: ClassBars, x: int) -> set[str]:
    image = chart.grab().toImage()
    return {QColor(image.pixel(x, y)).name() for y in range(image.height())}


def test_caption_counts_what_is_drawn_and_what_is_not(bars: ClassBars) -> None:
    assert bars.caption == "3 classes by R@1 · 1 not measured"


def test_shared_bars_are_said_to_be_shared(bars: ClassBars, measured: Make) -> None:
    bars.show_measures(measured([(f"c{number}", number / 10_000) for number in range(10_000)]))
    assert bars.caption == "10,000 classes by R@1 · each bar the mean of about 75"


def point_at(chart: ClassBars, x: int) -> None:
    none = Qt.MouseButton.NoButton
    place = QPointF(x, 60)
    event = QMouseEvent(QEvent.Type.MouseMove, place, place, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(chart, event)


def test_hovering_names_the_class(bars: ClassBars) -> None:
    point_at(bars, 25)
    assert bars.caption == "middle · R@1 50.0"
    point_at(bars, 300)
    assert bars.caption.startswith("3 classes")


def test_hovering_a_shared_bar_says_so(bars: ClassBars, measured: Make) -> None:
    bars.show_measures(measured([(f"c{number}", number / 10_000) for number in range(10_000)]))
    point_at(bars, 0)
    assert bars.caption == "c0 · R@1 0.0 · one of 75 in this bar"


def test_a_click_chooses_the_class(bars: ClassBars, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bars.class_chosen) as chosen:
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(45, 60))
    assert chosen.args == [1]


def test_a_click_beside_the_bars_chooses_nothing(bars: ClassBars, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(bars.class_chosen):
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(390, 60))


def test_arrow_keys_walk_from_worst_to_best(bars: ClassBars, qtbot: QtBot) -> None:
    walked: list[int] = []
    bars.class_chosen.connect(walked.append)
    bars.class_chosen.connect(bars.focus_class)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(bars, key)
    assert walked == [0, 3, 1, 1, 3]


def test_the_focused_class_is_drawn_in_the_accent(bars: ClassBars) -> None:
    accent = theme.current().accent
    assert accent not in colours_in(bars, 45)
    bars.focus_class(1)
    assert accent in colours_in(bars, 45)
    assert accent not in colours_in(bars, 5)
    bars.focus_class(2)  # not measured, so not drawn
    assert accent not in colours_in(bars, 45)


def test_differences_stand_above_and_below_zero(bars: ClassBars, comparison: Comparison, catalog: Catalog) -> None:
    codes = {name: code for code, name in enumerate(catalog.classes)}
    bars.show_measures(differences_of(comparison, codes))
    assert bars.caption == "4 classes by B − A · 1 not measured"
    image = bars.grab().toImage()
    background = QColor(image.pixel(390, 30)).name()
    drawn_below = [QColor(image.pixel(5, y)).name() != background for y in (30, 110)]  # worst: a10
    drawn_above = [QColor(image.pixel(65, y)).name() != background for y in (30, 110)]  # best: a2
    assert drawn_below == [False, True]
    assert drawn_above == [True, False]


def test_nothing_to_show(bars: ClassBars, qtbot: QtBot) -> None:
    bars.show_measures(None)
    bars.focus_class(0)
    with qtbot.assertNotEmitted(bars.class_chosen):
        qtbot.keyClick(bars, Qt.Key.Key_Right)
    assert bars.caption == ""
    bars.grab()
