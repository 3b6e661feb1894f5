"""Tiles that stand where an image has no picture: its name and its class on a flat ground."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QTextLayout, QTextOption

from core.data.catalog import Catalog
from explorer.appearance import theme
from explorer.appearance.colouring import class_palette

SIDE = 192
EDGE, BAND = 16, 8
# Above it lists of neighbours write the rank.
TOP = 44
NAME_LINES = 3
NAME_PIXELS, CLASS_PIXELS = 25, 22
# Of those that are looked at, several screens full.
MOST = 1_200


class NameTiles:
    """The tiles of one catalog in the colours of the theme, drawn when they are first asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tiles: OrderedDict[int, QImage] = OrderedDict()
        self._theme = ""

    def get(self, row: int) -> QImage:
        """The tile of a catalog row."""
        tokens = theme.current()
        if tokens.name != self._theme:
            self._theme = tokens.name
            self._tiles.clear()
            self._palette = class_palette(len(self._catalog.classes), tokens.name)
        tile = self._tiles.get(row)
        if tile is None:
            tile = self._tiles[row] = self._draw(row)
            while len(self._tiles) > MOST:
                self._tiles.popitem(last=False)
        else:
            self._tiles.move_to_end(row)
        return tile

    def _draw(self, row: int) -> QImage:
        tokens, catalog = theme.current(), self._catalog
        tile = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
        tile.fill(QColor(tokens.panel))
        painter = QPainter(tile)
        code = int(catalog.codes[row])
        if code >= 0:
            painter.fillRect(0, SIDE - BAND, SIDE, BAND, QColor(*map(int, self._palette[code][:3])))
        room = QRectF(EDGE, TOP, SIDE - 2 * EDGE, SIDE - TOP - EDGE - BAND)
        label = str(catalog.labels[row])
        painter.setPen(QColor(tokens.text))
        name = str(catalog.paths[row]).rpartition("/")[2]
        lines = NAME_LINES - 1 if label else NAME_LINES
        _paint_lines(painter, room, name, theme.text_font(NAME_PIXELS, QFont.Weight.DemiBold), lines)
        painter.setPen(QColor(tokens.secondary))
        painter.setFont(theme.text_font(CLASS_PIXELS))
        shown = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, shown)
        painter.end()
        return tile


def _paint_lines(painter: QPainter, room: QRectF, text: str, font: QFont, most: int) -> None:
    """As many lines as there is room for, broken anywhere; the end of what is longer is left out."""
    painter.setFont(font)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    metrics, top = painter.fontMetrics(), room.top()
    for number in range(most):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(room.width())
        start, length = line.textStart(), line.textLength()
        shown = text[start : start + length]
        if number == most - 1 and start + length < len(text):
            shown = metrics.elidedText(text[start:], Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(QRectF(room.left(), top, room.width(), metrics.height()), Qt.TextFlag.TextSingleLine, shown)
        top += metrics.height()
    layout.endLayout()
