"""Painting an image's thumbnail into a small square."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QTransform

from explorer.appearance import theme

CORNER = 4.0


def draw_picture(
    painter: QPainter, square: QRect | QRectF, image: QImage | None, frame: str | QColor | None = None
) -> None:
    """Fill `square` with the middle of `image`, corners rounded; a quiet placeholder while `image` is None.

    `frame` is a colour ("#rrggbb") drawn around it, two pixels wide.
    """
    square = QRectF(square)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(Qt.PenStyle.NoPen if frame is None else QPen(QColor(frame), 2.0))
    # As the brush of the rounded square; a rounded clip costs several times as much.
    painter.setBrush(_texture(image, square))
    inset = 0 if frame is None else 1
    painter.drawRoundedRect(square.adjusted(inset, inset, -inset, -inset), CORNER - inset, CORNER - inset)
    painter.restore()


def _texture(image: QImage | None, square: QRectF) -> QBrush:
    if image is None or image.isNull():
        return QBrush(QColor(theme.current().line))
    part = _middle(image, square.size())
    brush = QBrush(image)
    place = QTransform.fromTranslate(square.x(), square.y())
    place.scale(square.width() / part.width(), square.height() / part.height())
    brush.setTransform(place.translate(-part.x(), -part.y()))
    return brush


def _middle(image: QImage, shape: QSizeF) -> QRectF:
    """The largest part of `image` with the proportions of `shape`, centred."""
    middle = QRectF(QPointF(), shape.scaled(QSizeF(image.size()), Qt.AspectRatioMode.KeepAspectRatio))
    middle.moveCenter(QRectF(image.rect()).center())
    return middle
