"""A short strip of the focused class's worst queries."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.item_list import ITEM, Index, ItemList
from explorer.appearance.picture import draw_picture
from explorer.panels.recall.worst_queries import WorstQuery
from explorer.thumbnails import ThumbnailStore

PICTURE = 44
GAP = 8
WORDS_HEIGHT = 16
SCROLL_BAR = 10


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
        query: WorstQuery = index.data(ITEM)
        right = query.first_hit == 1
        colour = colours.right if right else colours.wrong
        square = QRect(option.rect.left(), option.rect.top(), PICTURE, PICTURE)
        draw_picture(painter, square, self._thumbnails.get(query.row), colour)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRoundedRect(QRectF(square).adjusted(-1, -1, 1, 1), 5, 5)
        badge = QRectF(square.right() - 14, square.top() + 2, 13, 13)
        icons.paint_outcome(painter, right, badge, colour, colours.panel)
        if self.words_shown:
            self._paint_text(painter, square, query.text)
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
        self._list = ItemList[WorstQuery](lambda query: query.text)
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

    def show_queries(self, queries: Sequence[WorstQuery]) -> None:
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
        self.query_chosen.emit(index.data(ITEM).row)

    def _on_thumbnail_ready(self, row: int) -> None:
        del row  # at most a strip of pictures: painting them all is cheaper than finding the one
        self.viewport().update()
