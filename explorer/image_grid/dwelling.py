"""The card of the picture on which the pointer rests."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QWidget

from explorer.appearance.hover_card import CardContent, HoverCard
from explorer.image_grid.ready_pictures import Thumbnails

DWELL_MS = 125
REASON_WIDTH = 46


class Dwelling(QObject):
    """Shows a card after the pointer has rested on a picture.

    Attributes:
        card: what is shown.
        card_of: what is said of a catalog row, None for nothing.
    """

    def __init__(self, thumbnails: Thumbnails, viewport: QWidget) -> None:
        super().__init__(viewport)
        self._thumbnails, self._viewport = thumbnails, viewport
        self._row, self._frame = -1, QRect()
        self.card = HoverCard(viewport)
        self.card_of: Callable[[int], CardContent | None] = lambda _row: None
        self._timer = QTimer(self, singleShot=True, interval=DWELL_MS)
        self._timer.timeout.connect(self._show)
        thumbnails.ready.connect(self._on_thumbnail)

    def begin(self, row: int, frame: QRect) -> None:
        """The pointer moved on the picture of a row, which is at `frame` of the viewport."""
        if not (self.card.isVisible() and self._row == row):
            self._row, self._frame = row, frame
            self._timer.start()

    def end(self) -> None:
        """The pointer left it, or something else is done."""
        self._timer.stop()
        self.card.hide()

    def refresh(self, row: int) -> None:
        """More is known of a row by now."""
        if self.card.isVisible() and self._row == row:
            self._show()

    def _show(self) -> None:
        content = self.card_of(self._row)
        if content is None:
            return
        reason = self._thumbnails.fault(self._row)
        if reason:
            content = CardContent(content.title, (*content.lines, *textwrap.wrap(reason, REASON_WIDTH)))
        image = None if reason else self._thumbnails.get(self._row)
        pointer = self._viewport.mapFromGlobal(QCursor.pos())
        # What moved a pointer that is elsewhere by now, a test or a tablet, meant the picture.
        beside = pointer if self._frame.contains(pointer) else self._frame.center()
        self.card.show_at(beside, self._row, content, image)

    def _on_thumbnail(self, row: int) -> None:
        if self.card.isVisible() and self._row == row and (image := self._thumbnails.get(row)) is not None:
            self.card.set_image(image)
