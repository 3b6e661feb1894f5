"""Words that lie on the map: its name above, its figures below."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from explorer.appearance import theme

Foreground = Literal["text", "secondary", "accent", "second"]
EDGE = 6
GAP = 8
BETWEEN = " · "
MORE = " …"


@dataclass(frozen=True)
class Phrase:
    """A few words in one colour; `strong` ones are larger and bold.

    What is `required`, and all before it, is elided where there is no room; the rest is left out, part by part.
    """

    text: str
    foreground: Foreground = "secondary"
    strong: bool = False
    required: bool = False


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

    @property
    def shown(self) -> str:
        """The words that there is room for: parts that do not fit are left out whole, the last first."""
        return "  ".join(phrase.text for phrase in self._with_room())

    def set(self, *phrases: Phrase) -> None:
        """Say something else; nothing hides the caption."""
        if phrases == self._phrases:
            return
        self._phrases = phrases
        self.setAccessibleName(self.text)
        self.setVisible(bool(phrases))
        self.limit(self._widest)

    def limit(self, width: int) -> None:
        """Be at most this wide; what does not fit is left out."""
        self._widest = width
        self.resize(min(_width(self._with_room()), width), self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_width(self._phrases), 24)

    def _with_room(self) -> tuple[Phrase, ...]:
        shown = self._phrases
        while _width(shown) > self._widest and (shorter := _without_last(shown)) is not None:
            shown = shorter
        return shown

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
        for phrase in self._with_room():
            font = _font(phrase)
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(QColor(getattr(tokens, phrase.foreground)))
            room = self.width() - EDGE - left
            words = metrics.elidedText(phrase.text, Qt.TextElideMode.ElideRight, max(room, 0))
            painter.drawText(left, baseline, words)
            left += metrics.horizontalAdvance(words) + 1 + GAP


def _font(phrase: Phrase) -> QFont:
    return theme.text_font(13, QFont.Weight.DemiBold) if phrase.strong else theme.number_font(12)


def _width(phrases: tuple[Phrase, ...]) -> int:
    widths = [QFontMetrics(_font(phrase)).horizontalAdvance(phrase.text) + 1 for phrase in phrases]
    return sum(widths) + GAP * max(len(widths) - 1, 0) + 2 * EDGE


def _without_last(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...] | None:
    """Without the last part of the last phrase, and with a sign that there is more; None where all has to stay."""
    *others, last = phrases
    parts = last.text.removesuffix(MORE).split(BETWEEN)
    if last.required or (not others and len(parts) == 1):
        return None
    if len(parts) > 1:
        return *others, replace(last, text=BETWEEN.join(parts[:-1]) + MORE)
    *first, before = others
    return *first, before if before.required else replace(before, text=before.text + MORE)
