"""The selection tray, used as a person does, with a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog
from core.data.source import DataSource
from explorer.jobs.runner import JobRunner
from explorer.panels.selection.class_lines import FOLDED, LINE, MOST_LINES
from explorer.panels.selection.panel import SelectionPanel
from explorer.preview import Preview
from explorer.session import Session
from explorer.thumbnails import ThumbnailStore
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

NONE, CONTROL, SHIFT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("No", "Control", "Shift"))
LEFT = Qt.MouseButton.LeftButton
PICKED = [0, 1, 5, 6, 7, 12]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return made_catalog(root=tmp_path)


@pytest.fixture
def brought() -> list[str]:
    return []


@pytest.fixture
def panel(
    qtbot: QtBot, session: Session, runner: JobRunner, catalog: Catalog, tmp_path: Path, brought: list[str]
) -> Iterator[SelectionPanel]:
    thumbnails = ThumbnailStore(tmp_path / "workspace")
    made = SelectionPanel(session, thumbnails, runner, brought.append)
    qtbot.addWidget(made)
    made.resize(400, 600)
    made.show()
    qtbot.waitExposed(made)
    session.set_catalog(DataSource("shapes"), catalog, "all")
    yield made
    thumbnails.shutdown()


@pytest.fixture
def filled(panel: SelectionPanel, session: Session) -> SelectionPanel:
    session.selection.select(PICKED)
    QApplication.processEvents()
    return panel


def lines(panel: SelectionPanel) -> list[str]:
    model = panel.lines.lines
    return [f"{model.index(row).data()} {model.count_words(row)}" for row in range(model.rowCount())]


def click_line(panel: SelectionPanel, row: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(panel.lines.view.viewport(), LEFT, modifiers, QPoint(40, row * LINE + LINE // 2))


def spot(panel: SelectionPanel, place: int) -> QPoint:
    x, y = panel.grid.layout_now.corner(0, place)
    return QPoint(x + 9, y + 9 - panel.grid.top)


def click(panel: SelectionPanel, place: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(panel.grid.viewport(), LEFT, modifiers, spot(panel, place))


def test_before_anything_is_selected_it_says_how(panel: SelectionPanel, session: Session) -> None:
    assert panel.empty.isVisible() and "Ctrl+A" in panel.empty.sentence and panel.windowTitle() == "Selection"
    session.selection.select([3], query=3)
    assert panel.empty.isVisible(), "a click asks what an image retrieves; that is no selection"
    session.selection.set_query(7)
    assert not panel.empty.isVisible() and panel.windowTitle() == "Selection 1"


def test_it_shows_the_selection_counted_and_as_pictures(filled: SelectionPanel, session: Session) -> None:
    assert filled.windowTitle() == "Selection 6"
    assert lines(filled) == ["ring 3 of 5", "disc 2 of 5", "square 1 of 5"]
    assert filled.grid.rows_in_view == [5, 6, 7, 0, 1, 12], "by class, as the lines stand"
    assert filled._summary.text() == "6 images of 3 classes" and filled.lines.more.isHidden()
    session.selection.select([])
    assert filled.empty.isVisible() and filled.windowTitle() == "Selection"


def test_pictures_are_marked_without_losing_the_selection(filled: SelectionPanel, session: Session) -> None:
    click(filled, 1)
    assert filled.marked.tolist() == [6] and session.selection.rows.tolist() == PICKED
    click(filled, 3, SHIFT)
    assert filled.marked.tolist() == [0, 6, 7]
    click(filled, 5, CONTROL)
    assert filled.marked.tolist() == [0, 6, 7, 12] and filled._foot.text() == "4 marked"
    QTest.keyClick(filled.grid, Qt.Key.Key_A, CONTROL)
    assert filled.marked.tolist() == PICKED == session.selection.rows.tolist()


def test_delete_takes_what_is_marked_out_and_undo_brings_it_back(filled: SelectionPanel, session: Session) -> None:
    click(filled, 0)
    QTest.keyClick(filled.grid, Qt.Key.Key_Delete)
    assert session.selection.rows.tolist() == [0, 1, 6, 7, 12] and not len(filled.marked)
    QTest.keyClick(filled.grid, Qt.Key.Key_Delete)
    assert len(session.selection.rows) == 5, "nothing is marked"
    session.steps.undo()
    assert session.selection.rows.tolist() == PICKED
    click(filled, 0)
    click(filled, 2, SHIFT)
    QTest.mouseClick(filled.keep, LEFT)
    assert session.selection.rows.tolist() == [5, 6, 7]


def test_a_picture_becomes_the_query_and_the_selection_stays(
    filled: SelectionPanel, session: Session, catalog: Catalog, brought: list[str]
) -> None:
    session.choose_checkpoint("A", made_checkpoint("network"))
    set_embeddings(session, "A", made_embeddings(catalog, 1))
    click(filled, 1)
    QTest.keyClick(filled.grid, Qt.Key.Key_Return)
    assert session.selection.query == 6 and brought == ["neighbours"]
    QTest.mouseDClick(filled.grid.viewport(), LEFT, NONE, spot(filled, 3))
    assert session.selection.query == 0 and session.selection.rows.tolist() == PICKED
    QTest.keyClick(filled.grid, Qt.Key.Key_Space)
    preview = filled.findChild(Preview)
    assert preview.isVisible() and "ring/1.png" in preview.caption, "where the keys are"


def test_a_class_marks_its_pictures_and_comes_into_focus(filled: SelectionPanel, session: Session) -> None:
    click_line(filled, 1)
    assert filled.marked.tolist() == [0, 1] and session.selection.focus == 0 and filled.grid.current == 0
    click_line(filled, 2, CONTROL)
    assert filled.marked.tolist() == [0, 1, 12] and session.selection.focus is None, "two are no focus"
    click_line(filled, 0)
    click_line(filled, 2, SHIFT)
    assert filled.marked.tolist() == PICKED
    click(filled, 4)
    assert not len(filled.lines.chosen_codes) and filled.marked.tolist() == [1], "one choice at a time"
    click_line(filled, 0)
    QTest.keyClick(filled.lines.view, Qt.Key.Key_Return)
    assert session.selection.rows.tolist() == [5, 6, 7]
    session.steps.undo()
    click_line(filled, 1)
    QTest.keyClick(filled.lines.view, Qt.Key.Key_Delete)
    assert session.selection.rows.tolist() == [5, 6, 7, 12], "its pictures are marked"


def test_only_the_selection_is_shown_by_a_filter(filled: SelectionPanel, session: Session) -> None:
    QTest.mouseClick(filled.show_only, LEFT)
    assert np.flatnonzero(session.filter.mask).tolist() == PICKED
    assert filled.show_only.text() == "Show others again"
    session.selection.select([0, 1, 2])
    assert filled._summary.text() == "3 images of 1 class, 1 hidden by the filter"
    QTest.mouseClick(filled.show_only, LEFT)
    assert np.flatnonzero(session.filter.mask).tolist() == [0, 1, 2], "one such filter, not two that leave nothing"
    QTest.mouseClick(filled.show_only, LEFT)
    assert session.filter.mask is None


def test_of_ten_thousand_classes_the_first_are_listed(panel: SelectionPanel, session: Session, qtbot: QtBot) -> None:
    many = made_catalog(tuple(f"class {number}" for number in range(10_000)), images=1)
    session.set_catalog(DataSource("many"), many, "all")
    session.selection.select(np.arange(10_000))
    assert panel.lines.lines.rowCount() == FOLDED and panel.lines.more.text() == "9,994 more classes"
    QTest.mouseClick(panel.lines.more, LEFT)
    assert panel.lines.lines.rowCount() == 10_000 and panel.lines.view.height() == MOST_LINES * LINE
    QTest.mouseClick(panel.lines.more, LEFT)
    assert panel.lines.lines.rowCount() == FOLDED
    panel.resize(300, 360)
    assert panel.lines.lines.rowCount() == 3 and panel.lines.more.text() == "9,997 more classes"
    QApplication.processEvents()
    assert panel.grid.height() > panel.lines.height(), "in little room the pictures have most of it"


def test_behind_another_tab_nothing_is_counted(filled: SelectionPanel, session: Session) -> None:
    filled.hide()
    session.selection.select([2, 3])
    assert filled.windowTitle() == "Selection 2" and len(filled.lines.lines.counts) == 3
    filled.show()
    assert lines(filled) == ["disc 2 of 5"] and filled.grid.rows_in_view == [2, 3]
