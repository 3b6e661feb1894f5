"""Words that lie on the map: its name above, its figures below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from explorer.appearance import theme

Ink = Literal["text", "secondary", "accent", "second"]
EDGE = 6
GAP = 8


@dataclass(frozen=True)
class Phrase:
    """A few words in one ink; `strong` ones are larger and bold."""

    text: str
    ink: Ink = "secondary"
    strong: bool = False


class Caption(QWidget):
    """One line of phrases on a veil of the map's background, so that it can be read over any pile of points."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._phrases: tuple[Phrase, ...] = ()
        self._widest = 10_000
        self.hide()

    @property
    def text(self) -> str:
        """All the words."""
        return "  ".join(phrase.text for phrase in self._phrases)

    def set(self, *phrases: Phrase) -> None:
        """Say something else; nothing hides the caption."""
        if phrases == self._phrases:
            return
        self._phrases = phrases
        self.setAccessibleName(self.text)
        self.setVisible(bool(phrases))
        self.limit(self._widest)

    def limit(self, width: int) -> None:
        """Be at most this wide; what does not fit is elided."""
        self._widest = width
        self.resize(min(self.sizeHint().width(), width), self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        widths = [QFontMetrics(_font(phrase)).horizontalAdvance(phrase.text) + 1 for phrase in self._phrases]
        return QSize(sum(widths) + GAP * max(len(widths) - 1, 0) + 2 * EDGE, 24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(tokens.background)
        veil.setAlpha(205)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawRoundedRect(QRectF(self.rect()), theme.RADIUS, theme.RADIUS)
        baseline = (self.height() + QFontMetrics(theme.text_font()).capHeight()) // 2
        left = EDGE
        for phrase in self._phrases:
            font = _font(phrase)
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(QColor(getattr(tokens, phrase.ink)))
            room = self.width() - EDGE - left
            words = metrics.elidedText(phrase.text, Qt.TextElideMode.ElideRight, max(room, 0))
            painter.drawText(left, baseline, words)
            left += metrics.horizontalAdvance(words) + 1 + GAP


def _font(phrase: Phrase) -> QFont:
    return theme.text_font(13, QFont.Weight.DemiBold) if phrase.strong else theme.number_font(12)
