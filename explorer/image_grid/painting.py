"""How a grid looks: heads, pictures, their frames and badges, and what stands in place of a picture."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from explorer.appearance import icons, theme
from explorer.appearance.picture import CORNER
from explorer.image_grid.groups import Group
from explorer.image_grid.layout import HEAD, MARGIN

BADGE = 16
_CHEVRON, _DOT, _GAP = 12, 8, 8


def paint_head(painter: QPainter, room: QRect, group: Group, is_open: bool, hovered: bool) -> None:
    """The head of a group over the width of the grid: chevron, colour, name, number of pictures, badge."""
    tokens = theme.current()
    painter.fillRect(room, QColor(tokens.background))
    x, middle = room.left() + MARGIN, room.top() + HEAD // 2
    chevron = "chevron-down" if is_open else "chevron-right"
    place = QRectF(x, middle - _CHEVRON / 2, _CHEVRON, _CHEVRON)
    icons.paint(painter, chevron, place, tokens.text if hovered else tokens.secondary)
    x += _CHEVRON + _GAP
    if group.colour:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(group.colour))
        painter.drawEllipse(QRectF(x, middle - _DOT / 2, _DOT, _DOT))
        x += _DOT + _GAP
    title, plain = theme.text_font(theme.TEXT_PIXELS, QFont.Weight.DemiBold), theme.number_font()
    badge = theme.text_font(theme.SMALL_PIXELS)
    count = f"{len(group.rows):,}"
    beside = QFontMetrics(plain).horizontalAdvance(count) + QFontMetrics(badge).horizontalAdvance(group.note) + 4 * _GAP
    words = QFontMetrics(title).elidedText(
        group.title, Qt.TextElideMode.ElideMiddle, room.right() - MARGIN - beside - x
    )
    x = _text(painter, x, room, words, title, tokens.text)
    x = _text(painter, x, room, count, plain, tokens.secondary)
    if group.note:
        width = QFontMetrics(badge).horizontalAdvance(group.note) + 10
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.selection))
        painter.drawRoundedRect(QRectF(x, middle - 9, width, 18), 4, 4)
        _text(painter, x + 5, room, group.note, badge, tokens.text)


def paint_more(painter: QPainter, square: QRect, more: int, hovered: bool) -> None:
    """How many pictures of a closed group are not shown."""
    tokens = theme.current()
    painter.setPen(QPen(QColor(tokens.strong_line if hovered else tokens.line), 1))
    painter.setBrush(QColor(tokens.hover) if hovered else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(square).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
    small = square.width() < 64
    painter.setFont(theme.number_font(theme.SMALL_PIXELS if small else theme.TEXT_PIXELS))
    painter.setPen(QColor(tokens.text))
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, f"+{more:,}")


def paint_placeholder(painter: QPainter, square: QRect, is_broken: bool) -> None:
    """A flat square for a picture that is on its way; a crossed one for a file that does not open."""
    tokens = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.line))
    painter.drawRoundedRect(QRectF(square), CORNER, CORNER)
    if is_broken:
        half = min(24.0, square.width() / 3)
        centre = QRectF(square).center()
        room = QRectF(centre.x() - half / 2, centre.y() - half / 2, half, half)
        icons.paint(painter, "image", room, tokens.secondary)
        painter.setPen(QPen(QColor(tokens.secondary), 1.4))
        painter.drawLine(room.bottomLeft(), room.topRight())


def paint_chosen(painter: QPainter, square: QRect, is_query: bool) -> None:
    """The frame and the badge of a selected picture, or of the query: not by colour alone."""
    tokens = theme.current()
    painter.setPen(QPen(QColor(tokens.accent), 3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(square).adjusted(1.5, 1.5, -1.5, -1.5), CORNER - 1, CORNER - 1)
    corner = square.topLeft() + QPoint(5, 5)
    paint_badge(painter, corner, "search" if is_query else "check", tokens.accent, tokens.on_accent)


def paint_wrong(painter: QPainter, square: QRect) -> None:
    """The nearest image is of another class."""
    corner = square.topRight() + QPoint(-BADGE - 4, 5)
    paint_badge(painter, corner, "cross", theme.current().wrong, "#ffffff")


def paint_badge(painter: QPainter, corner: QPoint, icon: str, ground: str, ink: str) -> None:
    """A disc with an icon."""
    disc = QRectF(corner.x(), corner.y(), BADGE, BADGE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    painter.drawEllipse(disc)
    icons.paint(painter, icon, disc.adjusted(3.5, 3.5, -3.5, -3.5), ink)


def paint_focus(painter: QPainter, square: QRect) -> None:
    """The ring around the picture that the keys are on; beside the frame of a selected one."""
    painter.setPen(QPen(QColor(theme.current().text), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(square).adjusted(-2, -2, 2, 2), CORNER + 2, CORNER + 2)


def paint_hovered(painter: QPainter, square: QRect) -> None:
    """The picture under the pointer."""
    painter.setPen(QPen(QColor(theme.current().text), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(square).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)


def _text(painter: QPainter, x: int, room: QRect, words: str, font: QFont, colour: str) -> int:
    """Write after `x`; where the next thing begins."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    width = QFontMetrics(font).horizontalAdvance(words)
    painter.drawText(QRect(x, room.top(), width + 2, HEAD), Qt.AlignmentFlag.AlignVCenter, words)
    return x + width + _GAP
