"""A background thread per living run: starts its trainer where asked, and reads what it writes.

A thread that hangs in a read, of a drive that stalls, is left behind where another is to try again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from core.child_process import outcome_of, start_detached
from core.errors import CoreError
from core.holder import signal_holder
from core.messages import Message
from core.storage import open_regular
from core.training.run_directory import HOLDER, LOCK, LOG, RunReader, RunSummary, request_stop

# How long leaving waits for the thread.
PATIENCE = 0.5
POLL_SECONDS = 0.25
# A stop is a request first; SIGTERM says it again, and SIGKILL ends a trainer that hears neither.
STOP_GRACE = 3.0
KILL_GRACE = 7.0
LAST_WORDS = 2000


class RunFollower(QObject):
    """Follows one run until its trainer is gone.

    With `arguments` the trainer is started first, detached: it survives the window and this thread, and writes to files
    only. Signals, delivered on the GUI thread to methods of QObjects there: advanced(path, messages),
    summarised(RunSummary), refused(sentence) where a stop cannot be asked for, ended(RunSummary) once, last.
    """

    advanced = Signal(object, object)
    summarised = Signal(object)
    refused = Signal(str)
    ended = Signal(object)
    _heard = Signal(int, object, object)  # number of the reading, its signal, what that carries

    def __init__(self, run: Path, arguments: Sequence[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._left = threading.Event()
        self._gone = threading.Event()
        self._stop, self._sending = _StopEscalation(), threading.Lock()
        self._reading = _Reading(0, run)
        self._threads: list[threading.Thread] = []
        self._heard.connect(self._on_heard)

    def start(self) -> None:
        """Begin; connect the signals before."""
        self._in_thread(f"run {self.run.name}", partial(self._follow, self._reading))

    def read_again(self) -> None:
        """Leave a thread that hangs in a read behind, and read the run from its beginning in another."""
        if self._arguments is not None and self._process is None:
            return  # it hangs before the trainer is there; another one would start a second trainer
        self._reading = _Reading(self._reading.number + 1, self.run)
        self._in_thread(f"run {self.run.name}", partial(self._tell_until_gone, self._reading))

    @property
    def unanswered_seconds(self) -> float:
        """For how long the read in hand has waited for its answer; 0 between reads."""
        return self._reading.seconds

    def stop(self) -> None:
        """Ask the trainer to end at its next batch; it is killed where it does not. Insisting shortens the wait."""
        # Each in a thread of its own: the request is a file, and a drive that stalls must not keep the signals back.
        if not self._stop.asked:
            self._in_thread(f"insist on stopping {self.run.name}", self._escalate)
        self._stop.ask()
        self._in_thread(f"stop {self.run.name}", self._request)

    def part(self) -> None:
        """Stop following, as soon as the threads come back; the trainer goes on."""
        self._left.set()

    def leave(self, patience: float = PATIENCE) -> bool:
        """Stop following; the trainer goes on. Returns whether no thread is left: a drive that stalls may hold one."""
        self.part()
        until = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _in_thread(self, name: str, work: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=work, name=name, daemon=True))
        self._threads[-1].start()

    @Slot(int, object, object)
    def _on_heard(self, number: int, signal_name: str, values: tuple[Any, ...]) -> None:
        """Pass on what a thread says, unless it was left behind meanwhile."""
        if number == self._reading.number:
            getattr(self, signal_name).emit(*values)

    def _follow(self, reading: _Reading) -> None:
        if self._arguments is not None:
            try:
                with reading.waiting():
                    self._process = start_detached(self._arguments, self.run / LOG)
            except (CoreError, OSError) as error:
                sentence = Message("trainer-not-started", reason=getattr(error, "strerror", None) or error)
                self._gone.set()
                with reading.waiting():
                    summary = reading.reader.summary()
                self._heard.emit(reading.number, "ended", (replace(summary, state="failed", sentence=sentence),))
                return
        self._tell_until_gone(reading)

    def _tell_until_gone(self, reading: _Reading) -> None:
        ending = self._watch(reading)
        if ending is not None:
            self._gone.set()
            self._heard.emit(reading.number, "ended", (ending,))

    def _watch(self, reading: _Reading) -> RunSummary | None:
        """Tell what the trainer writes until it is gone; None when nobody follows any more."""
        began, stalled, reader = time.monotonic(), False, reading.reader
        while True:
            with reading.waiting():
                over = self._is_over(reader, began)
                messages = reader.read()
                is_news = bool(messages) or stalled != (reader.quiet_since is not None)
                stalled = reader.quiet_since is not None
                summary = reader.summary() if is_news else None
            if messages:
                self._remember_pid(messages)
                self._heard.emit(reading.number, "advanced", (self.run, messages))
            if summary is not None:
                self._heard.emit(reading.number, "summarised", (summary,))
            if over:
                with reading.waiting():
                    return self._ending(reader)
            if self._left.wait(POLL_SECONDS):
                self._send_what_is_due()
                self._part()
                return None
            if reading is not self._reading:
                return None

    def _is_over(self, reader: RunReader, began: float) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return not reader.alive and time.monotonic() - began > POLL_SECONDS

    def _request(self) -> None:
        try:
            request_stop(self.run)
        except OSError as error:
            self._heard.emit(self._reading.number, "refused", (error.strerror or str(error),))

    def _escalate(self) -> None:
        """Say the stop that was asked for again, in stronger words, until the trainer is gone."""
        while not (self._gone.wait(POLL_SECONDS) or self._left.is_set()):
            self._send_what_is_due()

    def _send_what_is_due(self) -> None:
        with self._sending:
            # While the trainer loads its libraries it does not look for requests.
            not_listening = self._process is not None and self._pid != self._process.pid
            number = self._stop.due(not_listening)
            if number is None:
                return
            if self._process is not None:
                self._process.send_signal(number)
            else:
                # Whoever else holds the run: nobody but that very process, and no number from a message.
                signal_holder(self.run / LOCK, self.run / HOLDER, number)

    def _part(self) -> None:
        """Let the trainer go on without us; its end will be noticed by whoever follows it then."""
        if self._process is not None and self._process.poll() is None:
            # Else Python warns of a process that is still running, as it is meant to.
            self._process.returncode = 0

    def _remember_pid(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            if message["type"] == "started" and isinstance(message.get("pid"), int):
                self._pid = message["pid"]

    def _ending(self, reader: RunReader) -> RunSummary:
        """How the run stands; where the trainer could not say how it ended, how its process did."""
        summary = reader.summary()
        if summary.state != "crashed":
            return summary
        if self._stop.asked:
            ended = Message("run-ended-where", by_force=self._stop.forced, where=self._where(summary))
            return replace(summary, state="stopped", sentence=ended)
        if self._process is None:
            return summary
        outcome = outcome_of(self._process.returncode, details=_last_words(self.run / LOG))
        return replace(summary, sentence=f"{outcome.sentence.rstrip('.')} {self._where(summary)}.")

    def _where(self, summary: RunSummary) -> str:
        """How far the trainer had come, and what is left of it."""
        was_heard = self._process is None or self._pid == self._process.pid
        if was_heard and summary.epoch:
            words = Message("in-epoch", epoch=summary.epoch, epochs=summary.epochs)
        else:
            words = Message("before-it-went-on") if summary.checkpoints else Message("before-its-first-step")
        intact = Message("checkpoint-intact", epoch=summary.checkpoints[-1].epoch) if summary.checkpoints else ""
        return words + intact


class _Reading:
    """A thread's reads of the run; how long one of them has taken is looked at from another thread."""

    def __init__(self, number: int, run: Path) -> None:
        self.number, self.reader = number, RunReader(run)
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """For how long the read in hand has waited; 0 between reads."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """What is done inside may hang."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None


class _StopEscalation:
    """A request to stop, and which signal is due after how long; asked from one thread, looked at from another."""

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._again = False
        self._said: set[int] = set()

    @property
    def asked(self) -> bool:
        """Whether anybody asked."""
        return self._asked_at is not None

    @property
    def forced(self) -> bool:
        """Whether it came to SIGKILL."""
        return KILL in self._said

    def ask(self) -> None:
        """Ask; asking again after the first grace forces the end at once."""
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif now - self._asked_at > STOP_GRACE:
            self._again = True

    def due(self, not_listening: bool) -> int | None:
        """The signal to send now, each once; a trainer that is deaf to requests hears SIGTERM at once."""
        if self._asked_at is None:
            return None
        waited = time.monotonic() - self._asked_at
        if self._again or waited > STOP_GRACE + KILL_GRACE:
            return self._once(KILL)
        if waited > STOP_GRACE or not_listening:
            return self._once(signal.SIGTERM)
        return None

    def _once(self, number: int) -> int | None:
        if number in self._said:
            return None
        self._said.add(number)
        return number


def _last_words(log: Path) -> str:
    try:
        with open_regular(log) as handle:
            handle.seek(max(0, handle.seek(0, os.SEEK_END) - LAST_WORDS))
            return handle.read(LAST_WORDS).decode("utf-8", "replace")
    except OSError:
        return ""


# Windows has no SIGKILL; its SIGTERM is as final.
KILL = int(getattr(signal, "SIGKILL", signal.SIGTERM))
