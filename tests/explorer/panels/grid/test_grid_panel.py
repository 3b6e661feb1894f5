"""The grid panel with a session: what it shows of it, and what it asks of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog, texts
from core.data.source import DataSource
from explorer.image_grid.grid import ImageGrid
from explorer.jobs.runner import JobRunner
from explorer.panels.grid.panel import GridPanel
from explorer.session import Session
from explorer.thumbnails import ThumbnailStore
from tests.explorer.factories import made_catalog

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Fifteen pictures in three classes; the discs are for training."""
    made = made_catalog(root=tmp_path / "pictures")
    for row in range(len(made)):
        made.path(row).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 32), (200, 10 * row, 50)).save(made.path(row))
    splits = texts(["train"] * 5 + ["test"] * 10)
    colours = texts([f"c{row}" for row in range(15)])
    return Catalog(
        made.name, made.root, made.paths, made.labels, splits, made.roles, made.stamps, attributes={"colour": colours}
    )


@pytest.fixture
def thumbnails(qtbot: QtBot, tmp_path: Path) -> ThumbnailStore:
    made = ThumbnailStore(tmp_path / "workspace")
    yield made
    made.shutdown()


@pytest.fixture
def panel(qtbot: QtBot, session: Session, thumbnails: ThumbnailStore, runner: JobRunner) -> GridPanel:
    made = GridPanel(session, thumbnails, runner)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def opened(panel: GridPanel, session: Session, thumbnails: ThumbnailStore, catalog: Catalog, qtbot: QtBot) -> GridPanel:
    thumbnails.set_catalog(catalog)
    session.set_catalog(DataSource("shapes"), catalog, "all")
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not thumbnails.busy)
    return panel


def titles(panel: GridPanel) -> list[tuple[str, int, str]]:
    return [(group.title, len(group.rows), group.note) for group in panel.grid.groups]


def click(grid: ImageGrid, group: int, place: int) -> None:
    x, y = grid.layout_now.corner(group, place)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(x + 9, y + 9 - grid.top))


def test_images_of_the_shown_split_stand_by_class(opened: GridPanel, session: Session) -> None:
    assert titles(opened) == [("disc", 5, "train"), ("ring", 5, "test"), ("square", 5, "test")]
    session.set_split("test")
    assert titles(opened) == [("ring", 5, "test"), ("square", 5, "test")]
    x, y = opened.grid.layout_now.corner(0, 2)
    pixel = opened.grid.viewport().grab().toImage().pixelColor(x + 40, y + 40)
    assert pixel.getRgb()[:3] == (200, 70, 50), "the picture of row 7"


def test_one_selection_is_seen_and_made_here(opened: GridPanel, session: Session) -> None:
    click(opened.grid, 1, 2)
    assert session.selection.rows.tolist() == [7] and session.selection.query is None
    opened.grid.setFocus()
    QTest.keyClick(opened.grid, Qt.Key.Key_Return)
    assert session.selection.query == 7
    top = opened.grid.top
    session.selection.select([14], query=14)
    assert opened.grid.top == top, "nothing moves under the pointer"
    assert opened.grid.current == 7
