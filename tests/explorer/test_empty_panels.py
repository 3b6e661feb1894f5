"""Whatever has nothing to show says what it will show, and its button gets it: in the window, as a user presses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.models.checkpoint_files import CheckpointInfo
from core.training.run_directory import RunSummary
from explorer.appearance.widgets import EmptyState
from explorer.application import Explorer
from explorer.opening.dialog import OpenDialog
from explorer.settings import Settings
from tests.explorer.factories import made_catalog, made_checkpoint

NEED_A_MODEL = ("map", "neighbours", "recall", "compare")
SHAPES = DataSource("/data/shapes")


@pytest.fixture
def explorer(qtbot: QtBot, workspace: Path, tmp_path: Path) -> Iterator[Explorer]:
    """A window with nothing open."""
    made = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    made.window.show()
    qtbot.waitExposed(made.window)
    yield made
    made.shutdown()
    made.window.deleteLater()


def shown(explorer: Explorer, name: str) -> tuple[str, QPushButton]:
    """What a panel without anything says, and its button."""
    explorer.window.show_panel(name)
    QApplication.processEvents()
    empty = next(each for each in explorer.window.panel(name).findChildren(EmptyState) if each.isVisible())
    offered = empty.findChild(QPushButton)
    assert offered.isVisible() and offered.isEnabled() and len(empty.sentence) > 40
    return empty.sentence, offered


@pytest.mark.parametrize("name", ["neighbours", "recall", "compare", "training"])
def test_without_data_it_offers_to_open_some(qtbot: QtBot, explorer: Explorer, name: str) -> None:
    sentence, offered = shown(explorer, name)
    assert offered.text().startswith("Open") and "checkpoint yet" not in sentence
    qtbot.mouseClick(offered, Qt.MouseButton.LeftButton)
    assert explorer.window.findChild(OpenDialog).isVisible()


@pytest.mark.parametrize("is_trained", [False, True])
@pytest.mark.parametrize("name", NEED_A_MODEL)
def test_without_a_model_it_offers_one(qtbot: QtBot, explorer: Explorer, name: str, is_trained: bool) -> None:
    session, best = explorer.session, made_checkpoint("best", recall=0.5)
    session.set_catalog(SHAPES, made_catalog(), "all")
    session.runs.set_all([_run(best)] if is_trained else [])
    explorer.window.show_view("explore")
    if name == "map":
        offers = explorer.window.panel("map").offers
        assert offers.isVisible() and explorer.window.panel("map").empty.findChild(QPushButton).isHidden()
        offers.more.menu().actions()[-1].trigger()
        assert not offers.isVisible(), "put away: the button takes its place"
    _, offered = shown(explorer, name)
    assert offered.text() == ("Set the newest run's best as A" if is_trained else "Quick look")
    qtbot.mouseClick(offered, Qt.MouseButton.LeftButton)
    assert session.checkpoint["A"] == (best if is_trained else session.library.quick_look)


def _run(checkpoint: CheckpointInfo) -> RunSummary:
    """A finished run on the open data."""
    return RunSummary(Path("run"), "run", "finished", "", 1, 1, 1, data=SHAPES, checkpoints=(checkpoint,))


def test_a_view_without_b_offers_the_choice_of_one(qtbot: QtBot, explorer: Explorer) -> None:
    session = explorer.session
    session.set_catalog(SHAPES, made_catalog(), "all")
    session.choose_checkpoint("A", made_checkpoint("first"))
    explorer.window.show_view("compare")
    _, offered = shown(explorer, "compare")
    qtbot.mouseClick(offered, Qt.MouseButton.LeftButton)
    menu = QApplication.activePopupWidget()
    assert "Open checkpoint…" in [action.text() for action in menu.actions()]
    menu.close()
