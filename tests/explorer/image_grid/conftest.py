"""Thumbnails that need no file."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QImage


class PlainThumbnails(QObject):
    """A picture of one colour for each row, there at once unless it is late or broken; notes what was asked for."""

    ready = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.late: set[int] = set()
        self.broken: dict[int, str] = {}
        self.asked: list[int] = []
        self.given_up: list[int] = []
        self._made: dict[int, QImage] = {}

    def get(self, row: int, passing: bool = False) -> QImage | None:
        self.asked.append(row)
        if row in self.late:
            return None
        if row not in self._made:
            self._made[row] = QImage(160, 120, QImage.Format.Format_RGB888)
            self._made[row].fill(colour(row))
        return self._made[row]

    def fault(self, row: int) -> str:
        return self.broken.get(row, "")

    def give_up(self, rows: Iterable[int]) -> None:
        self.given_up += rows

    def arrive(self, row: int) -> None:
        self.late.discard(row)
        self.ready.emit(row)


def colour(row: int) -> QColor:
    """By which a picture is known on the screen."""
    return QColor(40 + row % 200, 30 + row // 200 % 200, 90)


@pytest.fixture
def thumbnails() -> PlainThumbnails:
    return PlainThumbnails()
