"""A row of small pictures of files, decoded in threads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.data.images import thumbnail
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.picture import draw_picture
from explorer.jobs.runner import JobRunner
from explorer.thumbnails import as_qimage

DECODED = 160


class PictureRow(QWidget):
    """As many of the pictures as there is room for; a quiet square for what is not decoded yet or cannot be."""

    def __init__(self, runner: JobRunner, most: int, length: int, gap: int = 8) -> None:
        super().__init__()
        self._runner, self._most, self._length, self._gap = runner, most, length, gap
        self._pictures: list[QImage | None] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(Message("first-pictures"))
        theme.notifier.changed.connect(self.update)

    @property
    def decoded(self) -> int:
        """How many pictures are there."""
        return sum(picture is not None for picture in self._pictures)

    def sizeHint(self) -> QSize:
        return QSize(self._most * (self._length + self._gap) - self._gap, self._length)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._length, self._length)

    def show_files(self, files: Sequence[Path]) -> None:
        """Decode and show these; what was asked for before is not waited for."""
        self.end()
        wanted = list(files[: self._most])
        self._pictures = [None] * len(wanted)
        for place, file in enumerate(wanted):
            self._runner.submit(self._key(place), partial(_decode, file), partial(self._on_decoded, place))
        self.update()

    def end(self) -> None:
        """Wait for none any more."""
        for place in range(len(self._pictures)):
            self._runner.give_up(self._key(place))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        for place, picture in enumerate(self._pictures):
            square = QRect(place * (self._length + self._gap), 0, self._length, self._length)
            if square.right() > self.width():
                break
            draw_picture(painter, square, picture)

    def _key(self, place: int) -> str:
        return f"opening.picture.{id(self)}.{place}"

    def _on_decoded(self, place: int, picture: QImage) -> None:
        if place < len(self._pictures):
            self._pictures[place] = picture
            self.update()


def _decode(file: Path) -> QImage:
    return as_qimage(thumbnail(file, DECODED))
