"""Paints the cells of the per-class table: names, tabular figures, bars and signed differences."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from explorer.appearance import theme
from explorer.appearance.item_list import Index
from explorer.appearance.tables import EDGE, ROW_HEIGHT
from explorer.panels.recall.class_measures import MeasureKind
from explorer.panels.recall.recall_table import KIND, NUMBER, PARTNER

BAR_HEIGHT = 6
BAR_GAP = 8
SPACE = 6
TRIANGLE = 7.0
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ClassCells(QStyledItemDelegate):
    """One delegate for every column; the model's KIND role says how a cell is drawn.

    `hovered` is the row under the pointer, -1 for none: Qt itself knows only the cell. `bar_width` is the room of a
    full bar in pixels.
    """

    hovered = -1
    bar_width = 88

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(60, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        self._paint_background(painter, option, index)
        painter.setPen(QColor(theme.current().text))
        cell = option.rect.adjusted(EDGE, 0, -EDGE, -1)
        kind, text = index.data(KIND), str(index.data())
        if kind in (MeasureKind.NAME, MeasureKind.CONFUSION):
            painter.setFont(theme.text_font())
            self._paint_text(painter, cell, text, str(index.data(PARTNER) or ""))
        else:
            painter.setFont(theme.number_font())
            self._paint_number(painter, cell, kind, text, float(index.data(NUMBER)))
        painter.restore()

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Row colour, the line under it, and the accent at the left of the chosen row."""
        colours = theme.current()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or index.row() == self.hovered:
            painter.fillRect(option.rect, QColor(colours.selection if chosen else colours.hover))
        painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), QColor(colours.line))
        if chosen and index.column() == 0:
            painter.fillRect(
                QRect(option.rect.left(), option.rect.top(), 2, option.rect.height()), QColor(colours.accent)
            )

    def _paint_text(self, painter: QPainter, cell: QRect, text: str, partner: str) -> None:
        """A name cut in its middle where it must be: names often differ at the end. The share after it is never cut."""
        metrics = painter.fontMetrics()
        tail = text[len(partner) :] if partner else ""
        room = cell.width() - metrics.horizontalAdvance(tail)
        name = metrics.elidedText(partner or text, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(cell, _LEFT, name + tail)

    def _paint_number(self, painter: QPainter, cell: QRect, kind: MeasureKind, text: str, number: float) -> None:
        measured = not math.isnan(number)
        if not measured:
            painter.setPen(QColor(theme.current().secondary))
        if kind is MeasureKind.BAR and measured:
            cell = self._paint_bar(painter, cell, number)
        elif kind is MeasureKind.DIFFERENCE and measured and text[0] in "+−":
            _paint_sign(painter, cell, text)
        painter.drawText(cell, _RIGHT, text)

    def _paint_bar(self, painter: QPainter, cell: QRect, share: float) -> QRect:
        """A bar at the right of the cell; answers the room left for the number."""
        colours = theme.current()
        top = cell.center().y() - BAR_HEIGHT / 2 + 1
        track = QRectF(cell.right() + 1 - self.bar_width, top, self.bar_width, BAR_HEIGHT)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line))
        painter.drawRoundedRect(track, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        painter.setClipRect(QRectF(track.left(), track.top(), track.width() * share, track.height()))
        painter.setBrush(QColor(colours.right))
        painter.drawRoundedRect(track, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        painter.restore()
        return cell.adjusted(0, 0, -self.bar_width - BAR_GAP, 0)


def _paint_sign(painter: QPainter, cell: QRect, text: str) -> None:
    """A triangle before a difference, up for better and down for worse, and the pen of its number."""
    better = text[0] == "+"
    colour = QColor(theme.current().right if better else theme.current().wrong)
    right = cell.right() - QFontMetrics(painter.font()).horizontalAdvance(text) - SPACE
    middle, half = cell.center().y() + 1.0, TRIANGLE / 2
    tip, base = (middle - half, middle + half) if better else (middle + half, middle - half)
    triangle = QPolygonF([QPointF(right - half, tip), QPointF(right, base), QPointF(right - TRIANGLE, base)])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(triangle)
    painter.restore()
    painter.setPen(colour)
