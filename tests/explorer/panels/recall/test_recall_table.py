from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt

from explorer.panels.recall.class_measures import ClassMeasures, MeasureKind
from explorer.panels.recall.recall_table import KIND, NUMBER, RecallTable

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
# In the natural order of names, as a catalog lists its classes.
CLASSES = [("a2", 0.5), ("a10", 0.5), ("Boot", 0.9), ("lone", None), ("Zebra", 0.1), ("한복", 0.7)]
Make = Callable[[object], ClassMeasures]


@pytest.fixture
def table(qapp: object, measured: Make) -> RecallTable:
    model = RecallTable()
    model.show(measured(CLASSES))
    return model


def names(model: QAbstractItemModel) -> list[str]:
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_worst_come_first_and_equal_ones_by_name(table: RecallTable) -> None:
    assert names(table) == ["Zebra", "a2", "a10", "한복", "Boot", "lone"]
    assert table.sorted_by == (2, UP)


def test_what_is_not_measured_is_last_in_both_directions(table: RecallTable) -> None:
    table.sort(2, DOWN)
    assert names(table) == ["Boot", "한복", "a2", "a10", "Zebra", "lone"]


def test_names_sort_naturally(table: RecallTable) -> None:
    table.sort(0, UP)
    assert names(table) == [name for name, _ in CLASSES]
    table.sort(0, DOWN)
    assert names(table) == [name for name, _ in reversed(CLASSES)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A", ["Zebra", "a2", "a10"]),
        ("boot", ["Boot"]),
        (unicodedata.normalize("NFD", "한"), ["한복"]),
        ("nothing like it", []),
        ("  ", ["Zebra", "a2", "a10", "한복", "Boot", "lone"]),
    ],
)
def test_filter(table: RecallTable, text: str, found: list[str]) -> None:
    table.set_filter(text)
    assert names(table) == found


def test_filter_stays_while_sorting(table: RecallTable) -> None:
    table.set_filter("o")
    table.sort(2, DOWN)
    assert names(table) == ["Boot", "lone"]


def test_filter_looks_through_the_names_of_other_measures_too(table: RecallTable, measured: Make) -> None:
    table.set_filter("boot")
    table.show(measured([("shoe", 0.1), ("snow boot", 0.2)]))
    assert names(table) == ["snow boot"]


def test_rows_and_classes_find_each_other(table: RecallTable) -> None:
    assert table.class_code(0) == 4
    assert table.row_of(4) == 0
    assert table.row_of(None) is None
    assert table.row_of(99) is None
    table.set_filter("boot")
    assert table.row_of(4) is None
    assert table.row_of(2) == 0


def test_order_stays_when_the_same_columns_are_measured_again(table: RecallTable, measured: Make) -> None:
    table.sort(1, DOWN)
    table.show(measured(CLASSES[:3]))
    assert table.sorted_by == (1, DOWN)
    assert table.rowCount() == 3


def test_roles(table: RecallTable) -> None:
    table.sort(0, UP)
    recall = table.index(2, 2)
    assert (recall.data(), recall.data(NUMBER), recall.data(KIND)) == ("90.0", 0.9, MeasureKind.BAR)
    assert recall.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert recall.data(Qt.ItemDataRole.AccessibleTextRole) == "R@1: 90.0"
    assert table.index(2, 0).data(Qt.ItemDataRole.ToolTipRole) == "Boot"
    assert table.headerData(2, Qt.Orientation.Horizontal) == "R@1"
    assert "nearest" in table.headerData(2, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)


def test_nothing_to_show(qapp: object) -> None:
    table = RecallTable()
    assert (table.rowCount(), table.columnCount()) == (0, 0)
    table.sort(2, DOWN)
    table.set_filter("a")
    assert table.row_of(0) is None


def test_model_keeps_qts_rules(table: RecallTable, qtmodeltester: object) -> None:
    qtmodeltester.check(table)  # type: ignore[attr-defined]
