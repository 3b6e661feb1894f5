"""Child processes of the window: what is heard of them, and that none of them stays."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from core import child_process
from core.child_process import ProcessOutcome
from explorer.jobs.child_processes import ChildMessage, ChildProcesses, progress_words
from explorer.session import Session

CHILD = Path(__file__).with_name("talking_child.py")


class Listener:
    """How children ended, and what they said."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failed: dict[str, ProcessOutcome] = {}
        self.messages: list[ChildMessage] = []

    def start(self, children: ChildProcesses, key: str, verb: str, resident: bool = False) -> None:
        children.start(
            key,
            [verb],
            f"{verb}ing",
            done=lambda: self.done.append(verb),
            failed=lambda outcome: self.failed.update({verb: outcome}),
            on_message=self.messages.append,
            resident=resident,
        )


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def children(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChildProcesses]:
    def command(arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-S", "-E", str(CHILD), *arguments]

    monkeypatch.setattr(child_process, "command", command)
    made = ChildProcesses(session, session)
    yield made
    made.shutdown()
    assert _alive() == []


def _alive() -> list[psutil.Process]:
    """The living and the unburied."""
    return [child for child in psutil.Process().children() if CHILD.name in _words(child)]


def _words(child: psutil.Process) -> str:
    try:
        # A zombie has no words left, but its name.
        return " ".join(child.cmdline()) or f"zombie {CHILD.name}"
    except psutil.NoSuchProcess:
        return ""


def _said(listener: Listener, kind: str) -> Callable[[], bool]:
    return lambda: any(message["type"] == kind for message in listener.messages)


def test_progress_becomes_words_and_the_end_is_told(
    qtbot: QtBot, children: ChildProcesses, session: Session, listener: Listener
) -> None:
    seen: list[list[tuple[str, float | None]]] = []
    session.tasks.changed.connect(lambda: seen.append([(it.words, it.fraction) for it in session.tasks.all]))
    listener.start(children, "embed A", "work")
    assert children.busy and children.running("embed A")
    qtbot.waitUntil(lambda: listener.done == ["work"])
    assert seen == [
        [("working", None)],
        [("embedding 1,200 of 5,403 images, 12 s left", pytest.approx(1200 / 5403))],
        [],
    ]
    assert session.device == "CPU (2 cores)"
    assert [message["type"] for message in listener.messages] == ["device", "progress"]
    assert not children.busy and not children.running("embed A")
    assert listener.failed == {}


def test_a_refusal_is_told_in_the_childs_own_sentence(
    qtbot: QtBot, children: ChildProcesses, listener: Listener
) -> None:
    listener.start(children, "key", "refuse")
    qtbot.waitUntil(lambda: "refuse" in listener.failed)
    assert listener.failed["refuse"].sentence == "There is no such folder."
    assert listener.failed["refuse"].status == "failed"


def test_a_breakdown_is_told_with_its_last_words(
    qtbot: QtBot, children: ChildProcesses, session: Session, listener: Listener
) -> None:
    listener.start(children, "key", "break")
    qtbot.waitUntil(lambda: "break" in listener.failed)
    assert listener.failed["break"].sentence == "ValueError: nothing fits"
    assert "Traceback of the child" in listener.failed["break"].details
    assert session.tasks.all == []


def test_a_killed_child_is_told_as_killed(qtbot: QtBot, children: ChildProcesses, listener: Listener) -> None:
    listener.start(children, "key", "wait")
    qtbot.waitUntil(_said(listener, "progress"))
    os.kill(_alive()[0].pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: "wait" in listener.failed)
    assert listener.failed["wait"].sentence == "The process was killed from outside (SIGKILL)."


def test_lines_that_are_no_messages_are_passed_over(qtbot: QtBot, children: ChildProcesses, listener: Listener) -> None:
    listener.start(children, "key", "garble")
    qtbot.waitUntil(lambda: listener.done == ["garble"])
    assert listener.messages == []


def test_cancel_ends_the_child_and_nobody_hears_of_it(
    qtbot: QtBot, children: ChildProcesses, session: Session, listener: Listener
) -> None:
    listener.start(children, "key", "wait")
    qtbot.waitUntil(_said(listener, "progress"))
    assert [task.words for task in session.tasks.all] == ["waiting"]
    cancel = session.tasks.all[0].cancel
    assert cancel is not None
    cancel()
    assert session.tasks.all == [] and not children.busy
    qtbot.waitUntil(lambda: _alive() == [])
    qtbot.wait(20)
    assert listener.done == [] and listener.failed == {}


def test_a_newer_child_takes_the_place_of_an_older_one(
    qtbot: QtBot, children: ChildProcesses, session: Session, listener: Listener
) -> None:
    listener.start(children, "key", "wait")
    listener.start(children, "key", "work")
    listener.start(children, "other", "wait")
    qtbot.waitUntil(lambda: listener.done == ["work"])
    assert [task.key for task in session.tasks.all] == ["other"]
    qtbot.waitUntil(lambda: len(_alive()) == 1)
    assert listener.failed == {}


def test_a_resident_child_answers_and_is_no_activity(
    qtbot: QtBot, children: ChildProcesses, session: Session, listener: Listener
) -> None:
    assert not children.send("serve A", {"id": 0})
    listener.start(children, "serve A", "answer", resident=True)
    assert not children.busy and children.running("serve A")
    for number in (1, 2):
        assert children.send("serve A", {"id": number})
    qtbot.waitUntil(lambda: len(listener.messages) == 3)
    assert [message.get("id") for message in listener.messages] == [None, 1, 2]
    assert session.tasks.all == []
    children.stop("serve A")
    assert not children.send("serve A", {"id": 3})


def test_a_child_that_ignores_the_request_is_killed(qtbot: QtBot, children: ChildProcesses, listener: Listener) -> None:
    listener.start(children, "key", "insist")
    qtbot.waitUntil(_said(listener, "insisting"))
    began = time.monotonic()
    children.stop("key")
    assert time.monotonic() - began < 1, "whoever asks does not wait"
    qtbot.waitUntil(lambda: _alive() == [], timeout=20_000)


def test_shutdown_ends_all_at_the_same_time(
    qtbot: QtBot, children: ChildProcesses, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = 6
    monkeypatch.setattr("explorer.jobs.child_processes.SHUTDOWN_GRACE", 1.0)
    for number in range(stubborn):
        listener.start(children, f"key {number}", "insist")
    qtbot.waitUntil(lambda: len(listener.messages) == stubborn, timeout=20_000)
    children.stop("key 0")
    began = time.monotonic()
    children.shutdown()
    # One after the other would take 6 times the grace.
    assert time.monotonic() - began < 5.5
    assert _alive() == []
    qtbot.wait(20)
    assert listener.done == [] and listener.failed == {}


def test_shutdown_may_be_called_twice(children: ChildProcesses) -> None:
    children.shutdown()
    children.shutdown()
    assert not children.busy


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"task": "reading", "done": 0, "total": 0}, ("reading", None)),
        ({"task": "embedding", "done": 5, "total": 10}, ("embedding 5 of 10 images", 0.5)),
        (
            {"task": "looking for images", "done": 312_000, "total": 0, "unit": "in 42 folders"},
            ("looking for images, 312,000 in 42 folders so far", None),
        ),
        (
            {"task": "looking for images", "done": 0, "total": 0, "unit": "in 42 folders"},
            ("looking for images, none in 42 folders so far", None),
        ),
        (
            {"task": "drawing", "done": 1, "total": 4, "unit": "garments", "seconds_left": 200.0},
            ("drawing 1 of 4 garments, 3 min left", 0.25),
        ),
    ],
)
def test_progress_in_words(message: ChildMessage, words: tuple[str, float | None]) -> None:
    assert progress_words(message) == words
