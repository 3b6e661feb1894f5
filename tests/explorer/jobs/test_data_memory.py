"""Each data set is looked at again as it was left: A and B, split, colouring, selection."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

from core.data.source import DataSource
from core.errors import NewerVersionError
from explorer.jobs.data_memory import FILE, MOST, DataMemory, DatasetView, arranged_text, load_views, save_views
from explorer.jobs.notes import Notes
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

SHOES, BAGS = DataSource("/data/shoes"), DataSource("/data/bags", label_column="brand")


@pytest.fixture
def memory(session: Session, runner: JobRunner) -> DataMemory:
    """Of an empty workspace."""
    return DataMemory(session, Notes(runner, held=True))


def _open(session: Session, memory: DataMemory, source: DataSource) -> None:
    session.set_catalog(source, made_catalog(), "test")
    memory.open_view()


def _use(session: Session, slot: str, name: str, usable: bool = True) -> None:
    session.choose_checkpoint(slot, made_checkpoint(name))
    if usable:
        embeddings = made_embeddings(session.catalog, name)
        set_embeddings(session, slot, embeddings)


def test_what_was_chosen_is_known_when_the_data_are_opened_again(session: Session, memory: DataMemory) -> None:
    _open(session, memory, SHOES)
    session.set_split("all")
    _use(session, "A", "first")
    _use(session, "B", "second")
    session.set_colouring("correctness")
    session.set_grouping("split")
    session.selection.select([3, 1], query=1)
    _open(session, memory, BAGS)
    assert memory.view_of(BAGS) is None
    expected = DatasetView(
        ("/nowhere/first.safetensors", "/nowhere/second.safetensors"),
        "all",
        "correctness",
        made_catalog().fingerprint,
        (1, 3),
        1,
        "split",
    )
    assert memory.view_of(SHOES) == expected
    # And by the next window.
    assert load_views(session.workspace)[SHOES] == expected


def test_what_could_not_be_used_is_not_noted(session: Session, memory: DataMemory) -> None:
    _open(session, memory, SHOES)
    _use(session, "A", "good")
    memory.save()
    _use(session, "A", "refused", usable=False)
    memory.save()
    assert memory.view_of(SHOES).slots == ("/nowhere/good.safetensors", "")


def test_what_was_taken_away_stays_away(session: Session, memory: DataMemory) -> None:
    _open(session, memory, SHOES)
    _use(session, "A", "first")
    _use(session, "B", "second")
    memory.save()
    session.choose_checkpoint("B", None)
    memory.save()
    assert memory.view_of(SHOES).slots == ("/nowhere/first.safetensors", "")


def test_it_is_written_soon_after_a_change(qtbot, session: Session, memory: DataMemory) -> None:
    _open(session, memory, SHOES)
    memory._timer.setInterval(1)
    session.selection.select([2])
    qtbot.waitUntil(lambda: SHOES in load_views(session.workspace))
    assert load_views(session.workspace)[SHOES].selected == (2,)


def test_a_note_of_a_version_that_knew_no_groups_is_read() -> None:
    values = DatasetView(colouring="brand", grouping="brand").as_dict()
    del values["grouping"]
    assert DatasetView.from_dict(values) == DatasetView(colouring="brand")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"views": 3}', '{"views": [1, {}, {"data": {}, "view": {}}]}'])
def test_a_damaged_file_counts_as_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert load_views(tmp_path) == {}
    save_views(tmp_path, {SHOES: DatasetView()})
    assert load_views(tmp_path) == {SHOES: DatasetView()}


@pytest.mark.parametrize("damage", [("selected", [float("inf")]), ("query", float("inf")), ("arrangements", 5)])
def test_one_damaged_note_does_not_hide_the_others(tmp_path: Path, damage: tuple[str, object]) -> None:
    save_views(tmp_path, {SHOES: DatasetView(), BAGS: DatasetView(split="all")})
    noted = json.loads((tmp_path / FILE).read_text())
    noted["views"][0]["view"] |= dict([damage])
    (tmp_path / FILE).write_text(json.dumps(noted))
    assert load_views(tmp_path) == {BAGS: DatasetView(split="all")}


def test_the_file_of_a_newer_version_is_not_written_over(tmp_path: Path) -> None:
    newer = json.dumps({"format": 99, "views": []})
    (tmp_path / FILE).write_text(newer)
    with pytest.raises(NewerVersionError):
        save_views(tmp_path, {SHOES: DatasetView()})
    assert (tmp_path / FILE).read_text() == newer


def test_the_oldest_are_forgotten(session: Session, memory: DataMemory) -> None:
    for number in range(MOST + 2):
        _open(session, memory, DataSource(f"/data/{number}"))
        session.set_split("all")
        memory.save()
    assert len(load_views(session.workspace)) == MOST
    assert memory.view_of(DataSource("/data/0")) is None


class Stands(QObject):
    """Stands in for the window's arrangement."""

    view_changed = Signal(str)
    view, states = "data", {"data": b"\0grid", "train": b"\xffcurves"}

    def noted(self) -> tuple[str, dict[str, bytes]]:
        return self.view, self.states


def test_the_view_and_the_arrangement_of_each_are_noted(qtbot, session: Session, memory: DataMemory) -> None:
    stands = Stands()
    memory.watch(stands)
    memory._timer.setInterval(1)
    _open(session, memory, SHOES)
    stands.view_changed.emit("data")
    qtbot.waitUntil(lambda: SHOES in load_views(session.workspace))
    stands.view, stands.states = "train", {"train": b"\xffruns"}
    _open(session, memory, BAGS)
    view = load_views(session.workspace)[SHOES]
    assert view.view == "train"
    assert view.arranged == {"data": b"\0grid", "train": b"\xffruns"}, "one that was not seen again is kept"


@pytest.mark.parametrize(
    "text", ["", "0", "zzzzzzzzAAAA", arranged_text(b"state")[:-1], "1" + arranged_text(b"state")[1:]]
)
def test_a_damaged_arrangement_counts_as_none(tmp_path: Path, text: str) -> None:
    view = DatasetView(arrangements={"data": text, "train": arranged_text(b"whole")})
    save_views(tmp_path, {SHOES: view})
    assert load_views(tmp_path)[SHOES].arranged == {"train": b"whole"}


def test_what_a_version_before_noted_is_still_known(tmp_path: Path) -> None:
    """As it was written when neither groups nor views were noted."""
    values = {
        "sides": ["/runs/a.safetensors", ""], "split": "test", "colouring": "correctness",
        "fingerprint": "0f", "selected": [1, 3], "query": 1,
    }  # fmt: skip
    file = {"format": 1, "views": [{"data": {"location": "/data/shoes"}, "view": values}]}
    (tmp_path / FILE).write_text(json.dumps(file))
    expected = DatasetView(("/runs/a.safetensors", ""), "test", "correctness", "0f", (1, 3), 1)
    assert load_views(tmp_path) == {SHOES: expected} and expected.view == "" and expected.arranged == {}
