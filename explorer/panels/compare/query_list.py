"""The item model of a list of changed queries: adapts `ChangedQueries` and the catalog."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.data.catalog import Catalog
from core.messages import Message
from explorer.panels.compare.changed_queries import NOTHING, ChangedQueries

ROW = Qt.ItemDataRole.UserRole
FIRST_A = Qt.ItemDataRole.UserRole + 1
FIRST_B = Qt.ItemDataRole.UserRole + 2
LABELS = Qt.ItemDataRole.UserRole + 3
_NOWHERE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class QueryList(QAbstractListModel):
    """One item a query. ROW, FIRST_A and FIRST_B are catalog rows; LABELS their three class names."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queries = NOTHING
        self._catalog: Catalog | None = None

    def show(self, queries: ChangedQueries, catalog: Catalog | None) -> None:
        """List other queries."""
        self.beginResetModel()
        self.queries, self._catalog = queries, catalog
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.queries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._catalog is None:
            return None
        position, queries = index.row(), self.queries
        if role == ROW:
            return int(queries.rows[position])
        if role == FIRST_A:
            return int(queries.first_a[position])
        if role == FIRST_B:
            return int(queries.first_b[position])
        labels = [self._label(int(column[position])) for column in (queries.rows, queries.first_a, queries.first_b)]
        if role == LABELS:
            return labels
        if role == Qt.ItemDataRole.DisplayRole:
            return labels[0]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            row = int(queries.rows[position])
            return Message("changed-query", label=labels[0], row=row, a=labels[1], b=labels[2])
        return None

    def _label(self, row: int) -> str:
        assert self._catalog is not None
        return str(self._catalog.labels[row]) or Message("unlabelled")
