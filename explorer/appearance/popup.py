"""Something that opens below a control and closes by a click beside it or by Esc."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QWidget

from explorer.appearance.fitting import keep_on_screen
from explorer.appearance.layouts import in_column


class Popup(QFrame):
    """Shows one widget over the window. It ends when it closes."""

    def __init__(self, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.content = content
        in_column(content, on=self, margins=(1, 1, 1, 1))

    def open_below(self, control: QWidget) -> None:
        """Show it under a control, within the window as far as it fits."""
        self.adjustSize()
        window = control.window()
        place = control.mapTo(window, QPoint(0, control.height() + 4))
        left = max(0, min(place.x(), window.width() - self.width() - 8))
        self.move(window.mapToGlobal(QPoint(left, place.y())))
        self.show()
        keep_on_screen(self)
        self.content.setFocus()
