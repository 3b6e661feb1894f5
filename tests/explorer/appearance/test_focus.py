"""Wherever Tab leads, it is seen; and what cannot be used looks so. In both themes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QStringListModel, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QRadioButton,
    QScrollArea,
    QTableView,
    QTreeView,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from explorer.appearance import theme
from explorer.appearance.widgets import ButtonKind, IconButton, Segmented, button
from explorer.application import Explorer
from explorer.image_grid.grid import ImageGrid
from explorer.image_grid.groups import Group
from explorer.panels.grid.bar import GridBar
from explorer.panels.map.canvas import MapCanvas
from explorer.panels.map.kernels import Kernels
from explorer.panels.runs.new_run import NewRunDialog
from explorer.session import Session
from explorer.settings import Settings
from tests.explorer.appearance.contrast import contrast
from tests.explorer.image_grid.conftest import PlainThumbnails


@pytest.fixture(params=["dark", "light"], autouse=True)
def themed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    before = qapp.styleSheet()
    theme.apply(qapp, request.param)
    yield
    theme.apply(qapp, "dark")
    qapp.setStyleSheet(before)


def _pixels(widget: QWidget, part: QRect | None = None) -> np.ndarray:
    picture = widget.grab(part) if part is not None else widget.grab()
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).copy()


def _stops(window: QWidget) -> list[QWidget]:
    return [
        each
        for each in window.findChildren(QWidget)
        if each.isVisible() and each.isEnabled() and each.window() is window and each.focusProxy() is None
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def _unseen(window: QWidget) -> list[str]:
    """The tab stops at which nothing changes when they get the focus."""
    window.activateWindow()
    QApplication.processEvents()
    found = []
    for stop in _stops(window):
        for area in window.findChildren(QScrollArea):
            if area.widget() is not None and area.isAncestorOf(stop):
                area.ensureWidgetVisible(stop)
        if window.focusWidget() is not None:
            window.focusWidget().clearFocus()
        QApplication.processEvents()
        around = QRect(stop.mapTo(window, QPoint(0, 0)), stop.size()).adjusted(-6, -6, 6, 6)
        before = _pixels(window, around)
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if QApplication.focusWidget() is stop and np.count_nonzero(before != _pixels(window, around)) < 20:
            found.append(f"{type(stop).__name__} {stop.accessibleName()}")
    return found


def test_every_stop_of_the_window_shows_the_focus(qtbot: QtBot, workspace: Path, tmp_path: Path) -> None:
    explorer = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    try:
        explorer.window.show()
        qtbot.waitExposed(explorer.window)
        assert _stops(explorer.window)
        assert _unseen(explorer.window) == []
    finally:
        explorer.shutdown()
        explorer.window.deleteLater()


def test_every_stop_of_a_new_run_shows_the_focus(qtbot: QtBot, session: Session) -> None:
    dialog = NewRunDialog(session)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    assert len(_stops(dialog)) > 10
    assert _unseen(dialog) == []


def test_lists_switches_and_the_map_show_the_focus(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    kernels, model = Kernels(window), QStringListModel(["one", "two"], window)
    kernels.draw_with_qt()
    canvas = MapCanvas(kernels)
    canvas.set_points(np.eye(2, dtype=np.float32), np.arange(2))
    views = [QTableView(), QTreeView()]
    for view in views:
        view.setModel(model)
        view.setFrameShape(view.Shape.NoFrame)
    checkable = [QCheckBox("on"), QRadioButton("on"), IconButton("search", "Search", checkable=True)]
    for each in checkable:
        each.setChecked(True)
    column = QVBoxLayout(window)
    grid = ImageGrid(PlainThumbnails(), "Images")
    grid.set_groups([Group("a", np.arange(3))])
    for widget in (canvas, *views, *checkable, Segmented(["a", "b"]), grid, GridBar()):
        column.addWidget(widget)
    window.resize(300, 700)
    window.show()
    qtbot.waitExposed(window)
    assert len(_stops(window)) >= 7
    assert _unseen(window) == []


def test_a_button_that_cannot_be_pressed_looks_so(qtbot: QtBot) -> None:
    for kind in get_args(ButtonKind):
        made = button("Stop", kind)
        qtbot.addWidget(made)
        enabled = _pixels(made)
        made.setEnabled(False)
        assert np.count_nonzero(enabled != _pixels(made)) > 20, kind


def test_words_that_can_be_read_have_contrast() -> None:
    tokens = theme.current()
    for background in (tokens.panel, tokens.raised, tokens.background, tokens.hover, tokens.selection):
        assert contrast(tokens.text, background) >= 7
        assert contrast(tokens.secondary, background) >= 4.5
        assert contrast(tokens.accent, background) >= 3, "the ring of the focus"
