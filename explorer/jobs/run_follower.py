"""A background thread per living run: starts its trainer where asked, and reads what it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.child_process import outcome_of, start_detached
from core.errors import CoreError
from core.holder import signal_holder
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
    summarised(RunSummary), ended(RunSummary) once, last.
    """

    advanced = Signal(object, object)
    summarised = Signal(object)
    ended = Signal(object)

    def __init__(self, run: Path, arguments: Sequence[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self._arguments = arguments
        self._reader = RunReader(run)
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._leave = threading.Event()
        self._stop = _Insistence()
        self._thread = threading.Thread(target=self._follow, name=f"run {run.name}", daemon=True)

    def start(self) -> None:
        """Begin; connect the signals before."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the trainer to end at its next batch; it is killed where it does not. Insisting shortens the wait."""
        try:
            request_stop(self.run)
        finally:
            self._stop.ask()

    def part(self) -> None:
        """Stop following, as soon as the thread comes back; the trainer goes on."""
        self._leave.set()

    def leave(self, patience: float = PATIENCE) -> bool:
        """Stop following; the trainer goes on. Returns whether the thread is gone: a drive that stalls may hold it."""
        self.part()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _follow(self) -> None:
        if self._arguments is not None:
            try:
                self._process = start_detached(self._arguments, self.run / LOG)
            except (CoreError, OSError) as error:
                sentence = f"the trainer could not be started: {getattr(error, 'strerror', None) or error}"
                self.ended.emit(replace(self._reader.summary(), state="failed", sentence=sentence))
                return
        ending = self._watch()
        if ending is not None:
            self.ended.emit(ending)

    def _watch(self) -> RunSummary | None:
        """Tell what the trainer writes until it is gone; None when nobody follows any more."""
        began, stalled = time.monotonic(), False
        while True:
            over = self._is_over(began)
            messages = self._reader.read()
            if messages:
                self._remember_pid(messages)
                self.advanced.emit(self.run, messages)
            if messages or stalled != (self._reader.quiet_since is not None):
                stalled = self._reader.quiet_since is not None
                self.summarised.emit(self._reader.summary())
            if over:
                return self._ending()
            leaving = self._leave.wait(POLL_SECONDS)
            self._insist()
            if leaving:
                self._part()
                return None

    def _is_over(self, began: float) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return not self._reader.alive and time.monotonic() - began > POLL_SECONDS

    def _insist(self) -> None:
        """Say a stop that was asked for again, in stronger words."""
        # While the trainer loads its libraries it does not look for requests.
        deaf = self._process is not None and self._pid != self._process.pid
        number = self._stop.due(deaf)
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

    def _ending(self) -> RunSummary:
        """How the run stands; where the trainer could not say how it ended, how its process did."""
        summary = self._reader.summary()
        if summary.state != "crashed":
            return summary
        if self._stop.asked:
            how = "ended by force" if self._stop.forced else "stopped"
            return replace(summary, state="stopped", sentence=f"{how} {self._where(summary)}")
        if self._process is None:
            return summary
        outcome = outcome_of(self._process.returncode, details=_last_words(self.run / LOG))
        return replace(summary, sentence=f"{outcome.sentence.rstrip('.')} {self._where(summary)}.")

    def _where(self, summary: RunSummary) -> str:
        """How far the trainer had come, and what is left of it."""
        was_heard = self._process is None or self._pid == self._process.pid
        if was_heard and summary.epoch:
            words = f"in epoch {summary.epoch} of {summary.epochs}"
        else:
            words = "before it went on" if summary.checkpoints else "before its first step"
        kept = f"; the checkpoint of epoch {summary.checkpoints[-1].epoch} is intact" if summary.checkpoints else ""
        return words + kept


class _Insistence:
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

    def due(self, deaf: bool) -> int | None:
        """The signal to send now, each once; a trainer that is deaf to requests hears SIGTERM at once."""
        if self._asked_at is None:
            return None
        waited = time.monotonic() - self._asked_at
        if self._again or waited > STOP_GRACE + KILL_GRACE:
            return self._once(KILL)
        if waited > STOP_GRACE or deaf:
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
