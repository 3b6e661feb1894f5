"""Changing the filter of a column in place, as a user does: by values, by a part of a text, by a range."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.data.catalog import texts
from core.data.conditions import Between, Contains, Missing, OneOf
from core.data.source import DataSource
from explorer.condition_editor import ConditionEditor
from explorer.range_bar import RangeBar
from explorer.session import Session
from explorer.value_list import COUNT_ROLE, ROW_HEIGHT, WORD_ROLE, ValueList, ValueListModel
from tests.explorer.factories import made_catalog

LEFT = Qt.MouseButton.LeftButton
COLUMNS = {
    "brand": ["acme"] * 6 + ["zeta"] * 4 + [""] * 2 + ["Acme & co", "b", "c"],
    "price": [str(price) for price in range(13)] + ["", "nan"],
    "taken": [f"2024-03-{day:02}" for day in range(1, 16)],
    "many": [f"value {number}" for number in range(15)],
    "kids": ["yes", "no", "no"] * 5,
}


@pytest.fixture
def opened(session: Session) -> Session:
    attributes = {name: texts(cells) for name, cells in COLUMNS.items()}
    session.set_catalog(DataSource("shapes"), dataclasses.replace(made_catalog(), attributes=attributes), "all")
    return session


def editor_of(qtbot: QtBot, session: Session, name: str) -> ConditionEditor:
    column = session.columns[name]
    assert column is not None
    editor = ConditionEditor(session.filter, column, session.filter.of_column(name))
    qtbot.addWidget(editor)
    editor.resize(300, 400)
    editor.show()
    return editor


def words_shown(model: ValueListModel) -> list[tuple[str, int]]:
    return [(model.index(row).data(WORD_ROLE), model.index(row).data(COUNT_ROLE)) for row in range(model.rowCount())]


def click(qtbot: QtBot, values: ValueList, row: int) -> None:
    spot = values.visualRect(values.values.index(row)).center()
    qtbot.mouseClick(values.viewport(), LEFT, pos=spot)


def press(qtbot: QtBot, editor: ConditionEditor, words: str) -> None:
    (button,) = (each for each in editor.findChildren(QPushButton) if each.text() == words and each.isVisible())
    qtbot.mouseClick(button, LEFT)


def test_values_are_listed_by_how_many_have_them(qtbot: QtBot, opened: Session) -> None:
    column = opened.columns["brand"]
    assert column is not None
    model = ValueListModel(column)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert words_shown(model) == [("acme", 6), ("zeta", 4), ("Acme & co", 1), ("b", 1), ("c", 1), ("", 2)]
    assert model.index(5).data() == "missing"
    model.search("ACME")
    assert words_shown(model) == [("acme", 6), ("Acme & co", 1)]
    model.search("")
    model.bring_up({"c", ""})
    assert [word for word, _ in words_shown(model)] == ["c", "acme", "zeta", "Acme & co", "b", ""]
    assert model.index(0).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked


def test_checked_values_are_shown_alone_or_hidden(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "brand")
    values = editor.findChild(ValueList)
    click(qtbot, values, 1)
    assert opened.filter.conditions == (OneOf("brand", words=("zeta",)),)
    values.setCurrentIndex(values.values.index(5))
    qtbot.keyClick(values, Qt.Key.Key_Space)
    assert opened.filter.conditions == (OneOf("brand", words=("", "zeta")),)
    press(qtbot, editor, "Hide")
    assert opened.filter.conditions == (OneOf("brand", True, ("", "zeta")),)
    assert opened.filter.mask is not None and np.count_nonzero(opened.filter.mask) == 9
    press(qtbot, editor, "Remove")
    assert opened.filter.conditions == () and values.values.checked == set()


def test_a_part_of_a_text_is_a_filter_too(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "many")
    qtbot.keyClicks(editor.focusProxy().focusProxy(), "ue 1")
    assert editor.findChild(ValueList).values.rowCount() == 6
    press(qtbot, editor, "All with “ue 1”")
    assert opened.filter.conditions == (Contains("many", text="ue 1"),)


def test_a_yes_or_no_is_checked(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "kids")
    click(qtbot, editor.findChild(ValueList), 1)
    assert opened.filter.conditions == (OneOf("kids", words=("yes",)),)


def test_a_range_is_typed(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "price")
    low, high = editor._part.fields
    assert (low.placeholderText(), high.placeholderText()) == ("0", "12")
    qtbot.keyClicks(low, "2.5")
    assert opened.filter.conditions == (Between("price", low=2.5),)
    qtbot.keyClicks(high, "1e1")
    assert opened.filter.conditions == (Between("price", low=2.5, high=10.0),)
    qtbot.keyClicks(high, "x")
    assert high.property("wrong") and high.toolTip() == "Expected a value like 12"
    assert opened.filter.conditions == (Between("price", low=2.5, high=10.0),), "what is no number changes nothing"
    low.selectAll()
    qtbot.keyClick(low, Qt.Key.Key_Delete)
    high.selectAll()
    qtbot.keyClick(high, Qt.Key.Key_Delete)
    assert opened.filter.conditions == () and not high.property("wrong")


def test_a_date_holds_all_of_its_day(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "taken")
    qtbot.keyClicks(editor._part.fields[0], "2024/3/4")
    qtbot.keyClicks(editor._part.fields[1], "6.3.2024")
    assert opened.filter.mask is not None
    assert np.flatnonzero(opened.filter.mask).tolist() == [3, 4, 5]


def test_handles_are_dragged(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "price")
    bar = editor.findChild(RangeBar)
    y = bar.height() - 12
    qtbot.mousePress(bar, LEFT, pos=QPoint(round(bar.place_at(0)), y))
    qtbot.mouseMove(bar, QPoint(round(bar.place_at(3)), y))
    qtbot.mouseRelease(bar, LEFT, pos=QPoint(round(bar.place_at(3)), y))
    (condition,) = opened.filter.conditions
    assert isinstance(condition, Between) and condition.low == pytest.approx(3, abs=0.05) and condition.high is None
    assert editor._part.fields[0].text() == f"{condition.low:.12g}"
    before = bar.grab().toImage()
    opened.filter.set_conditions([Between("price", low=8)])
    assert bar.grab().toImage() != before, "the editor follows what others change"
    assert editor._part.fields[0].text() == "8"


@pytest.mark.parametrize(
    "cells",
    [
        ["-1.7e308", "0", "1.7e308"],
        ["999999999999998", "999999999999999"],
        ["1e300", "1e300"],
        ["1e-13", "2e-13", "3e-13"],
        ["0000-01-01", "9999-12-31T20:00-08:00"],
    ],
)
def test_any_numbers_have_a_range_that_is_dragged(qtbot: QtBot, session: Session, cells: list[str]) -> None:
    attributes = {"x": texts([*cells, *[cells[0]] * (15 - len(cells))])}
    session.set_catalog(DataSource("shapes"), dataclasses.replace(made_catalog(), attributes=attributes), "all")
    editor = editor_of(qtbot, session, "x")
    bar, ends = editor.findChild(RangeBar), session.columns["x"].range
    assert not bar.grab().isNull()
    y, middle = bar.height() - 12, bar.width() // 2
    qtbot.mousePress(bar, LEFT, pos=QPoint(round(bar.place_at(ends[0])) - 1, y))
    qtbot.mouseMove(bar, QPoint(middle, y))
    qtbot.mouseRelease(bar, LEFT, pos=QPoint(middle, y))
    for condition in session.filter.conditions:
        assert ends[0] <= condition.low < ends[1]
        # What the field says is the condition itself.
        assert editor._part._read(editor._part.fields[0].text(), False) == condition.low
    assert len(session.filter.conditions) == (ends[0] < ends[1])


def test_only_what_is_missing(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "price")
    editor._part.missing.click()
    assert editor._part.missing.text() == "only the 2 missing"
    assert opened.filter.conditions == (Missing("price"),)
    editor._part.missing.click()
    assert opened.filter.conditions == ()


def test_an_undone_filter_is_gone_from_its_editor(qtbot: QtBot, opened: Session) -> None:
    editor = editor_of(qtbot, opened, "brand")
    values = editor.findChild(ValueList)
    click(qtbot, values, 0)
    assert values.height() >= 6 * ROW_HEIGHT
    opened.steps.undo()
    assert values.values.checked == set() and editor.condition is None
    opened.steps.redo()
    assert values.values.checked == {"acme"} and editor.condition == OneOf("brand", words=("acme",))
