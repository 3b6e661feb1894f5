"""Painting an image's thumbnail into a small square."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from explorer.appearance import theme

CORNER = 4.0


def draw_picture(painter: QPainter, square: QRect, image: QImage | None, frame: str | None = None) -> None:
    """Fill `square` with the middle of `image`, corners rounded; a quiet placeholder while `image` is None.

    `frame` is a colour ("#rrggbb") drawn around it, two pixels wide.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    outline = QPainterPath()
    outline.addRoundedRect(QRectF(square), CORNER, CORNER)
    painter.save()
    painter.setClipPath(outline)
    painter.fillRect(square, QColor(theme.current().line))
    if image is not None and not image.isNull():
        painter.drawImage(square, image, _middle(image, square.size()))
    painter.restore()
    if frame is not None:
        painter.setPen(QPen(QColor(frame), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(square).adjusted(1, 1, -1, -1), CORNER - 1, CORNER - 1)
    painter.restore()


def _middle(image: QImage, shape: QSize) -> QRect:
    """The largest part of `image` with the proportions of `shape`, centred."""
    part = shape.scaled(image.size(), Qt.AspectRatioMode.KeepAspectRatio)
    middle = QRect(0, 0, part.width(), part.height())
    middle.moveCenter(image.rect().center())
    return middle
