"""Text that comes from outside, shown letter by letter: the one way in which the window shows text.

Qt takes a text that looks like HTML for HTML: a class called ``<img src=...>`` in a label or a tooltip makes it read
that file, on the GUI thread, and a named pipe would hold the window for good. Labels are therefore `Label`, questions
are `question`, and the style sheet makes every tooltip plain (`resources/themes/window.qss`); no other class that
understands HTML is used, which `tests/explorer/appearance/test_plain.py` checks in the source.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget


class Label(QLabel):
    """A QLabel that shows its text as it is."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Before there is a text: QLabel makes a document of it at once.
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def question(title: str, text: str, more: str = "", parent: QWidget | None = None) -> QMessageBox:
    """A question over the window, still without buttons."""
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(more)
    return box


def literal(text: str) -> str:
    """The text of a button, a menu entry or a tab with each of its ampersands shown, none underlining a letter."""
    return text.replace("&", "&&")
