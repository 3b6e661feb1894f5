"""One map with its words: the canvas, its name above and its figures below."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from explorer.panels.map.canvas import MapCanvas
from explorer.panels.map.caption import Caption, Phrase
from explorer.panels.map.kernels import Kernels

EDGE = 8


class MapPane(QWidget):
    """A canvas that fills the pane, under two captions."""

    def __init__(self, kernels: Kernels, name: str) -> None:
        super().__init__()
        self.canvas = MapCanvas(kernels, self)
        self.canvas.setAccessibleName(name)
        # The canvas fills the pane, so places are the same; here the card can lie over the captions.
        self.canvas.card.setParent(self)
        self._header = Caption(self)
        self._footer = Caption(self)
        self._right_room = 0
        self.setMinimumSize(self.canvas.minimumSize())

    @property
    def header(self) -> str:
        """What stands above the map."""
        return self._header.text

    @property
    def footer(self) -> str:
        """What stands below the map."""
        return self._footer.text

    def set_header(self, *phrases: Phrase) -> None:
        """Name the map."""
        self._header.set(*phrases)
        self._arrange()

    def set_footer(self, text: str) -> None:
        """Say what is in it."""
        self._footer.set(*([Phrase(text)] if text else []))
        self._arrange()

    def leave_room(self, right: int) -> None:
        """Keep the header clear of what stands at the upper right."""
        self._right_room = right
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Tell all the words of a caption that is pointed at: the pointer goes through it, to the canvas."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for caption in (self._header, self._footer):
                if caption.isVisible() and caption.geometry().contains(event.pos()):
                    QToolTip.showText(event.globalPos(), caption.text, self, caption.geometry())
                    return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.canvas.resize(self.size())
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        self._header.limit(max(self.width() - 2 * EDGE - self._right_room, 40))
        self._footer.limit(max(self.width() - 2 * EDGE, 40))
        self._header.move(EDGE, EDGE)
        self._footer.move(EDGE, self.height() - self._footer.height() - EDGE)
