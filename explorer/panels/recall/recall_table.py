"""The item model of the per-class table: adapts `ClassMeasures`, sorted and filtered by NumPy.

A QSortFilterProxyModel would call back into Python once per comparison: seconds at 20,000 classes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QObject, Qt, Signal

from core.data.catalog import Rows
from core.messages import Message
from explorer.appearance.item_list import NOWHERE, Index
from explorer.panels.recall.class_measures import ClassMeasures, MeasureColumn, MeasureKind
from explorer.spelling import folded

NUMBER = Qt.ItemDataRole.UserRole
KIND = Qt.ItemDataRole.UserRole + 1
PARTNER = Qt.ItemDataRole.UserRole + 2

_TO_THE_LEFT = (MeasureKind.NAME, MeasureKind.CONFUSION)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RecallTable(QAbstractTableModel):
    """Rows are classes, columns are measures.

    The model is reset when measures, order or filter change; whoever shows it then restores the current row from the
    focused class. Classes that are not measured always come last.

    Attributes:
        measures: what the model adapts, or None.
        shown: positions among the measures of the rows that are shown, in their order.
    """

    sorted_anew = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.measures: ClassMeasures | None = None
        self._folded: list[str] | None = None
        self._filter = ""
        self._column = 0
        self._order = Qt.SortOrder.AscendingOrder
        self.shown: Rows = np.empty(0, np.int64)

    @property
    def sorted_by(self) -> tuple[int, Qt.SortOrder]:
        """Column and direction of the present order."""
        return self._column, self._order

    def show(self, measures: ClassMeasures | None) -> None:
        """Adapt other measures.

        The chosen order stays when the columns are the same as before; else the worst classes come first, by the
        main column.
        """
        before = [] if self.measures is None else [column.title for column in self.measures.columns]
        self.beginResetModel()
        self.measures = measures
        self._folded = None
        if measures is not None and before != [column.title for column in measures.columns]:
            self._column, self._order = measures.main, Qt.SortOrder.AscendingOrder
        self._arrange()
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Show only classes whose name contains `text`, whatever its case or its Unicode composition."""
        if folded(text) == self._filter:
            return
        self.beginResetModel()
        self._filter = folded(text)
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; equal numbers keep the order of names."""
        self.beginResetModel()
        self._column, self._order = column, order
        self._arrange()
        self.endResetModel()
        self.sorted_anew.emit()

    def class_code(self, row: int) -> int:
        """Index into the catalog's classes of a shown row, -1 where the catalog does not know it."""
        return int(self.measures.codes[self.shown[row]]) if self.measures is not None else -1

    def row_of(self, code: int | None) -> int | None:
        """The shown row of a class, or None when it is filtered out or unknown."""
        if self.measures is None or code is None or code < 0:
            return None
        found = np.flatnonzero(self.measures.codes[self.shown] == code)
        return int(found[0]) if found.size else None

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() or self.measures is None else len(self.measures.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.measures is None or not index.isValid():
            return None
        position = int(self.shown[index.row()])
        column = self.measures.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.measures.text(position, index.column())
        if role == NUMBER:
            return float(column.numbers[position])
        if role == KIND:
            return column.kind
        if role == PARTNER:
            return column.partners[position] if column.partners else ""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole and column.kind in _TO_THE_LEFT:
            return self.measures.text(position, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {self.measures.text(position, index.column())}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or self.measures is None:
            return None
        column = self.measures.columns[section]
        answers = {
            Qt.ItemDataRole.DisplayRole: column.title,
            Qt.ItemDataRole.ToolTipRole: Message("column-tip", explanation=column.explanation),
            Qt.ItemDataRole.TextAlignmentRole: _alignment(column),
            KIND: column.kind,
        }
        return answers.get(role)

    def _arrange(self) -> None:
        if self.measures is None:
            self.shown = np.empty(0, np.int64)
            return
        names, numbers = self.measures.columns[0].numbers, self.measures.columns[self._column].numbers
        keys = numbers if self._order is Qt.SortOrder.AscendingOrder else -numbers
        # NumPy sorts NaN behind everything; negating leaves it NaN, so n/a is last in both directions.
        order = np.lexsort((names, keys))
        if self._filter:
            if self._folded is None:
                self._folded = [folded(name) for name in self.measures.names]
            matching = np.fromiter((self._filter in name for name in self._folded), np.bool_, len(self._folded))
            order = order[matching[order]]
        self.shown = order.astype(np.int64)


def _alignment(column: MeasureColumn) -> Qt.AlignmentFlag:
    return _LEFT if column.kind in _TO_THE_LEFT else _RIGHT
