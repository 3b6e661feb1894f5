"""Work in threads as it is shown: figures, a cross, and Retry for what failed or was ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from core.errors import DataError
from core.progress import Reporter
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.session import Session


@pytest.fixture
def threads(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner(threads=1)
    yield made
    made.shutdown()


def test_it_shows_how_far_it_is_and_is_gone_when_done(qtbot: QtBot, session: Session, threads: JobRunner) -> None:
    go_on, answers = threading.Event(), list[str]()

    def work(should_stop: Callable[[], bool], reporter: Reporter) -> str:
        assert not should_stop()
        reporter.progress("measuring recall", 500, 2000, "queries")
        assert go_on.wait(10)
        return "done"

    shown = ShownWork(session, threads)
    shown.submit("evaluation A", "recall A", "measuring recall", work, answers.append, _never, figures=True)
    assert [task.words for task in session.tasks] == ["measuring recall"]
    qtbot.waitUntil(lambda: session.tasks[0].words == "measuring recall 500 of 2,000 queries")
    assert session.tasks[0].fraction == 0.25
    go_on.set()
    qtbot.waitUntil(lambda: answers == ["done"])
    assert session.tasks == session.problems == []


def test_a_read_that_hangs_is_given_up_and_tried_again(qtbot: QtBot, session: Session, threads: JobRunner) -> None:
    stalled, gates, answers = threading.Event(), [threading.Event(), threading.Event()], list[object]()
    gates[1].set()
    again = list[str]()

    def read() -> str:
        stalled.set()
        gate = gates.pop(0)
        assert gate.wait(10)
        return "read"

    first = gates[0]
    shown = ShownWork(session, threads)

    def ask() -> None:
        again.append("asked")
        shown.submit("read A", "A", "reading mine.npz", read, answers.append, ask)

    ask()
    assert stalled.wait(10)
    session.cancel("read A")
    assert session.tasks == []
    assert [problem.sentence for problem in session.problems] == ["Reading mine.npz was cancelled."]
    session.retry("cancelled A")
    qtbot.waitUntil(lambda: answers == ["read"])
    assert session.tasks == session.problems == [] and again == ["asked", "asked"]
    first.set()


def test_a_failure_is_told_with_retry_and_over_when_that_succeeds(session: Session, runner: JobRunner) -> None:
    outcomes: list[Callable[[], str]] = [lambda: _fail(), lambda: "there"]
    answers = list[str]()
    shown = ShownWork(session, runner)

    def ask() -> None:
        shown.submit("map A", "map A", "reading the map", outcomes.pop(0), answers.append, ask)

    ask()
    assert [(it.subject, it.sentence) for it in session.problems] == [("map A", "The map is damaged.")]
    session.retry("map A")
    assert answers == ["there"] and session.problems == []


def _fail() -> str:
    raise DataError("The map is damaged.")


def _never() -> None:
    raise AssertionError
