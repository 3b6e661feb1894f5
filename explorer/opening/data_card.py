"""A data set of before as a card: its pictures, name, counts, when it was open, and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from core.data.source import DataSource
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.picture import draw_picture
from explorer.state.library import DataFacts

PICTURES, LENGTH, GAP, EDGE = 4, 58, 6, 12
SIZE = QSize(2 * EDGE + PICTURES * LENGTH + (PICTURES - 1) * GAP, 158)
LINE = 18
FAINT = 0.5


@dataclass(frozen=True)
class CardText:
    """What a card says, line by line."""

    name: str
    counts: str
    path: str


class DataCard(QAbstractButton):
    """Pressed, it opens what it shows. Signal: menu_requested(QPoint), a place on the screen."""

    menu_requested = Signal(QPoint)

    def __init__(self, source: DataSource, text: CardText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source, self.text_shown, self._pictures = source, text, list[QImage]()
        self._is_missing = False
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{text.name}, {text.counts}")
        self.setToolTip(text.path)
        theme.notifier.changed.connect(self.update)

    @property
    def is_missing(self) -> bool:
        """Whether nothing lies where it lay."""
        return self._is_missing

    @property
    def pictures(self) -> int:
        """How many pictures it shows."""
        return len(self._pictures)

    def show_pictures(self, pictures: Sequence[QImage], is_missing: bool) -> None:
        """Show what a thread has found of it."""
        self._pictures, self._is_missing = list(pictures[:PICTURES]), is_missing
        if is_missing:
            self.text_shown = CardText(self.text_shown.name, Message("not-there-locate"), self.text_shown.path)
            self.setAccessibleName(f"{self.text_shown.name}, {self.text_shown.counts}")
        self.update()

    def sizeHint(self) -> QSize:
        return SIZE

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave, QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_requested.emit(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        over = self.underMouse() or self.isDown()
        painter.setPen(QPen(QColor(tokens.strong_line if over else tokens.line), 1))
        painter.setBrush(QColor(tokens.hover if over else tokens.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        self._paint_pictures(painter)
        self._paint_text(painter)

    def _paint_pictures(self, painter: QPainter) -> None:
        painter.setOpacity(FAINT if self._is_missing else 1.0)
        for place in range(PICTURES):
            square = QRect(EDGE + place * (LENGTH + GAP), EDGE, LENGTH, LENGTH)
            draw_picture(painter, square, self._pictures[place] if place < len(self._pictures) else None)
        painter.setOpacity(1.0)

    def _paint_text(self, painter: QPainter) -> None:
        tokens, text = theme.current(), self.text_shown
        lines = (
            (
                text.name,
                theme.text_font(13, QFont.Weight.DemiBold),
                tokens.secondary if self._is_missing else tokens.text,
            ),
            (text.counts, theme.text_font(12), tokens.secondary),
            (text.path, theme.text_font(theme.SMALL_PIXELS), tokens.secondary),
        )
        top = EDGE + LENGTH + 10
        for words, font, colour in lines:
            painter.setFont(font)
            painter.setPen(QColor(colour))
            place = QRect(EDGE, top, self.width() - 2 * EDGE, LINE + 2)
            # At its end: the beginning of a path says on which drive it is.
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            top += LINE + 4


def counts_and_when(facts: DataFacts | None, today: date | None = None) -> str:
    """How many images and classes it had, and when it was open; "" where nothing is known."""
    if facts is None or not facts.images:
        return ""
    when = _when(facts.opened, today or datetime.now(UTC).astimezone().date())
    return Message("counts-and-when", images=facts.images, classes=facts.classes, when=when)


def _when(opened: str, today: date) -> str:
    try:
        day = datetime.fromisoformat(opened).astimezone().date()
    except ValueError:
        return Message("opened-some-day")
    if day == today:
        return Message("opened-today")
    return Message("opened-yesterday") if day == today - timedelta(days=1) else day.isoformat()
