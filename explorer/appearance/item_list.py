"""A list of values as a Qt model, an item a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

ITEM = Qt.ItemDataRole.UserRole
NOWHERE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class Described(Protocol):
    """Something with a sentence for tooltips and screen readers."""

    @property
    def sentence(self) -> str: ...


T = TypeVar("T", bound=Described)


class ItemList(QAbstractListModel, Generic[T]):
    """`items`, each of them by the role ITEM; `text` is what the line of one says."""

    def __init__(self, text: Callable[[T], str] | None = None) -> None:
        super().__init__()
        self.items: Sequence[T] = ()
        self._text = text

    def show(self, items: Sequence[T]) -> None:
        """List others; the same again change nothing."""
        if items != self.items:
            self.beginResetModel()
            self.items = items
            self.endResetModel()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self.items[index.row()]
        match role:
            case Qt.ItemDataRole.UserRole:
                return item
            case Qt.ItemDataRole.DisplayRole:
                return None if self._text is None else self._text(item)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return item.sentence
        return None
