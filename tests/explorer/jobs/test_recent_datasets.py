"""The list of data sets that were opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DEMO, DataSource
from core.errors import NewerVersionError
from explorer.jobs.notes import Notes
from explorer.jobs.recent_datasets import MOST, KnownData, load_facts, load_known, save_known, with_source
from explorer.jobs.recent_pictures import kept_picture
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.state.library import DataFacts
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


def test_what_is_remembered_of_each_comes_back(tmp_path: Path) -> None:
    facts = DataFacts("Birds of mine", 120, 8, "2026-03-01T12:00:00+00:00", "abc", (0, 30, 60, 90))
    save_known(tmp_path, [DataSource("/data/cats"), BIRDS], {BIRDS: facts})
    assert load_known(tmp_path) == [DataSource("/data/cats"), BIRDS, DEMO_SOURCE]
    assert load_facts(tmp_path) == {BIRDS: facts}


ENDLESS = [{"name": "Cats", "images": float("inf"), "classes": 1, "opened": "", "fingerprint": "", "pictures": []}]


@pytest.mark.parametrize("facts", [None, [], [5], [{"name": "Cats"}], [None], "cats", ENDLESS])
def test_a_list_of_an_earlier_version_or_with_damaged_facts_is_read(tmp_path: Path, facts: object) -> None:
    values = {"format": 1, "data": [{"location": "/data/cats"}]} | ({} if facts is None else {"facts": facts})
    (tmp_path / "library.json").write_text(json.dumps(values))
    assert load_known(tmp_path) == [DataSource("/data/cats"), DEMO_SOURCE] and load_facts(tmp_path) == {}


def test_what_is_opened_is_remembered_with_pictures_of_several_classes(
    session: Session, runner: JobRunner, tiny_folder: Path
) -> None:
    source = DataSource(str(tiny_folder))
    KnownData(session, Notes(runner, held=True), runner)
    session.library.rename(source, "Shapes")
    catalog = open_catalog(source)
    session.set_catalog(source, catalog, "all")
    facts = session.library.facts[source]
    assert (facts.name, facts.images, facts.classes, facts.fingerprint) == ("Shapes", 48, 8, catalog.fingerprint)
    assert len({catalog.labels[row] for row in facts.pictures}) == 4
    assert all(kept_picture(session.workspace, facts.fingerprint, row).is_file() for row in facts.pictures)
    session.library.relocate(source, BIRDS)
    assert session.library.facts[BIRDS] == facts and source not in session.library.facts
