"""Requests to end: SIGTERM, Ctrl+C, or the stop file in the run directory."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from core.training.run_directory import stop_requested
from core.training.sign_of_life import Heartbeat

# The file system is asked at most this often; a request is seen within the tolerance of a person.
POLL_SECONDS = 0.1

# Asked between pieces of work: should it end?
Stop = Callable[[], bool]


class StopRequest:
    """While entered, signals set a flag instead of killing; call it to ask whether to end.

    `interrupted` is True after Ctrl+C. A second Ctrl+C raises KeyboardInterrupt as usual.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._give_sign = Heartbeat(run)
        self._asked = False
        self._next_look = 0.0
        self._previous: dict[int, Any] = {}
        self.interrupted = False

    def __call__(self) -> bool:
        # Whoever asks has got on by a piece of work.
        self._give_sign()
        now = time.monotonic()
        if not self._asked and now >= self._next_look:
            self._next_look = now + POLL_SECONDS
            self._asked = stop_requested(self._run)
        return self._asked

    def __enter__(self) -> StopRequest:
        # Python delivers signals to the main thread only, and lets only it listen.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_ending: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True
        self._asked = True
