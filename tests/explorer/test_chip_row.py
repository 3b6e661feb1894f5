"""What is in force stands under the bar, in every view; it ends one at a time and can be undone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from core.data.catalog import texts
from core.data.conditions import InRows, OneOf
from core.data.source import DataSource
from explorer.appearance.popup import Popup
from explorer.appearance.widgets import IconButton
from explorer.chip_row import HEIGHT, ChipRow, _ChipWidget, shares
from explorer.condition_editor import ConditionEditor
from explorer.in_force import in_force
from explorer.session import Session
from explorer.state.panel_filters import PanelFilter
from tests.explorer.factories import made_catalog

LEFT = Qt.MouseButton.LeftButton
ACME = OneOf("brand", words=("acme",))
LONG = "a class whose name is longer than any room that there is for it in the row"


@pytest.fixture
def opened(session: Session) -> Session:
    catalog = made_catalog(classes=("disc", "ring", LONG))
    catalog = dataclasses.replace(catalog, attributes={"brand": texts(["acme", "zeta", ""] * 5)})
    session.set_catalog(DataSource("shapes"), catalog, "all")
    return session


@pytest.fixture
def row(qtbot: QtBot, opened: Session) -> ChipRow:
    row = ChipRow(opened)
    qtbot.addWidget(row)
    row.resize(900, row.height())
    return row


def fill(session: Session) -> list[str]:
    """Put everything in force; answers what the legend was told."""
    ended: list[str] = []
    session.selection.select([2, 5], query=2)
    session.selection.set_focus(1)
    session.filter.put(ACME)

    def end() -> None:
        ended.append("legend")
        session.panel_filters.put("legend", None)

    session.panel_filters.put("legend", PanelFilter("hidden", "2 classes", end, "map"))
    return ended


def shown(row: ChipRow) -> list[_ChipWidget]:
    return sorted(
        (each for each in row.findChildren(_ChipWidget) if each.isVisible()), key=lambda each: (each.y(), each.x())
    )


def test_it_is_hidden_while_nothing_is_in_force_or_can_be_undone(opened: Session, row: ChipRow) -> None:
    row.show_now()
    assert row.isHidden() and row.chips == []
    opened.filter.put(ACME)
    row.show_now()
    assert not row.isHidden()
    opened.filter.clear()
    row.show_now()
    assert not row.isHidden(), "the filter can be brought back"
    opened.set_catalog(DataSource("others"), made_catalog(), "all")
    row.show_now()
    assert row.isHidden()


def test_the_second_half_of_a_double_click_goes_where_the_first_went(
    qtbot: QtBot, opened: Session, row: ChipRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QApplication, "doubleClickInterval", lambda: 40)
    opened.filter.put(ACME)
    QApplication.processEvents()
    assert row.isHidden()
    qtbot.waitUntil(lambda: not row.isHidden())
    opened.filter.clear()
    QApplication.processEvents()
    assert shown(row) == []


def test_everything_in_force_is_there(opened: Session, row: ChipRow) -> None:
    fill(opened)
    row.show_now()
    assert [(chip.title, chip.words) for chip in row.chips] == [
        ("query", "2.png"),
        ("focus", "disc"),
        ("selected", "2 of 15"),
        ("filter", "brand: acme"),
        ("hidden", "2 classes"),
    ]
    assert [chip.accessibleName() for chip in shown(row)][3] == "filter: brand: acme"
    assert "5 images of the data set" in shown(row)[3].toolTip()


def test_a_filter_by_what_is_not_measured_yet_says_so(opened: Session) -> None:
    opened.filter.put(OneOf("nearest image", words=("wrong",)))
    (chip,) = in_force(opened)
    assert chip.words == "nearest image: wrong" and chip.is_waiting and "measured" in chip.tip


def test_a_click_alone_is_no_selection(opened: Session) -> None:
    opened.selection.select([12], query=12)
    assert [chip.kind for chip in in_force(opened)] == ["query"]


def test_a_query_by_file_is_in_force_too(opened: Session) -> None:
    opened.selection.set_query_image(Path("/photographs/shoe.jpg"))
    assert [chip.words for chip in in_force(opened)] == ["shoe.jpg, shown at its nearest image"]


def test_the_last_ends_first(opened: Session, row: ChipRow) -> None:
    ended = fill(opened)
    left = []
    while row.chips:
        row.end_last()
        left.append(len(row.chips))
    assert left == [4, 3, 2, 1, 0] and ended == ["legend"]
    assert opened.selection.query is None and opened.selection.focus is None and opened.filter.conditions == ()


@pytest.mark.parametrize("place", range(5))
def test_a_cross_ends_its_own(qtbot: QtBot, opened: Session, row: ChipRow, place: int) -> None:
    fill(opened)
    row.show_now()
    kinds = [chip.kind for chip in row.chips]
    qtbot.mouseClick(shown(row)[place].findChild(IconButton), LEFT)
    assert [chip.kind for chip in row.chips] == kinds[:place] + kinds[place + 1 :]


def test_only_long_words_are_shortened_at_their_end(opened: Session, row: ChipRow) -> None:
    fill(opened)
    opened.selection.set_focus(opened.catalog.classes.index(LONG))
    row.show_now()
    row.resize(900, row.height())
    QApplication.processEvents()
    words = [chip.shown_words for chip in shown(row)]
    assert words[0] == "2.png" and words[2:] == ["2 of 15", "brand: acme", "2 classes"]
    assert words[1] != LONG and words[1].endswith("…") and LONG.startswith(words[1][:-1])
    assert shown(row)[1].toolTip() == LONG


def test_many_stand_below_each_other_where_one_line_has_no_room(opened: Session, row: ChipRow) -> None:
    fill(opened)
    opened.filter.set_conditions(OneOf("brand", words=(f"a brand of number {number}",)) for number in range(8))
    row.show_now()
    row.resize(560, row.height())
    QApplication.processEvents()
    chips = row.findChildren(_ChipWidget)
    seen = [chip for chip in chips if chip.isVisible()]
    assert len(seen) == 12
    places = [chip.geometry() for chip in seen]
    assert len({place.y() for place in places}) > 1
    assert all(place.right() <= chip.parentWidget().width() for place, chip in zip(places, seen, strict=True))
    assert not any(one.intersects(other) for one in places for other in places if one is not other)
    assert row.height() > 2 * HEIGHT


def test_steps_are_undone_by_their_buttons(qtbot: QtBot, opened: Session, row: ChipRow) -> None:
    opened.filter.put(ACME)
    row.show_now()
    undo, redo = (row.findChild(IconButton, options=Qt.FindChildOption.FindDirectChildrenOnly), row._redo)
    assert undo.accessibleName() == "Undo: filter brand" and not redo.isEnabled()
    qtbot.mouseClick(undo, LEFT)
    assert opened.filter.conditions == ()
    row.show_now()
    qtbot.mouseClick(redo, LEFT)
    assert opened.filter.conditions == (ACME,)


def popup_of(qtbot: QtBot, row: ChipRow, chip: _ChipWidget) -> Popup:
    qtbot.mouseClick(chip, LEFT, pos=QPoint(20, HEIGHT // 2))
    (popup,) = (each for each in row.findChildren(Popup) if each.isVisible())
    return popup


def test_a_filter_is_changed_where_it_stands(qtbot: QtBot, opened: Session, row: ChipRow) -> None:
    fill(opened)
    row.show_now()
    popup = popup_of(qtbot, row, shown(row)[3])
    editor = popup.content
    assert isinstance(editor, ConditionEditor) and editor.condition == ACME
    (hide,) = (each for each in editor.findChildren(QPushButton) if each.text() == "Hide")
    qtbot.mouseClick(hide, LEFT)
    assert opened.filter.conditions == (ACME.turned(),)
    popup.close()


def test_a_filter_by_chosen_images_selects_them_where_they_are_shown(
    qtbot: QtBot, opened: Session, row: ChipRow
) -> None:
    asked: list[str] = []
    row.panel_requested.connect(asked.append)
    opened.filter.put(InRows.of(np.array([2, 7, 8])))
    row.show_now()
    (chip,) = shown(row)
    assert chip.accessibleName() == "filter: selection of 3" and "3 images of the data set" in chip.toolTip()
    qtbot.mouseClick(chip, LEFT, pos=QPoint(20, HEIGHT // 2))
    assert opened.selection.rows.tolist() == [2, 7, 8] and asked == ["selection"]


def test_the_query_ends_without_leaving_the_selection(opened: Session) -> None:
    opened.selection.select([2, 5, 6], query=5)
    in_force(opened)[0].end()
    assert opened.selection.rows.tolist() == [2, 5, 6] and opened.selection.query is None
    opened.selection.select([5], query=5)
    in_force(opened)[0].end()
    assert len(opened.selection.rows) == 0, "it was selected as the query alone"


def test_what_a_panel_knows_more_of_is_shown_there(qtbot: QtBot, opened: Session, row: ChipRow) -> None:
    fill(opened)
    row.show_now()
    asked: list[str] = []
    row.panel_requested.connect(asked.append)
    for place in (0, 1, 2, 4):
        qtbot.mouseClick(shown(row)[place], LEFT, pos=QPoint(20, HEIGHT // 2))
    assert asked == ["neighbours", "recall", "selection", "map"]


@pytest.mark.parametrize(
    ("wanted", "room", "given"),
    [
        ([10, 20], 100, [10, 20]),
        ([50, 300, 10], 160, [50, 100, 10]),
        ([300, 50, 300], 120, [40, 40, 40]),
        ([300, 66, 150], 190, [62, 66, 62]),
        ([30], -5, [0]),
        ([], 9, []),
    ],
)
def test_a_room_is_shared_so_that_the_longest_give_way(wanted: list[int], room: int, given: list[int]) -> None:
    assert shares(wanted, room) == given
