"""The classes of a selection as lines with bars; of many the first, until the rest is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from core.data.catalog import Rows
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.oklch import Bytes
from explorer.appearance.plain import literal
from explorer.appearance.widgets import button
from explorer.commands import act
from explorer.panels.selection.class_counts import UNLABELLED, ClassCounts

FOLDED, FOLDED_IN_LITTLE_ROOM, MOST_LINES, LINE = 6, 3, 12, 26
EDGE, DISC, GAP, BAR_HEIGHT = 14, 8, 10, 6
PLACE_ROLE = Qt.ItemDataRole.UserRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex


class ClassLinesModel(QAbstractListModel):
    """Adapts `ClassCounts`: all of them, or the first few."""

    def __init__(self) -> None:
        super().__init__()
        self.counts, self.palette = ClassCounts.none(), np.zeros((0, 3), np.uint8)
        self._most = FOLDED

    def show(self, counts: ClassCounts, palette: Bytes, most: int) -> None:
        """Show other counts, of at most so many classes, in the colours that classes have everywhere."""
        self.beginResetModel()
        self.counts, self.palette, self._most = counts, palette, most
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        if parent.isValid():
            return 0
        return min(len(self.counts), self._most)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        counts, place = self.counts, index.row()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                code = int(counts.codes[place])
                return Message("no-class") if code == UNLABELLED else counts.names[code]
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                name, selected = self.data(index), int(counts.selected[place])
                return Message("selected-of-class", label=name, selected=selected, shown=int(counts.shown[place]))
            case _ if role == PLACE_ROLE:
                return place
        return None

    def count_words(self, place: int) -> str:
        """What stands behind the bar, as "41 of 120"."""
        return Message(
            "selected-of-shown", selected=int(self.counts.selected[place]), shown=int(self.counts.shown[place])
        )

    @property
    def widest_words(self) -> str:
        """As wide as what stands behind any bar, so that the bars of all lines end below each other."""
        counts = self.counts
        return Message("selected-of-shown", selected=int(counts.selected.max()), shown=int(counts.shown.max()))

    def share(self, place: int) -> float:
        """How much of the class is selected, 0 to 1."""
        return min(1.0, float(self.counts.selected[place] / max(1, self.counts.shown[place])))

    def colour(self, place: int) -> QColor:
        """Of the class; the last of the palette is that of images without one."""
        code = int(self.counts.codes[place])
        return QColor(*(int(part) for part in self.palette[code])) if len(self.palette) else QColor()


class ClassLines(QWidget):
    """Lines to click: one is chosen by a click, Ctrl adds, Shift takes a range, Ctrl+A all that are listed.

    Signals: chosen(codes), the classes that are chosen now; keep_wished(codes), by a double click or Enter.
    """

    chosen = Signal(object)
    keep_wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._is_folded, self._first = True, FOLDED
        self.lines = ClassLinesModel()
        self.view = _LineView(self._keep)
        self.view.setModel(self.lines)
        self.view.setItemDelegate(_LineDelegate(self.view))
        self.view.selectionModel().selectionChanged.connect(self._on_chosen)
        self.view.doubleClicked.connect(self._keep)
        self.more = button("", "link")
        self.more.hide()
        self.more.clicked.connect(self._on_more)
        in_column(self.view, in_row(self.more, 1, margins=(EDGE, 2, EDGE, 0)), on=self, spacing=0)
        self.setFocusProxy(self.view)
        theme.notifier.changed.connect(self.view.viewport().update)

    @property
    def chosen_codes(self) -> Rows:
        """The classes of the chosen lines, in their order."""
        places = sorted(index.row() for index in self.view.selectionModel().selectedIndexes())
        return self.lines.counts.codes[places]

    def show_counts(self, counts: ClassCounts, palette: Bytes) -> None:
        """Show the classes of another selection; no line is chosen."""
        self.lines.show(counts, palette, self._first if self._is_folded else len(counts))
        rows, more = self.lines.rowCount(), len(counts) - self._first
        self.view.setFixedHeight(min(rows, MOST_LINES) * LINE)
        self.more.setVisible(more > 0)
        words = Message("more-classes-folded", classes=more) if self._is_folded else Message("fewer-classes")
        self.more.setText(literal(words))

    def fold_at(self, first: int) -> None:
        """List so many classes while the rest is folded."""
        if first != self._first:
            self._first = first
            self._show_again()

    def clear_choice(self) -> None:
        """Choose no line, without saying so."""
        self.view.selectionModel().blockSignals(True)
        self.view.clearSelection()
        self.view.selectionModel().blockSignals(False)
        self.view.viewport().update()

    def _on_more(self) -> None:
        self._is_folded = not self._is_folded
        self._show_again()

    def _show_again(self) -> None:
        had_choice = len(self.chosen_codes) > 0
        self.show_counts(self.lines.counts, self.lines.palette)
        if had_choice:
            self.chosen.emit(self.chosen_codes)

    def _on_chosen(self) -> None:
        self.chosen.emit(self.chosen_codes)

    def _keep(self) -> None:
        if len(codes := self.chosen_codes):
            self.keep_wished.emit(codes)


class _LineView(QListView):
    def __init__(self, keep: Callable[[], object]) -> None:
        super().__init__()
        self._keep = keep
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(Message("classes-of-the-selection"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not act(event, {"selection.keep": self._keep, "window.end": event.ignore}):
            super().keyPressEvent(event)


class _LineDelegate(QStyledItemDelegate):
    """A disc in the colour of the class, its name, how much of it is selected as a bar, and the counts."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(100, LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, lines, place = theme.current(), index.model(), index.row()
        assert isinstance(lines, ClassLinesModel)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(tokens.selection if is_chosen else tokens.hover))
        if is_chosen:
            painter.fillRect(QRect(0, option.rect.top(), 3, option.rect.height()), QColor(tokens.accent))
        line = option.rect.adjusted(EDGE, 0, -EDGE, 0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(lines.colour(place))
        painter.drawEllipse(QRectF(line.left(), line.center().y() - DISC / 2 + 1, DISC, DISC))
        line.setLeft(line.left() + DISC + GAP)
        painter.setFont(theme.number_font())
        painter.setPen(QColor(tokens.text))
        painter.drawText(line, _RIGHT, lines.count_words(place))
        line.setRight(line.right() - painter.fontMetrics().horizontalAdvance(lines.widest_words) - GAP)
        names = line.width() * 58 // 100
        painter.setFont(option.font)
        text = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, names)
        painter.drawText(line, _LEFT, text)
        self._paint_bar(painter, line.adjusted(names + GAP, 0, 0, 0), lines.share(place))
        painter.restore()

    def _paint_bar(self, painter: QPainter, room: QRect, share: float) -> None:
        tokens = theme.current()
        track = QRectF(room.left(), room.center().y() - BAR_HEIGHT / 2 + 1, room.width(), BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(track, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        painter.setClipRect(QRectF(track.left(), track.top(), max(2.0, track.width() * share), track.height()))
        painter.setBrush(QColor(tokens.secondary))
        painter.drawRoundedRect(track, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
