from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.comparison import Comparison
from core.data.catalog import texts
from core.data.conditions import Between
from core.data.source import DataSource
from core.projection.projection import Projection
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation, evaluate
from explorer.appearance import theme
from explorer.appearance.item_list import ITEM
from explorer.appearance.metric_label import MetricLabel
from explorer.appearance.widgets import EmptyState
from explorer.panels.recall.class_bars import ClassBars
from explorer.panels.recall.class_table import ClassTable
from explorer.panels.recall.overall import Overall
from explorer.panels.recall.panel import RecallPanel
from explorer.panels.recall.worst_strip import WorstStrip
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.session import Session
from explorer.state.subject import Subject
from tests.explorer.factories import made_checkpoint, set_embeddings
from tests.explorer.panels.recall.conftest import words


@pytest.fixture
def panel(qtbot: QtBot, session: Session, thumbnails: object) -> RecallPanel:
    made = RecallPanel(session, thumbnails)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(1440, 260)
    made.show()
    return made


@pytest.fixture
def table(panel: RecallPanel, session: Session, embeddings: Embeddings, evaluation: Evaluation) -> ClassTable:
    """The panel's table, once checkpoint A is measured."""
    set_embeddings(session, "A", embeddings)
    session.results[EVALUATION].put("A", evaluation)
    return panel.findChild(ClassTable)


def names(table: ClassTable) -> list[str]:
    return [str(table.table.index(row, 0).data()) for row in range(table.table.rowCount())]


def click(qtbot: QtBot, table: ClassTable, name: str) -> QPoint:
    where = table.visualRect(table.table.index(names(table).index(name), 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    return where


def test_says_what_to_do_while_nothing_is_measured(panel: RecallPanel) -> None:
    assert panel.findChild(EmptyState).isVisible()
    assert "The recall of every class" in panel.findChild(EmptyState).sentence
    assert not panel.findChild(ClassTable).isVisible()


def test_says_that_nothing_could_be_measured(panel: RecallPanel, session: Session) -> None:
    session.choose_checkpoint("A", made_checkpoint("first"))
    assert "Measuring recall" in panel.findChild(EmptyState).sentence
    session.problems.set(Subject("embeddings", "A"), "Retrieval needs at least two images; received 1.")
    assert "needs at least two images" in panel.findChild(EmptyState).sentence
    session.problems.clear(Subject("embeddings", "A"))
    assert "Measuring recall" in panel.findChild(EmptyState).sentence


def test_says_why_images_without_classes_have_no_recall(
    panel: RecallPanel, session: Session, embeddings: Embeddings
) -> None:
    without = replace(embeddings, labels=texts([""] * len(embeddings)))
    set_embeddings(session, "A", without)
    session.results[EVALUATION].put("A", evaluate(without))
    assert panel.findChild(EmptyState).isVisible()
    assert "The images shown have no classes" in panel.findChild(EmptyState).sentence


def test_shows_the_evaluation_as_soon_as_it_is_there(panel: RecallPanel, table: ClassTable) -> None:
    assert table.isVisible()
    assert names(table) == ["hat", "a2", "a10", "한복", "single"]
    assert "R@1 70.0" in words(panel.findChild(Overall))


def test_is_empty_again_when_the_checkpoint_changes(panel: RecallPanel, table: ClassTable, session: Session) -> None:
    session.choose_checkpoint("A", None)
    assert panel.findChild(EmptyState).isVisible()


def test_choosing_a_row_focuses_its_class(table: ClassTable, session: Session, qtbot: QtBot) -> None:
    click(qtbot, table, "hat")
    assert session.selection.focus == session.catalog.classes.index("hat")
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert session.selection.focus == session.catalog.classes.index("a2")
    qtbot.keyClick(table, Qt.Key.Key_Escape)
    assert session.selection.focus is None
    assert not table.selectionModel().hasSelection()
    again = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    table.keyPressEvent(again)
    assert not again.isAccepted(), "the window ends what else is in force"


def test_a_class_focused_elsewhere_is_chosen_here(table: ClassTable, session: Session, panel: RecallPanel) -> None:
    session.selection.set_focus(session.catalog.classes.index("a10"))
    assert table.currentIndex().siblingAtColumn(0).data() == "a10"
    assert panel.findChild(WorstStrip).isVisible()
    assert panel.findChild(WorstStrip).model().rowCount() == 3


def test_focus_survives_sorting_and_filtering(table: ClassTable, session: Session, qtbot: QtBot) -> None:
    session.selection.set_focus(session.catalog.classes.index("a10"))
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert table.currentIndex().siblingAtColumn(0).data() == "a10"
    qtbot.keyClicks(table.filter_box, "hat")
    assert not table.currentIndex().isValid()
    table.filter_box.clear()
    assert table.currentIndex().siblingAtColumn(0).data() == "a10"
    assert session.selection.focus == session.catalog.classes.index("a10")


@pytest.mark.parametrize("by_key", [True, False])
def test_opening_a_class_selects_its_images(table: ClassTable, session: Session, qtbot: QtBot, by_key: bool) -> None:
    where = click(qtbot, table, "a2")
    if by_key:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    else:
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.selection.rows.tolist() == [3, 4, 5]


def test_several_classes_are_opened_together(table: ClassTable, session: Session, qtbot: QtBot) -> None:
    click(qtbot, table, "a2")
    last = table.table.rowCount() - 1
    where = table.visualRect(table.table.index(last, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, where)
    other = table.table.class_code(last)
    assert session.selection.focus == other, "the one that was clicked last"
    qtbot.keyClick(table, Qt.Key.Key_Return)
    both = [session.catalog.classes.index("a2"), other]
    assert session.selection.rows.tolist() == session.rows_of_classes(both).tolist() and len(set(both)) == 2
    qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert len(session.selection.rows) > 6


def test_a_worst_query_becomes_the_query(
    table: ClassTable, session: Session, panel: RecallPanel, thumbnails: object, qtbot: QtBot
) -> None:
    session.selection.set_focus(session.catalog.classes.index("a2"))
    strip = panel.findChild(WorstStrip)
    strip.grab()
    assert thumbnails.asked == {3, 4, 5}  # type: ignore[attr-defined]
    where = strip.visualRect(strip.model().index(0, 0)).center()
    qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.selection.query == 5


def compare_in(panel: RecallPanel, session: Session, comparison: Comparison, qtbot: QtBot) -> None:
    """Put a comparison and wait until the panel shows it, which it does in a turn of its own."""
    session.results[COMPARISON].put("B", comparison)
    qtbot.waitUntil(lambda: "R@1 B" in words(panel.findChild(Overall)))


def test_a_comparison_takes_the_place_of_a(
    panel: RecallPanel, table: ClassTable, session: Session, comparison: Comparison, qtbot: QtBot
) -> None:
    compare_in(panel, session, comparison, qtbot)
    assert names(table)[0] == "a10"
    assert "R@1 B" in words(panel.findChild(Overall))
    session.selection.set_focus(0)
    assert not panel.findChild(WorstStrip).isVisible()
    session.choose_checkpoint("B", None)
    qtbot.waitUntil(lambda: "R-precision" in words(panel.findChild(Overall)))


def test_the_chart_and_the_table_agree(table: ClassTable, session: Session, panel: RecallPanel, qtbot: QtBot) -> None:
    chart = panel.findChild(ClassBars)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(5, chart.height() - 5))
    assert table.currentIndex().siblingAtColumn(0).data() == "hat"


def test_a_focused_class_does_not_make_the_panel_higher(
    table: ClassTable, session: Session, panel: RecallPanel, comparison: Comparison, qtbot: QtBot
) -> None:
    heights = [panel.minimumSizeHint().height()]
    session.selection.set_focus(session.catalog.classes.index("a2"))
    heights.append(panel.minimumSizeHint().height())
    compare_in(panel, session, comparison, qtbot)
    heights.append(panel.minimumSizeHint().height())
    assert len(set(heights)) == 1


def test_figures_are_whole_above_the_worst_queries_of_a_low_panel(
    table: ClassTable, panel: RecallPanel, session: Session, qtbot: QtBot
) -> None:
    """As it is in a window of 1100 x 700."""
    panel.resize(1092, 160)
    session.selection.set_focus(session.catalog.classes.index("hat"))
    assert panel.findChild(WorstStrip).isVisible()
    figures = [figure for figure in panel.findChildren(MetricLabel) if figure.isVisible()]
    qtbot.waitUntil(lambda: all(figure.height() >= figure.sizeHint().height() for figure in figures))


def test_minor_recalls_leave_a_narrow_table(table: ClassTable, panel: RecallPanel, qtbot: QtBot) -> None:
    assert not table.isColumnHidden(3)
    panel.resize(1000, 220)
    qtbot.waitUntil(lambda: table.isColumnHidden(3))
    assert [table.isColumnHidden(column) for column in range(8)] == [
        False, False, False, True, False, True, False, False,
    ]  # fmt: skip


def test_the_filter_says_what_there_is_room_for(table: ClassTable, panel: RecallPanel) -> None:
    said = set()
    for width in range(900, 1500, 7):
        panel.resize(width, 220)
        field = table.filter_box
        if field.isVisible():
            words = field.placeholderText()
            said.add(words)
            assert field.fontMetrics().horizontalAdvance(words) + 22 <= field.width(), words
    assert {"Filter 5 classes", "Filter 5"} <= said


@pytest.mark.parametrize("name", ["dark", "light"])
def test_is_drawn_in_both_themes(
    table: ClassTable,
    panel: RecallPanel,
    session: Session,
    comparison: Comparison,
    qapp: QApplication,
    qtbot: QtBot,
    name: str,
) -> None:
    theme.apply(qapp, name)  # type: ignore[arg-type]
    session.selection.set_focus(0)
    wanted = theme.current()
    assert {wanted.panel, wanted.right, wanted.selection} <= colours_of(panel)
    compare_in(panel, session, comparison, qtbot)
    assert {wanted.accent, wanted.second, wanted.wrong} <= colours_of(panel)


def colours_of(panel: RecallPanel) -> set[str]:
    image = panel.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32)
    return {f"#{colour & 0xFFFFFF:06x}" for colour in np.unique(pixels).tolist()}


def copied(panel: RecallPanel, what: str, written_as: str) -> str:
    menu = next(
        action.menu()
        for action in panel.findChild(Overall).menu.actions()
        if action.menu() is not None and what in action.text()
    )
    next(action for action in menu.actions() if action.text() == written_as).trigger()
    return QApplication.clipboard().text()


def test_the_figures_are_copied_for_a_paper(panel: RecallPanel, table: ClassTable, session: Session) -> None:
    session.checkpoint.put("A", made_checkpoint("best_one"))
    lines = copied(panel, "measures", "Markdown").splitlines()
    assert lines[0].startswith("leave-one-out, cosine similarity, 10 queries")
    assert lines[0].endswith("mean over queries")
    assert lines[2] == "| checkpoint | R@1 | R@4 | MAP@R | R-precision |"
    assert lines[4].startswith(r"| best\_one | 70.0 | ")
    assert r"best\_one & 70.0 & " in copied(panel, "measures", "LaTeX (booktabs)")


def test_the_classes_are_copied_as_they_are_shown(panel: RecallPanel, table: ClassTable) -> None:
    table.filter_box.setText("a")
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    lines = copied(panel, "classes", "CSV").splitlines()
    assert lines[0].startswith("Class,Images,R@1,R@2,R@4,R@8,MAP@R,Most confused with,")
    assert [line.split(",")[0] for line in lines[1:]] == names(table) == ["hat", "a10", "a2"]


def test_a_comparison_is_copied_with_its_intervals(
    panel: RecallPanel, table: ClassTable, session: Session, comparison: Comparison, qtbot: QtBot
) -> None:
    compare_in(panel, session, comparison, qtbot)
    text = copied(panel, "measures", "plain text")
    assert "B − A" in text and "-10.0 [-54.5, 27.3]" in text
    row = next(line for line in copied(panel, "classes", "Markdown").splitlines() if line.startswith("| a2 "))
    assert row == "| a2 | 3 | 66.7 | 100.0 | 33.3 [0.0, 100.0] |"


def test_sorting_shows_the_worst_though_another_class_is_focused(
    table: ClassTable, session: Session, panel: RecallPanel
) -> None:
    panel.resize(900, 150)
    session.selection.set_focus(session.catalog.classes.index("hat"))
    table.sortByColumn(table.table.sorted_by[0], Qt.SortOrder.DescendingOrder)
    assert names(table)[-1] in ("hat", "single") and table.verticalScrollBar().value() == 0
    assert table.currentIndex().isValid(), "the focused class stays chosen"


def test_a_collapse_is_said_beside_the_figures_of_a_comparison(
    panel: RecallPanel, session: Session, comparison: Comparison, qtbot: QtBot
) -> None:
    compare_in(panel, session, comparison, qtbot)
    session.checkpoint.put("B", made_checkpoint("second"))
    told = "collapsed: all 11 vectors are equal"
    for slot in ("A", "B"):
        session.results[MAP].put(slot, Projection(np.zeros((2, 2), np.float32), "pca", {"collapsed": told}))
    overall = panel.findChild(Overall)
    assert f"⚠ A and B {told}" in words(overall)
    # As low as it is in a window of 1100 x 700.
    panel.resize(1092, 160)
    qtbot.waitUntil(lambda: not panel.findChild(ClassBars).isVisible())
    figures = [figure for figure in overall.findChildren(MetricLabel) if figure.isVisible()]
    qtbot.waitUntil(lambda: all(figure.height() >= figure.sizeHint().height() for figure in figures))
    panel.resize(1440, 260)
    qtbot.waitUntil(panel.findChild(ClassBars).isVisible)


def test_known_classes_and_images_left_out_are_said_where_the_figures_stand(
    panel: RecallPanel, session: Session, embeddings: Embeddings
) -> None:
    overall = panel.findChild(Overall)
    assert "Closed set" not in words(overall) and "left out" not in words(overall)
    catalog = session.catalog
    splits = catalog.splits.copy()
    splits[:2] = "train"
    catalog = replace(catalog, splits=splits)
    session.set_catalog(DataSource("shapes"), catalog, "all")
    fewer = embeddings.part(np.arange(1, len(embeddings)))
    set_embeddings(session, "A", fewer)
    session.results[EVALUATION].put("A", evaluate(fewer))
    assert "⚠ Closed set: train and test share 1 of 5 classes · " in words(overall)
    assert f"1 of {len(catalog)} images left out: no embedding" in words(overall)
    assert f"all {len(catalog)} images: train 2, test {len(catalog) - 2}" in words(overall)


def test_classes_that_are_left_out_are_told(table: ClassTable, session: Session, qtbot: QtBot) -> None:
    qtbot.keyClicks(table.filter_box, "a1")
    (hiding,) = session.panel_filters.all
    assert (hiding.title, hiding.words) == ("Recall", "classes with “a1”")
    hiding.end()
    assert session.panel_filters.all == () and "hat" in names(table)


def test_a_filter_hides_worst_queries_and_keeps_the_figures(
    table: ClassTable, session: Session, panel: RecallPanel
) -> None:
    session.selection.set_focus(session.catalog.classes.index("a10"))
    before = [table.model().index(row, column).data() for row in range(5) for column in range(5)]
    strip = panel.findChild(WorstStrip)
    hidden = strip.model().index(0, 0).data(ITEM).row
    session.filter.set_conditions([Between("first hit", low=2)])
    assert [table.model().index(row, column).data() for row in range(5) for column in range(5)] == before
    assert strip.model().rowCount() < 3 and (strip.model().rowCount() or not strip.isVisible())
    session.filter.clear()
    assert strip.model().index(0, 0).data(ITEM).row == hidden
