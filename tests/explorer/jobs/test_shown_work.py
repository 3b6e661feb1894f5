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
from explorer.state.subject import Subject


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
    shown.submit(
        "evaluation A", Subject("evaluation", "A"), "measuring recall", work, answers.append, _never, reports=True
    )
    assert [task.words for task in session.tasks.all] == ["measuring recall"]
    qtbot.waitUntil(lambda: session.tasks.all[0].words == "measuring recall 500 of 2,000 queries")
    assert session.tasks.all[0].fraction == 0.25
    go_on.set()
    qtbot.waitUntil(lambda: answers == ["done"])
    assert session.tasks.all == session.problems.all == []


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
        shown.submit("read A", Subject("embeddings", "A"), "reading mine.npz", read, answers.append, ask)

    ask()
    assert stalled.wait(10)
    session.tasks.cancel("read A")
    assert session.tasks.all == []
    assert [problem.sentence for problem in session.problems.all] == ["Reading mine.npz was cancelled."]
    session.problems.retry(Subject("embeddings", "A"))
    qtbot.waitUntil(lambda: answers == ["read"])
    assert session.tasks.all == session.problems.all == [] and again == ["asked", "asked"]
    first.set()


def test_a_failure_is_told_with_retry_and_over_when_that_succeeds(session: Session, runner: JobRunner) -> None:
    outcomes: list[Callable[[], str]] = [lambda: _fail(), lambda: "there"]
    answers = list[str]()
    shown = ShownWork(session, runner)

    def ask() -> None:
        shown.submit("map A", Subject("map", "A"), "reading the map", outcomes.pop(0), answers.append, ask)

    ask()
    assert [(it.subject, it.sentence) for it in session.problems.all] == [(Subject("map", "A"), "The map is damaged.")]
    session.problems.retry(Subject("map", "A"))
    assert answers == ["there"] and session.problems.all == []


def _fail() -> str:
    raise DataError("The map is damaged.")


def _never() -> None:
    raise AssertionError
