"""A filter in the whole window: made with the mouse, in force in every view, told in one row and undone by a key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from core.data.catalog import texts
from core.data.conditions import OneOf
from core.data.source import DataSource
from core.projection.projection import pca_map
from core.retrieval.evaluation import evaluate
from explorer.appearance import theme
from explorer.application import Explorer
from explorer.main_window import MainWindow
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.settings import Settings
from explorer.value_list import ValueList
from explorer.views import VIEWS
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

LEFT, CTRL, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot, workspace: Path, tmp_path: Path) -> MainWindow:
    """With a model, which is measured, and brands."""
    explorer = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    explorer.window.show()
    qtbot.waitExposed(explorer.window)
    session, catalog = explorer.session, made_catalog()
    object.__setattr__(catalog, "attributes", {"brand": texts(["acme", "zeta", ""] * 5)})
    session.set_catalog(DataSource("shapes"), catalog, "all")
    session.choose_checkpoint("A", made_checkpoint("first"))
    explorer.processes.stop("embed A")
    embeddings = made_embeddings(catalog, "first")
    set_embeddings(session, "A", embeddings)
    session.results[EVALUATION].put("A", evaluate(embeddings))
    session.results[MAP].put("A", pca_map(embeddings))
    explorer.window.activateWindow()
    yield explorer.window
    explorer.shutdown()
    explorer.window.deleteLater()


def filter_by_acme(qtbot: QtBot, window: MainWindow) -> None:
    window.show_view("data")
    panel = window.panel("columns")
    qtbot.waitUntil(lambda: panel.columns.isVisible() and panel.columns.model().rowCount() > 2)
    brand = next(row for row, column in enumerate(panel.columns.table.columns) if column.name == "brand")
    spot = panel.columns.visualRect(panel.columns.model().index(brand, 0)).center()
    qtbot.mouseClick(panel.columns.viewport(), LEFT, pos=spot)
    values = panel.editor.findChild(ValueList)
    qtbot.mouseClick(values.viewport(), LEFT, pos=values.visualRect(values.values.index(0)).center())
    window.chips.show_now()


@pytest.mark.parametrize("look", ["dark", "light"])
def test_it_is_in_force_and_told_in_every_view(
    qtbot: QtBot, window: MainWindow, look: theme.ThemeName, qapp: QApplication
) -> None:
    theme.apply(qapp, look)
    window.resize(1100, 700)
    filter_by_acme(qtbot, window)
    grid, canvas = window.panel("grid"), window.panel("map").pane("A").canvas
    acme = list(range(0, 15, 3))
    qtbot.waitUntil(lambda: sorted(np.concatenate([group.rows for group in grid.grid.groups]).tolist()) == acme)
    assert canvas.scene.ids[~canvas.scene.dimmed].tolist() == acme
    for view in VIEWS:
        window.show_view(view.name)
        assert window.chips.isVisible()
        assert [(chip.title, chip.words) for chip in window.chips.chips] == [("filter", "brand: acme")]
    assert window.chips.width() <= 1100
    theme.apply(qapp, "dark")


def test_keys_end_it_and_bring_it_back(qtbot: QtBot, window: MainWindow) -> None:
    filter_by_acme(qtbot, window)
    window.show_view("explore")
    session = window._session
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert session.filter.conditions == ()
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert session.filter.conditions == (OneOf("brand", words=("acme",)),)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert session.filter.conditions == ()


def test_a_chip_leads_to_what_it_tells_of(qtbot: QtBot, window: MainWindow) -> None:
    legend = window.panel("map").legend
    legend.isolate(0)
    window.show_view("data")
    window.chips.show_now()
    (chip,) = (each for each in window.chips.findChildren(QToolButton) if each.accessibleName().startswith("hidden:"))
    qtbot.mouseClick(chip, LEFT, pos=QPoint(12, 12))
    assert window.panel("map").isVisible() and not window.panel("grid").isVisible()
    assert window._arrangement.view.name == "explore"


def test_no_figure_follows_the_filter(qtbot: QtBot, window: MainWindow) -> None:
    recall = window.panel("recall")
    window.show_view("explore")

    def figures() -> list[str]:
        model = recall._table.model()
        return [model.index(row, at).data() for row in range(model.rowCount()) for at in range(model.columnCount())]

    before = figures()
    window._session.filter.put(OneOf("brand", words=("acme",)))
    assert figures() == before != []
