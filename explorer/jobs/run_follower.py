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

from PySide6.QtCore import QObject, Signal

from core.child_process import outcome_of, start_detached
from core.training.run_directory import LOG, MessageTail, RunSummary, is_alive, request_stop, summarise

POLL_SECONDS = 0.25
STOP_GRACE = 3.0
KILL_GRACE = 2.0
START_SECONDS = 30.0


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
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._leave = threading.Event()
        self._stop_asked = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"run {run.name}", daemon=True)

    def start(self) -> None:
        """Begin; connect the signals before."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the trainer to end at its next batch; it is terminated and then killed where it does not."""
        request_stop(self.run)
        self._stop_asked.set()

    def leave(self) -> None:
        """Stop following; the trainer goes on. Returns when the thread is gone."""
        self._leave.set()
        self._thread.join()

    def _follow(self) -> None:
        tail = MessageTail(self.run)
        if self._arguments is not None:
            # A resumed run's earlier messages are already known as its history.
            self._process = start_detached(self._arguments, self.run / LOG)
        began, asked = time.monotonic(), 0.0
        while not self._leave.is_set():
            over = self._is_over(began)
            messages = tail.read()
            if messages:
                self._remember_pid(messages)
                self.advanced.emit(self.run, messages)
                self.summarised.emit(summarise(self.run))
            if over:
                self.ended.emit(self._ending())
                return
            asked = self._press(asked)
            self._leave.wait(POLL_SECONDS)

    def _is_over(self, began: float) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return not is_alive(self.run) and time.monotonic() - began > POLL_SECONDS

    def _press(self, asked: float) -> float:
        """Insist on a stop that was asked for: first the request, then SIGTERM, then SIGKILL."""
        if not self._stop_asked.is_set():
            return 0.0
        now = time.monotonic()
        asked = asked or now
        if now - asked > STOP_GRACE + KILL_GRACE:
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        elif now - asked > STOP_GRACE:
            self._signal(signal.SIGTERM)
        return asked

    def _signal(self, number: signal.Signals) -> None:
        pid = self._process.pid if self._process is not None else self._pid
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    def _remember_pid(self, messages: list[dict[str, object]]) -> None:
        for message in messages:
            if message["type"] == "started" and isinstance(message.get("pid"), int):
                self._pid = int(str(message["pid"]))

    def _ending(self) -> RunSummary:
        summary = summarise(self.run)
        if summary.state != "crashed" or self._process is None:
            return summary
        if self._stop_asked.is_set():
            return replace(summary, state="stopped", sentence="stopped before anything was trained")
        log = self.run / LOG
        details = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.is_file() else ""
        outcome = outcome_of(self._process.returncode, details=details)
        kept = f"; the checkpoint of epoch {summary.checkpoints[-1].epoch} is intact" if summary.checkpoints else ""
        where = f" in epoch {summary.epoch} of {summary.epochs}" if summary.epoch else " before its first step"
        return replace(summary, sentence=f"{outcome.sentence.rstrip('.')}{where}{kept}.")
