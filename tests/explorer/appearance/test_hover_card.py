"""Where the hover card stands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.appearance.hover_card import CardContent, HoverCard, placed

ROOM, CARD = QSize(600, 400), QSize(250, 90)


@pytest.mark.parametrize("x", [0, 3, 250, 300, 597])
@pytest.mark.parametrize("y", [0, 2, 100, 200, 399])
def test_the_card_lies_inside_and_leaves_the_point_free(x: int, y: int) -> None:
    card = QRect(placed(QPoint(x, y), CARD, ROOM), CARD)
    assert QRect(QPoint(0, 0), ROOM).contains(card)
    assert not card.contains(QPoint(x, y))


def test_a_card_is_no_wider_than_its_map(qtbot: QtBot) -> None:
    pane = QWidget()
    qtbot.addWidget(pane)
    pane.resize(263, 300)
    card = HoverCard(pane)
    card.show_at(QPoint(200, 200), 7, CardContent("dress", ("be8d0e0c-6d9e-43fc-a528-fab862e0f6ff.jpg",)), None)
    assert card.sizeHint().width() > 263, "the name alone needs more"
    assert pane.rect().contains(card.geometry())


def test_in_a_room_too_small_it_starts_at_the_corner() -> None:
    assert placed(QPoint(50, 40), CARD, QSize(100, 80)) == QPoint(0, 0)
