"""Values of a column in a list, with how many images have each; some are checked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.data.columns import Column
from core.data.conditions import MISSING, words_with
from explorer.appearance import icons, theme
from explorer.appearance.tables import flatten_list
from explorer.column_words import word_of
from explorer.commands import act

COUNT_ROLE = Qt.ItemDataRole.UserRole
WORD_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT = 26
BOX = 14

Index = QModelIndex | QPersistentModelIndex


class ValueListModel(QAbstractListModel):
    """The words of a column, most frequent first, and "missing" last where cells are; a row is read when it is shown.

    Attributes:
        checked: the words that are checked, "" for missing.
    """

    def __init__(self, column: Column) -> None:
        super().__init__()
        self._column = column
        self._order = np.argsort(-column.counts, kind="stable")
        self._found: npt.NDArray[np.signedinteger] = self._order
        self.checked: set[str] = set()
        self._show_missing = column.missing > 0

    def set_checked(self, words: set[str]) -> None:
        """Check exactly these."""
        self.checked = set(words)
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))

    def bring_up(self, words: set[str]) -> None:
        """Let the checked ones come first, for who looks at what is in force."""
        self.beginResetModel()
        self.checked = set(words)
        is_first = np.zeros(len(self._order), bool)
        is_first[[self._column.places[word] for word in words if word in self._column.places]] = True
        self._order = self._order[np.argsort(~is_first[self._order], kind="stable")]
        self._found = self._order
        self.endResetModel()

    def toggle(self, word: str) -> None:
        """Check one, or no longer."""
        self.set_checked(self.checked ^ {word})

    def search(self, text: str) -> None:
        """Show only the words that contain a text, "" for all."""
        self.beginResetModel()
        self._found = self._order[words_with(self._column, text)[self._order]] if text else self._order
        self._show_missing = self._column.missing > 0 and not text
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._found) + self._show_missing

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        is_missing = index.row() >= len(self._found)
        at = -1 if is_missing else int(self._found[index.row()])
        word = MISSING if is_missing else str(self._column.words[at])
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return word_of(word)
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if word in self.checked else Qt.CheckState.Unchecked
            case _ if role == COUNT_ROLE:
                return self._column.missing if is_missing else int(self._column.counts[at])
            case _ if role == WORD_ROLE:
                return word
        return None


class ValueList(QListView):
    """Shows a `ValueListModel`; a click, Space or Enter checks. Signal: changed(), of what is checked."""

    changed = Signal()

    def __init__(self, column: Column, name: str) -> None:
        super().__init__()
        self.values = ValueListModel(column)
        self.setModel(self.values)
        self.setItemDelegate(_ValueDelegate(self))
        flatten_list(self)
        self.setAccessibleName(name)
        self.clicked.connect(self._toggle)
        theme.notifier.changed.connect(self.viewport().update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        calls: dict[str, Callable[[], object]] = {"columns.check": partial(self._toggle, index)}
        if not act(event, calls if index.isValid() else {}):
            super().keyPressEvent(event)

    def _toggle(self, index: QModelIndex) -> None:
        self.values.toggle(index.data(WORD_ROLE))
        self.changed.emit()


class _ValueDelegate(QStyledItemDelegate):
    """A box, the value, and how many images have it at the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, rect = theme.current(), QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(tokens.hover))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(2.5, 0.5, -2.5, -0.5), 4, 4)
        box = QRectF(rect.left() + 10, rect.center().y() - BOX / 2 + 1, BOX, BOX)
        is_checked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        painter.setPen(QPen(QColor(tokens.accent if is_checked else tokens.strong_line), 1))
        painter.setBrush(QColor(tokens.accent if is_checked else tokens.raised))
        painter.drawRoundedRect(box, 4, 4)
        if is_checked:
            icons.paint(painter, "check", box.adjusted(2, 2, -2, -2), tokens.on_accent)
        inside = rect.adjusted(34, 0, -12, 0)
        painter.setFont(theme.number_font(12))
        count = f"{index.data(COUNT_ROLE):,}"
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        is_missing = index.data(WORD_ROLE) == MISSING
        painter.setPen(QColor(tokens.secondary if is_missing else tokens.text))
        metrics = painter.fontMetrics()
        room = inside.width() - metrics.horizontalAdvance(count) - 12
        name = metrics.elidedText(str(index.data()).replace("\n", " "), Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.restore()
