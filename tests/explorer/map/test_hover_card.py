"""Where the hover card stands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize

from explorer.map.hover_card import placed

ROOM, CARD = QSize(600, 400), QSize(250, 90)


@pytest.mark.parametrize("x", [0, 3, 250, 300, 597])
@pytest.mark.parametrize("y", [0, 2, 100, 200, 399])
def test_the_card_lies_inside_and_leaves_the_point_free(x: int, y: int) -> None:
    card = QRect(placed(QPoint(x, y), CARD, ROOM), CARD)
    assert QRect(QPoint(0, 0), ROOM).contains(card)
    assert not card.contains(QPoint(x, y))


def test_in_a_room_too_small_it_starts_at_the_corner() -> None:
    assert placed(QPoint(50, 40), CARD, QSize(100, 80)) == QPoint(0, 0)
