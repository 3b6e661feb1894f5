"""Thumbnails cut to squares of one side, so that a scrolled grid only copies them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

from PySide6.QtCore import QRect, QSize, Qt, SignalInstance
from PySide6.QtGui import QImage, QPainter, QPixmap

from explorer.appearance.picture import draw_picture

MOST_BYTES = 96 << 20


class Thumbnails(Protocol):
    """Where pictures come from (`explorer.thumbnails`)."""

    @property
    def ready(self) -> SignalInstance: ...

    def get(self, row: int, passing: bool = False) -> QImage | None: ...

    def give_up(self, rows: Iterable[int]) -> None: ...

    def fault(self, row: int) -> str: ...


class ReadyPictures:
    """Squares with round corners, the most recently used ones."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._kept: OrderedDict[int, tuple[int, QPixmap]] = OrderedDict()
        self._shape = (0, 1.0)

    def get(self, row: int, side: int, ratio: float) -> QPixmap | None:
        """A picture of `side` logical pixels, for a screen of `ratio` device pixels each; None while it is decoded."""
        image = self._thumbnails.get(row, passing=True)
        if image is None:
            return None
        if self._shape != (side, ratio):
            self._shape = (side, ratio)
            self._kept.clear()
        # Rows are those of other pictures when other data are open: what it was made of tells.
        key, made = self._kept.get(row, (0, None))
        if made is None or key != image.cacheKey():
            made = _square(image, side, ratio)
            self._kept[row] = (image.cacheKey(), made)
            while len(self._kept) * 4 * (side * ratio) ** 2 > MOST_BYTES:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(row)
        return made


def _square(image: QImage, side: int, ratio: float) -> QPixmap:
    made = QPixmap(QSize(side, side) * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    shorter, wanted = min(image.width(), image.height()), made.width()
    if shorter > wanted > 0:
        # A painter looks at the four nearest pixels alone, which shows where it leaves out others.
        size = image.size().scaled(wanted, wanted, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        image = image.scaled(size, mode=Qt.TransformationMode.SmoothTransformation)
    painter = QPainter(made)
    draw_picture(painter, QRect(0, 0, side, side), image)
    painter.end()
    return made
