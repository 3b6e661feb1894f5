"""A large number with its name under it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.appearance import theme

NUMBER_PIXELS = 22
CAPTION_PIXELS = 12
GAP = 2


class Figure(QWidget):
    """One overall figure, such as 71.8 over "R@1".

    `token` names the theme's colour of the number: "text", "accent" (checkpoint A), "second" (B), "right", "wrong".
    """

    def __init__(self, caption: str, explanation: str = "", token: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = "–"
        self._caption = caption
        self._token = token
        self.setToolTip(explanation)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    @property
    def number(self) -> str:
        """The number as shown."""
        return self._number

    def show_number(self, number: str, token: str | None = None) -> None:
        """Show another number, in another colour of the theme if one is named."""
        self._number = number
        self._token = token or self._token
        self.setAccessibleName(f"{self._caption} {number}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        number, caption = QFontMetrics(_number_font()), QFontMetrics(_caption_font())
        width = max(number.horizontalAdvance(self._number), caption.horizontalAdvance(self._caption))
        return QSize(width, number.height() + GAP + caption.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.current()
        above = QFontMetrics(_number_font()).height()
        painter.setFont(_number_font())
        painter.setPen(QColor(getattr(colours, self._token)))
        painter.drawText(QRect(0, 0, self.width(), above), Qt.AlignmentFlag.AlignLeft, self._number)
        painter.setFont(_caption_font())
        painter.setPen(QColor(colours.secondary))
        below = QRect(0, above + GAP, self.width(), self.height() - above - GAP)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self._caption)


def _number_font() -> QFont:
    return theme.number_font(NUMBER_PIXELS, QFont.Weight.DemiBold)


def _caption_font() -> QFont:
    return theme.text_font(CAPTION_PIXELS)
