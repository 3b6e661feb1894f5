"""From a selection to its tray, to a CSV file and back, in the window as a person does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer import exporting
from explorer.appearance.popup import Popup
from explorer.application import Explorer
from explorer.chip_row import HEIGHT, _ChipWidget
from explorer.exporting import ExportChoice
from explorer.opening.dialog import OpenDialog
from explorer.state.subject import EXPORTED

CONTROL, LEFT = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.LeftButton


def test_what_is_selected_is_exported_and_opened_again(
    qtbot: QtBot,
    open_in_both_looks: Callable[..., Explorer],
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explorer = open_in_both_looks(DataSource(str(tiny_folder)))
    window, session = explorer.window, explorer.session
    window.activateWindow()
    grid, tray = window.panel("grid").grid, window.panel("selection")
    qtbot.waitUntil(lambda: len(grid.groups) == 4)
    assert not tray.isEnabled(), "behind the columns"
    session.selection.select([])
    QTest.keyClick(grid, Qt.Key.Key_A, CONTROL)
    assert len(session.selection.rows) == 24 and not tray.isEnabled(), "whoever selects pictures sees them"
    qtbot.waitUntil(lambda: bool(window.chips.findChildren(_ChipWidget)))
    (chip,) = (each for each in window.chips.findChildren(_ChipWidget) if each.isVisible())
    qtbot.mouseClick(chip, LEFT, pos=QPoint(20, HEIGHT // 2))
    qtbot.waitUntil(tray.isEnabled)
    assert tray.windowTitle() == "Selection 24" and tray.lines.lines.rowCount() == 4
    QTest.mouseClick(tray.lines.view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(40, 10))
    QTest.keyClick(tray.lines.view, Qt.Key.Key_Return)
    assert len(session.selection.rows) == 6

    path = tiny_folder / "six.csv"
    monkeypatch.setattr(exporting, "ask_where_to_save", lambda *_: str(path))
    QTest.keyClick(window, Qt.Key.Key_E, CONTROL)
    (popup,) = (each for each in window.findChildren(Popup) if each.isVisible())
    assert isinstance(popup.content, ExportChoice) and len(popup.content.buttons) == 2
    qtbot.mouseClick(popup.content.buttons[0], LEFT)
    qtbot.waitUntil(lambda: session.problems.get(EXPORTED) is not None)
    assert window._strip.isVisible() and "6 images were written" in window._strip.sentence

    before, rows = session.catalog, session.selection.rows
    window.show_open(DataSource(str(path)))
    opening = window.findChild(OpenDialog)
    qtbot.waitUntil(opening.open_button.isEnabled)
    qtbot.mouseClick(opening.open_button, LEFT)
    qtbot.waitUntil(lambda: session.catalog is not before)
    again = session.catalog
    assert [again.path(row) for row in range(len(again))] == [before.path(row) for row in rows]
    assert again.labels.tolist() == before.labels[rows].tolist()
    assert again.splits.tolist() == before.splits[rows].tolist()
