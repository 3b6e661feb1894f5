"""The buttons on the map."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explorer.appearance import theme
from explorer.appearance.layouts import in_column
from explorer.commands import icon_button
from explorer.panels.map.canvas import Mode


class MapTools(QWidget):
    """Pan, lasso, fit, legend, and link while there are two maps, one under the other.

    Signal: mode_requested(str) "pan" or "select".
    """

    mode_requested = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.pan = icon_button("map.pan", "pan", checkable=True)
        self.lasso = icon_button("map.lasso", "lasso", checkable=True)
        self.fit = icon_button("map.fit", "fit")
        self.legend = icon_button("map.legend", "legend", checkable=True)
        self.link = icon_button("map.link", "link", checkable=True)
        self.link.setChecked(True)
        self.link.hide()
        self._parts = (self.pan, self.lasso, self.fit, self.legend, self.link)
        in_column(*self._parts, on=self, spacing=6)
        # Pressed again (its key does the same) the lasso goes back to moving.
        self.pan.clicked.connect(partial(self.mode_requested.emit, "pan"))
        self.lasso.clicked.connect(lambda on: self.mode_requested.emit("select" if on else "pan"))
        theme.notifier.changed.connect(self.update)
        self.set_mode("pan")
        self.adjustSize()

    def set_mode(self, mode: Mode) -> None:
        """Show which of the two a drag does."""
        self.pan.setChecked(mode == "pan")
        self.lasso.setChecked(mode == "select")

    def offer_link(self, offered: bool) -> None:
        """Two maps are there, or one alone."""
        self.link.setVisible(offered)
        self.adjustSize()

    def paintEvent(self, _event: QPaintEvent) -> None:
        # The buttons are see-through; on the map each needs ground under it.
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.panel))
        for part in self._parts:
            if part.isHidden():
                continue
            frame = QRectF(part.geometry()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)
