"""Pillow's warnings, kept quiet while images are decoded in several threads."""

from __future__ import annotations

import threading
import warnings
from types import TracebackType


class QuietPillow:
    """While at least one thread is inside, Pillow's warnings (odd metadata, large sizes) are ignored.

    `warnings.catch_warnings` alone is made for one thread: with two, the one that leaves first would switch the
    warnings on for the other, and the other would leave them off for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._before.__exit__(kind, error, trace)
