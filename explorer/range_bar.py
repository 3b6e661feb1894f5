"""How the numbers of a column are spread, with two handles for a range of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.data.column_kinds import Numbers
from core.data.columns import shares_of_range
from explorer.appearance import theme

BINS, EDGE, HEIGHT, GRIP = 48, 8, 64, 8


class RangeBar(QWidget):
    """Bars of how many numbers are where; what the handles leave out is pale. Signal: dragged(float, float).

    `numbers` (N,) may have NaN; `ends` are the least and the greatest of them.
    """

    dragged = Signal(float, float)

    def __init__(self, numbers: Numbers, ends: tuple[float, float]) -> None:
        super().__init__()
        self._ends = ends
        self._low, self._high = ends
        known = numbers[~np.isnan(numbers)]
        # numpy.histogram refuses numbers that are too large or too near to each other.
        bins = np.clip(shares_of_range(known, ends) * BINS, 0, BINS - 1).astype(np.int64)
        self._counts = np.bincount(bins, minlength=BINS)
        self._held = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def set_range(self, low: float | None, high: float | None) -> None:
        """Put the handles there, None at the end."""
        self._low = self._ends[0] if low is None else min(max(low, self._ends[0]), self._ends[1])
        self._high = self._ends[1] if high is None else min(max(high, self._ends[0]), self._ends[1])
        self.update()

    def place_at(self, value: float) -> float:
        """Where a number is, in pixels from the left."""
        share = float(shares_of_range(np.array(value), self._ends))
        return EDGE + share * (self.width() - 2 * EDGE)

    def value_at(self, place: float) -> float:
        """The number at a place, within the ends."""
        share = min(max((place - EDGE) / max(1, self.width() - 2 * EDGE), 0.0), 1.0)
        low, high = self._ends
        return min(max(low * (1 - share) + high * share, low), high)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position().x()
        to_low, to_high = abs(place - self.place_at(self._low)), abs(place - self.place_at(self._high))
        # Where both handles are at one place, the side that was pressed tells which.
        is_low = to_low < to_high or (to_low == to_high and place < self.place_at(self._low))
        self._held = "low" if is_low else "high"
        self._drag(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._drag(event.position().x())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._held = ""

    def _drag(self, place: float) -> None:
        value = self.value_at(place)
        if self._held == "low":
            self._low = min(value, self._high)
        else:
            self._high = max(value, self._low)
        self.update()
        self.dragged.emit(self._low, self._high)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        floor, most = HEIGHT - 10.0, max(1, int(self._counts.max(initial=0)))
        width = (self.width() - 2 * EDGE) / BINS
        low, high = self.place_at(self._low), self.place_at(self._high)
        for number, count in enumerate(self._counts):
            # A few among a million are seen too.
            height = max(1.5, count / most * (floor - 6)) if count else 0
            left = EDGE + number * width
            is_within = left + width > low and left < high
            painter.setBrush(QColor(tokens.accent if is_within else tokens.line))
            painter.drawRect(QRectF(left, floor - height, max(1.0, width - 1), height))
        painter.setPen(QPen(QColor(tokens.strong_line), 1))
        painter.drawLine(QPointF(EDGE, floor + 0.5), QPointF(self.width() - EDGE, floor + 0.5))
        painter.setPen(QPen(QColor(tokens.text), 1.5))
        painter.setBrush(QColor(tokens.panel))
        for place in (low, high):
            painter.drawLine(QPointF(place, 4), QPointF(place, floor))
            painter.drawEllipse(QPointF(place, floor), GRIP / 2, GRIP / 2)
