"""How cells of the runs table are drawn where plain text is not enough."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from explorer.appearance import theme
from explorer.appearance.item_list import Index
from explorer.appearance.tables import EDGE
from explorer.panels.runs.run_table import FRACTION, TOKEN

DOT = 8
BAR = 4
COUNT_WIDTH = 62
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class StateCell(QStyledItemDelegate):
    """A coloured dot and the state's word."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        inside = _paint_background(self, painter, option, index)
        tokens = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(tokens, index.data(TOKEN))))
        painter.drawEllipse(QPointF(inside.left() + DOT / 2, inside.center().y() + 0.5), DOT / 2, DOT / 2)
        painter.setPen(QColor(tokens.text))
        painter.drawText(inside.adjusted(DOT + 8, 0, 0, 0), LEFT, index.data())
        painter.restore()


class EpochCell(QStyledItemDelegate):
    """ "9 / 30" and a thin bar."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        inside = _paint_background(self, painter, option, index)
        tokens = theme.current()
        painter.save()
        painter.setFont(theme.number_font())
        painter.setPen(QColor(tokens.text))
        painter.drawText(inside, LEFT, index.data())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(inside.left() + COUNT_WIDTH, inside.center().y() - BAR / 2 + 1, inside.width() - COUNT_WIDTH, BAR)
        if bar.width() > 2 * BAR:
            painter.setBrush(QColor(theme.mix(tokens.line, tokens.secondary, 0.15)))
            painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
            bar.setWidth(bar.width() * index.data(FRACTION))
            painter.setBrush(QColor(getattr(tokens, index.data(TOKEN))))
            painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
        painter.restore()


def _paint_background(
    cell: QStyledItemDelegate,
    painter: QPainter,
    option: QStyleOptionViewItem,
    index: Index,
) -> QRect:
    """Draw what every cell has under its text; where the text may stand."""
    plain = QStyleOptionViewItem(option)
    cell.initStyleOption(plain, index)
    plain.text = ""
    plain.widget.style().drawControl(plain.widget.style().ControlElement.CE_ItemViewItem, plain, painter, plain.widget)
    # Plain cells centre their text above the line under the row; the same here, or the words of a row would dance.
    return option.rect.adjusted(EDGE, 0, -EDGE, -2)
