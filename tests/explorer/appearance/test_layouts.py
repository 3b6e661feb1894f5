"""Parts stand where a row or a column says, as wide as it says."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from explorer.appearance.layouts import in_column, in_row


def test_parts_stand_beside_and_below_each_other(qtbot: QtBot) -> None:
    whole, first, second, below, wide = QWidget(), QLabel("first"), QLabel("second"), QLabel("below"), QLabel("wide")
    qtbot.addWidget(whole)
    in_column(in_row(first, 1, second, spacing=3), below, (wide, 1), on=whole, margins=(5, 6, 7, 8), spacing=9)
    whole.resize(400, 300)
    whole.show()
    assert (first.x(), first.y()) == (5, 6) and second.geometry().right() == 400 - 7 - 1
    assert first.width() == first.sizeHint().width(), "the room between takes what is left"
    assert below.y() == first.geometry().bottom() + 1 + 9 and below.height() == below.sizeHint().height()
    assert wide.y() == below.geometry().bottom() + 1 + 9 and wide.geometry().bottom() == 300 - 8 - 1
