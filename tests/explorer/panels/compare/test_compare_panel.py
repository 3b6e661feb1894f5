from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from core.comparison import Comparison
from core.data.catalog import texts
from core.data.columns import NumberColumn
from core.data.conditions import Between
from core.models.checkpoint_files import CheckpointInfo
from core.projection.projection import Projection
from explorer.appearance import theme
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.metric_label import MetricLabel
from explorer.appearance.plain import Label
from explorer.appearance.widgets import EmptyState
from explorer.panels.compare.panel import ComparePanel
from explorer.panels.compare.query_view import QueryView
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON
from explorer.session import Session


@pytest.fixture
def panel(qtbot: QtBot, session: Session, thumbnails: object) -> ComparePanel:
    made = ComparePanel(session, thumbnails)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(1440, 260)
    made.show()
    return made


@pytest.fixture
def lists(panel: ComparePanel, session: Session, comparison: Comparison) -> tuple[QueryView, QueryView]:
    """The fixed and the broken list, once both sides are compared."""
    session.results[COMPARISON].put("B", comparison)
    return panel.findChild(QueryView, "fixedQueries"), panel.findChild(QueryView, "brokenQueries")


def headings(lists: tuple[QueryView, QueryView]) -> list[str]:
    return [view.heading.text() for view in lists]


def click(qtbot: QtBot, view: QueryView, place: int) -> None:
    where = view.cards.visualRect(view.cards.model().index(place, 0)).center()
    qtbot.mouseClick(view.cards.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_says_what_to_do_without_b(panel: ComparePanel) -> None:
    assert panel.findChild(EmptyState).isVisible()
    assert panel.findChild(EmptyState).sentence.startswith("Nothing compared yet Which queries B gets right")
    assert panel.windowTitle() == "Compare"


def test_says_that_a_is_missing_or_that_work_goes_on(panel: ComparePanel, session: Session) -> None:
    some = object.__new__(CheckpointInfo)
    session.choose_checkpoint("B", some)
    assert "Nothing compared yet" in panel.findChild(EmptyState).sentence
    session.choose_checkpoint("B", None)
    session.choose_checkpoint("A", some)
    assert "No second checkpoint" in panel.findChild(EmptyState).sentence
    session.choose_checkpoint("B", some)
    assert "Comparing A and B" in panel.findChild(EmptyState).sentence


def test_lists_and_figures(panel: ComparePanel, session: Session, comparison: Comparison) -> None:
    session.results[COMPARISON].put("B", comparison)
    assert panel.windowTitle() == "Compare (1 fixed, 2 broken)"
    assert {view.heading.text() for view in panel.findChildren(QueryView)} == {"Fixed 1", "Broken 2"}
    figures = {figure.accessibleName() for figure in panel.findChildren(MetricLabel)}
    assert figures == {
        "R@1 A [0.0, 100.0] 62.5", "R@1 B [0.0, 100.0] 50.0", "B − A [−66.7, +33.3] −12.5",
        "Overlap of the 10 nearest, A and B 100 %",
    }  # fmt: skip


def test_a_collapse_is_said_where_the_figures_stand(
    panel: ComparePanel, session: Session, comparison: Comparison
) -> None:
    session.results[COMPARISON].put("B", comparison)
    places = np.zeros((2, 2), np.float32)
    told = "collapsed: all 8 vectors are equal"
    session.results[MAP].put("B", Projection(places, "pca", {"collapsed": told}))
    label = panel.findChild(ElidedLabel)
    assert label.text().startswith(f"⚠ B {told}") and label.isVisible()
    session.results[MAP].put("A", Projection(places, "pca", {"collapsed": told}))
    assert label.text().startswith(f"⚠ A and B {told}")


def test_cards_are_as_wide_as_the_grid_of_their_list(lists: tuple[QueryView, QueryView], qtbot: QtBot) -> None:
    cards = lists[1].cards
    qtbot.waitUntil(lambda: cards.gridSize().width() > 0)
    assert cards.visualRect(cards.model().index(0, 0)).width() == cards.gridSize().width()


def test_the_images_that_the_figures_rest_on_are_said_beside_them(
    panel: ComparePanel, session: Session, comparison: Comparison
) -> None:
    catalog = session.catalog
    assert catalog is not None
    splits = texts(["train"] * 2 + ["test"] * (len(catalog) - 2))
    report = replace(catalog.report, split_rule="The first class is train.")
    session.catalog, session.split = replace(catalog, splits=splits, report=report), "test"
    session.results[COMPARISON].put("B", comparison)
    shown = f"test: {len(catalog) - 2} of {len(catalog)} images, divided by class"
    label = next(each for each in panel.findChildren(Label) if each.text() == shown)
    assert label.isVisible() and label.toolTip() == f"{shown}\nThe first class is train."


def test_counts_end_with_the_comparison(
    panel: ComparePanel, lists: tuple[QueryView, QueryView], session: Session
) -> None:
    session.choose_checkpoint("B", None)
    assert panel.windowTitle() == "Compare"
    assert panel.findChild(EmptyState).isVisible()


def test_a_click_asks_for_the_query(lists: tuple[QueryView, QueryView], session: Session, qtbot: QtBot) -> None:
    click(qtbot, lists[1], 1)
    assert session.selection.query == 3
    qtbot.keyClick(lists[1].cards, Qt.Key.Key_Left)
    assert session.selection.query == 2


def test_several_queries_are_selected(lists: tuple[QueryView, QueryView], session: Session, qtbot: QtBot) -> None:
    click(qtbot, lists[1], 0)
    assert not len(session.selection.rows), "one is asked about"
    qtbot.keyClick(lists[1].cards, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.rows.tolist() == sorted(lists[1].queries.rows.tolist()) == [2, 3]
    assert session.selection.query == 2


def test_a_query_chosen_elsewhere_is_marked_and_asked_once(
    lists: tuple[QueryView, QueryView], session: Session, qtbot: QtBot
) -> None:
    asked: list[int | None] = []
    session.selection.query_changed.connect(lambda: asked.append(session.selection.query))
    session.selection.set_query(7)
    assert lists[0].cards.currentIndex().row() == 0
    assert not lists[1].cards.currentIndex().isValid()
    session.selection.set_query(3)
    assert not lists[0].cards.currentIndex().isValid()
    assert not lists[0].cards.selectionModel().hasSelection()
    assert lists[1].cards.currentIndex().row() == 1
    assert asked == [7, 3]


def test_a_focused_class_filters_both_lists_until_asked_otherwise(
    panel: ComparePanel, lists: tuple[QueryView, QueryView], session: Session, qtbot: QtBot
) -> None:
    only = panel.findChild(QPushButton, "showAllClasses")
    assert not only.isVisible()
    session.selection.set_focus(session.catalog.classes.index("shirt"))
    assert headings(lists) == ["Fixed 1", "Broken 0 of 2"]
    assert only.isVisible()
    assert only.text() == "Only shirt"
    qtbot.mouseClick(only, Qt.MouseButton.LeftButton)
    assert session.selection.focus is None
    assert headings(lists) == ["Fixed 1", "Broken 2"]


def test_everything_stands_inside_of_a_narrow_panel(
    panel: ComparePanel, lists: tuple[QueryView, QueryView], session: Session, qtbot: QtBot
) -> None:
    name = "a class with a name as long as any"
    classes = [name if label == "shirt" else label for label in session.catalog.labels]
    session.catalog = replace(session.catalog, labels=texts(classes))
    session.selection.set_focus(session.catalog.classes.index(name))
    panel.resize(1090, 190)
    QApplication.processEvents()
    assert panel.minimumSizeHint().width() <= 1090
    only = panel.findChild(QPushButton, "showAllClasses")
    assert only.isVisible() and only.visibleRegion().boundingRect() == only.rect()
    for figure in panel.findChildren(MetricLabel):
        assert figure.visibleRegion().boundingRect() == figure.rect()
        assert figure.width() == figure.sizeHint().width() or "Overlap" in figure.accessibleName()
    overlap = next(each for each in panel.findChildren(MetricLabel) if "Overlap" in each.accessibleName())
    panel.resize(860, 190)
    QApplication.processEvents()
    assert overlap.minimumSizeHint().width() <= overlap.width() < overlap.sizeHint().width(), "its caption gives way"


def test_only_thumbnails_on_the_screen_are_asked_for(
    lists: tuple[QueryView, QueryView], session: Session, comparison: Comparison, thumbnails: object
) -> None:
    session.results[COMPARISON].put("B", replace(comparison, fixed=np.repeat(comparison.fixed, 5_000)))
    thumbnails.asked.clear()  # type: ignore[attr-defined]
    lists[0].grab()
    assert 3 <= len(thumbnails.asked) < 60  # type: ignore[attr-defined]
    assert set(thumbnails.asked) == {7, 8, 6}  # type: ignore[attr-defined]


def test_a_picture_that_arrives_late_is_drawn(
    lists: tuple[QueryView, QueryView], thumbnails: object, qtbot: QtBot
) -> None:
    lists[0].grab()
    thumbnails.asked.clear()  # type: ignore[attr-defined]
    thumbnails.ready.emit(7)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: 7 in thumbnails.asked)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["dark", "light"])
def test_is_drawn_in_both_themes(
    lists: tuple[QueryView, QueryView], panel: ComparePanel, qapp: QApplication, name: str
) -> None:
    theme.apply(qapp, name)  # type: ignore[arg-type]
    image = lists[0].grab().toImage()
    drawn = {image.pixelColor(x, y).name() for y in range(20, 100) for x in range(240)}
    assert {theme.current().panel, theme.current().right, theme.current().wrong} <= drawn


def test_a_filter_hides_queries_and_says_of_how_many(
    panel: ComparePanel, session: Session, lists: tuple[QueryView, QueryView], comparison: Comparison
) -> None:
    mask = np.ones(len(session.catalog), bool)
    mask[comparison.broken[0]] = False
    session.columns.set_measured("B", (NumberColumn("of a test", np.where(mask, 1.0, 0.0)),))
    session.filter.put(Between("of a test", low=1))
    assert headings(lists) == ["Fixed 1", "Broken 1 of 2"]
    assert panel.windowTitle() == "Compare (1 fixed, 2 broken)"
