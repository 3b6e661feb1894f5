"""What a test left running: threads and child processes that were not there before it."""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import psutil

# Threads that may outlive a test, each with the reason.
PATIENT_THREADS = (
    r"tqdm_monitor|TMonitor",  # tqdm keeps one for the life of the process
    r"import plots",  # imports a module once for the process; an import cannot be interrupted
    r"pytest_timeout.*",  # the watchdog of the running test itself
)
# Child processes that may outlive a test, by a word of their command line.
PATIENT_CHILDREN = ("resource_tracker",)  # multiprocessing's own, one for the life of the process

SECONDS_TO_END = 3.0

Thing = TypeVar("Thing")


def running_threads() -> set[threading.Thread]:
    """Python's threads, without those that may outlive a test."""
    return {thread for thread in threading.enumerate() if not _is_patient(thread)}


def running_qthreads() -> list[str]:
    """Class names of Qt threads that run, of those that Python knows; none when Qt was not imported."""
    qt = sys.modules.get("PySide6.QtCore")
    if qt is None:
        return []
    import shiboken6

    threads = [thing for thing in gc.get_objects() if issubclass(type(thing), qt.QThread) and shiboken6.isValid(thing)]
    # The main thread has a QThread of its own.
    return [type(t).__name__ for t in threads if t.isRunning() and t is not qt.QCoreApplication.instance().thread()]


def running_children() -> set[psutil.Process]:
    """Processes that this one started, and theirs, without those that may outlive a test."""
    return {child for child in psutil.Process(os.getpid()).children(recursive=True) if _counts(child)}


def remaining(
    now: Callable[[], Iterable[Thing]], before: Iterable[Thing], seconds: float = SECONDS_TO_END
) -> list[Thing]:
    """What is there now but was not before, after a while in which it may end by itself."""
    known = set(before)
    deadline = time.monotonic() + seconds
    while (left := [thing for thing in now() if thing not in known]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def words(process: psutil.Process) -> str:
    """A child process as a test's failure names it."""
    try:
        return f"{process.pid}: {' '.join(process.cmdline())}"
    except psutil.Error:
        return f"{process.pid}: already gone"


def _is_patient(thread: threading.Thread) -> bool:
    names = (thread.name, type(thread).__name__)
    return any(re.fullmatch(pattern, name) for pattern in PATIENT_THREADS for name in names)


def _counts(child: psutil.Process) -> bool:
    try:
        if child.status() == psutil.STATUS_ZOMBIE:
            return False
        command = " ".join(child.cmdline())
    except psutil.Error:
        return False
    return not any(word in command for word in PATIENT_CHILDREN)
