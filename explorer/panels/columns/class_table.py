"""The table of classes: how many images each has, and on which side of the division they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from core.data.catalog import Catalog, Rows
from core.data.columns import Mask
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.oklch import Bytes
from explorer.appearance.tables import EDGE, ROW_HEIGHT, flatten
from explorer.commands import act
from explorer.panels.columns.titled_table import LEFT, RIGHT, Index, TitledTableModel

NAME, IMAGES, SIDE = range(3)
TITLES = (Message("by-class"), Message("images-of-class"), Message("side-of-class"))
CODE_ROLE = Qt.ItemDataRole.UserRole
SHARE_ROLE = Qt.ItemDataRole.UserRole + 1
COLOUR_ROLE = Qt.ItemDataRole.UserRole + 2
WIDEST_ROLE = Qt.ItemDataRole.UserRole + 3
DISC, BAR, BAR_HEIGHT = 8, 84, 6
NOTHING: Rows = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Of C classes the images (C,) that are looked at, how many of them the filter shows, and their sides.

    `rows` are those images, and `codes` their classes.
    """

    names: tuple[str, ...]
    images: Rows
    shown: Rows | None
    sides: tuple[str, ...]
    rows: Rows
    codes: Rows

    @classmethod
    def of(cls, catalog: Catalog, rows: Rows, mask: Mask | None) -> ClassCounts:
        """Count catalog rows; `mask` (N,) over all rows says which are shown."""
        names, codes = catalog.classes, catalog.codes
        count = len(names)
        has = {split: _counted(codes[catalog.rows(split)], count) > 0 for split, _ in catalog.split_counts()}
        bits = sum((there.astype(np.int64) << at for at, there in enumerate(has.values())), np.zeros(count, np.int64))
        words = [Message("splits-of-class", splits=_named(has, code)) if code else "" for code in range(1 << len(has))]
        sides = tuple(words[code] for code in bits.tolist())
        return cls(names, _counted(codes[rows], count), None, sides, rows, codes[rows]).within(mask)

    def within(self, mask: Mask | None) -> ClassCounts:
        """The same of another filter."""
        shown = None if mask is None else _counted(self.codes[mask[self.rows]], len(self.names))
        return replace(self, shown=shown)


def _counted(codes: Rows, count: int) -> Rows:
    """(C,) how many of the codes are each class."""
    return np.bincount(codes + 1, minlength=count + 1)[1:].astype(np.int64)


def _named(has: dict[str, Mask], bits: int) -> list[str]:
    return [split for at, split in enumerate(has) if bits & 1 << at]


class ClassTableModel(TitledTableModel):
    """Adapts `ClassCounts`, sorted by NumPy; classes without an image that is looked at are left out."""

    titles, figures = TITLES, frozenset((IMAGES,))

    def __init__(self) -> None:
        super().__init__()
        self._counts = ClassCounts((), NOTHING, None, (), NOTHING, NOTHING)
        self._palette: Bytes | None = None
        self._order = np.empty(0, np.int64)
        self._sorted_by, self._direction = IMAGES, Qt.SortOrder.DescendingOrder

    def show(self, counts: ClassCounts, palette: Bytes) -> None:
        """Show other counts, in the colours that classes have everywhere."""
        self.beginResetModel()
        self._counts, self._palette = counts, palette
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.beginResetModel()
        self._sorted_by, self._direction = column, order
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        counts, there = self._counts, np.flatnonzero(self._counts.images)
        keys: Rows = np.arange(len(counts.names))
        if self._sorted_by == IMAGES:
            keys = counts.images if counts.shown is None else counts.shown
        elif self._sorted_by == SIDE:
            keys = np.unique(np.array(counts.sides, np.str_), return_inverse=True)[1].astype(np.int64)
        descending = self._direction == Qt.SortOrder.DescendingOrder
        self._order = there[np.argsort((-keys if descending else keys)[there], kind="stable")]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._order)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        code, counts = int(self._order[index.row()]), self._counts
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (counts.names[code], self._count(code), counts.sides[code])[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                return Message("select-class", label=counts.names[code], images=int(counts.images[code]))
            case _ if role == CODE_ROLE:
                return code
            case _ if role == SHARE_ROLE:
                shown = counts.images if counts.shown is None else counts.shown
                return float(shown[code] / max(1, counts.images.max()))
            case _ if role == WIDEST_ROLE:
                return self._count(int(np.argmax(counts.images)))
            case _ if role == COLOUR_ROLE and self._palette is not None:
                return QColor(*(int(part) for part in self._palette[code]))
        return None

    def _count(self, code: int) -> str:
        images = f"{int(self._counts.images[code]):,}"
        return images if self._counts.shown is None else f"{int(self._counts.shown[code]):,} / {images}"


class ClassTable(QTableView):
    """Shows a `ClassTableModel`. A click chooses one class, Ctrl adds, Shift takes a range, Ctrl+A all.

    Signal: chosen(list), the codes of the classes that are chosen, by the mouse, Enter or Ctrl+A.
    """

    chosen = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.table = ClassTableModel()
        self.setModel(self.table)
        flatten(self)
        self.setItemDelegate(_ClassDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(Message("classes-of-the-data"))
        self.sortByColumn(IMAGES, Qt.SortOrder.DescendingOrder)
        self.clicked.connect(self._open)
        theme.notifier.changed.connect(self.viewport().update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        # Esc is the window's, which ends what is in force; a table would keep it.
        calls: dict[str, Callable[[], object]] = {"window.end": event.ignore, "columns.all": self._open_all}
        if index.isValid():
            calls["columns.open"] = self._open
        if not act(event, calls):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = 84
        images = max(110, self.viewport().width() * 35 // 100)
        self.setColumnWidth(IMAGES, images)
        self.setColumnWidth(SIDE, side)
        self.setColumnWidth(NAME, max(96, self.viewport().width() - images - side))

    def _open_all(self) -> None:
        self.selectAll()
        self._open()

    def _open(self) -> None:
        self.chosen.emit([index.data(CODE_ROLE) for index in self.selectionModel().selectedRows()])


class _ClassDelegate(QStyledItemDelegate):
    """A disc in the colour of the class, its name; a bar beside the number."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(60, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(tokens.selection if chosen else tokens.hover))
        painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), QColor(tokens.line))
        cell = option.rect.adjusted(EDGE, 0, -EDGE, -1)
        text, metrics = str(index.data()), painter.fontMetrics()
        painter.setPen(QColor(tokens.text))
        if index.column() == IMAGES:
            painter.drawText(cell, RIGHT, text)
            # All bars end where the longest number begins.
            figures = metrics.horizontalAdvance(index.data(WIDEST_ROLE))
            self._paint_bar(painter, cell.adjusted(0, 0, -figures - EDGE, 0), index)
        else:
            if index.column() == NAME:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(index.data(COLOUR_ROLE) or QColor(tokens.secondary))
                painter.drawEllipse(QRectF(cell.left(), cell.center().y() - DISC / 2 + 1, DISC, DISC))
                cell.setLeft(cell.left() + DISC + 8)
            painter.setPen(QColor(tokens.text if index.column() == NAME else tokens.secondary))
            painter.drawText(cell, LEFT, metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, cell.width()))
        painter.restore()

    def _paint_bar(self, painter: QPainter, room: QRect, index: Index) -> None:
        tokens, width = theme.current(), min(BAR, room.width())
        if width < 16:
            return
        track = QRectF(room.left(), room.center().y() - BAR_HEIGHT / 2 + 1, width, BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(track, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        painter.setClipRect(QRectF(track.left(), track.top(), track.width() * index.data(SHARE_ROLE), track.height()))
        painter.setBrush(QColor(tokens.strong_line))
        painter.drawRoundedRect(track, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        painter.setClipping(False)
