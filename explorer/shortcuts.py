"""The list of keyboard shortcuts, shown by `?`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from core.messages import Message
from explorer.appearance.fitting import fill, keep_on_screen
from explorer.appearance.layouts import in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import quiet_label
from explorer.commands import EVERYWHERE, Command, native

# So that both columns fit the smallest window.
TEXT_WIDTH = 240


def listed(commands: Iterable[Command]) -> dict[str, dict[str, str]]:
    """Of each place what is done there, and the keys and gestures that do it."""
    found: dict[str, dict[str, str]] = {}
    for command in commands:
        ways = ", ".join(filter(None, (command.gesture, *map(native, command.keys.split()))))
        if ways:
            lines = found.setdefault(command.place, {})
            lines[command.text] = f"{lines[command.text]}, {ways}" if command.text in lines else ways
    return found


def in_two(places: dict[str, dict[str, str]]) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """The places of two columns of about the same height, in their order, the whole window first."""
    lines = {EVERYWHERE: places[EVERYWHERE]} | places
    # A heading and the room above it are two lines.
    ends = list(accumulate(len(each) + 2 for each in lines.values()))
    names, count = list(lines), min(range(1, len(ends)), key=lambda at: abs(2 * ends[at - 1] - ends[-1]))
    return {name: lines[name] for name in names[:count]}, {name: lines[name] for name in names[count:]}


class ShortcutList(QDialog):
    """All shortcuts, those of the whole window first; closes with Esc and does not block the window."""

    def __init__(self, commands: Iterable[Command], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(Message("keyboard-shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = QWidget()
        columns = (_column(shown) for shown in in_two(listed(commands)))
        in_row(*columns, on=content, margins=(24, 20, 24, 20), spacing=40)
        fill(self, content)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)


def _column(places: dict[str, dict[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(6)
    for place, lines in places.items():
        title = Label(place)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        title.setContentsMargins(0, 8 if grid.count() else 0, 0, 0)
        grid.addWidget(title, grid.rowCount(), 0, 1, 2)
        for meaning, ways in lines.items():
            line = grid.rowCount()
            grid.addWidget(quiet_label(ways), line, 0, Qt.AlignmentFlag.AlignTop)
            label = Label(meaning)
            label.setWordWrap(True)
            label.setFixedWidth(TEXT_WIDTH)
            label.setMinimumHeight(label.heightForWidth(TEXT_WIDTH))
            grid.addWidget(label, line, 1)
    grid.setRowStretch(grid.rowCount(), 1)
    return grid
