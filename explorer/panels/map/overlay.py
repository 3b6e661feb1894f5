"""What is painted over the discs: rings, links, outlines. Functions of a painter and screen places."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from explorer.appearance.theme import RADIUS, Theme, text_font

RING_GAP = 5.5


def paint_links(painter: QPainter, tokens: Theme, start: QPointF, ends: Sequence[tuple[QPointF, bool | None]]) -> None:
    """Dashed lines from the query to its neighbours, in the colour of right or wrong where that is known."""
    for end, right in ends:
        foreground = QColor(tokens.secondary if right is None else tokens.right if right else tokens.wrong)
        pen = QPen(foreground, 1.4, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawLine(start, end)
        _paint_rings(painter, end, RING_GAP + 1, QPen(foreground, 1.6))


def paint_query(painter: QPainter, tokens: Theme, place: QPointF, radius: float) -> None:
    """The query: a disc in the accent colour within a ring, on a rim that sets it off from any pile."""
    rim, ring = QPen(QColor(tokens.background), 5), QPen(QColor(tokens.accent), 2)
    _paint_rings(painter, place, radius + RING_GAP, rim, ring)
    # Wide enough to cover the outline that it has as a selected point.
    painter.setPen(QPen(QColor(tokens.background), 1.5))
    painter.setBrush(QColor(tokens.accent))
    painter.drawEllipse(place, radius + 1.5, radius + 1.5)


def paint_query_beside(painter: QPainter, tokens: Theme, place: QPointF, radius: float) -> None:
    """A query that is no point of the map, at its nearest image: a broken ring without a disc."""
    rim, ring = QPen(QColor(tokens.background), 5), QPen(QColor(tokens.accent), 2, Qt.PenStyle.DashLine)
    _paint_rings(painter, place, radius + RING_GAP + 3, rim, ring)


def paint_hover(painter: QPainter, tokens: Theme, place: QPointF, radius: float) -> None:
    """The ring around the point under the cursor."""
    _paint_rings(painter, place, radius + 3, QPen(QColor(tokens.background), 4.0), QPen(QColor(tokens.text), 1.75))


def paint_frame(painter: QPainter, tokens: Theme, frame: QRectF) -> None:
    """The border of the picture under the cursor."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.text), 2))
    painter.drawRoundedRect(frame.adjusted(-1, -1, 1, 1), RADIUS, RADIUS)


def paint_focus(painter: QPainter, tokens: Theme, room: QRectF) -> None:
    """Within the border of a map that has the keyboard."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.accent), 2))
    painter.drawRect(room.adjusted(1, 1, -1, -1))


def paint_cross_hair(painter: QPainter, tokens: Theme, place: QPointF, room: QRectF) -> None:
    """Where the point that the other map's cursor is on lies here."""
    foreground = QColor(tokens.secondary)
    foreground.setAlpha(150)
    painter.setPen(QPen(foreground, 1))
    for line in (
        (QPointF(room.left(), place.y()), QPointF(place.x() - 12, place.y())),
        (QPointF(place.x() + 12, place.y()), QPointF(room.right(), place.y())),
        (QPointF(place.x(), room.top()), QPointF(place.x(), place.y() - 12)),
        (QPointF(place.x(), place.y() + 12), QPointF(place.x(), room.bottom())),
    ):
        painter.drawLine(*line)
    paint_hover(painter, tokens, place, RING_GAP)


def paint_outline(painter: QPainter, tokens: Theme, corners: Sequence[QPointF]) -> None:
    """The lasso or box being drawn."""
    wash = QColor(tokens.accent)
    wash.setAlpha(36)
    painter.setPen(QPen(QColor(tokens.accent), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(wash)
    painter.drawPolygon(QPolygonF(list(corners)))


def paint_chosen_frame(painter: QPainter, tokens: Theme, frame: QRectF, colour: str) -> None:
    """Around a picture that is the query or selected, set off from its own border: that may be of any colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for foreground, width in ((tokens.background, 6.0), (colour, 2.5)):
        painter.setPen(QPen(QColor(foreground), width))
        painter.drawRoundedRect(frame.adjusted(-2, -2, 2, 2), RADIUS, RADIUS)


def paint_text(painter: QPainter, tokens: Theme, room: QRectF, words: str) -> None:
    """A sentence in the middle of the map."""
    painter.setFont(text_font())
    painter.setPen(QColor(tokens.secondary))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)


def _paint_rings(painter: QPainter, place: QPointF, radius: float, *pens: QPen) -> None:
    """The same ring with each of the pens, the last on top."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in pens:
        painter.setPen(pen)
        painter.drawEllipse(place, radius, radius)
