"""An image at full size over everything else; arrows walk on from it, Space or Esc closes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from core.data.catalog import Catalog
from core.data.images import Box, thumbnail
from core.messages import Message
from explorer.appearance import theme
from explorer.commands import act
from explorer.jobs.runner import JobRunner
from explorer.thumbnails import as_qimage

LARGEST = 2400
CAPTION = 36
NAME_PIXELS = 28


class Preview(QWidget):
    """Covers the window it belongs to.

    Signals: stepped(int), -1 or +1, when an arrow key asks for another image; closed().
    """

    stepped = Signal(int)
    closed = Signal()

    def __init__(self, runner: JobRunner, window: QWidget) -> None:
        super().__init__(window)
        self._runner, self._window = runner, window
        self._image: QImage | None = None
        self.caption = self._words = ""
        self._came_from: QWidget | None = None
        window.installEventFilter(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(Message("preview"))
        self.hide()

    def show_row(self, catalog: Catalog, row: int) -> None:
        """Show the picture of a catalog row, or its name where it has none."""
        label = str(catalog.labels[row]) or Message("no-class")
        caption = f"{label}  ·  {catalog.paths[row]}"
        if catalog.has_picture(row):
            self.show_picture(catalog.path(row), caption, catalog.box(row))
        else:
            self._begin(caption, str(catalog.paths[row]).rpartition("/")[2])

    def show_picture(self, path: Path, caption: str, box: Box | None = None) -> None:
        """Load and show one image file, or its part in `box`; `caption` stands below it."""
        self._begin(caption)
        self._runner.submit("preview", partial(thumbnail, path, LARGEST, box), self._on_loaded, self._on_unreadable)

    def _begin(self, caption: str, words: str = "") -> None:
        """Appear, with a name in place of a picture where there is one."""
        self._runner.forget("preview")
        self._words = words
        if not self.isVisible():
            self._came_from = QApplication.focusWidget()
        self._image = None
        self._show_caption(caption)
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def _on_loaded(self, image: object) -> None:
        self._image = as_qimage(image)  # type: ignore[arg-type]
        self.update()

    def _on_unreadable(self, sentence: str, _details: str) -> None:
        self._show_caption(sentence)

    def _show_caption(self, caption: str) -> None:
        self.caption = caption
        self.setAccessibleDescription(caption)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, _next: bool) -> bool:
        # What is covered cannot be reached with Tab.
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        background = QColor(theme.current().background)
        background.setAlpha(240)
        painter.fillRect(self.rect(), background)
        if self._image is not None:
            room = self.rect().adjusted(24, 24, -24, -24 - CAPTION)
            # Small images are enlarged at most fourfold: beyond that only the pixels grow.
            size = self._image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            size = size.boundedTo(QSize(4 * self._image.width(), 4 * self._image.height()))
            place = QRect(0, 0, size.width(), size.height())
            place.moveCenter(room.center())
            painter.drawImage(place, self._image)
        painter.setPen(QColor(theme.current().text))
        if self._words:
            painter.setFont(theme.text_font(NAME_PIXELS, QFont.Weight.DemiBold))
            middle = self.rect().adjusted(48, 48, -48, -48 - CAPTION)
            painter.drawText(middle, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWrapAnywhere, self._words)
            painter.setFont(self.font())
        below = QRect(24, self.height() - CAPTION - 12, self.width() - 48, CAPTION)
        text = painter.fontMetrics().elidedText(self.caption, Qt.TextElideMode.ElideMiddle, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        calls: dict[str, Callable[[], object]] = {
            "preview.close": self.close_preview,
            "preview.previous": partial(self.stepped.emit, -1),
            "preview.next": partial(self.stepped.emit, 1),
        }
        if not act(event, calls):
            super().keyPressEvent(event)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.close_preview()

    def close_preview(self) -> None:
        """Hide, and give the focus back to where it was."""
        self._runner.forget("preview")
        self.hide()
        if self._came_from is not None:
            self._came_from.setFocus()
        self.closed.emit()
