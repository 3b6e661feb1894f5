"""A short strip of the focused class's worst queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.picture import draw_picture
from explorer.panels.recall.worst_queries import WorstQueries

if TYPE_CHECKING:
    from explorer.thumbnails import ThumbnailStore

ROW = Qt.ItemDataRole.UserRole
FIRST_HIT = Qt.ItemDataRole.UserRole + 1
PICTURE = 44
GAP = 8
WORDS_HEIGHT = 16
SCROLL_BAR = 10
_NOWHERE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class WorstList(QAbstractListModel):
    """Adapts `WorstQueries`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queries: WorstQueries | None = None

    def show(self, queries: WorstQueries | None) -> None:
        """List other images."""
        self.beginResetModel()
        self._queries = queries
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() or self._queries is None else len(self._queries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._queries is None or not index.isValid():
            return None
        position = index.row()
        if role == ROW:
            return int(self._queries.rows[position])
        if role == FIRST_HIT:
            return int(self._queries.first_hits[position])
        if role == Qt.ItemDataRole.DisplayRole:
            hit = int(self._queries.first_hits[position])
            return Message("hit-at-rank", rank=hit) if hit else Message("no-hit")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._sentence(self._queries, position)
        return None

    @staticmethod
    def _sentence(queries: WorstQueries, position: int) -> str:
        hit = int(queries.first_hits[position])
        met = Message("first-hit-at-rank", rank=hit) if hit else Message("query-without-hit")
        first = queries.retrieved[position] or Message("unlabelled-image")
        precision = float(queries.average_precisions[position])
        return Message(
            "worst-query-described", row=int(queries.rows[position]), label=first, hit=met, precision=precision
        )


class WorstCells(QStyledItemDelegate):
    """A picture framed right or wrong, with a mark, and the rank of its first hit below."""

    def __init__(self, thumbnails: ThumbnailStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.words_shown = True

    @property
    def height(self) -> int:
        """Pixels from the top of a picture to the end of its words."""
        return PICTURE + (WORDS_HEIGHT if self.words_shown else 2)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(PICTURE + GAP, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = theme.current()
        right = index.data(FIRST_HIT) == 1
        colour = colours.right if right else colours.wrong
        square = QRect(option.rect.left(), option.rect.top(), PICTURE, PICTURE)
        draw_picture(painter, square, self._thumbnails.get(index.data(ROW)), colour)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRoundedRect(QRectF(square).adjusted(-1, -1, 1, 1), 5, 5)
        badge = QRectF(square.right() - 14, square.top() + 2, 13, 13)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(badge)
        icons.paint(painter, "check" if right else "cross", badge.adjusted(2, 2, -2, -2), colours.panel)
        if self.words_shown:
            self._paint_text(painter, square, str(index.data()))
        painter.restore()

    @staticmethod
    def _paint_text(painter: QPainter, square: QRect, words: str) -> None:
        painter.setFont(theme.number_font(theme.SMALL_PIXELS))
        painter.setPen(QColor(theme.current().secondary))
        below = QRect(square.left() - GAP // 2, square.bottom() + 2, PICTURE + GAP, WORDS_HEIGHT - 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)


class WorstStrip(QListView):
    """The pictures side by side.

    Signals:
        query_chosen(int): a picture was clicked, or Enter pressed on it; its catalog row.
    """

    query_chosen = Signal(int)

    def __init__(self, thumbnails: ThumbnailStore) -> None:
        super().__init__()
        self._list = WorstList(self)
        self.setModel(self._list)
        self._cells = WorstCells(thumbnails, self)
        self.setItemDelegate(self._cells)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedHeight(self._cells.height + SCROLL_BAR)
        self.setAccessibleName(Message("worst-queries-of-class"))
        self.clicked.connect(self._on_picked)
        self.activated.connect(self._on_picked)
        thumbnails.ready.connect(self._on_thumbnail_ready)
        theme.notifier.changed.connect(self.viewport().update)

    def show_queries(self, queries: WorstQueries | None) -> None:
        """Show other images, from the worst."""
        self._list.show(queries)
        self.scrollToTop()

    def show_words(self, shown: bool) -> None:
        """Whether the ranks stand below the pictures; a low dock has no room for them."""
        if shown != self._cells.words_shown:
            self._cells.words_shown = shown
            self.setFixedHeight(self._cells.height + SCROLL_BAR)
            self.scheduleDelayedItemsLayout()

    def _on_picked(self, index: QModelIndex) -> None:
        self.query_chosen.emit(index.data(ROW))

    def _on_thumbnail_ready(self, row: int) -> None:
        del row  # at most a strip of pictures: painting them all is cheaper than finding the one
        self.viewport().update()
