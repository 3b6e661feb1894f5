"""The hints of the very first start: each beside its thing, waiting where that is not there, ended for good by Esc."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.appearance.widgets import IconButton
from explorer.application import Explorer
from explorer.first_hints import HINTS, FirstHints
from explorer.main_window import QUICK_LOOK
from explorer.settings import Settings
from tests.explorer.factories import made_catalog


@pytest.fixture
def explorer(qtbot: QtBot, workspace: Path, tmp_path: Path) -> Iterator[Explorer]:
    """A window with data and without a model, in view Data."""
    made = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    made.window.show()
    qtbot.waitExposed(made.window)
    made.session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    made.window.activateWindow()
    yield made
    made.shutdown()
    made.window.deleteLater()


def started(explorer: Explorer) -> FirstHints | None:
    explorer.window.show_first_hints()
    found = explorer.window.findChild(FirstHints)
    if found is not None:
        found.look()
    QApplication.processEvents()
    return found


def press_next(qtbot: QtBot, hints: FirstHints) -> None:
    qtbot.mouseClick(hints.findChild(QPushButton), Qt.MouseButton.LeftButton)
    QApplication.processEvents()


def gone(explorer: Explorer) -> bool:
    QApplication.sendPostedEvents(None, 52)  # what is to be deleted
    return explorer.window.findChild(FirstHints) is None


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_each_points_at_its_thing_and_what_is_not_there_waits(
    qtbot: QtBot, explorer: Explorer, size: tuple[int, int]
) -> None:
    window = explorer.window
    window.resize(*size)
    for button in window.findChildren(QWidget, QUICK_LOOK):
        button.setObjectName("")
    hints = started(explorer)
    seen = []
    while hints.isVisible() and len(seen) < len(HINTS):
        seen.append(hints.shown)
        assert window.rect().contains(hints.geometry()) and hints.words == HINTS[hints.shown]
        press_next(qtbot, hints)
    assert seen == ["rail", "open", "grid"], "no model, no neighbours in this view"
    window.show_view("explore")
    hints.look()
    assert hints.shown == "neighbours" and hints.isVisible()
    panel = window.panel("neighbours")
    assert not hints.geometry().intersects(QRect(panel.mapTo(window, QPoint(0, 0)), panel.size())), "it hides nothing"
    window.show_view("data")
    hints.look()
    assert not hints.isVisible(), "it waits until its thing is there again"
    quick = QPushButton("Quick look", window.panel("grid"))
    quick.setObjectName(QUICK_LOOK)
    quick.show()
    hints.look()
    assert hints.shown == "quick_look" and "4 of 5" in [
        label.text() for label in hints.findChildren(type(hints._count))
    ]
    press_next(qtbot, hints)
    window.show_view("explore")
    hints.look()
    press_next(qtbot, hints)
    assert gone(explorer)


def test_it_is_not_about_what_the_start_screen_covers(qtbot: QtBot, explorer: Explorer) -> None:
    explorer.window.commands.run("window.start")
    hints = started(explorer)
    seen = []
    while hints.isVisible() and len(seen) < len(HINTS):
        seen.append(hints.shown)
        press_next(qtbot, hints)
    assert seen == ["rail", "open"]


def test_it_stands_beside_what_it_is_about_and_blocks_nothing(qtbot: QtBot, explorer: Explorer) -> None:
    hints = started(explorer)
    rail = explorer.window._rail
    assert hints.x() > rail.mapTo(explorer.window, QPoint(0, 0)).x() + rail.width()
    assert not isinstance(hints, QDialog) and not hints.isModal()
    assert explorer.window.focusWidget() is not hints and not hints.isAncestorOf(explorer.window.focusWidget())
    button = rail.button("train")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    hints.look()
    assert explorer.window.childAt(hints.geometry().center()) in (hints, *hints.findChildren(QWidget)), "on top"
    assert explorer.window.arrangement.view.name == "train" and hints.isVisible()


@pytest.mark.parametrize("how", ["esc", "cross"])
def test_it_is_skipped_for_good(qtbot: QtBot, explorer: Explorer, tmp_path: Path, how: str) -> None:
    hints = started(explorer)
    if how == "esc":
        qtbot.keyClick(explorer.window.focusWidget() or explorer.window, Qt.Key.Key_Escape)
    else:
        qtbot.mouseClick(hints.findChild(IconButton), Qt.MouseButton.LeftButton)
    assert gone(explorer)
    explorer.settings.sync()
    assert Settings(tmp_path / "window.ini").hints_seen
    assert started(explorer) is None


def test_one_that_was_seen_does_not_return_after_the_window_was_killed(explorer: Explorer, tmp_path: Path) -> None:
    started(explorer)
    explorer.settings.sync()
    assert Settings(tmp_path / "window.ini").hints_seen


def test_who_had_the_window_open_before_is_told_nothing(explorer: Explorer) -> None:
    explorer.settings.save_geometry(QByteArray(b"as it was"))
    assert started(explorer) is None
