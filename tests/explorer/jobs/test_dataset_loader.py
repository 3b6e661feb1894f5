"""Opening data: how far it is, in words, and that it ends when nobody waits any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core import paths
from core.data.catalog import Catalog
from core.data.first_image import instead_of_images
from core.data.source import DataSource
from core.errors import Cancelled, DataError
from core.progress import Reporter
from explorer import dropped, garbage
from explorer.drop_hint import DropHint
from explorer.jobs import dataset_loader as opening_module
from explorer.jobs.dataset_loader import DatasetLoader
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.state.subject import DATA
from tests.core.data.official.torchvision_trees import fashion_mnist
from tests.explorer.fake_processes import FakeProcesses

NOWHERE = DataSource("/nowhere/shapes")


@pytest.fixture
def threads(session: Session) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.shutdown()


@pytest.fixture
def opening(session: Session, processes: FakeProcesses) -> DatasetLoader:
    """Answers come at once."""
    return DatasetLoader(session, JobRunner(synchronous=True, parent=session), processes, session)  # type: ignore[arg-type]


def _words(session: Session) -> list[str]:
    return [task.words for task in session.tasks.all]


def test_it_says_how_far_it_is(
    qtbot: QtBot, session: Session, processes: FakeProcesses, threads: JobRunner, monkeypatch
) -> None:
    go_on = threading.Event()

    def slow(_source: DataSource, reporter: Reporter, should_stop: Callable[[], bool], *, draw_later: bool) -> Catalog:
        assert garbage._wishes == 1, "looking for garbage among a million listings would stop the window"
        reporter.progress("looking for images", 312_000, 0, "in 42 folders")
        assert go_on.wait(5)
        go_on.clear()
        reporter.progress("checking", 30_000, 120_000)
        assert go_on.wait(5)
        raise Cancelled("Stopped while checking.")

    monkeypatch.setattr(opening_module, "makes_pictures", lambda _source: False)
    monkeypatch.setattr(opening_module, "open_catalog", slow)
    DatasetLoader(session, threads, processes, session)  # type: ignore[arg-type]
    session.open_data(NOWHERE)
    assert _words(session) == ["opening shapes"]
    qtbot.waitUntil(lambda: _words(session) == ["opening shapes: looking for images, 312,000 in 42 folders so far"])
    assert session.tasks.all[0].fraction is None
    go_on.set()
    qtbot.waitUntil(lambda: _words(session) == ["opening shapes: checking 30,000 of 120,000 images"])
    assert session.tasks.all[0].fraction == 0.25
    session.tasks.cancel("data")
    assert _words(session) == [], "at once, though the thread goes on to its next look"
    go_on.set()
    threads.shutdown()
    assert garbage._wishes == 0
    qtbot.wait(1)
    assert _words(session) == [] and [it.subject for it in session.problems.all] == [DATA]


def test_an_opening_that_takes_long_ends_when_cancelled(
    session: Session, processes: FakeProcesses, threads: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def endless(_source: DataSource, _reporter: Reporter, should_stop: Callable[[], bool], **_: bool) -> Catalog:
        while not should_stop():
            ended.wait(0.01)
        ended.set()
        raise Cancelled("Stopped while looking.")

    monkeypatch.setattr(opening_module, "makes_pictures", lambda _source: False)
    monkeypatch.setattr(opening_module, "open_catalog", endless)
    DatasetLoader(session, threads, processes, session)  # type: ignore[arg-type]
    session.open_data(NOWHERE)
    session.tasks.cancel("data")
    assert ended.wait(5)
    threads.shutdown()
    assert session.tasks.all == [] and session.catalog is None
    assert [problem.sentence for problem in session.problems.all] == ["Opening shapes was cancelled."]
    wanted = []
    session.data_requested.connect(wanted.append)
    session.problems.retry(DATA)
    assert wanted == [NOWHERE] and session.problems.all == []


def test_a_folder_without_images_says_what_was_looked_at(
    session: Session, opening: DatasetLoader, tmp_path: Path
) -> None:
    folder = tmp_path / "home" / "notes"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("")
    session.open_data(DataSource(str(tmp_path / "home")))
    assert "its only file is none, because its files are .txt" in session.problems.all[0].sentence
    assert session.tasks.all == []


# What cannot be opened: files of the data and the word of the question, or "" where nothing can be answered.
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a split of numbers": ({"x.csv": "image,label,split\n1.png,a,0\n1.png,a,1\n"}, "split '0'"),
    "no class": ({"x.csv": "image,age\n1.png,3\n"}, "no label column"),
    "a class or a target": ({"x.csv": "image,target\n1.png,0\n"}, "may be the class"),
    "yes, no and perhaps": ({"x.csv": "image,label,is_query\n1.png,a,perhaps\n"}, "'perhaps'"),
    "a box that is none": ({"x.csv": "image,label,x1,y1,x2,y2\n1.png,a,9,9,1,1\n"}, "bounding box"),
    "images elsewhere": ({"x.csv": "image,label\n/content/a/1.jpg,a\n"}, "lies outside"),
    "folders in doubt": ({"train_a/x/1.png": "", "train_b/x/1.png": "", "test/x/1.png": ""}, "may be a split"),
    "a folder of cameras": ({"cam1/1.png": "", "cam2/1.png": ""}, "what one camera saw"),
    "a broken table": ({"x.csv": "image,label\n1.png\n"}, ""),
}


@pytest.mark.usefixtures("opening")
@pytest.mark.parametrize(("files", "question"), REFUSED.values(), ids=REFUSED)
def test_what_can_be_answered_is_asked_and_no_option_is_named(
    session: Session, tmp_path: Path, files: dict[str, str], question: str
) -> None:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        picture = path.with_name("1.png")
        Image.new("RGB", (8, 8)).save(picture)
    asked: list[DataError] = []
    session.reading_requested.connect(lambda _source, error: asked.append(error))
    table = tmp_path / "x.csv"
    session.open_data(DataSource(str(table if table.exists() else tmp_path)))
    told = [str(error) for error in asked] + [problem.sentence for problem in session.problems.all]
    assert len(told) == 1 and "--" not in told[0]
    assert question in told[0] and bool(question) == bool(asked)


@pytest.mark.usefixtures("opening")
def test_pictures_being_made_do_not_open_over_what_was_chosen_meanwhile(
    session: Session, processes: FakeProcesses, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    session.open_data(DataSource(str(fashion_mnist(tmp_path))))
    assert processes.running("data") and processes.jobs["data"].arguments[0] == "datasets"
    session.open_data(DataSource(str(tiny_folder)))
    assert not processes.running("data")
    assert session.source == DataSource(str(tiny_folder))


@pytest.mark.usefixtures("opening")
def test_the_demo_opens_without_waiting_for_its_pictures(
    session: Session, processes: FakeProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path))
    session.open_data(DataSource("demo"))
    assert not processes.running("data")
    assert session.catalog is not None and len(session.catalog) == 2304
    assert list(tmp_path.rglob("*.jpg")) == []


@pytest.mark.usefixtures("opening")
def test_pictures_are_made_in_a_child_process(
    session: Session, processes: FakeProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    source = DataSource(str(fashion_mnist(tmp_path)))
    session.open_data(source)
    assert processes.jobs["data"].arguments == ["datasets", *source.arguments()]
    assert session.catalog is None
    processes.finish("data")
    assert session.catalog is not None and session.catalog.name == "Fashion-MNIST"
    session.open_data(source)
    assert not processes.running("data"), "the pictures are there"


def test_dragging_a_huge_tree_away_ends_the_look_into_it(
    qtbot: QtBot, threads: JobRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    def look(_source: DataSource, should_stop: Callable[[], bool]) -> None:
        while not should_stop():
            looked.wait(0.01)
        looked.set()
        raise Cancelled("Stopped while looking.")

    monkeypatch.setattr(dropped, "look_at_data", look)
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    hint = DropHint(threads, window)
    (tmp_path / "home").mkdir()
    hint.show_data([tmp_path / "home"], "A", has_data=False)
    qtbot.waitUntil(hint.isVisible)
    assert hint.text() == "Looking at home…"
    hint.end()
    assert hint.isHidden() and looked.wait(5)
    threads.shutdown()
    assert hint.isHidden()


def test_looking_for_the_first_image_stops_when_told(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    asked: list[None] = []

    def after_two() -> bool:
        asked.append(None)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        instead_of_images(tmp_path, after_two)
    assert instead_of_images(tmp_path, lambda: False) == "it is empty"
