"""A label that gives way, and a button with fewer words."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from explorer.appearance.plain import Label, literal

LEAST = 40


class ElidedLabel(Label):
    """Shortens its text where there is no room, by default in its middle; the tooltip has it whole."""

    def __init__(self, text: str = "", where: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._where = where
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(LEAST, hint.width()), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), self._where, self.width())
        painter.drawText(self.rect(), self.alignment(), text)


class BriefButton(QPushButton):
    """A quiet button with its words whole where there is room, else a few of them; it takes no more than they need."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "quiet")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._words = self._brief = ""

    def say(self, words: str, brief: str) -> None:
        """Have other words."""
        self._words, self._brief = words, brief
        self.setAccessibleName(words)
        # The theme's font, also before it is shown.
        self.ensurePolished()
        self.setMaximumWidth(self._width_of(words))
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self._width_of(self._brief), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _width_of(self, words: str) -> int:
        beside = super().sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())
        return self.fontMetrics().horizontalAdvance(words) + beside

    def _fit(self) -> None:
        has_room = self.width() >= self._width_of(self._words)
        self.setText(literal(self._words if has_room else self._brief))
