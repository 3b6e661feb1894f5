from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QBrush, QColor, QImage, QPainter

from explorer.appearance import theme
from explorer.appearance.picture import draw_picture

SQUARE = QRect(10, 10, 40, 40)


def paint(image: QImage | None, frame: str | None = None) -> QImage:
    canvas = QImage(60, 60, QImage.Format.Format_RGB32)
    canvas.fill(QColor("black"))
    painter = QPainter(canvas)
    painter.setBrush(QBrush(QColor("magenta")))  # what the caller painted before must not show
    draw_picture(painter, SQUARE, image, frame)
    painter.end()
    return canvas


def striped(width: int, height: int, across: bool) -> QImage:
    """Red at both ends, blue in the middle third."""
    image = QImage(width, height, QImage.Format.Format_RGB888)
    image.fill(QColor("red"))
    length = width if across else height
    for x in range(width):
        for y in range(height):
            if length // 3 <= (x if across else y) < 2 * length // 3:
                image.setPixelColor(x, y, QColor("blue"))
    return image


@pytest.mark.parametrize(("width", "height", "across"), [(90, 30, True), (30, 90, False)])
def test_the_middle_of_the_image_fills_the_square(qapp: object, width: int, height: int, across: bool) -> None:
    canvas = paint(striped(width, height, across))
    for place in ((12, 30), (30, 12), (30, 30), (47, 30), (30, 47)):
        assert canvas.pixelColor(*place) == QColor("blue")
    assert canvas.pixelColor(5, 30) == QColor("black")


def test_corners_are_round_and_the_frame_is_only_a_frame(qapp: object) -> None:
    canvas = paint(striped(30, 30, True), theme.current().right)
    assert canvas.pixelColor(10, 10) == QColor("black")
    assert canvas.pixelColor(11, 30).name() == theme.current().right
    assert canvas.pixelColor(30, 30) == QColor("blue")


def test_a_picture_that_is_not_there_yet_leaves_a_quiet_place(qapp: object) -> None:
    assert paint(None).pixelColor(30, 30).name() == theme.current().line
