"""Background threads: the newest request is answered, on the GUI thread; failures carry a sentence and details."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, DataError
from core.progress import Reporter
from explorer.jobs.runner import JobRunner

SECONDS = 10


class Heard:
    """What callbacks were told, and on which thread."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.problems: list[tuple[str, str]] = []
        self.threads: set[threading.Thread] = set()

    def done(self, value: object) -> None:
        self.values.append(value)
        self.threads.add(threading.current_thread())

    def failed(self, sentence: str, details: str) -> None:
        self.problems.append((sentence, details))
        self.threads.add(threading.current_thread())


class Gate:
    """Work that waits at a gate; `began` is set once it runs."""

    def __init__(self, value: object = None) -> None:
        self.began, self.opened, self.ended = threading.Event(), threading.Event(), threading.Event()
        self._value = value

    def __call__(self) -> object:
        self.began.set()
        assert self.opened.wait(SECONDS)
        self.ended.set()
        return self._value


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner(threads=2)
    yield made
    made.shutdown()


def _raise(error: Exception) -> None:
    raise error


def test_an_answer_comes_on_the_gui_thread(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    worker: list[threading.Thread] = []
    runner.submit("key", lambda: worker.append(threading.current_thread()) or 42, heard.done, heard.failed)
    assert runner.busy
    qtbot.waitUntil(lambda: not runner.busy)
    assert heard.values == [42]
    assert heard.threads == {threading.main_thread()}
    assert worker[0] is not threading.main_thread()


def test_only_the_newest_of_a_key_is_answered(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    slow = Gate("old")
    runner.submit("key", slow, heard.done, heard.failed)
    assert slow.began.wait(SECONDS)
    runner.submit("key", lambda: "new", heard.done, heard.failed)
    qtbot.waitUntil(lambda: not runner.busy)
    slow.opened.set()
    assert slow.ended.wait(SECONDS)
    qtbot.wait(20)
    assert heard.values == ["new"]


def test_keys_do_not_disturb_each_other(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    for number in range(20):
        runner.submit(f"key {number}", partial(int, number), heard.done, heard.failed)
    qtbot.waitUntil(lambda: not runner.busy)
    assert sorted(heard.values) == list(range(20))


def test_what_was_superseded_in_the_queue_never_starts(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    gates = [Gate(), Gate()]
    for number, gate in enumerate(gates):
        runner.submit(f"gate {number}", gate, heard.done, heard.failed)
    started: list[str] = []
    runner.submit("key", lambda: started.append("first"), heard.done, heard.failed)
    runner.submit("key", lambda: started.append("second"), heard.done, heard.failed)
    for gate in gates:
        gate.opened.set()
    qtbot.waitUntil(lambda: not runner.busy)
    assert started == ["second"]


def test_a_failure_is_a_sentence_and_details(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    runner.submit("ours", partial(_raise, DataError("The folder is empty.")), heard.done, heard.failed)
    runner.submit("foreign", partial(_raise, ZeroDivisionError("by zero")), heard.done, heard.failed)
    qtbot.waitUntil(lambda: not runner.busy)
    messages = dict(heard.problems)
    assert set(messages) == {"The folder is empty.", "ZeroDivisionError: by zero"}
    assert "Traceback" in messages["ZeroDivisionError: by zero"]
    assert heard.values == []


def test_cancelled_work_is_no_failure(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    runner.submit("key", partial(_raise, Cancelled("Stopped.")), heard.done, heard.failed)
    qtbot.waitUntil(lambda: not runner.busy)
    assert heard.problems == heard.values == []


def test_nobody_hears_what_was_forgotten(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    slow = Gate()
    runner.submit("key", slow, heard.done, heard.failed)
    assert slow.began.wait(SECONDS)
    runner.forget("key")
    assert not runner.busy
    slow.opened.set()
    assert slow.ended.wait(SECONDS)
    qtbot.wait(20)
    assert heard.values == []
    runner.forget("never asked")


def test_stoppable_work_learns_that_nobody_waits(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    began, stopped = threading.Event(), threading.Event()

    def work(should_stop: Callable[[], bool]) -> None:
        began.set()
        while not should_stop():
            stopped.wait(0.005)
        stopped.set()
        raise Cancelled("Stopped.")

    runner.submit("key", work, heard.done, heard.failed, stoppable=True)
    assert began.wait(SECONDS)
    assert not stopped.is_set()
    runner.submit("key", lambda: "new", heard.done, heard.failed)
    assert stopped.wait(SECONDS)
    qtbot.waitUntil(lambda: not runner.busy)
    assert heard.values == ["new"]


def test_an_answer_may_ask_the_next_question(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    runner.submit(
        "key", lambda: 1, lambda value: runner.submit("key", lambda: value + 1, heard.done, heard.failed), heard.failed
    )
    qtbot.waitUntil(lambda: not runner.busy)
    assert heard.values == [2]


def test_shutdown_waits_for_running_work_and_drops_the_rest(qtbot: QtBot, heard: Heard) -> None:
    runner = JobRunner(threads=1)
    running = Gate("running")
    runner.submit("running", running, heard.done, heard.failed)
    runner.submit("waiting", lambda: heard.values.append("started"), heard.done, heard.failed)
    assert running.began.wait(SECONDS)
    threading.Timer(0.05, running.opened.set).start()
    runner.shutdown()
    assert running.ended.is_set()
    runner.submit("late", lambda: "late", heard.done, heard.failed)
    assert not runner.busy
    qtbot.wait(20)
    assert heard.values == heard.problems == []


def test_work_says_how_far_it_is_on_the_gui_thread(qtbot: QtBot, runner: JobRunner, heard: Heard) -> None:
    messages: list[tuple[object, bool]] = []

    def work(reporter: Reporter) -> str:
        reporter.progress("measuring", 3, 10, "queries")
        return "done"

    def listen(message: dict[str, object]) -> None:
        messages.append((message["done"], threading.current_thread() is threading.main_thread()))

    runner.submit("key", work, heard.done, heard.failed, on_message=listen)
    qtbot.waitUntil(lambda: heard.values == ["done"])
    assert messages == [(3, True)]


def test_a_read_that_hangs_keeps_nobody_waiting(qtbot: QtBot, heard: Heard) -> None:
    runner = JobRunner(threads=1)
    hanging = Gate()
    runner.submit("hanging", hanging, heard.done, heard.failed)
    assert hanging.began.wait(SECONDS)
    runner.submit("next", lambda: "next", heard.done, heard.failed)
    runner.give_up("hanging")
    qtbot.waitUntil(lambda: heard.values == ["next"])
    began = time.monotonic()
    assert not runner.shutdown(), "it says that a thread was left behind"
    assert time.monotonic() - began < 3
    hanging.opened.set()
    assert hanging.ended.wait(SECONDS)


def test_synchronous_answers_before_returning(qtbot: QtBot, heard: Heard) -> None:
    runner = JobRunner(synchronous=True)
    runner.submit("key", lambda: 1, heard.done, heard.failed)
    runner.submit("key", partial(_raise, DataError("No.")), heard.done, heard.failed)
    assert heard.values == [1]
    assert [sentence for sentence, _ in heard.problems] == ["No."]
    assert not runner.busy
    runner.shutdown()
