"""The window as its user meets it: open data, train, click, compare; and what it says when a trainer dies."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.models.checkpoint_files import CheckpointInfo
from core.training.recipe import load_recipe, override
from explorer.appearance.widgets import Chip
from explorer.application import Explorer
from explorer.opening.dialog import OpenDialog
from explorer.panels.compare.query_view import QueryView
from explorer.panels.gallery.result_grid import ResultGrid
from explorer.panels.runs.new_run import NewRunDialog
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.state.slots import SlotKey

Open = Callable[..., Explorer]
LONG = 90_000


def _button(within: QWidget, text: str) -> QPushButton:
    return next(part for part in within.findChildren(QPushButton) if part.text() == text)


def _one_class(folder: Path) -> Path:
    """What is open before: a data set of two pictures."""
    (folder / "before" / "only").mkdir(parents=True)
    for name in "ab":
        Image.new("RGB", (32, 32), (ord(name), 90, 30)).save(folder / "before" / "only" / f"{name}.png")
    return folder / "before"


def _choose_b(explorer: Explorer, info: CheckpointInfo) -> None:
    """Through the chip's menu."""
    chip = next(chip for chip in explorer.window.findChildren(Chip) if chip.accessibleName().startswith("B:"))
    chip.menu().aboutToShow.emit()
    next(action for action in chip.menu().actions() if action.text().startswith(info.name)).trigger()


def _click_result(qtbot: QtBot, explorer: Explorer, slot: SlotKey, place: int) -> None:
    grid = explorer.window.panel("neighbours").findChildren(ResultGrid)[0 if slot == "A" else 1]
    where = grid.visualRect(grid.model().index(place, 0)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=where)


def _click_point(qtbot: QtBot, explorer: Explorer, row: int) -> None:
    """Click on the map where a catalog row lies."""
    canvas = explorer.window.panel("map").pane("A").canvas
    place = int(np.flatnonzero(canvas.scene.ids == row)[0])
    x, y = canvas.view.to_screen(*map(float, canvas.scene.xy[place]))
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))


def _all_there(explorer: Explorer, slot: SlotKey = "A") -> bool:
    session = explorer.session
    return session.results[EVALUATION][slot] is not None and session.results[MAP][slot] is not None and explorer.is_idle


def _shown(explorer: Explorer, slot: SlotKey) -> list[int]:
    return [result.row for result in explorer.window.panel("neighbours").results(slot)]


def _nearest(explorer: Explorer, slot: SlotKey, row: int, k: int) -> list[int]:
    """The k nearest rows by plain NumPy."""
    embeddings = explorer.session.results[EMBEDDINGS][slot]
    assert embeddings is not None
    vectors = np.asarray(embeddings.vectors, dtype=np.float64)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    place = int(np.flatnonzero(embeddings.rows == row)[0])
    similarity = vectors @ vectors[place]
    similarity[place] = -np.inf
    return [int(embeddings.rows[other]) for other in np.argsort(-similarity, kind="stable")[:k]]


def _right_at_1(explorer: Explorer, slot: SlotKey) -> dict[int, bool]:
    embeddings, catalog = explorer.session.results[EMBEDDINGS][slot], explorer.session.catalog
    assert embeddings is not None and catalog is not None
    return {
        int(row): catalog.labels[_nearest(explorer, slot, int(row), 1)[0]] == catalog.labels[row]
        for row in embeddings.rows
    }


def _train_in_the_window(qtbot: QtBot, explorer: Explorer, epochs: int) -> None:
    explorer.window.show_view("explore")
    qtbot.mouseClick(_button(explorer.window.panel("library"), "New run"), Qt.MouseButton.LeftButton)
    dialog = explorer.window.findChild(NewRunDialog)
    assert dialog is not None
    field = next(box for box in dialog.findChildren(QSpinBox) if "epochs" in box.accessibleName().casefold())
    field.setValue(epochs)
    qtbot.waitUntil(lambda: dialog.recipe is not None)
    qtbot.mouseClick(_button(dialog, "Start"), Qt.MouseButton.LeftButton)


def test_open_train_click_compare(
    qtbot: QtBot, open_explorer: Open, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = open_explorer(DataSource(str(_one_class(tmp_path))))
    window, session = explorer.window, explorer.session

    # Open data through the library's button; without a model one lands beside the pictures, also then.
    assert window.panel("grid").isVisible() and window.panel("report").isVisible()
    window.show_view("explore")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tiny_folder))
    qtbot.mouseClick(_button(window.panel("library"), "Open…"), Qt.MouseButton.LeftButton)
    opening = window.findChild(OpenDialog)
    qtbot.mouseClick(_button(opening, "Browse folder…"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(opening.open_button.isEnabled)
    assert opening.understanding.counts == "48 images in 8 classes"
    qtbot.mouseClick(opening.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.catalog is not None and not explorer.pipeline.busy)
    assert len(session.catalog) == 48
    assert session.split == "test" and window.panel("grid").isVisible()

    # Start a run and wait for its checkpoint; then use it as A.
    _train_in_the_window(qtbot, explorer, epochs=2)
    qtbot.waitUntil(lambda: bool(session.runs.all) and session.runs.all[0].state == "finished", timeout=LONG)
    run = session.runs.all[0]
    assert run.checkpoints, run.sentence
    library = window.panel("library")
    library.activate(next(entry for entry in library.shown() if entry.value == run.best))
    qtbot.waitUntil(lambda: _all_there(explorer), timeout=LONG)

    # Click a point: the gallery lists its nearest images, nearest first, judged by class.
    embeddings = session.results[EMBEDDINGS]["A"]
    row = int(embeddings.rows[5])
    _click_point(qtbot, explorer, row)
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["A"] is not None and not explorer.runner.busy)
    query = session.selection.query
    assert query is not None
    assert _shown(explorer, "A") == _nearest(explorer, "A", query, session.selection.k)
    results = window.panel("neighbours").results("A")
    assert [result.right for result in results] == [
        session.catalog.labels[result.row] == session.catalog.labels[query] for result in results
    ]

    # Walk: a result becomes the query, and back returns.
    _click_result(qtbot, explorer, "A", 0)
    qtbot.waitUntil(
        lambda: (
            session.results[NEIGHBOURS]["A"] is not None and session.results[NEIGHBOURS]["A"].query == results[0].row
        )
    )
    assert _shown(explorer, "A") == _nearest(explorer, "A", results[0].row, session.selection.k)
    session.selection.back()
    assert session.selection.query == query

    # A second checkpoint as B: both lists, and what B fixes and breaks.
    session.runs.start(override(load_recipe("small"), "training.epochs=1"), session.source, "cpu")
    qtbot.waitUntil(
        lambda: len(session.runs.all) == 2 and all(run.state == "finished" for run in session.runs.all), timeout=LONG
    )
    second = next(other for other in session.runs.all if other.path != run.path)
    assert second.best is not None
    _choose_b(explorer, second.best)
    qtbot.waitUntil(lambda: session.comparison is not None and _all_there(explorer, "B"), timeout=LONG)
    assert _shown(explorer, "B") == _nearest(explorer, "B", query, session.selection.k)
    a, b = _right_at_1(explorer, "A"), _right_at_1(explorer, "B")
    lists = {view.objectName(): view.queries.rows.tolist() for view in window.findChildren(QueryView)}
    assert lists["fixedQueries"] == [row for row in a if not a[row] and b[row]]
    assert lists["brokenQueries"] == [row for row in a if a[row] and not b[row]]


def test_what_the_window_says_of_a_killed_trainer(qtbot: QtBot, open_explorer: Open, tiny_folder: Path) -> None:
    explorer = open_explorer(DataSource(str(tiny_folder)))
    session = explorer.session
    recipe = override(load_recipe("small"), "training.epochs=500")
    session.runs.start(recipe, session.source, "cpu")
    qtbot.waitUntil(lambda: bool(session.runs.all) and bool(session.runs.all[0].checkpoints), timeout=LONG)
    path = session.runs.all[0].path
    started = next(message for message in session.runs.messages_of(path) if message["type"] == "started")

    os.kill(int(started["pid"]), signal.SIGKILL)
    qtbot.waitUntil(lambda: session.runs.all[0].state == "crashed", timeout=10_000)
    run = session.runs.all[0]
    assert "killed from outside (SIGKILL)" in run.sentence
    assert "is intact" in run.sentence
    assert any("SIGKILL" in problem.sentence for problem in session.problems.all)
    assert json.loads(run.checkpoints[-1].path.with_suffix(".json").read_text())["epoch"] >= 1

    # The run goes on from its checkpoint.
    before = run.epoch
    session.runs.resume(path)
    qtbot.waitUntil(lambda: session.runs.all[0].state == "running" and session.runs.all[0].epoch > before, timeout=LONG)
    session.runs.stop(path)
    qtbot.waitUntil(lambda: session.runs.all[0].state == "stopped", timeout=10_000)


def test_a_trainer_outlives_its_window(qtbot: QtBot, open_explorer: Open, tiny_folder: Path) -> None:
    first = open_explorer(DataSource(str(tiny_folder)))
    recipe = override(load_recipe("small"), "training.epochs=500")
    first.session.runs.start(recipe, first.session.source, "cpu")
    qtbot.waitUntil(lambda: bool(first.session.runs.all) and first.session.runs.all[0].epoch >= 1, timeout=LONG)
    path = first.session.runs.all[0].path
    first.trainings.shutdown()

    second = open_explorer(DataSource(str(tiny_folder)))
    qtbot.waitUntil(lambda: any(run.path == path and run.state == "running" for run in second.session.runs.all))
    seen = second.session.runs.all[0].epoch
    qtbot.waitUntil(lambda: second.session.runs.all[0].epoch > seen, timeout=LONG)
    second.session.runs.stop(path)
    qtbot.waitUntil(lambda: second.session.runs.all[0].state == "stopped", timeout=10_000)
