"""The window on a drive that does not answer: the thread that draws never touches it, so it draws and hears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.training.recipe import Recipe
from explorer.application import Explorer
from explorer.drop_hint import DropHint
from explorer.jobs import run_list
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.opening.dialog import OpenDialog
from explorer.results.maps import MAP
from explorer.session import Session
from tests.explorer.factories import made_checkpoint
from tests.explorer.fake_processes import FakeProcesses
from tests.explorer.slow_drive import SlowDrive

Open = Callable[[DataSource], Explorer]


def _drag(window: QWidget, path: Path, drop: bool) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(QPoint(9, 9), *how))
    if drop:
        window.dropEvent(QDropEvent(QPointF(9, 9), *how))


def test_the_thread_that_draws_never_touches_data_or_workspace(
    qtbot: QtBot, tmp_path: Path, tiny_folder: Path, open_explorer: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = next(tiny_folder.rglob("*.png"))
    drives = [SlowDrive(monkeypatch, folder) for folder in (tmp_path / "workspace", tiny_folder)]
    for drive in drives:
        drive.answers.set()
    explorer = open_explorer(DataSource(str(tiny_folder)))
    _drag(explorer.window, tiny_folder, drop=False)
    _drag(explorer.window, image, drop=True)
    qtbot.waitUntil(lambda: explorer.session.selection.query_image == image and explorer.is_idle, timeout=20_000)
    QGuiApplication.clipboard().setText(str(image))
    explorer.window.commands.run("query.paste")
    explorer.session.set_split("all")
    explorer.session.runs.delete(tmp_path / "workspace" / "runs" / "none")
    explorer.memory.save()
    explorer.window.show_open(DataSource(str(tiny_folder)))
    opening = explorer.window.findChild(OpenDialog)
    qtbot.waitUntil(opening.open_button.isEnabled, timeout=20_000)
    opening.reject()
    explorer.window.commands.run("window.start")
    qtbot.waitUntil(lambda: explorer.is_idle, timeout=20_000)
    explorer.shutdown()
    assert [place for drive in drives for place in drive.touched] == []


def test_what_is_kept_is_looked_for_in_threads(
    qtbot: QtBot, session: Session, processes: FakeProcesses, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = SlowDrive(monkeypatch, session.workspace)
    drive.answers.set()
    threads = JobRunner()
    pipeline = Pipeline(session, threads, processes, "cpu")  # type: ignore[arg-type]
    session.open_data(DataSource(str(tiny_folder)))
    qtbot.waitUntil(lambda: session.catalog is not None)
    for slot, name in (("A", "first"), ("B", "other"), ("A", "first")):
        session.choose_checkpoint(slot, made_checkpoint(name))
        while pipeline.busy:
            for key in list(processes.jobs):
                processes.finish(key)
            qtbot.wait(1)
    assert session.comparison is not None and session.results[MAP]["B"] is not None
    assert drive.touched == []
    assert threads.shutdown()


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_a_file_on_a_drive_that_stalls_leaves_the_window_alive(
    qtbot: QtBot, tmp_path: Path, tiny_folder: Path, open_explorer: Open, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    explorer = open_explorer(DataSource(str(tiny_folder)))
    qtbot.waitUntil(lambda: explorer.is_idle, timeout=20_000)
    drive, session = SlowDrive(monkeypatch, tmp_path / "drive"), explorer.session
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(5)
    path = tmp_path / "drive" / "photo.png"
    if how == "drop":
        _drag(explorer.window, path, drop=False)
        hint = explorer.window.findChild(DropHint)
        qtbot.waitUntil(lambda: hint is not None and hint.text() == "Looking at photo.png…")
        _drag(explorer.window, path, drop=True)
    else:
        QGuiApplication.clipboard().setText(str(path))
        explorer.window.commands.run("query.paste")
    assert drive.waiting.acquire(timeout=10)
    qtbot.waitUntil(lambda: len(ticks) > 10)
    (task,) = session.tasks.all
    assert task.words == "looking at photo.png" and task.cancel is not None
    task.cancel()
    assert [problem.sentence for problem in session.problems.all] == ["Looking at photo.png was cancelled."]
    assert session.problems.all[0].retry is not None and drive.touched == []
    drive.answers.set()


def test_a_run_is_started_and_listed_without_the_thread_that_draws(
    qtbot: QtBot, tmp_path: Path, open_explorer: Open, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = open_explorer(DataSource(str(tiny_folder)))
    qtbot.waitUntil(lambda: explorer.is_idle, timeout=20_000)
    monkeypatch.setattr(run_list, "UNANSWERED_AFTER", 0.2)
    drive = SlowDrive(monkeypatch, tmp_path / "workspace" / "runs")
    explorer.session.runs.start(Recipe(name="one"), DataSource(str(tiny_folder)), "cpu")
    assert drive.waiting.acquire(timeout=10)
    (task,) = explorer.session.tasks.all
    assert task.words == "starting one"
    assert explorer.trainings.training, "the window asks before it closes"
    task.cancel()
    assert not explorer.trainings.training and drive.touched == []
    drive.answers.set()
