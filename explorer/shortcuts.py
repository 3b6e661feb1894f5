"""The list of keyboard shortcuts, shown by `?`."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from explorer.appearance.fitting import fill, keep_on_screen
from explorer.appearance.plain import Label
from explorer.appearance.widgets import quiet_label

SHORTCUTS: dict[str, dict[str, str]] = {
    "Everywhere": {
        "Ctrl+O": "Open a folder of images",
        "Ctrl+T": "Open a manifest (CSV, Parquet, …)",
        "Ctrl+N": "New run",
        "Ctrl+K": "Search classes and files",
        "Alt+Left": "Previous query",
        "Alt+Right": "Next query",
        "Ctrl+Shift+O": "Open a query image",
        "Esc": "Clear the latest of hidden classes, selection, focus and query",
        "Alt+M": "Menu",
        "Ctrl+Q": "Quit",
        "?": "This list",
    },
    "Map": {
        "S": "Lasso / Pan",
        "G": "Pan",
        "Shift+drag": "Select a box",
        "Ctrl+drag": "Add to the selection",
        "Alt+drag": "Remove from the selection",
        "Wheel, + and −": "Zoom",
        "Arrows": "Move the map",
        "Double-click": "Centre here",
        "F": "Show the whole map",
        "L": "Show or hide the legend",
        "K": "Link or unlink A and B",
    },
    "Neighbours": {
        "Enter": "Make the result the query",
        "Space": "Show it full size; arrow keys go on",
        "Ctrl+V": "Query by the image, or the image file, in the clipboard",
    },
}


class ShortcutList(QDialog):
    """All shortcuts in two columns; closes with Esc and does not block the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(24, 20, 24, 20)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
        for place, keys in SHORTCUTS.items():
            line = grid.rowCount()
            title = Label(place)
            font = title.font()
            font.setBold(True)
            title.setFont(font)
            grid.addWidget(title, line, 0, 1, 2)
            for key, meaning in keys.items():
                line = grid.rowCount()
                grid.addWidget(quiet_label(_native(key)), line, 0)
                grid.addWidget(Label(meaning), line, 1)
        fill(self, content)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)


def _native(key: str) -> str:
    """As the system writes it; what is no key, such as "Shift+drag", stays."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText).strip(", ") or key
