"""The list of data sets that were opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.source import DEMO, DataSource
from core.errors import NewerVersionError
from explorer.jobs.notes import Notes
from explorer.jobs.recent_datasets import MOST, KnownData, load_known, save_known, with_source
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from tests.explorer.factories import made_catalog

DEMO_SOURCE = DataSource(DEMO)
BIRDS = DataSource("/data/birds", exclude_labels=("owl",))


def remember(workspace: Path, known: list[DataSource], source: DataSource) -> list[DataSource]:
    known = with_source(known, source)
    save_known(workspace, known)
    return known


def test_the_demo_is_always_known(tmp_path: Path) -> None:
    assert load_known(tmp_path / "workspace") == [DEMO_SOURCE]


def test_what_was_opened_comes_back_newest_first(tmp_path: Path) -> None:
    known = remember(tmp_path, load_known(tmp_path), BIRDS)
    known = remember(tmp_path, known, DataSource("/data/cats"))
    assert known == [DataSource("/data/cats"), BIRDS, DEMO_SOURCE] == load_known(tmp_path)
    assert remember(tmp_path, known, BIRDS) == known, "what is known stays where it is"


def test_the_list_is_bounded(tmp_path: Path) -> None:
    known = load_known(tmp_path)
    for number in range(MOST + 5):
        known = remember(tmp_path, known, DataSource(f"/data/{number}"))
    assert len(known) == MOST
    assert load_known(tmp_path) == [*known, DEMO_SOURCE]


def test_what_becomes_known_is_written_and_a_refusal_said(session: Session, runner: JobRunner) -> None:
    session.library.set_data_sets(load_known(session.workspace))
    KnownData(session, Notes(runner, held=True), runner)
    session.set_catalog(BIRDS, made_catalog(), "test")
    session.library.set_data_sets(with_source(session.library.data_sets, BIRDS))
    assert load_known(session.workspace) == [BIRDS, DEMO_SOURCE] and session.problems.all == []
    (session.workspace / "library.json").unlink()
    (session.workspace / "library.json").mkdir()
    session.library.set_data_sets(with_source(session.library.data_sets, DataSource("/data/cats")))
    assert "is open, but will not be remembered: Could not write " in session.problems.all[0].sentence


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"data": 5}', '{"data": ["birds"]}', '{"data": [{}]}'])
def test_a_damaged_list_counts_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "library.json").write_text(text)
    assert load_known(tmp_path) == [DEMO_SOURCE]


def test_one_damaged_entry_does_not_hide_the_others(tmp_path: Path) -> None:
    listed = [{"location": "/data/cats"}, {"location": 5}, {"location": "/data/x", "exclude_labels": "a"}, None]
    (tmp_path / "library.json").write_text(json.dumps({"format": 1, "data": listed}))
    assert load_known(tmp_path) == [DataSource("/data/cats"), DEMO_SOURCE]


def test_the_list_of_a_newer_version_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "library.json"
    path.write_text(json.dumps({"format": 999, "data": [{"location": "/data/cats"}]}))
    before = path.read_bytes()
    with pytest.raises(NewerVersionError, match=r"newer version \(format 999"):
        remember(tmp_path, load_known(tmp_path), BIRDS)
    assert path.read_bytes() == before
