"""Quick look in the real window: from a folder without any model to recall, map and neighbours of an image file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.application import Explorer
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS

LONG = 60_000


def test_a_folder_alone_gives_recall_map_and_neighbours(
    qtbot: QtBot, open_explorer: Callable[..., Explorer], tiny_folder: Path, tmp_path: Path
) -> None:
    explorer = open_explorer(DataSource(str(tiny_folder)))
    session, window = explorer.session, explorer.window
    window.show_view("data")
    bar = window.panel("grid").offers
    qtbot.waitUntil(bar.isVisible, timeout=LONG)
    button = bar.buttons["quick-look"]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.focusWidget() is button, "it does not go and come back"
    qtbot.waitUntil(lambda: session.results[EVALUATION]["A"] is not None, timeout=LONG)
    assert session.results[EVALUATION]["A"].recall[1] > 0.5, "eight shapes, each in a colour of its own"
    qtbot.waitUntil(lambda: session.results[MAP]["A"] is not None, timeout=LONG)
    assert window.focusWidget() is bar.map_button and not button.isVisible()
    qtbot.mouseClick(bar.map_button, Qt.MouseButton.LeftButton)
    assert window.panel("map").isVisible() and not bar.isVisibleTo(window.panel("grid"))
    assert not window.panel("map").offers.isVisibleTo(window.panel("map"))
    row = int(session.catalog.rows(session.split)[3])
    copy = tmp_path / "a copy of it.png"
    shutil.copy(session.catalog.path(row), copy)
    session.selection.set_query_image(copy)
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["A"] is not None, timeout=LONG)
    assert session.results[NEIGHBOURS]["A"].rows[0] == row
