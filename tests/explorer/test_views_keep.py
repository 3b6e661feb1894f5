"""What was done in a view is there when one comes back to it: selection, query, focus, filters, zoom, scroll, sort."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.projection.projection import pca_map
from core.retrieval.evaluation import evaluate
from explorer.application import Explorer
from explorer.panels.recall.class_table import ClassTable
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.settings import Settings
from explorer.views import VIEWS
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

CLASSES = tuple(f"class {number:02}" for number in range(40))


@pytest.fixture
def explorer(qtbot: QtBot, workspace: Path, tmp_path: Path) -> Iterator[Explorer]:
    """Forty classes and a model, without files."""
    made = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    made.window.show()
    qtbot.waitExposed(made.window)
    session = made.session
    session.set_catalog(DataSource("shapes"), made_catalog(CLASSES), "all")
    session.choose_checkpoint("A", made_checkpoint("first"))
    made.processes.stop("embed A")
    embeddings = made_embeddings(session.catalog, "first")
    set_embeddings(session, "A", embeddings)
    session.results[EVALUATION].put("A", evaluate(embeddings))
    session.results[MAP].put("A", pca_map(embeddings))
    qtbot.waitUntil(lambda: len(made.window.panel("grid").grid.groups) == len(CLASSES))
    yield made
    made.shutdown()
    made.window.deleteLater()


def show(explorer: Explorer, view: str) -> None:
    explorer.window.show_view(view)
    QApplication.processEvents()


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_what_was_done_is_there_after_a_round_of_all_views(
    qtbot: QtBot, explorer: Explorer, size: tuple[int, int]
) -> None:
    session, window = explorer.session, explorer.window
    window.resize(*size)
    grid, canvas = window.panel("grid").grid, window.panel("map").pane("A").canvas
    canvas.animations = False
    table = window.panel("recall").findChild(ClassTable)
    show(explorer, "data")
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum() // 2)
    show(explorer, "explore")
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Right):
        qtbot.keyClick(canvas, key)
    session.selection.select([3, 5, 9], query=5)
    session.selection.set_focus(7)
    table.filter_box.setText("class 1")
    window.panel("neighbours")._filter._buttons["wrong"].click()
    QApplication.processEvents()
    view, scrolled = canvas.view, grid.top
    for name in (*(view.name for view in VIEWS), "explore"):
        show(explorer, name)
    assert (canvas.view.x, canvas.view.y, canvas.view.zoom) == (view.x, view.y, view.zoom) and view.zoom > 1
    show(explorer, "data")
    assert grid.top == pytest.approx(scrolled, abs=grid.height() // 4) and scrolled > 0
    assert session.selection.rows.tolist() == [3, 5, 9] and session.selection.query == 5
    assert session.selection.focus == 7
    assert table.filter_box.text() == "class 1" and window.panel("neighbours")._filter.value == "wrong"
    assert window.focusWidget() is grid, "the keyboard is with what is in the middle"
