"""The scale of a legend: the colours of numbers from the least to the greatest, and of what is missing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.oklch import Bytes
from explorer.panels.map.shading import Scale

EDGE, BAR, LINE = 12, 12, 20
STOPS = 32


class ScaleBar(QWidget):
    """A bar with its ends in figures, and a disc for missing values where there are any."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scale = Scale("", "", 0)
        self._colours: list[QColor] = []

    def show_scale(self, scale: Scale, palette: Bytes) -> None:
        """Show a scale; `palette` ends with the colour of what is missing."""
        self._scale, self._colours = scale, [QColor(*(int(part) for part in colour)) for colour in palette]
        self.setAccessibleName(Message("scale-from-to", low=scale.low, high=scale.high))
        self.updateGeometry()
        self.update()

    @property
    def scale(self) -> Scale:
        """What is shown."""
        return self._scale

    def sizeHint(self) -> QSize:
        return QSize(120, BAR + LINE + (LINE + 4 if self._scale.missing else 0))

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = self.rect().adjusted(EDGE, 0, -EDGE, 0)
        painter.setFont(self._font())
        if self._scale.low or self._scale.high:
            bar = QRectF(inside.left(), 0, inside.width(), BAR)
            gradient = QLinearGradient(bar.topLeft(), bar.topRight())
            *known, _missing = self._colours
            for stop in range(STOPS + 1):
                gradient.setColorAt(stop / STOPS, known[round(stop / STOPS * (len(known) - 1))])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(gradient)
            painter.drawRoundedRect(bar, 3, 3)
            painter.setPen(QColor(tokens.secondary))
            ends = QRectF(inside.left(), BAR, inside.width(), LINE)
            painter.drawText(ends, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._scale.low)
            painter.drawText(ends, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._scale.high)
        if self._scale.missing:
            middle = BAR + LINE + 4 + LINE / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colours[-1])
            painter.drawEllipse(QPointF(inside.left() + 4.5, middle), 4.5, 4.5)
            painter.setPen(QColor(tokens.secondary))
            words = QRectF(inside.left() + 18, middle - LINE / 2, inside.width() - 18, LINE)
            text = Message("scale-missing", count=self._scale.missing)
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _font(self) -> QFont:
        return theme.number_font(12)
