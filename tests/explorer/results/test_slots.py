"""Slots are keys: a third one has every result, a comparison of its own, and its place in the panels."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.panels.map.panel import MapPanel
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON
from explorer.results.table import RESULTS
from explorer.session import Session
from tests.explorer.factories import made_checkpoint
from tests.explorer.fake_processes import FakeProcesses

SLOTS = ("A", "B", "C")


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Session:
    return Session(tmp_path / "workspace", slots=SLOTS)


@pytest.fixture(autouse=True)
def _opened(session: Session, runner: JobRunner, processes: FakeProcesses, tiny_folder: Path) -> None:
    Pipeline(session, runner, processes, "cpu")  # type: ignore[arg-type]
    session.open_data(DataSource(str(tiny_folder)))


def _choose(session: Session, processes: FakeProcesses, *names: str) -> None:
    for slot, name in zip(SLOTS, names, strict=False):
        session.choose_checkpoint(slot, made_checkpoint(name))
        processes.finish_all()


def test_each_slot_has_every_result(session: Session, processes: FakeProcesses) -> None:
    _choose(session, processes, "first", "second", "third")
    session.selection.set_query(int(session.catalog.rows("test")[0]))  # type: ignore[union-attr]
    for derived in RESULTS:
        known = [slot for slot in SLOTS if session.results[derived][slot] is not None]
        assert known == [slot for slot in SLOTS if slot != "A" or derived.of_reference], derived.name
    b, c = session.results[COMPARISON]["B"], session.results[COMPARISON]["C"]
    assert b is not None and c is not None and b is not c
    assert "like" in session.results[MAP]["C"].parameters  # type: ignore[union-attr]


def test_another_reference_makes_what_leans_on_it_anew(session: Session, processes: FakeProcesses) -> None:
    _choose(session, processes, "first", "second", "third")
    before = {derived.name: session.results[derived]["C"] for derived in RESULTS}
    session.choose_checkpoint("A", made_checkpoint("fourth"))
    assert session.results[COMPARISON]["C"] is None
    processes.finish_all()
    anew = {name for name, value in before.items() if session.results._by_name[name]["C"] is not value}
    assert anew == {"map", "comparison"}


def test_a_slot_is_closed_alone(session: Session, processes: FakeProcesses) -> None:
    _choose(session, processes, "first", "second", "third")
    session.choose_checkpoint("B", None)
    assert session.compared == "C" and session.comparison is session.results[COMPARISON]["C"]


def test_the_map_panel_shows_those_that_are_used(qtbot: QtBot, session: Session, processes: FakeProcesses) -> None:
    panel = MapPanel(session)
    qtbot.addWidget(panel)
    panel.resize(1200, 600)
    panel.show()
    _choose(session, processes, "first")
    assert [panel.pane(slot).isVisible() for slot in SLOTS] == [True, False, False]
    _choose(session, processes, "first", "second", "third")
    assert [panel.pane(slot).isVisible() for slot in SLOTS] == [True, True, True]
    assert [panel.pane(slot).canvas.scene.xy.shape for slot in SLOTS] == [(24, 2)] * 3
    panel.shutdown()
