"""Runs from the window's side: start, follow, stop, resume, delete; and how the end of a trainer is told.

Most trainers here only pretend, because a real one takes seconds to load torch.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from filelock import FileLock
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core import child_process
from core.data.source import DataSource
from core.training import sign_of_life
from core.training.recipe import Recipe, to_toml
from core.training.run_directory import RECIPE, STOPPING, RunReader, RunSummary
from explorer.jobs import run_follower, run_list, training
from explorer.jobs.runner import JobRunner
from explorer.jobs.training import TrainingJobs
from explorer.session import Session
from explorer.state.subject import RUN, UNANSWERED
from tests.core.training.tiny_data import tiny_recipe, tiny_source

TRAINER = Path(__file__).with_name("pretend_trainer.py")
LONG = 60_000


class Desk:
    """A session whose runs are followed; `problems` are the sentences it was told."""

    def __init__(self, workspace: Path) -> None:
        self.session = Session(workspace)
        self.runner = JobRunner(parent=self.session)
        self.jobs = TrainingJobs(self.session, self.runner, self.session)

    def start(self, behaviour: str, name: str = "run") -> None:
        self.train(Recipe(name=name), DataSource(behaviour))

    def train(self, recipe: Recipe, source: DataSource) -> None:
        """Ask for a run, and wait until its directory is made."""
        self.session.runs.start(recipe, source, "cpu")
        assert self.jobs.training, "the window asks before it closes"
        while self.runner.busy:
            QApplication.processEvents()

    @property
    def run(self) -> RunSummary:
        return self.session.runs.all[0]

    @property
    def problems(self) -> list[str]:
        return [problem.sentence for problem in self.session.problems.all]

    def is_(self, state: str) -> Callable[[], bool]:
        return lambda: self.run.state == state

    def trains(self) -> bool:
        return self.run.state == "running" and self.run.epoch > 0

    def close(self) -> None:
        self.jobs.shutdown()
        self.runner.shutdown()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def open_desk(qtbot: QtBot, workspace: Path) -> Iterator[Callable[[], Desk]]:
    opened: list[Desk] = []

    def open_one() -> Desk:
        opened.append(Desk(workspace))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
    for trainer in _trainers():
        trainer.kill()
        trainer.wait(10)


@pytest.fixture
def desk(open_desk: Callable[[], Desk]) -> Desk:
    return open_desk()


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainers that only pretend, and less patience with those that do not stop."""

    def command(arguments: Sequence[str]) -> list[str]:
        return [sys.executable, str(TRAINER), *arguments]

    monkeypatch.setattr(child_process, "command", command)
    monkeypatch.setattr(run_follower, "STOP_GRACE", 0.3)
    monkeypatch.setattr(run_follower, "KILL_GRACE", 0.3)


def _trainers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.usefixtures("pretend")
class TestPretended:
    """Without torch."""

    def test_a_run_is_followed_to_its_end(self, qtbot: QtBot, desk: Desk, workspace: Path) -> None:
        desk.start("finish", "first try")
        assert desk.jobs.training
        assert (desk.run.state, desk.run.sentence) == ("running", "starting")
        qtbot.waitUntil(desk.is_("finished"), timeout=LONG)
        assert not desk.jobs.training
        assert desk.run.path == workspace / "runs" / "first try"
        assert desk.run.best_figure == 0.5
        assert desk.run.data == DataSource("finish")
        kinds = [message["type"] for message in desk.session.runs.messages_of(desk.run.path)]
        assert kinds == ["started", "step", "epoch", "finished"]
        assert desk.problems == []
        # A thread removes what was asked for.
        qtbot.waitUntil(lambda: list((workspace / "requests").iterdir()) == [], timeout=LONG)

    def test_names_are_free_and_harmless(self, qtbot: QtBot, desk: Desk, workspace: Path) -> None:
        for name in ("twin", "twin", "../../etc/한글: 1", ""):
            desk.start("finish", name)
        qtbot.waitUntil(lambda: not desk.jobs.training, timeout=LONG)
        assert {run.path.name for run in desk.session.runs.all} == {"twin", "twin-2", "------etc-한글- 1", "run"}
        assert {run.path.parent for run in desk.session.runs.all} == {workspace / "runs"}
        assert {run.state for run in desk.session.runs.all} == {"finished"}

    def test_stop_ends_at_the_next_step(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        assert desk.session.device == "CPU (pretended)"
        desk.session.runs.stop(desk.run.path)
        assert (desk.run.state, desk.run.sentence) == ("running", STOPPING)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
        assert desk.run.sentence.startswith("stopped in epoch")
        assert desk.problems == []

    def test_a_trainer_that_loads_is_stopped_at_once(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("load")
        qtbot.waitUntil(lambda: bool(_trainers()), timeout=LONG)
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
        assert desk.run.sentence == "stopped before its first step"
        assert desk.problems == []

    def test_stop_and_close_also_stops_a_trainer_that_loads(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("load")
        qtbot.waitUntil(lambda: bool(_trainers()), timeout=LONG)
        desk.jobs.stop_all()
        desk.jobs.shutdown()
        qtbot.waitUntil(lambda: not _trainers(), timeout=LONG)

    def test_a_deaf_trainer_is_killed_in_the_end(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("deaf")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
        assert desk.run.sentence.startswith("ended by force in epoch ")
        assert desk.run.sentence.endswith(f" of {desk.run.epochs}")

    def test_a_refusal_is_told_in_the_trainers_words(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("refuse")
        qtbot.waitUntil(desk.is_("failed"), timeout=LONG)
        assert desk.run.sentence == "There is nothing to train on."
        assert desk.problems == ["run: There is nothing to train on."]

    def test_a_breakdown_is_told_with_the_last_line_of_the_log(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("break")
        qtbot.waitUntil(desk.is_("crashed"), timeout=LONG)
        assert desk.run.sentence == "ValueError: shapes differ in epoch 1 of 50."
        assert desk.problems == ["run: ValueError: shapes differ in epoch 1 of 50."]

    def test_a_killed_trainer_is_told_as_killed(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        _trainers()[0].kill()
        qtbot.waitUntil(desk.is_("crashed"), timeout=LONG)
        assert desk.run.sentence.startswith("The process was killed from outside (SIGKILL) in epoch ")

    def test_a_trainer_that_cannot_be_started_is_told(
        self, qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(child_process, "command", lambda _: ["/nowhere/python"])
        desk.start("finish")
        qtbot.waitUntil(desk.is_("failed"), timeout=LONG)
        assert desk.run.sentence == "the trainer could not be started: No such file or directory"

    def test_a_workspace_that_cannot_be_written_is_told(self, desk: Desk, workspace: Path) -> None:
        workspace.mkdir()
        (workspace / "runs").write_text("in the way")
        desk.start("finish")
        assert len(desk.problems) == 1 and desk.problems[0].startswith("run cannot be started: ")
        assert desk.session.runs.all == []

    def test_resuming_shows_the_whole_history(self, qtbot: QtBot, desk: Desk) -> None:
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
        before = len(desk.session.runs.messages_of(desk.run.path))
        desk.session.problems.set(RUN, "It stopped.")
        desk.session.runs.resume(desk.run.path)
        assert desk.run.state == "running" and desk.problems == []
        qtbot.waitUntil(lambda: len(desk.session.runs.messages_of(desk.run.path)) > before + 2, timeout=LONG)
        kinds = [message["type"] for message in desk.session.runs.messages_of(desk.run.path)]
        assert kinds[before - 1 : before + 1] == ["stopped", "started"]
        assert kinds.count("started") == 2
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)

    def test_only_ended_runs_are_deleted(self, qtbot: QtBot, desk: Desk, workspace: Path) -> None:
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        run = desk.run.path
        desk.session.runs.delete(run)
        assert [summary.path for summary in desk.session.runs.all] == [run]
        desk.session.runs.stop(run)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
        desk.session.runs.delete(run)
        qtbot.waitUntil(lambda: desk.session.runs.all == [], timeout=LONG)
        assert not run.exists()
        assert desk.problems == []
        elsewhere = workspace.parent / "elsewhere"
        elsewhere.mkdir()
        desk.session.runs.delete(elsewhere)
        qtbot.waitUntil(lambda: not desk.runner.busy)
        assert elsewhere.is_dir()

    def test_another_window_follows_what_still_trains(self, qtbot: QtBot, open_desk: Callable[[], Desk]) -> None:
        first = open_desk()
        first.start("obey")
        qtbot.waitUntil(first.trains, timeout=LONG)
        run = first.run.path
        first.close()
        assert len(_trainers()) == 1, "a trainer outlives the window"

        second = open_desk()
        second.jobs.find_runs()
        qtbot.waitUntil(lambda: bool(second.session.runs.all) and second.trains(), timeout=LONG)
        seen = len(second.session.runs.messages_of(run))
        qtbot.waitUntil(lambda: len(second.session.runs.messages_of(run)) > seen, timeout=LONG)
        third = open_desk()
        third.session.runs.delete(run)
        qtbot.waitUntil(lambda: third.problems == ["run is being trained by another window; stop it first."])
        second.session.runs.stop(run)
        qtbot.waitUntil(second.is_("stopped"), timeout=LONG)

    def test_a_trainer_that_died_unwatched_is_told_as_interrupted(
        self, qtbot: QtBot, open_desk: Callable[[], Desk]
    ) -> None:
        first = open_desk()
        first.start("obey")
        qtbot.waitUntil(first.trains, timeout=LONG)
        first.close()
        second = open_desk()
        second.jobs.find_runs()
        qtbot.waitUntil(lambda: bool(second.session.runs.all) and second.trains(), timeout=LONG)
        _trainers()[0].kill()
        qtbot.waitUntil(second.is_("crashed"), timeout=LONG)
        assert "interrupted at epoch" in second.run.sentence

    def test_the_newest_run_comes_first_and_stays_there(
        self, qtbot: QtBot, open_desk: Callable[[], Desk], workspace: Path
    ) -> None:
        for age, name in enumerate(("new", "older", "oldest")):
            run = workspace / "runs" / name
            run.mkdir(parents=True)
            (run / RECIPE).write_text(to_toml(Recipe(name=name)), encoding="utf-8")
            moment = time.time() - 1000 * (age + 1)
            os.utime(run / RECIPE, (moment, moment))
        desk = open_desk()
        desk.jobs.find_runs()
        qtbot.waitUntil(lambda: len(desk.session.runs.all) == 3)
        assert [summary.name for summary in desk.session.runs.all] == ["new", "older", "oldest"]
        # A file more in a run's folder does not make it newer.
        (workspace / "runs" / "oldest" / "stop").touch()
        desk.start("finish", "now")
        qtbot.waitUntil(lambda: not desk.jobs.training, timeout=LONG)
        assert [summary.name for summary in desk.session.runs.all] == ["now", "new", "older", "oldest"]

    @pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing can be halted here")
    def test_a_halted_trainer_is_noticed_and_can_be_stopped(
        self, qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sign_of_life, "QUIET_AFTER", 1.0)
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        (trainer,) = _trainers()
        trainer.suspend()
        qtbot.waitUntil(lambda: desk.run.quiet_since is not None, timeout=LONG)
        assert desk.run.sentence.startswith("no progress since ")
        assert any("no progress since" in problem for problem in desk.problems)
        trainer.resume()
        qtbot.waitUntil(lambda: desk.run.quiet_since is None, timeout=LONG)
        assert desk.problems == []
        trainer.suspend()
        qtbot.waitUntil(lambda: desk.run.quiet_since is not None, timeout=LONG)
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)

    def test_files_that_do_not_answer_are_told_and_read_again(
        self, qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As of a drive that stalls: a read of the run does not come back."""
        monkeypatch.setattr(training, "UNANSWERED_AFTER", 0.3)
        desk.jobs._timer.setInterval(50)
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        original, stalled, opened = RunReader.read, threading.Event(), threading.Event()

        def stall(reader: RunReader) -> list[dict[str, object]]:
            stalled.set()
            assert opened.wait(30)
            return original(reader)

        monkeypatch.setattr(RunReader, "read", stall)
        qtbot.waitUntil(lambda: desk.run.unanswered_since is not None, timeout=LONG)
        assert desk.run.sentence.startswith("its files have not answered since ")
        (problem,) = desk.session.problems.all
        assert problem.sentence.startswith("run: its files have not answered since ")
        # Another try, while the first one hangs: it reads all that was written.
        monkeypatch.setattr(RunReader, "read", original)
        desk.session.problems.retry(UNANSWERED)
        qtbot.waitUntil(lambda: desk.run.unanswered_since is None and desk.trains(), timeout=LONG)
        assert desk.problems == []
        opened.set()
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
        steps = [
            message["step"] for message in desk.session.runs.messages_of(desk.run.path) if message["type"] == "step"
        ]
        assert steps == list(range(1, len(steps) + 1)), "each message once, the one read by the thread left behind too"

    def test_files_that_answer_late_need_no_retry(
        self, qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(training, "UNANSWERED_AFTER", 0.2)
        desk.jobs._timer.setInterval(50)
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        original, opened = RunReader.summary, threading.Event()

        def stall(reader: RunReader) -> RunSummary:
            assert opened.wait(30)
            return original(reader)

        monkeypatch.setattr(RunReader, "summary", stall)
        qtbot.waitUntil(lambda: desk.run.unanswered_since is not None, timeout=LONG)
        # Nothing can be read of it, and it is ended all the same.
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(lambda: not _trainers(), timeout=LONG)
        opened.set()
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
        assert desk.run.unanswered_since is None and desk.problems == []

    def test_a_request_to_stop_that_hangs_keeps_neither_the_window_nor_the_signals_back(
        self, qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened, threads = threading.Event(), list[threading.Thread]()

        def stall(run: Path) -> None:
            threads.append(threading.current_thread())
            assert opened.wait(30)

        monkeypatch.setattr(run_follower, "request_stop", stall)
        desk.start("obey")
        qtbot.waitUntil(desk.trains, timeout=LONG)
        desk.session.runs.stop(desk.run.path)
        qtbot.waitUntil(lambda: not _trainers(), timeout=LONG)
        assert threads and threading.main_thread() not in threads
        opened.set()
        qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)

    def test_a_number_in_the_messages_harms_no_stranger(
        self, qtbot: QtBot, open_desk: Callable[[], Desk], workspace: Path
    ) -> None:
        """A run that somebody made up: its lock is held, and a message names a living process."""
        run = workspace / "runs" / "made up"
        run.mkdir(parents=True)
        (run / RECIPE).write_text(to_toml(Recipe(name="made up")), encoding="utf-8")
        with subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        ) as stranger:
            (run / "messages.jsonl").write_text(
                json.dumps({"type": "started", "epochs": 3, "pid": stranger.pid}) + "\n", encoding="utf-8"
            )
            with FileLock(run / "run.lock"):
                desk = open_desk()
                desk.jobs.find_runs()
                qtbot.waitUntil(lambda: bool(desk.session.runs.all) and desk.jobs.training, timeout=LONG)
                desk.session.runs.stop(run)
                qtbot.wait(1500)
                assert stranger.poll() is None
            stranger.communicate(b"")


def test_a_real_trainer_stops_at_every_stage(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tiny_source(tmp_path / "data")
    session = desk.session
    recipe = tiny_recipe("training.epochs=100000")

    # While it still imports torch.
    desk.train(recipe, source)
    qtbot.waitUntil(lambda: bool(_trainers()), timeout=LONG)
    session.runs.stop(desk.run.path)
    qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
    assert desk.run.sentence == "stopped before its first step"

    # While it trains: the checkpoint is kept.
    desk.train(recipe, source)
    qtbot.waitUntil(lambda: bool(desk.run.checkpoints), timeout=LONG)
    session.runs.stop(desk.run.path)
    qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
    reached, kept = desk.run.epoch, desk.run.checkpoints[-1]
    assert kept.epoch <= reached

    # Resumed, and then frozen: nothing but SIGKILL ends it, at the second asking.
    session.runs.resume(desk.run.path)
    qtbot.waitUntil(lambda: desk.run.epoch > reached, timeout=LONG)
    monkeypatch.setattr(run_follower, "STOP_GRACE", 0.5)
    os.kill(_trainers()[0].pid, signal.SIGSTOP)
    session.runs.stop(desk.run.path)
    qtbot.wait(800)
    assert desk.run.state == "running" and desk.run.sentence == STOPPING
    session.runs.stop(desk.run.path)
    qtbot.waitUntil(desk.is_("stopped"), timeout=LONG)
    assert desk.run.sentence.startswith("ended by force in epoch ")
    assert "is intact" in desk.run.sentence
    assert desk.run.checkpoints[-1].path.is_file()
    assert desk.problems == []


def test_reading_the_runs_can_be_given_up_and_tried_again(
    qtbot: QtBot, desk: Desk, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = workspace / "runs" / "old"
    old.mkdir(parents=True)
    (old / RECIPE).write_text(to_toml(Recipe(name="old")), encoding="utf-8")
    stalled, opened = threading.Event(), threading.Event()
    original = run_list.entries_of

    def stall(folder: Path) -> list[Path]:
        stalled.set()
        assert opened.wait(10)
        return original(folder)

    monkeypatch.setattr(run_list, "entries_of", stall)
    desk.jobs.find_runs()
    assert stalled.wait(10)
    (task,) = desk.session.tasks.all
    assert task.words == "reading the runs" and task.cancel is not None
    task.cancel()
    (problem,) = desk.session.problems.all
    assert problem.sentence == "Reading the runs was cancelled." and desk.session.runs.all == []
    monkeypatch.setattr(run_list, "entries_of", original)
    assert problem.retry is not None
    problem.retry()
    qtbot.waitUntil(lambda: len(desk.session.runs.all) == 1)
    assert desk.session.problems.all == desk.session.tasks.all == []
    opened.set()


def test_one_run_that_stalls_keeps_none_of_the_others_away(
    qtbot: QtBot, desk: Desk, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "middle", "last"):
        run = workspace / "runs" / name
        run.mkdir(parents=True)
        (run / RECIPE).write_text(to_toml(Recipe(name=name)), encoding="utf-8")
    (workspace / "runs" / "link").symlink_to(workspace / "runs" / "last")
    # One from elsewhere is listed by the first of its names.
    (workspace / "elsewhere").mkdir()
    (workspace / "elsewhere" / RECIPE).write_text(to_toml(Recipe(name="elsewhere")), encoding="utf-8")
    for name in ("again", "nearby"):
        (workspace / "runs" / name).symlink_to(workspace / "elsewhere")
    opened, reads = threading.Event(), list[str]()
    original = run_list.summarise

    def stall(run: Path) -> RunSummary:
        reads.append(run.name)
        if run.name == "middle" and not opened.is_set():
            assert opened.wait(30)
        return original(run)

    monkeypatch.setattr(run_list, "summarise", stall)
    monkeypatch.setattr(run_list, "UNANSWERED_AFTER", 0.2)
    desk.jobs.find_runs()
    qtbot.waitUntil(lambda: len(desk.session.runs.all) == 4 and not desk.runner.busy, timeout=LONG)
    by_name = {run.name: run for run in desk.session.runs.all}
    assert {name: run.state for name, run in by_name.items()} == {
        **dict.fromkeys(("again", "first", "last"), "crashed"),
        "middle": "unanswered",
    }
    assert by_name["middle"].sentence.startswith("its files have not answered since ")
    assert [problem.sentence.partition(" since ")[0] for problem in desk.session.problems.all] == [
        "middle: its files have not answered"
    ]
    # Asked again in vain, then by the thread that was left behind: each time the window goes on.
    desk.session.problems.retry(UNANSWERED)
    qtbot.waitUntil(lambda: reads.count("middle") == 2 and bool(desk.problems), timeout=LONG)
    opened.set()
    qtbot.waitUntil(lambda: {run.state for run in desk.session.runs.all} == {"crashed"}, timeout=LONG)
    qtbot.waitUntil(lambda: desk.problems == [] and not desk.runner.busy, timeout=LONG)
    assert sorted(run.name for run in desk.session.runs.all) == ["again", "first", "last", "middle"]


def test_closing_waits_once_for_all_runs_that_stall(qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, read = threading.Event(), threading.Semaphore(0)

    original = RunReader.read

    def stall(reader: RunReader) -> list[dict[str, object]]:
        if threading.current_thread() is threading.main_thread():
            return original(reader)
        read.release()
        assert opened.wait(10)
        return []

    monkeypatch.setattr(RunReader, "read", stall)
    for name in ("one", "two", "three", "four"):
        desk.start("learns", name)
        assert read.acquire(timeout=10)
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("run ")]
    began = time.monotonic()
    assert not desk.jobs.shutdown()
    assert time.monotonic() - began < 2 * run_follower.PATIENCE
    opened.set()
    for thread in threads:
        thread.join(10)
