"""Embeddings of another program in the window: opened as A or B, seen, compared; and what they cannot do, in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from explorer.application import Explorer
from explorer.drop_hint import DropHint
from explorer.panels.gallery.result_list import ResultItem
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.state.slots import SlotKey
from explorer.state.subject import Subject
from tests.explorer.factories import made_vectors

Open = Callable[..., Explorer]
LONG = 60_000
COPY, LEFT, PLAIN = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def catalog(tiny_folder: Path) -> Catalog:
    return open_catalog(DataSource(str(tiny_folder)))


def _write(path: Path, catalog: Catalog, seed: object = 1, lacking: int = 0) -> Path:
    """As another program would: all images in an order of its own, and one that the data does not have."""
    order = np.random.default_rng(0).permutation(len(catalog))[lacking:]
    vectors = made_vectors(catalog, seed)[order]
    paths = [*catalog.paths[order].tolist(), "elsewhere/0.png"]
    np.savez(path, embeddings=[*vectors, vectors[0]], labels=["?"] * len(paths), paths=paths)
    return path


def _all_there(explorer: Explorer, slot: SlotKey) -> bool:
    session = explorer.session
    maps = session.results[MAP][slot]
    return session.results[EVALUATION][slot] is not None and maps is not None and explorer.is_idle


def _problem(explorer: Explorer, subject: Subject) -> str:
    return next((problem.sentence for problem in explorer.session.problems.all if problem.subject == subject), "")


def _nearest(catalog: Catalog, seed: object, row: int, k: int) -> list[int]:
    """The k nearest rows of the test split by plain NumPy."""
    rows = catalog.rows("test")
    vectors = made_vectors(catalog, seed)[rows].astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similarities = vectors @ vectors[rows == row][0]
    similarities[rows == row] = -np.inf
    return [int(found) for found in rows[np.argsort(-similarities, kind="stable")[:k]]]


def _rows(results: list[ResultItem]) -> list[int]:
    return [result.row for result in results]


def _choose_in_dialog(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))


def _action(window: QWidget, text: str) -> QAction:
    menus = window.findChildren(QMenu)
    for menu in menus:
        menu.aboutToShow.emit()
    return next(action for menu in menus for action in menu.actions() if action.text() == text)


def _dragged(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def _entered(part: QWidget, *paths: Path) -> bool:
    """Whether a part takes the files that are dragged over it."""
    data = _dragged(*paths)  # the event does not keep it alive
    event = QDragEnterEvent(QPoint(9, 9), COPY, data, LEFT, PLAIN)
    part.dragEnterEvent(event)
    return event.isAccepted()


def _drop(qtbot: QtBot, explorer: Explorer, path: Path) -> tuple[bool, str]:
    """Drag a file over the window and let it go: whether it was taken, and what was said before."""
    window = explorer.window
    taken = _entered(window, path)
    hint = window.findChild(DropHint)
    assert hint is not None
    qtbot.waitUntil(lambda: path.name in hint.text() or "data set first" in hint.text())
    said, data = hint.text(), _dragged(path)
    window.dropEvent(QDropEvent(QPointF(9, 9), COPY, data, LEFT, PLAIN))
    qtbot.waitUntil(lambda: not any(it.words.startswith("looking at ") for it in explorer.session.tasks.all))
    return taken, said


def test_a_file_of_vectors_is_seen_compared_and_remembered(
    qtbot: QtBot,
    open_explorer: Open,
    tiny_folder: Path,
    catalog: Catalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = _write(tmp_path / "theirs.npz", catalog, lacking=1), _write(tmp_path / "other.npz", catalog, 2)
    explorer = open_explorer(DataSource(str(tiny_folder)))
    session, window = explorer.session, explorer.window
    _choose_in_dialog(monkeypatch, first)
    _action(window, "Open embeddings as A…").trigger()
    qtbot.waitUntil(lambda: _all_there(explorer, "A"), timeout=LONG)
    told = _problem(explorer, Subject("left out", "A"))
    assert told.startswith(f"theirs.npz: 1 of {len(catalog)} embeddings (first: elsewhere/0.png) is left out: ")
    assert session.results[EVALUATION]["A"] is not None and session.results[EMBEDDINGS]["A"] is not None
    assert session.results[EVALUATION]["A"].protocol.queries == len(session.results[EMBEDDINGS]["A"])
    assert window.panel("map").pane("A").header.endswith("of theirs.npz")

    row = int(catalog.rows("test")[3])
    session.selection.select([row], query=row)
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["A"] is not None)
    there = set(session.results[EMBEDDINGS]["A"].rows.tolist())
    expected = [found for found in _nearest(catalog, 1, row, 6) if found in there]
    assert _rows(window.panel("neighbours").results("A"))[: len(expected)] == expected

    taken, said = _drop(qtbot, explorer, second)
    assert taken and said == "Drop to set other.npz as B."
    qtbot.waitUntil(lambda: session.comparison is not None and _all_there(explorer, "B"), timeout=LONG)
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["B"] is not None)
    assert _rows(window.panel("neighbours").results("B"))[:5] == _nearest(catalog, 2, row, 5)
    listed = {entry.text: entry.slot for entry in window.panel("library").shown()}
    assert (listed["theirs.npz"], listed["other.npz"]) == ("A", "B")

    explorer.shutdown()
    again = open_explorer(None)
    qtbot.waitUntil(lambda: _all_there(again, "A") and _all_there(again, "B"), timeout=LONG)
    assert [getattr(again.session.checkpoint[slot], "name", "") for slot in ("A", "B")] == ["theirs.npz", "other.npz"]


def test_a_file_that_fits_nothing_is_refused_where_its_map_would_be(
    qtbot: QtBot, open_explorer: Open, tiny_folder: Path, tmp_path: Path
) -> None:
    strange = tmp_path / "strange.npz"
    np.savez(strange, embeddings=np.eye(3), labels=["?"] * 3, paths=["x/0.png", "x/1.png", "x/2.png"])
    explorer = open_explorer(DataSource(str(tiny_folder)), [strange])
    qtbot.waitUntil(lambda: _problem(explorer, Subject("embeddings", "A")) != "", timeout=LONG)
    assert "strange.npz has the embeddings of other images than those of tiny (first: x/0.png; " in _problem(
        explorer, Subject("embeddings", "A")
    )
    assert explorer.window.panel("map").empty.isVisible()
    assert explorer.session.tasks.all == []
    assert _drop(qtbot, explorer, tmp_path / "another.npz")[1] == "Drop to set another.npz as A."


def test_a_drop_goes_past_the_gallery_and_is_a_of_the_open_data(
    qtbot: QtBot, open_explorer: Open, tiny_folder: Path, catalog: Catalog, tmp_path: Path
) -> None:
    explorer = open_explorer(DataSource(str(tiny_folder)))
    session, wanted = explorer.session, []
    session.file_requested.connect(lambda slot, path: wanted.append((slot, path)))
    path = _write(tmp_path / "theirs.npz", catalog)
    assert not _entered(explorer.window.panel("neighbours"), path)
    assert _drop(qtbot, explorer, path) == (True, "Drop to set theirs.npz as A.")
    assert wanted == [("A", path)]
    hint = explorer.window.findChild(DropHint)
    assert _entered(explorer.window, path, tmp_path / "other.npz")
    qtbot.waitUntil(lambda: hint.text().endswith(", one of 2 files."))


class TestWhatCouldBeUsedStays:
    """A file that cannot be used takes no place; what was chosen for a data set comes back with it."""

    def test_a_wrong_file_leaves_a_as_it_was_also_at_the_next_start(
        self, qtbot: QtBot, open_explorer: Open, tiny_folder: Path, tmp_path: Path, catalog: Catalog
    ) -> None:
        good, wrong = _write(tmp_path / "good.npz", catalog), tmp_path / "wrong.npz"
        np.savez(wrong, embeddings=np.ones((2, 3)), labels=["x", "y"], paths=["nowhere/1", "nowhere/2"])
        explorer = open_explorer(DataSource(str(tiny_folder)), [good])
        qtbot.waitUntil(lambda: _all_there(explorer, "A"), timeout=LONG)
        explorer.session.open_file("A", wrong)
        qtbot.waitUntil(lambda: "A is still good.npz." in _problem(explorer, Subject("embeddings", "A")), timeout=LONG)
        qtbot.waitUntil(lambda: _all_there(explorer, "A"), timeout=LONG)
        assert explorer.session.checkpoint["A"].path == good
        assert [chosen.path for chosen in explorer.session.library.opened] == [good]
        explorer.memory.save()
        again = open_explorer(None)
        qtbot.waitUntil(lambda: again.session.checkpoint["A"] is not None, timeout=LONG)
        assert again.session.checkpoint["A"].path == good

    def test_another_data_set_and_back(
        self, qtbot: QtBot, open_explorer: Open, tiny_folder: Path, tmp_path: Path, catalog: Catalog
    ) -> None:
        good, here = _write(tmp_path / "good.npz", catalog), DataSource(str(tiny_folder))
        explorer = open_explorer(here, [good])
        session = explorer.session
        qtbot.waitUntil(lambda: _all_there(explorer, "A"), timeout=LONG)
        session.set_split("all")
        qtbot.waitUntil(lambda: _all_there(explorer, "A"), timeout=LONG)
        session.set_colouring("correctness")
        session.selection.select([2, 3], query=3)
        other = DataSource(str(shutil.copytree(tiny_folder, tmp_path / "other")))
        session.open_data(other)
        qtbot.waitUntil(lambda: session.source == other)
        assert session.checkpoint["A"] is None and session.selection.rows.tolist() == []
        session.open_data(here)
        qtbot.waitUntil(lambda: session.source == here and _all_there(explorer, "A"), timeout=LONG)
        assert (session.split, session.colouring, session.selection.rows.tolist()) == ("all", "correctness", [2, 3])
        assert session.selection.query == 3 and session.checkpoint["A"].path == good
