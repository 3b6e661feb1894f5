"""A large number with its name under or beside it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.retrieval.significance import Interval
from explorer.appearance import theme
from explorer.appearance.number_format import difference_caption, difference_explained, signed

UNDER_PIXELS = 22
BESIDE_PIXELS = 15
CAPTION_PIXELS = 12
GAP_UNDER = 2
GAP_BESIDE = 6
# What a caption that gives way keeps.
LEAST_CAPTION = 40


class MetricLabel(QWidget):
    """One overall figure, such as 71.8 over "R@1"; or, with `beside`, the same in one line for a narrow place.

    With `gives_way` the caption beside is shortened where there is no room.
    `token` names the theme's colour of the number: "text", "accent" (checkpoint A), "second" (B), "right", "wrong".
    """

    def __init__(
        self, caption: str, explanation: str = "", token: str = "text", beside: bool = False, gives_way: bool = False
    ) -> None:
        super().__init__()
        self.number = "–"
        self._caption = caption
        self._token = token
        self._beside = beside
        self._gives_way = gives_way
        self.setToolTip(explanation)
        # Maximum: as wide as the hint, or narrower.
        across = QSizePolicy.Policy.Maximum if gives_way else QSizePolicy.Policy.Fixed
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    def show_number(self, number: str, token: str | None = None, caption: str | None = None) -> None:
        """Show another number; in another colour of the theme, or under another caption, if one is given."""
        self.number = number
        self._token = token or self._token
        self._caption = caption or self._caption
        self.setAccessibleName(f"{self._caption} {number}")
        self.updateGeometry()
        self.update()

    def show_difference(self, a: float | None, b: float | None, interval: Interval | None) -> None:
        """Show how much larger one share is than another, with what could be chance."""
        difference = "n/a" if a is None or b is None else signed(b - a)
        token = {"+": "right", "−": "wrong"}.get(difference[0], "text")
        self.show_number(difference, token, difference_caption(interval))
        self.setToolTip(difference_explained(interval))

    def sizeHint(self) -> QSize:
        number, caption = self._sizes()
        if self._beside:
            return QSize(number.width() + GAP_BESIDE + caption.width(), max(number.height(), caption.height()))
        return QSize(max(number.width(), caption.width()), number.height() + GAP_UNDER + caption.height())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        if not self._gives_way:
            return hint
        number, caption = self._sizes()
        return QSize(number.width() + GAP_BESIDE + min(LEAST_CAPTION, caption.width()), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.current()
        number, caption = self._places()
        painter.setFont(self.number_font_here())
        painter.setPen(QColor(getattr(colours, self._token)))
        painter.drawText(number, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.number)
        painter.setFont(theme.text_font(CAPTION_PIXELS))
        painter.setPen(QColor(colours.secondary))
        # One pixel more: widths of text are rounded, and what fits is not to be cut.
        words = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, caption.width() + 1)
        painter.drawText(caption, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def number_font_here(self) -> QFont:
        """The font that the number is written in: smaller than usual where it would not be whole."""
        font = self._number_font()
        needed = QFontMetrics(font).horizontalAdvance(self.number)
        if not self._beside and needed > self.width():
            font.setPixelSize(max(CAPTION_PIXELS, font.pixelSize() * self.width() // needed))
        return font

    def _places(self) -> tuple[QRect, QRect]:
        number, caption = self._sizes()
        if self._beside:
            left = number.width() + GAP_BESIDE
            room = min(caption.width(), self.width() - left)
            return QRect(0, 0, number.width(), self.height()), QRect(left, 0, room, self.height())
        top = number.height() + GAP_UNDER
        return QRect(0, 0, self.width(), number.height()), QRect(0, top, self.width(), caption.height())

    def _sizes(self) -> tuple[QSize, QSize]:
        number, caption = QFontMetrics(self._number_font()), QFontMetrics(theme.text_font(CAPTION_PIXELS))
        return (
            QSize(number.horizontalAdvance(self.number), number.height()),
            QSize(caption.horizontalAdvance(self._caption), caption.height()),
        )

    def _number_font(self) -> QFont:
        return theme.number_font(BESIDE_PIXELS if self._beside else UNDER_PIXELS, QFont.Weight.DemiBold)
