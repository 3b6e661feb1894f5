"""The card beside the point under the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explorer.appearance import theme

THUMBNAIL = 72
PADDING = 10
GAP = 16
TEXT_WIDTH = 300


@dataclass(frozen=True)
class CardContent:
    """What a card says: the class in bold, then lines of facts; `verdict` marks the last line as right or wrong."""

    title: str
    lines: tuple[str, ...] = ()
    correct: bool | None = None


class HoverCard(QWidget):
    """Shows one CardContent and its picture beside a point, inside its parent; never under the cursor's clicks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.content = CardContent("")
        self._image: QImage | None = None
        self.row = -1
        self.hide()

    def show_at(self, point: QPoint, row: int, content: CardContent, image: QImage | None) -> None:
        """Show the card of catalog row `row` beside `point` (in the parent), flipped where the parent ends."""
        self.row, self.content, self._image = row, content, image
        room = self.parentWidget()
        assert room is not None
        # Of two maps beside each other each may be narrower than a file's name.
        wanted = self.sizeHint()
        self.resize(min(wanted.width(), room.width()), wanted.height())
        self.move(placed(point, self.size(), room.size()))
        self.update()
        self.show()
        self.raise_()

    def set_image(self, image: QImage) -> None:
        """The picture arrived after the card."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        title, body = self._fonts()
        widths = [QFontMetrics(title).horizontalAdvance(self.content.title)]
        widths += [QFontMetrics(body).horizontalAdvance(line) + 16 for line in self.content.lines]
        text = min(max([*widths, 60]), TEXT_WIDTH)
        height = QFontMetrics(title).height() + len(self.content.lines) * (QFontMetrics(body).height() + 1)
        return QSize(3 * PADDING + THUMBNAIL + text + 2, 2 * PADDING + max(THUMBNAIL, height) + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(QColor(tokens.strong_line), 1))
        painter.setBrush(QColor(tokens.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        self._paint_picture(painter, tokens)
        self._paint_text(painter, tokens)

    def _paint_picture(self, painter: QPainter, tokens: theme.Theme) -> None:
        frame = QRectF(PADDING, PADDING, THUMBNAIL, THUMBNAIL)
        if self._image is None or self._image.isNull():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(frame, 4, 4)
            return
        size = QSize(self._image.size()).scaled(THUMBNAIL, THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(frame.center().toPoint())
        painter.drawImage(target, self._image)

    def _paint_text(self, painter: QPainter, tokens: theme.Theme) -> None:
        title, body = self._fonts()
        left = 2 * PADDING + THUMBNAIL
        width = self.width() - left - PADDING
        metrics = QFontMetrics(title)
        painter.setFont(title)
        painter.setPen(QColor(tokens.text))
        top = PADDING + metrics.ascent()
        painter.drawText(left, top, metrics.elidedText(self.content.title, Qt.TextElideMode.ElideMiddle, width))
        top += metrics.descent() + 2
        metrics = QFontMetrics(body)
        painter.setFont(body)
        for number, line in enumerate(self.content.lines):
            last = number == len(self.content.lines) - 1
            painter.setPen(QColor(self._foreground(tokens, last)))
            top += metrics.height() + (0 if number else -metrics.descent())
            mark = "" if not last or self.content.correct is None else "✓ " if self.content.correct else "✕ "
            painter.drawText(left, top, metrics.elidedText(mark + line, Qt.TextElideMode.ElideMiddle, width))
            top += 1

    def _foreground(self, tokens: theme.Theme, last: bool) -> str:
        if not last or self.content.correct is None:
            return tokens.secondary
        return tokens.right if self.content.correct else tokens.wrong

    def _fonts(self) -> tuple[QFont, QFont]:
        return theme.text_font(13, QFont.Weight.DemiBold), theme.text_font(12)


def placed(point: QPoint, card: QSize, room: QSize) -> QPoint:
    """Upper left corner of a card beside `point`: to its upper left, flipped and clamped to lie inside `room`."""
    x = point.x() - GAP - card.width()
    if x < 0:
        x = point.x() + GAP
    y = point.y() - GAP - card.height()
    if y < 0:
        y = point.y() + GAP
    return QPoint(max(0, min(x, room.width() - card.width())), max(0, min(y, room.height() - card.height())))
