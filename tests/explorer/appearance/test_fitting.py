"""Windows and dialogs fit the screen that they are on, and what has no room there is scrolled to."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QDialog, QPushButton, QScrollArea, QStatusBar, QWidget
from pytestqt.qtbot import QtBot

from explorer.appearance import fitting
from explorer.appearance.plain import Label
from explorer.application import Explorer
from explorer.commands import COMMANDS
from explorer.main_window import SMALLEST
from explorer.panels.runs.new_run import NewRunDialog
from explorer.session import Session
from explorer.settings import Settings
from explorer.shortcuts import ShortcutList

TASKBAR = 28
# 1366 x 768 at a scale of 2 is the last one.
SCREENS = [(1100, 700), (1366, 768), (1024, 600), (683, 384)]
FIRST = QRect(0, 0, 1100, 700 - TASKBAR)


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
def screen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> QRect:
    """A screen with a taskbar at its top."""
    width, height = request.param
    free = QRect(0, TASKBAR, width, height - TASKBAR)
    monkeypatch.setattr(fitting, "available", lambda _window: free)
    return free


def _lies_within(window: QWidget, screen: QRect) -> bool:
    return screen.contains(window.frameGeometry()) and screen.contains(window.geometry())


def test_the_new_run_form_fits_and_start_is_in_sight(qtbot: QtBot, session: Session, screen: QRect) -> None:
    window = QWidget()
    dialog = NewRunDialog(session, parent=window)
    qtbot.addWidget(window)
    dialog.show()
    assert _lies_within(dialog, screen)
    start = next(each for each in dialog.findChildren(QPushButton) if each.text() == "Start")
    corner = start.mapTo(dialog, QPoint(start.width(), start.height()))
    assert dialog.rect().contains(corner)
    area = dialog.findChild(QScrollArea)
    assert area is not None and area.isAncestorOf(dialog.form)


def test_the_shortcuts_fit_and_scroll(qtbot: QtBot, screen: QRect) -> None:
    window = QWidget()
    dialog = ShortcutList(COMMANDS.values(), window)
    qtbot.addWidget(window)
    dialog.show()
    assert _lies_within(dialog, screen)
    bar = dialog.findChild(QScrollArea).verticalScrollBar()
    assert bar.maximum() > 0 or screen.height() > 640
    widest = max(label.mapTo(dialog, QPoint(label.width(), 0)).x() for label in dialog.findChildren(Label))
    assert widest <= dialog.width() or screen.width() < SMALLEST.width(), "nothing is scrolled to the side"


def test_the_window_fits_with_its_status_line(qtbot: QtBot, screen: QRect, workspace: Path, tmp_path: Path) -> None:
    explorer = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    try:
        explorer.window.show()
        qtbot.waitExposed(explorer.window)
        assert _lies_within(explorer.window, screen)
        line = explorer.window.findChild(QStatusBar)
        assert explorer.window.rect().contains(line.geometry())
    finally:
        explorer.shutdown()
        explorer.window.deleteLater()


def test_a_window_comes_back_on_the_screens_that_are_there(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setMinimumSize(1000, 640)
    window.setGeometry(2200, 900, 1440, 900)
    monkeypatch.setattr(fitting, "available", lambda _window: FIRST)
    fitting.keep_on_screen(window)
    window.show()
    fitting.keep_on_screen(window)
    assert _lies_within(window, FIRST)


def test_a_window_that_fits_is_left_alone(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(100, 120, 400, 300)
    monkeypatch.setattr(fitting, "available", lambda _window: FIRST)
    fitting.keep_on_screen(window)
    assert window.geometry() == QRect(100, 120, 400, 300)


def test_without_a_screen_nothing_is_bounded(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    fitting.fit(window, QSize(5000, 4000))
    assert window.size() == QSize(5000, 4000)


def test_a_dialog_shows_all_of_its_content_where_there_is_room(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "available", lambda _window: FIRST)
    scrolled = []
    for height in (300, 1200):
        dialog, content = QDialog(), QWidget()
        content.setMinimumSize(200, height)
        fitting.fill(dialog, content)
        qtbot.addWidget(dialog)
        dialog.show()
        scrolled.append(dialog.findChild(QScrollArea).verticalScrollBar().maximum() > 0)
    assert scrolled == [False, True]


def test_a_dialog_opens_in_the_middle_of_its_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "available", lambda _window: QRect(0, 0, 1440, 900))
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(100, 60, 700, 600)
    window.show()
    dialog = ShortcutList(COMMANDS.values(), window)
    dialog.show()
    middle = dialog.geometry().center() - window.geometry().center()
    assert middle.manhattanLength() < 60, "not in the corner of the screen"
