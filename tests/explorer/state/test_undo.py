"""Undo and redo of what is filtered, in focus and selected; and what single panels hide."""

from __future__ import annotations

import pytest

from core.data.conditions import Contains, OneOf
from core.data.source import DataSource
from explorer.session import Session
from explorer.state import steps
from explorer.state.panel_filters import PanelFilter
from tests.explorer.factories import made_catalog

DISCS = OneOf("class", words=("disc",))


@pytest.fixture
def opened(session: Session) -> Session:
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    return session


def test_each_step_is_named_and_taken_back(opened: Session) -> None:
    opened.filter.put(DISCS)
    opened.selection.set_focus(1)
    opened.selection.select([1, 2, 3])
    words = []
    while opened.steps.undo_words:
        words.append(opened.steps.undo_words)
        opened.steps.undo()
    assert words == ["select 3 images", "focus a class", "filter class"]
    assert opened.filter.conditions == () and opened.selection.focus is None and not len(opened.selection.rows)
    again = []
    while opened.steps.redo_words:
        again.append(opened.steps.redo_words)
        opened.steps.redo()
    assert again == words[::-1]
    assert opened.filter.conditions == (DISCS,) and opened.selection.focus == 1
    assert opened.selection.rows.tolist() == [1, 2, 3]


def test_a_new_step_ends_the_way_forward(opened: Session) -> None:
    opened.filter.put(DISCS)
    opened.steps.undo()
    opened.selection.set_focus(1)
    assert opened.steps.redo_words == ""
    opened.steps.redo()
    assert opened.filter.conditions == ()


def test_a_click_is_no_step_but_ends_a_selection(opened: Session) -> None:
    opened.selection.select([4], query=4)
    assert opened.steps.undo_words == ""
    opened.selection.select([1, 2])
    opened.selection.select([4], query=4)
    assert opened.steps.undo_words == "select nothing"
    opened.steps.undo()
    assert opened.selection.rows.tolist() == [1, 2]


def test_typing_is_one_step(opened: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("d", "di", "dis"):
        former = opened.filter.of_column("class")
        opened.filter.put(Contains("class", text=text), instead_of=former)
    opened.filter.put(OneOf("split", words=("test",)))
    opened.steps.undo()
    assert opened.filter.conditions == (Contains("class", text="dis"),)
    opened.steps.undo()
    assert opened.filter.conditions == () and opened.steps.undo_words == ""
    # What is made and ended at once can be brought back.
    opened.filter.put(DISCS)
    opened.filter.clear()
    opened.steps.undo()
    assert opened.filter.conditions == (DISCS,)
    opened.steps.undo()
    # Slowly they are two.
    monkeypatch.setattr(steps, "TOGETHER_SECONDS", 0.0)
    opened.filter.put(DISCS)
    opened.filter.put(DISCS.turned(), instead_of=DISCS)
    opened.steps.undo()
    assert opened.filter.conditions == (DISCS,)


def test_other_images_have_no_way_back(opened: Session) -> None:
    opened.filter.put(DISCS)
    opened.set_split("test")
    assert opened.steps.undo_words == "" and opened.filter.conditions == (DISCS,)
    opened.filter.clear()
    opened.set_catalog(DataSource("others"), made_catalog(), "all")
    assert opened.steps.undo_words == "" == opened.steps.redo_words


def test_only_the_last_are_kept(opened: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST", 3)
    for focus in (0, 1, 2, 0, 1):
        opened.selection.set_focus(focus)
    for _ in range(9):
        opened.steps.undo()
    assert opened.selection.focus == 1


def test_large_selections_are_not_kept_for_long(opened: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_ROWS", 10)
    for first in range(6):
        opened.selection.select(list(range(first, first + 5)))
    taken = 0
    while opened.steps.undo_words:
        opened.steps.undo()
        taken += 1
    assert taken == 2 and opened.selection.rows.tolist() == list(range(3, 8))


def test_what_panels_hide_is_known_until_it_ends(session: Session) -> None:
    heard: list[int] = []
    session.panel_filters.changed.connect(lambda: heard.append(len(session.panel_filters.all)))
    hiding = PanelFilter("hidden", "2 classes", print, "map")
    session.panel_filters.put("legend", hiding)
    session.panel_filters.put("legend", PanelFilter("hidden", "2 classes", print, "map"))
    session.panel_filters.put("other", None)
    assert session.panel_filters.all == (hiding,) and heard == [1]
    session.panel_filters.put("legend", None)
    assert session.panel_filters.all == () and heard == [1, 0]
