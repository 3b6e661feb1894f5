"""A dropped image file, searched with a real checkpoint by a real child."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from core import paths
from core.data.source import DataSource
from core.models.checkpoint_files import list_checkpoints
from explorer.appearance.widgets import ProblemStrip
from explorer.application import Explorer
from explorer.results.neighbours import NEIGHBOURS

LONG = 90_000


def _drop(explorer: Explorer, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    explorer.window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))


def test_a_dropped_image_finds_itself_and_the_next_one_too(
    qtbot: QtBot, open_explorer: Callable[..., Explorer], tiny_folder: Path, tmp_path: Path
) -> None:
    checkpoint = list_checkpoints(paths.RESOURCES / "demo")[-1].path
    explorer = open_explorer(DataSource(str(tiny_folder)), [checkpoint])
    session, gallery = explorer.session, explorer.window.panel("neighbours")
    copies = []
    for row in session.catalog.rows("test")[[2, 9]].tolist():
        copies.append((row, tmp_path / f"copy of {row}.png"))
        shutil.copy(session.catalog.path(row), copies[-1][1])

    for row, copy in copies:
        _drop(explorer, copy)
        qtbot.waitUntil(
            lambda copy=copy: session.selection.query_image == copy and session.results[NEIGHBOURS]["A"] is not None,
            timeout=LONG,
        )
        assert session.selection.query is None
        nearest = gallery.results("A")[0]
        assert nearest.row == row
        assert nearest.similarity == pytest.approx(1, abs=1e-5)

    page = tmp_path / "page.jpg"
    page.write_text("<html>not found</html>")
    _drop(explorer, page)
    strip = gallery.findChild(ProblemStrip)
    qtbot.waitUntil(lambda: strip.isVisible() and "page.jpg" in strip.sentence, timeout=LONG)
    assert gallery.results("A") == []
