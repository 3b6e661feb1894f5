"""How long work says what it is doing.

Core functions take a `Reporter` and call `progress` and `event`; who listens decides what happens with it:
a terminal shows bars, the window reads JSON lines, a run directory keeps them, a test collects them.
"""

from __future__ import annotations

import json
import sys
import time
from typing import IO, Any

from tqdm import tqdm


class Reporter:
    """Says nothing; the base of all reporters.

    ``progress(task, done, total)``: `task` is a phrase such as "embedding", counts are images unless `unit` says
    otherwise, `total` 0 when unknown. ``event(kind, **fields)``: a record of something that happened.
    """

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        """Called often; implementations thin it out."""

    def event(self, kind: str, **fields: Any) -> None:
        """Called once per fact; values must be JSON-serialisable."""

    def close(self) -> None:
        """Finish bars and flush."""


class TerminalReporter(Reporter):
    """tqdm bars on standard error when it is a terminal, nothing when piped; notices always go there."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._bar: tqdm[Any] | None = None
        self._task = ""

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        if not self._stream.isatty():
            return
        if self._bar is None or task != self._task:
            self.close()
            self._task = task
            self._bar = tqdm(total=total or None, desc=task, unit=f" {unit}", file=self._stream, leave=False)
        self._bar.update(done - self._bar.n)

    def event(self, kind: str, **fields: Any) -> None:
        if kind == "notice":
            self.close()
            self._stream.write(f"{fields['sentence']}\n")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class JsonLinesReporter(Reporter):
    """One JSON object a line: ``{"type": kind, ...}``; progress at most ten times a second, and always the last."""

    def __init__(self, stream: IO[str], interval: float = 0.1) -> None:
        self._stream = stream
        self._interval = interval
        self._last = 0.0
        self._started: dict[str, tuple[float, int]] = {}

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        now = time.monotonic()
        if task not in self._started:
            self._started[task] = (now, done)
        elif done < total and now - self._last < self._interval:
            return
        self._last = now
        fields: dict[str, Any] = {"task": task, "done": done, "total": total, "unit": unit}
        began, first = self._started[task]
        if done > first and total >= done:
            fields["seconds_left"] = round((now - began) * (total - done) / (done - first), 1)
        self.event("progress", **fields)

    def event(self, kind: str, **fields: Any) -> None:
        self._stream.write(json.dumps({"type": kind, **fields}, ensure_ascii=False) + "\n")
        self._stream.flush()
