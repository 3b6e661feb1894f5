"""The rail: a button for each view, the shown one marked, with keys, names and tooltips; narrow in a narrow window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.appearance import icons, theme
from explorer.jobs.runner import JobRunner
from explorer.main_window import SMALLEST, MainWindow
from explorer.rail import LITTLE_ROOM, NARROW, WIDE, Rail
from explorer.session import Session
from explorer.settings import Settings
from explorer.shortcuts import ShortcutList
from explorer.thumbnails import ThumbnailStore
from explorer.views import DATA_VIEW, HOME, VIEWS


@pytest.fixture
def window(qtbot: QtBot, session: Session, runner: JobRunner, tmp_path: Path) -> Iterator[MainWindow]:
    thumbnails = ThumbnailStore(tmp_path / "workspace", parent=session)
    made = MainWindow(session, runner, thumbnails, Settings(tmp_path / "window.ini"), [], lambda: False)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.shutdown()
    thumbnails.shutdown()


def rail(window: MainWindow) -> Rail:
    return window.findChild(Rail)


def pressed(window: MainWindow) -> list[str]:
    return [view.name for view in VIEWS if rail(window).button(view.name).isChecked()]


def colour(widget: QWidget, x: int, y: int) -> str:
    return QImage(widget.grab().toImage()).pixelColor(x, y).name()


def test_its_buttons_are_the_views_in_order_with_their_keys(window: MainWindow) -> None:
    buttons = [rail(window).button(view.name) for view in VIEWS]
    places = [button.mapTo(window, QPoint(0, 0)).toTuple() for button in buttons]
    assert [x for x, _ in places] == [0] * len(VIEWS), "at the edge"
    assert [y for _, y in places] == sorted({y for _, y in places})
    for number, (view, button) in enumerate(zip(VIEWS, buttons, strict=True), start=1):
        assert button.accessibleName() == view.title and view.icon in icons.PATHS
        assert button.toolTip() == f"{view.title}: {view.question} (Ctrl+{number})"
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert len({view.icon for view in VIEWS}) == len(VIEWS)


def test_a_button_a_key_and_the_menu_change_the_view_and_mark_it(qtbot: QtBot, window: MainWindow) -> None:
    second, first, third = (view.name for view in VIEWS[:3])
    assert pressed(window) == [HOME] == [first]
    for press in (lambda: qtbot.mouseClick(rail(window).button(second), Qt.MouseButton.LeftButton),) * 2:
        press()
        assert pressed(window) == [second], "the shown view is not left by another press"
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert pressed(window) == [third]
    window.commands.action(f"view.{first}").trigger()
    assert pressed(window) == [first]
    button = rail(window).button(second)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert pressed(window) == [second]


@pytest.mark.parametrize("look", ["dark", "light"])
def test_the_shown_view_has_a_bar_in_the_accent_colour(window: MainWindow, qapp: QApplication, look: str) -> None:
    before = qapp.styleSheet()
    theme.apply(qapp, look)
    try:
        shown, other = (rail(window).button(name) for name in (HOME, DATA_VIEW))
        accent = QColor(theme.current().accent).name()
        assert [colour(shown, x, shown.height() // 2) == accent for x in (0, 2, 3)] == [True, True, False]
        assert colour(other, 1, other.height() // 2) != accent
    finally:
        theme.apply(qapp, "dark")
        qapp.setStyleSheet(before)


def test_words_give_way_in_a_narrow_window(window: MainWindow) -> None:
    for width, expected in ((LITTLE_ROOM + 1, WIDE), (LITTLE_ROOM, NARROW), (SMALLEST.width(), NARROW), (1440, WIDE)):
        window.resize(width, 700)
        QApplication.processEvents()
        assert window.width() == width
        assert [rail(window).button(view.name).width() for view in VIEWS] == [expected] * len(VIEWS)
        assert rail(window).width() == expected + 1
        ends = [button.mapTo(window, QPoint(0, button.height())).y() for button in rail(window).foot]
        assert ends == sorted(ends) and ends[-1] <= window.statusBar().y()


def test_its_foot_has_help_and_settings(qtbot: QtBot, window: MainWindow) -> None:
    help_, settings = rail(window).foot
    qtbot.mouseClick(help_, Qt.MouseButton.LeftButton)
    assert window.findChild(ShortcutList).isVisible() and help_.toolTip() == "Keyboard shortcuts (?)"
    said = [action.text() for action in settings.menu().actions()]
    assert said == ["Panels", "Reset layout", "Theme", "About Embedding Explorer"]
    assert settings.accessibleName() == "Settings"


def test_an_arrangement_saved_without_a_rail_leaves_it_in_place(window: MainWindow) -> None:
    window.removeToolBar(rail(window))
    without = window.saveState()
    window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, rail(window))
    rail(window).show()
    assert window.restoreState(without)
    QApplication.processEvents()
    assert rail(window).isVisible() and isinstance(rail(window).button(VIEWS[0].name), QToolButton)
    assert rail(window).mapTo(window, QPoint(0, 0)).x() == 0 and rail(window).height() > 400
