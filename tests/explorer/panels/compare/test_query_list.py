from __future__ import annotations

from PySide6.QtCore import Qt

from core.comparison import Comparison
from core.data.catalog import Catalog
from explorer.panels.compare.changed_queries import NOTHING, broken_queries
from explorer.panels.compare.query_list import FIRST_A, FIRST_B, LABELS, ROW, QueryList


def test_items(qapp: object, comparison: Comparison, catalog: Catalog, qtmodeltester: object) -> None:
    model = QueryList()
    assert model.rowCount() == 0
    model.show(broken_queries(comparison), catalog)
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    first = model.index(0)
    assert (first.data(ROW), first.data(FIRST_A), first.data(FIRST_B)) == (2, 3, 9)
    assert first.data(LABELS) == ["coat", "coat", "hat"]
    text = "coat, row 2: A retrieves coat first, B retrieves hat first"
    assert first.data(Qt.ItemDataRole.AccessibleTextRole) == first.data(Qt.ItemDataRole.ToolTipRole) == text
    model.show(NOTHING, catalog)
    assert model.rowCount() == 0


def test_an_image_without_class_is_named_as_such(qapp: object, comparison: Comparison, catalog: Catalog) -> None:
    model = QueryList()
    unlabelled = broken_queries(comparison)
    model.show(type(unlabelled)(unlabelled.rows, unlabelled.first_a, unlabelled.rows * 0), catalog)
    assert model.index(0).data(LABELS) == ["coat", "coat", "unlabelled"]
