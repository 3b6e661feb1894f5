"""Paints a changed query as a card: the image, what A retrieved first, what B retrieved first."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from explorer.appearance import icons, theme
from explorer.appearance.item_list import ITEM, Index
from explorer.appearance.picture import draw_picture
from explorer.panels.compare.changed_queries import ChangedQuery
from explorer.thumbnails import ThumbnailStore

PICTURE = 56
EDGE = 8
GAP = 10
AFTER_QUERY = 22
WORDS = 18
BADGE = 15
CARD = QSize(2 * EDGE + 3 * PICTURE + AFTER_QUERY + GAP, EDGE + PICTURE + WORDS + 4)


class QueryCards(QStyledItemDelegate):
    """`right_in_a` says whether the list's queries are right in A (broken) or in B (fixed)."""

    def __init__(self, thumbnails: ThumbnailStore, right_in_a: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._right_in_a = right_in_a

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        # As wide as the grid of its list: what is painted is told no more than this.
        grid = option.widget.gridSize() if isinstance(option.widget, QListView) else QSize()
        return CARD.expandedTo(QSize(grid.width(), 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_background(painter, option)
        colours = theme.current()
        item: ChangedQuery = index.data(ITEM)
        labels, (row, first_a, first_b) = item.labels, item.rows
        left, top = option.rect.left() + EDGE, option.rect.top() + EDGE - 2
        # What the card is wider than it must be goes to the names.
        wider = max(0, option.rect.width() - CARD.width()) // 3
        query = QRect(left, top, PICTURE, PICTURE)
        draw_picture(painter, query, self._thumbnails.get(row))
        self._paint_text(painter, query, labels[0], colours.text, AFTER_QUERY + wider)
        arrow = QRectF(query.right() + 6 + wider / 2, query.center().y() - 5, 11, 11)
        icons.paint(painter, "forward", arrow, colours.secondary)
        first = query.translated(PICTURE + AFTER_QUERY + wider, 0)
        second = first.translated(PICTURE + GAP + wider, 0)
        self._paint_result(painter, first, first_a, "A", self._right_in_a)
        self._paint_result(painter, second, first_b, "B", not self._right_in_a)
        self._paint_text(painter, first, labels[1], colours.secondary, GAP + wider)
        self._paint_text(painter, second, labels[2], colours.secondary, GAP + wider)
        painter.restore()

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        """The card under the pointer and the chosen one stand out; keyboard focus adds a ring."""
        colours = theme.current()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if not (chosen or hovered):
            return
        ring = chosen and bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(QColor(colours.accent), 1.5) if ring else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.selection if chosen else colours.hover))
        background = QRectF(option.rect.left(), option.rect.top(), option.rect.width(), CARD.height())
        painter.drawRoundedRect(background.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)

    def _paint_result(self, painter: QPainter, square: QRect, row: int, slot: str, right: bool) -> None:
        """A retrieved image framed by its verdict, with the slot's letter and a tick or cross."""
        colours = theme.current()
        outcome_colour = colours.right if right else colours.wrong
        draw_picture(painter, square, self._thumbnails.get(row), outcome_colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.panel))
        letter = QRectF(square.left() + 3, square.top() + 3, BADGE, BADGE)
        painter.drawRoundedRect(letter, 3, 3)
        mark = QRectF(square.right() - BADGE - 1, square.top() + 3, BADGE, BADGE)
        icons.paint_outcome(painter, right, mark, outcome_colour, colours.panel)
        painter.setFont(theme.text_font(theme.SMALL_PIXELS, QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.accent if slot == "A" else colours.second))
        painter.drawText(letter, Qt.AlignmentFlag.AlignCenter, slot)

    def _paint_text(self, painter: QPainter, square: QRect, words: str, colour: str, beyond: int) -> None:
        """A class name under its picture; it may run on into the gap that follows."""
        painter.setFont(theme.text_font(theme.SMALL_PIXELS))
        painter.setPen(QColor(colour))
        place = QRect(square.left(), square.bottom() + 2, PICTURE + beyond - 4, WORDS - 2)
        text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
