"""Background work in threads: a callable goes in, its answer comes back on the GUI thread."""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from core.errors import Cancelled, CoreError
from core.progress import MessageReporter
from explorer.jobs.daemon_pool import DaemonPool

Problem = Callable[[str, str], None]
Listener = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class _Pending:
    number: int
    done: Callable[[Any], None]
    failed: Problem
    on_message: Listener | None


class JobRunner(QObject):
    """Runs callables in a small pool; for each key only the newest request is answered.

    Args:
        threads: size of the pool; enough that a click never queues behind measures and maps of both slots.
        synchronous: run at once on the calling thread, for tests.
    """

    _answered = Signal(object, object, object)  # key, number, (value, error, traceback)
    _said = Signal(object, object, object)  # key, number, message

    def __init__(self, threads: int = 8, synchronous: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = None if synchronous else DaemonPool(threads, "job")
        self._numbers = itertools.count()
        self._pending: dict[str, _Pending] = {}
        self._running: set[tuple[str, int]] = set()
        self._given_up: set[tuple[str, int]] = set()
        self._closed = False
        self._answered.connect(self._on_answered)
        self._said.connect(self._on_said)

    @property
    def busy(self) -> bool:
        """Whether any request still waits for its answer."""
        return bool(self._pending)

    def submit(
        self,
        key: str,
        work: Callable[..., Any],
        done: Callable[[Any], None] = lambda _: None,
        failed: Problem = lambda _sentence, _details: None,
        stoppable: bool = False,
        on_message: Listener | None = None,
    ) -> None:
        """Run `work`; then `done(value)` or `failed(sentence, details)` on the GUI thread, unless superseded.

        `key` names what is asked for ("neighbours A"); a newer request with the same key makes older answers void.
        Work that is `stoppable` takes a keyword `should_stop`, a callable that is True once nobody waits any more. With
        `on_message` it takes a `reporter` as well, whose messages are heard on the GUI thread.
        """
        if self._closed:
            return
        number = next(self._numbers)
        self._pending[key] = _Pending(number, done, failed, on_message)
        if stoppable:
            work = partial(work, should_stop=partial(self._is_superseded, key, number))
        if on_message is not None:
            work = partial(work, reporter=MessageReporter(partial(self._said.emit, key, number)))
        if self._pool is None:
            self._on_answered(key, number, _attempt(work))
            return
        self._pool.submit(partial(self._run, key, number, work))

    def waits_for(self, key: str) -> bool:
        """Whether an answer to what was asked under `key` is still to come."""
        return key in self._pending

    def forget(self, key: str) -> None:
        """Let nobody hear the answer to what was asked under `key`."""
        self._pending.pop(key, None)

    def give_up(self, key: str) -> None:
        """As `forget`; and where the work hangs, in a read for instance, nothing else waits for its thread."""
        pending = self._pending.pop(key, None)
        if pending is not None and self._pool is not None and (key, pending.number) in self._running:
            self._given_up.add((key, pending.number))
            self._pool.make_up_for_one()

    def finish(self, patience: float) -> bool:
        """Wait for what is still to be done, where there is but one thread; whether it ended in so many seconds."""
        return self._pool is None or self._pool.finish(patience)

    def shutdown(self) -> bool:
        """Drop what waits. Returns whether the running callables have ended; what hangs is left behind."""
        self._closed = True
        self._pending.clear()
        return self._pool is None or self._pool.shutdown()

    def _is_superseded(self, key: str, number: int) -> bool:
        pending = self._pending.get(key)
        return pending is None or pending.number != number

    def _run(self, key: str, number: int, work: Callable[[], Any]) -> None:
        # Superseded while it waited in the queue: do not even start.
        if self._is_superseded(key, number):
            return
        self._running.add((key, number))
        answer = _attempt(work)
        self._running.discard((key, number))
        # Left behind by a window that closed: its signals may be gone.
        if not self._closed:
            self._answered.emit(key, number, answer)

    @Slot(object, object, object)
    def _on_said(self, key: str, number: int, message: dict[str, Any]) -> None:
        pending = self._pending.get(key)
        if pending is not None and pending.number == number and pending.on_message is not None:
            pending.on_message(message)

    @Slot(object, object, object)
    def _on_answered(self, key: str, number: int, answer: tuple[Any, BaseException | None, str]) -> None:
        if (key, number) in self._given_up and self._pool is not None:
            self._given_up.remove((key, number))
            self._pool.take_back_one()
        if self._is_superseded(key, number):
            return
        pending = self._pending.pop(key)
        value, error, details = answer
        if error is None:
            pending.done(value)
        elif not isinstance(error, Cancelled):
            sentence = error.in_window if isinstance(error, CoreError) else f"{type(error).__name__}: {error}"
            pending.failed(sentence, details)


def _attempt(work: Callable[[], Any]) -> tuple[Any, BaseException | None, str]:
    try:
        return work(), None, ""
    except Exception as error:  # noqa: BLE001 - whatever a job raises is shown with its traceback, never lost
        return None, error, traceback.format_exc()
