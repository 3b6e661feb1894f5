"""Threads that may hang: a read from a pipe or a stalled drive keeps neither the others nor the end of the process."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from explorer.jobs.background import lower_priority

# How long closing waits for work in hand; what takes longer is left behind.
PATIENCE = 0.8


class DaemonPool:
    """At most `threads` daemon threads, each begun when it is first needed. (Those of concurrent.futures are waited for
    at the end of the process, however long they hang.)
    """

    def __init__(self, threads: int, name: str) -> None:
        self._most, self._name = threads, name
        self._waiting: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []
        self._closed = False

    def submit(self, work: Callable[[], object]) -> None:
        """Run `work`, which handles its own errors, as soon as a thread is free. For one thread, the owner's."""
        if self._closed:
            return
        self._waiting.put(work)
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
            number = len(self._threads)
            self._threads.append(threading.Thread(target=self._serve, name=f"{self._name} {number}", daemon=True))
            self._threads[-1].start()

    def make_up_for_one(self) -> None:
        """Allow one thread more, in place of one that hangs; what waits need not wait for it."""
        self._most += 1
        self.submit(lambda: None)  # wakes a thread

    def take_back_one(self) -> None:
        """One that was made up for came back."""
        self._most -= 1

    def finish(self, patience: float) -> bool:
        """Wait for what was submitted, where there is but one thread; whether it ended in so many seconds."""
        done = threading.Event()
        self.submit(done.set)
        return self._closed or done.wait(patience)

    def shutdown(self, patience: float = PATIENCE) -> bool:
        """Drop what waits. Returns whether all threads ended in `patience` seconds; those that did not are left."""
        self._closed = True
        for _ in self._threads:
            self._waiting.put(None)
        until = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        lower_priority()
        while (work := self._next()) is not None and not self._closed:
            work()
            del work

    def _next(self) -> Callable[[], object] | None:
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            self._idle.release()
            return self._waiting.get()
