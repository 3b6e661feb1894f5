"""A caption that has no room leaves parts out whole, never figures cut in two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.panels.map.caption import Caption, Phrase

HEADER = (
    Phrase("B", "second", strong=True),
    Phrase("longer / epoch 10", "text", required=True),
    Phrase("UMAP"),
    Phrase("initialised from A's layout · 15 neighbours · min_dist 0.1"),
)


@pytest.fixture
def caption(qtbot: QtBot) -> Iterator[Caption]:
    window = QWidget()
    qtbot.addWidget(window)
    yield Caption(window)


def _needed(caption: Caption, *phrases: Phrase) -> int:
    caption.set(*phrases)
    return caption.sizeHint().width()


def test_with_room_all_is_shown(caption: Caption) -> None:
    caption.limit(_needed(caption, *HEADER))
    assert caption.shown == caption.text


def test_parts_that_do_not_fit_are_left_out_whole(caption: Caption) -> None:
    caption.limit(_needed(caption, *HEADER) - 1)
    assert caption.shown == "B  longer / epoch 10  UMAP  initialised from A's layout · 15 neighbours …"
    assert caption.width() < caption.sizeHint().width()
    shown = set()
    for width in range(caption.sizeHint().width(), 10, -1):
        caption.limit(width)
        shown.add(caption.shown.removeprefix("B  longer / epoch 10").strip())
    assert shown == {
        "UMAP  initialised from A's layout · 15 neighbours · min_dist 0.1",
        "UMAP  initialised from A's layout · 15 neighbours …",
        "UMAP  initialised from A's layout …",
        "UMAP …",
        "",
    }


def test_figures_below_a_map_are_whole_or_not_there(caption: Caption) -> None:
    words = "Overlap of the 10 nearest, A and B: 29 %"
    needed = _needed(caption, Phrase(f"{words} …"))
    caption.set(Phrase(f"{words} · 1,152 images"))
    caption.limit(needed)
    assert caption.shown == f"{words} …"
    caption.limit(20)
    assert caption.shown == f"{words} …", "the last one is elided by the painter"


def test_what_is_kept_stays(caption: Caption) -> None:
    collapsed = Phrase("nearly collapsed: all directions nearly equal", "text", required=True)
    caption.set(*HEADER[:2], collapsed, *HEADER[2:])
    caption.limit(60)
    assert caption.shown == f"B  longer / epoch 10  {collapsed.text}"
