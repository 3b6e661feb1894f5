from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from explorer.appearance import theme
from explorer.appearance.item_list import ITEM
from explorer.panels.compare.changed_queries import ChangedQuery
from explorer.panels.compare.query_cards import AFTER_QUERY, CARD, EDGE, PICTURE, QueryCards

NAMES = ("colour-block hoodie", "colour-block jacket", "colour-block blouse")


def words(width: int, thumbnails: object) -> QImage:
    """The line of names of one card, painted in a cell of that width."""
    model = QStandardItemModel()
    item = QStandardItem()
    item.setData(ChangedQuery((0, 1, 2), NAMES), ITEM)
    model.appendRow(item)
    image = QImage(width, CARD.height(), QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, width, CARD.height())
    painter = QPainter(image)
    QueryCards(thumbnails, right_in_a=False).paint(painter, option, model.index(0, 0))  # type: ignore[arg-type]
    painter.end()
    return image.copy(0, EDGE + PICTURE, width, CARD.height() - EDGE - PICTURE)


def reach(image: QImage, end: int) -> int:
    """The last column before `end` that has ink."""
    background = QColor("#000000")
    inked = [x for x in range(end) if any(image.pixelColor(x, y) != background for y in range(image.height()))]
    return inked[-1]


def test_a_wider_cell_gives_its_room_to_the_names(qtbot: QtBot, thumbnails: object) -> None:
    narrow, wide = words(CARD.width(), thumbnails), words(CARD.width() + 240, thumbnails)
    whole = EDGE + QFontMetrics(theme.text_font(theme.SMALL_PIXELS)).horizontalAdvance(NAMES[0])
    first = EDGE + PICTURE + AFTER_QUERY
    assert reach(narrow, first) < whole - 20, "cut"
    assert reach(wide, first + 80) >= whole - 4
    assert reach(wide, wide.width()) > CARD.width() + 100, "results move over, and have room too"
