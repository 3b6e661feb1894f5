"""The columns panel: what the images can be told apart by, and filtering, colouring, grouping and selecting by it."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractItemView, QMenu
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog, texts
from core.data.columns import TextColumn
from core.data.conditions import OneOf
from core.data.source import DataSource
from explorer.appearance.colouring import class_palette
from explorer.column_words import title_of
from explorer.jobs.runner import JobRunner
from explorer.panels.columns.class_table import COLOUR_ROLE, IMAGES, NAME, ClassCounts, ClassTableModel
from explorer.panels.columns.column_facts import ColumnFacts
from explorer.panels.columns.column_table import USED
from explorer.panels.columns.panel import ColumnsPanel
from explorer.session import Session
from explorer.value_list import ValueList
from tests.explorer.factories import made_catalog

LEFT = Qt.MouseButton.LeftButton
SPLITS = ["train"] * 6 + ["test"] * 9


def with_attributes() -> Catalog:
    brands = ["acme", "zeta", "", "acme", "zeta"] * 3
    attributes = {"brand": texts(brands), "price": texts([str(n) for n in range(15)])}
    return dataclasses.replace(made_catalog(), attributes=attributes, splits=texts(SPLITS))


@pytest.fixture
def panel(qtbot: QtBot, session: Session, runner: JobRunner) -> ColumnsPanel:
    panel = ColumnsPanel(session, runner)
    qtbot.addWidget(panel)
    panel.resize(420, 800)
    panel.show()
    return panel


@pytest.fixture
def opened(session: Session, panel: ColumnsPanel) -> Session:
    session.set_catalog(DataSource("shapes"), with_attributes(), "all")
    return session


def rows_of(view: QAbstractItemView) -> list[list[str]]:
    model = view.model()
    return [[model.index(row, at).data() for at in range(model.columnCount())] for row in range(model.rowCount())]


def click(qtbot: QtBot, view: QAbstractItemView, row: int, column: int = 0, with_control: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.ControlModifier if with_control else Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(view.viewport(), LEFT, modifiers, pos=view.visualRect(view.model().index(row, column)).center())


def test_without_data_it_says_what_will_be_here(panel: ColumnsPanel) -> None:
    assert not panel.columns.isVisible() and panel.isVisible()


def test_every_column_is_told(opened: Session, panel: ColumnsPanel) -> None:
    assert rows_of(panel.columns) == [
        ["class", "text", "3", "", "colour, group"],
        ["split", "text", "2", "", "⋯"],
        ["brand", "text", "2", "3", "⋯"],
        ["price", "number", "15", "", "⋯"],
    ]
    tip = panel.columns.table.index(2, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "brand\ntext, 2 values\nacme  6\nzeta  6\n3 missing"
    QAbstractItemModelTester(panel.columns.table, QAbstractItemModelTester.FailureReportingMode.Fatal)


def test_examples_of_long_texts_are_short() -> None:
    captions = [f"{'a long caption ' * 9}\n{number}" for number in range(9)]
    facts = ColumnFacts.of(TextColumn("caption", texts(captions)))
    assert facts.values == 9 and all(len(line) < 80 for line in facts.details.splitlines())
    assert facts.details.endswith("and 3 more")
    assert (
        "0 – 8" not in facts.details
        and "Scale from 0 to 8" in ColumnFacts.of(TextColumn("n", texts([str(number) for number in range(9)]))).details
    )


def test_a_column_that_is_clicked_shows_its_filter_in_place(qtbot: QtBot, opened: Session, panel: ColumnsPanel) -> None:
    click(qtbot, panel.columns, 2)
    assert panel.editor is not None and panel.editor.isVisible()
    values = panel.editor.findChild(ValueList)
    qtbot.mouseClick(values.viewport(), LEFT, pos=values.visualRect(values.values.index(0)).center())
    assert opened.filter.conditions == (OneOf("brand", words=("acme",)),)
    assert rows_of(panel.columns)[2][USED] == "filter"
    assert rows_of(panel.classes)[0][IMAGES] == "2 / 5"
    click(qtbot, panel.columns, 2)
    assert panel.editor is None


def test_other_data_close_the_filter(qtbot: QtBot, opened: Session, panel: ColumnsPanel) -> None:
    click(qtbot, panel.columns, 3)
    opened.set_catalog(DataSource("others"), made_catalog(), "all")
    assert panel.editor is None and [row[0] for row in rows_of(panel.columns)] == ["class", "split"]


def test_its_menu_colours_and_groups(qtbot: QtBot, opened: Session, panel: ColumnsPanel) -> None:
    (brand,) = (column for column in opened.columns if column.name == "brand")

    def choose(words: str) -> None:
        menu = panel.menu_of(brand)
        next(action for action in menu.actions() if action.text() == words).trigger()

    choose("Colour by brand")
    choose("Group by brand")
    assert (opened.colouring, opened.grouping) == ("brand", "brand")
    assert rows_of(panel.columns)[2][USED] == "colour, group"
    choose("Colour by brand")
    choose("Group by brand")
    assert (opened.colouring, opened.grouping) == ("class", "")
    choose("Filter…")
    assert panel.editor is not None
    click(qtbot, panel.columns, 1, USED)
    menus = [each for each in panel.findChildren(QMenu) if each.isVisible()]
    assert [action.text() for action in menus[0].actions()][1] == f"Colour by {title_of('split')}"
    menus[0].close()


def test_classes_are_counted_sorted_and_selected(qtbot: QtBot, opened: Session, panel: ColumnsPanel) -> None:
    assert rows_of(panel.classes) == [["disc", "5", "train"], ["ring", "5", "train, test"], ["square", "5", "test"]]
    opened.set_split("test")
    assert rows_of(panel.classes) == [["square", "5", "test"], ["ring", "4", "train, test"]]
    panel.classes.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
    assert [row[0] for row in rows_of(panel.classes)] == ["ring", "square"]
    click(qtbot, panel.classes, 0)
    assert opened.selection.rows.tolist() == [6, 7, 8, 9]
    click(qtbot, panel.classes, 1, with_control=True)
    assert opened.selection.rows.tolist() == list(range(6, 15)), "Ctrl adds"
    click(qtbot, panel.classes, 1)
    assert opened.selection.rows.tolist() == list(range(10, 15))
    qtbot.keyClick(panel.classes, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert opened.selection.rows.tolist() == list(range(6, 15))
    opened.filter.put(OneOf("brand", words=("acme",)))
    click(qtbot, panel.classes, 0)
    assert opened.selection.rows.tolist() == [8], "what the filter hides is not selected"


def test_columns_and_classes_are_opened_by_keys(qtbot: QtBot, opened: Session, panel: ColumnsPanel) -> None:
    panel.columns.setCurrentIndex(panel.columns.table.index(3, 0))
    qtbot.keyClick(panel.columns, Qt.Key.Key_Return)
    assert panel.editor is not None and panel.editor.accessibleName() == "Filter by price"
    panel.classes.setCurrentIndex(panel.classes.table.index(1, 0))
    qtbot.keyClick(panel.classes, Qt.Key.Key_Return)
    assert opened.selection.rows.tolist() == list(range(5, 10))
    for table in (panel.columns, panel.classes):
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
        table.keyPressEvent(event)
        assert not event.isAccepted(), "the window ends what is in force"


def test_ten_thousand_classes_have_the_colours_of_the_map() -> None:
    catalog = made_catalog(tuple(f"bird {number}" for number in range(10_000)), images=1)
    palette = class_palette(10_000, "dark")
    model = ClassTableModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(ClassCounts.of(catalog, catalog.rows("all"), np.ones(10_000, bool)), palette)
    assert model.rowCount() == 10_000 and model.index(7, NAME).data() == "bird 7"
    assert model.index(7, NAME).data(COLOUR_ROLE) == QColor(*palette[7].tolist())


def test_images_without_classes_have_no_row(session: Session, panel: ColumnsPanel) -> None:
    catalog = made_catalog()
    session.set_catalog(DataSource("shapes"), dataclasses.replace(catalog, labels=texts([""] * 15)), "all")
    assert rows_of(panel.columns)[0] == ["class", "text", "0", "15", "colour, group"]
    assert rows_of(panel.classes) == []
    session.filter.put(OneOf("class", words=("",)))
    assert not panel.grab().isNull() and session.filter.mask is not None and session.filter.mask.all()


def test_in_a_low_dock_the_rest_is_scrolled_to(qtbot: QtBot, opened: Session, panel: ColumnsPanel) -> None:
    panel.resize(330, 420)
    click(qtbot, panel.columns, 2)
    assert panel.minimumSizeHint().height() < 420
    qtbot.waitUntil(lambda: not panel.editor.visibleRegion().isEmpty())
    window = panel.rect()
    assert window.contains(panel.editor.mapTo(panel, panel.editor.rect().topLeft()))


def test_in_a_narrow_dock_names_have_room(opened: Session, panel: ColumnsPanel) -> None:
    panel.resize(300, 700)
    assert panel.columns.columnWidth(0) >= 96 and panel.columns.isColumnHidden(3)


def test_names_come_before_what_is_missing(session: Session, panel: ColumnsPanel) -> None:
    attributes = {"target_lightness": texts(["1", "", "3"] * 5)}
    session.set_catalog(DataSource("shapes"), dataclasses.replace(with_attributes(), attributes=attributes), "all")
    columns = panel.columns
    for width in (600, 390):
        panel.resize(width, 700)
        assert columns.columnWidth(0) >= columns.fontMetrics().horizontalAdvance("target_lightness") + 2 * 12
    assert columns.isColumnHidden(3)


def test_where_nothing_is_missing_names_have_that_room(qtbot: QtBot, opened: Session, panel: ColumnsPanel) -> None:
    panel.resize(600, 700)
    columns = panel.columns
    qtbot.waitUntil(lambda: columns.table.has_missing == any(column.missing for column in opened.columns))
    assert columns.table.has_missing and not columns.isColumnHidden(3)
    narrow = columns.columnWidth(0)
    whole = {name: replace(facts, missing=0) for name, facts in panel._facts.items()}
    panel._on_facts(whole)
    assert columns.isColumnHidden(3) and columns.columnWidth(0) > narrow
