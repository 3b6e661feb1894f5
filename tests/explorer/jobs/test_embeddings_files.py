"""An embeddings file chosen as A or B: told apart by its content, without a network, the newest choice wins."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.retrieval.embeddings_file import EmbeddingsFile, read_identity
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import Session
from explorer.state.subject import QUERY, Subject
from tests.explorer.factories import made_checkpoint
from tests.explorer.fake_processes import FakeProcesses

CHECKPOINT = made_checkpoint("checkpoint")


@pytest.fixture
def closed(session: Session, runner: JobRunner, processes: FakeProcesses) -> Pipeline:
    """No data is open; answers of threads come at once."""
    return Pipeline(session, runner, processes, "cpu")  # type: ignore[arg-type]


@pytest.fixture
def pipeline(closed: Pipeline, session: Session, tiny_folder: Path) -> Pipeline:
    session.open_data(DataSource(str(tiny_folder)))
    return closed


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """What is in it does not matter: no child reads it here."""
    path = tmp_path / "theirs.npz"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside.png"
    Image.new("RGB", (20, 20), (200, 30, 60)).save(path)
    return path


def _problem(session: Session, subject: Subject) -> str:
    return next((problem.sentence for problem in session.problems.all if problem.subject == subject), "")


@pytest.mark.usefixtures("pipeline")
def test_a_child_writes_it_as_the_datas_own(session: Session, processes: FakeProcesses, vectors: Path) -> None:
    session.open_file("A", vectors)
    assert session.library.opened == [session.checkpoint["A"]] == [read_identity(vectors)]
    assert processes.jobs["embed A"].arguments[:2] == ["embed", str(vectors)]
    processes.finish_all()
    assert session.results[EVALUATION]["A"] is not None
    assert session.results[MAP]["A"] is not None and session.results[MAP]["A"].method == "umap"


@pytest.mark.usefixtures("pipeline")
def test_another_content_is_read_again_and_a_known_one_is_found(
    session: Session, processes: FakeProcesses, vectors: Path
) -> None:
    folders = []
    for content in (b"one", b"two", b"one"):
        vectors.write_bytes(content)
        chosen = session.checkpoint["A"]
        if chosen is None:
            session.open_file("A", vectors)
        else:
            session.use("A", chosen)
        folders += [processes.jobs["embed A"].option("--out")] if "embed A" in processes.jobs else []
        processes.finish_all()
    assert len(folders) == len(set(folders)) == 2
    assert processes.since() == ["embed A", "project A"] * 2
    assert session.library.opened == [session.checkpoint["A"]], "one file, as it is now"


@pytest.mark.usefixtures("pipeline")
def test_a_newer_choice_makes_it_void(
    qtbot: QtBot, session: Session, processes: FakeProcesses, vectors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.choose_checkpoint("B", CHECKPOINT)
    read = []

    def read_late(path: Path) -> EmbeddingsFile:
        session.choose_checkpoint("A", CHECKPOINT)
        read.append(path)
        return read_identity(path)

    monkeypatch.setattr("explorer.jobs.external_embeddings.read_identity", read_late)
    session.open_file("A", vectors)
    assert read == [vectors] and [session.checkpoint[slot] for slot in ("A", "B")] == [CHECKPOINT] * 2
    assert all(not task.key.startswith("read") for task in session.tasks.all)


@pytest.mark.usefixtures("closed")
def test_without_data_its_rows_are_the_data(session: Session, vectors: Path) -> None:
    asked: list[DataSource] = []
    session.data_requested.connect(asked.append)
    session.open_file("A", vectors)
    assert session.checkpoint["A"] is None and asked == [DataSource(str(vectors))]


@pytest.mark.usefixtures("pipeline")
def test_a_file_that_is_gone_leaves_what_is_shown(session: Session, processes: FakeProcesses, vectors: Path) -> None:
    session.choose_checkpoint("A", CHECKPOINT)
    processes.finish_all()
    vectors.unlink()
    session.open_file("A", vectors)
    assert session.checkpoint["A"] == CHECKPOINT and session.results[EVALUATION]["A"] is not None
    assert "theirs.npz cannot be read (No such file or directory)" in _problem(session, Subject("embeddings", "A"))
    assert session.tasks.all == []


@pytest.mark.usefixtures("pipeline")
def test_an_image_from_outside_is_answered_in_words(
    session: Session, processes: FakeProcesses, vectors: Path, outside: Path
) -> None:
    session.open_file("A", vectors)
    processes.finish_all()
    session.selection.set_query_image(outside)
    refused = (
        "theirs.npz has vectors but not the network that made them: outside.png is no image of the data and can only "
        "be searched by a checkpoint."
    )
    assert _problem(session, QUERY) == refused
    assert "serve A" not in processes.jobs
    session.choose_checkpoint("B", CHECKPOINT)
    assert _problem(session, QUERY) == refused, "of A it is true all the same"
    assert processes.requests[-1]["to"] == "serve B"
    session.choose_checkpoint("A", CHECKPOINT)
    assert _problem(session, QUERY) == ""


@pytest.mark.usefixtures("pipeline")
def test_an_image_of_a_split_that_is_not_shown_is_said_to_be_one(
    session: Session, processes: FakeProcesses, vectors: Path
) -> None:
    session.open_file("A", vectors)
    processes.finish_all()
    assert session.catalog is not None and session.split == "test"
    path = session.catalog.path(int(session.catalog.rows("train")[0]))
    session.selection.set_query_image(path)
    assert _problem(session, QUERY) == (
        f"theirs.npz has vectors but not the network that made them: {path.name} is of split train, and test is shown. "
        "Choose its split at the top, or a checkpoint."
    )


@pytest.mark.usefixtures("pipeline")
def test_an_image_of_the_data_is_found_as_its_row(session: Session, processes: FakeProcesses, vectors: Path) -> None:
    session.open_file("A", vectors)
    processes.finish_all()
    assert session.catalog is not None
    row = int(session.catalog.rows("test")[2])
    session.selection.set_query_image(session.catalog.path(row))
    assert session.selection.query == row and _problem(session, QUERY) == ""
    assert session.results[NEIGHBOURS]["A"] is not None and len(session.results[NEIGHBOURS]["A"].rows)
