"""Widgets go on in the next line where there is no room, and hidden ones take none."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMargins, QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.appearance.flow import Flow

WIDTHS, HEIGHT = (60, 50, 40, 300), 20


class Sized(QWidget):
    """Would like to be this wide."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._hint = QSize(width, HEIGHT)

    def sizeHint(self) -> QSize:
        return self._hint

    def minimumSizeHint(self) -> QSize:
        return QSize(min(60, self._hint.width()), HEIGHT)


@pytest.mark.parametrize(
    ("room", "hidden", "lines"),
    [
        (500, (), [[0, 1, 2, 3]]),
        (400, (), [[0, 1, 2], [3]]),
        (140, (), [[0, 1], [2], [3]]),
        (140, (1,), [[0, 2], [3]]),
    ],
)
def test_lines_are_filled_one_after_the_other(
    qtbot: QtBot, room: int, hidden: tuple[int, ...], lines: list[list[int]]
) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    flow = Flow(around, QMargins(5, 4, 5, 4), spacing=10, line_spacing=6)
    parts = [Sized(width) for width in WIDTHS]
    for part in parts:
        flow.addWidget(part)
    around.resize(room, 200)
    around.show()
    for number in hidden:
        parts[number].hide()
    flow.activate()
    found: dict[int, list[int]] = {}
    for number, part in enumerate(parts):
        if part.isVisible():
            found.setdefault(part.y(), []).append(number)
            assert part.geometry().right() < room - 5, "what is wider than a line is made narrower"
    assert [found[top] for top in sorted(found)] == lines
    assert flow.heightForWidth(room) == 8 + len(lines) * HEIGHT + (len(lines) - 1) * 6
