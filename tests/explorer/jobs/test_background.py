"""Threads that work stand behind the thread that draws, and so does what they start."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytestqt.qtbot import QtBot

from explorer.jobs.background import NICENESS, lower_priority
from explorer.jobs.runner import JobRunner

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
LAST = 19


def standing() -> int:
    """How far behind the calling thread stands."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def below(thread: int) -> int:
    return min(thread + NICENESS, LAST)


def test_a_job_stands_behind_the_window(qtbot: QtBot) -> None:
    heard: list[int] = []
    runner = JobRunner(threads=1)
    runner.submit("standing", standing, heard.append, lambda *_: None)
    qtbot.waitUntil(lambda: bool(heard))
    runner.shutdown()
    assert heard == [below(standing())]


def test_what_a_thread_starts_stands_behind_with_it() -> None:
    with ThreadPoolExecutor(1, initializer=lower_priority) as pool:
        assert pool.submit(_from_a_thread_of_its_own).result() == below(standing())


def test_another_thread_is_put_behind_and_one_that_ended_is_none() -> None:
    began, opened = threading.Event(), threading.Event()

    def wait() -> None:
        began.set()
        opened.wait()

    other = threading.Thread(target=wait)
    other.start()
    began.wait()
    number = other.native_id
    assert number is not None
    lower_priority(number)
    assert os.getpriority(os.PRIO_PROCESS, number) == below(standing())
    opened.set()
    other.join()
    lower_priority(2**22 + 1)


def _from_a_thread_of_its_own() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(standing).result()
