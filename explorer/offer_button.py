"""A button of two lines, what it does and what that costs, which becomes its own progress when it is pressed."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.widgets import ButtonKind, IconButton, restyle
from explorer.model_offers import ModelOffer
from explorer.state.tasks import Task

HIGH, LOW, LINE = 48, 32, 18
EDGE, ICON, BAR = 14, 16, 2
NARROWEST = 96


class OfferButton(QPushButton):
    """What was pressed is not begun a second time: `is_busy` says whether it is under way.

    Attribute: cross, which ends what is under way.
    """

    def __init__(self, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._offer: ModelOffer | None = None
        self._task: Task | None = None
        self._is_low = False
        self.cross = IconButton("close", Message("cancel"))
        self.cross.setParent(self)
        self.cross.setCursor(Qt.CursorShape.ArrowCursor)
        self.cross.clicked.connect(self._on_cross)
        self.cross.hide()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HIGH)

    @property
    def is_busy(self) -> bool:
        """Whether what it offers is under way."""
        return self._task is not None

    @property
    def words(self) -> str:
        """What it says, for tests and for reading aloud."""
        return self.accessibleName()

    def offer(self, offer: ModelOffer, kind: ButtonKind) -> None:
        """Offer something."""
        self._offer = offer
        restyle(self, "kind", kind)
        self._tell()

    def show_progress(self, task: Task | None) -> None:
        """Show what is under way for the offer, or the offer again."""
        self._task = task
        self.cross.setVisible(task is not None and task.cancel is not None)
        self._place_cross()
        self._tell()

    def set_low(self, is_low: bool) -> None:
        """Say both in one line, where there is little room."""
        if is_low != self._is_low:
            self._is_low = is_low
            self.setFixedHeight(LOW if is_low else HIGH)
            self._place_cross()
            self.updateGeometry()
            self.update()

    def width_wanted(self, is_low: bool) -> int:
        """Pixels for all that it offers, with one line or with two; it keeps its place when it is pressed."""
        if self._offer is None:
            return NARROWEST
        strong, plain = QFontMetrics(_font(True)), QFontMetrics(_font(False))
        if is_low:
            text = strong.horizontalAdvance(self._offer.brief)
        else:
            text = max(strong.horizontalAdvance(self._offer.title), plain.horizontalAdvance(self._offer.note))
        return 3 * EDGE + ICON + text + 2

    def _tell(self) -> None:
        if self._offer is None:
            return
        note = self._offer.note if self._task is None else self._task.words
        self.setAccessibleName(Message("offered-beside", title=self._offer.title, note=note))
        self.setToolTip(self._offer.tip if self._task is None else note)
        self.updateGeometry()
        self.update()

    def _on_cross(self) -> None:
        if self._task is not None and self._task.cancel is not None:
            self._task.cancel()

    def _place_cross(self) -> None:
        # In a single line it takes the place of the icon.
        inset = (self.cross.width() - ICON) // 2
        left = EDGE - inset if self._is_low else self.width() - self.cross.width() - inset
        self.cross.move(left, (self.height() - self.cross.height()) // 2)

    # Qt

    def sizeHint(self) -> QSize:
        return QSize(self.width_wanted(self._is_low), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(NARROWEST, self.sizeHint().width()), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_cross()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._offer is None:
            return
        tokens, is_filled = theme.current(), self.property("kind") == "primary"
        first, second = (tokens.on_accent,) * 2 if is_filled else (tokens.text, tokens.secondary)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_cross = self.cross.isVisibleTo(self)
        if not (self._is_low and has_cross):
            tint = first if is_filled else second
            picture = icons.pixmap(self._icon, ICON, tint, self.devicePixelRatioF())
            painter.drawPixmap(EDGE, (self.height() - ICON) // 2, picture)
        lines = [(self._offer.title, True, first), (self._offer.note, False, second)]
        if self._task is not None:
            lines[1] = (self._task.words, False, second)
        if self._is_low:
            lines = [(self._offer.title if self._task is not None else self._offer.brief, True, first)]
        left = 2 * EDGE + ICON
        room = max(0, self.width() - left - EDGE - (self.cross.width() if has_cross and not self._is_low else 0))
        top = (self.height() - LINE * len(lines)) // 2
        for text, is_strong, colour in lines:
            painter.setFont(_font(is_strong))
            painter.setPen(QColor(colour))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            there = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRect(left, top, room, LINE), there, shown)
            top += LINE
        if self._task is not None and self._task.fraction is not None:
            across = (self.width() - 2 * theme.RADIUS) * min(1.0, self._task.fraction)
            painter.fillRect(QRectF(theme.RADIUS, self.height() - BAR - 1, across, BAR), QColor(tokens.accent))


def _font(is_strong: bool) -> QFont:
    return theme.text_font(13, QFont.Weight.DemiBold) if is_strong else theme.number_font(12)
