"""A label and a button that give way."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from explorer.appearance.plain import Label, literal

LEAST = 40
# At both sides of a button's words.
PADDING = 20


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


class ElidedButton(QPushButton):
    """A quiet button that shortens its words at their end where there is no room; it takes no more than they need."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setProperty("kind", "quiet")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    @property
    def words(self) -> str:
        """What it says, whole."""
        return self._words

    def say(self, words: str) -> None:
        """Have other words."""
        self._words = words
        self.setAccessibleName(words)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._words) + PADDING, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - PADDING
        self.setText(literal(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)))
