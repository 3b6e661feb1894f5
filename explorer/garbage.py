"""Garbage is looked for in the GUI thread alone.

Python looks for it in whichever thread happens to make the next object. Where that is a worker's and a closed dialog is
among the garbage, its widget is destroyed there while Qt still has events for it, and the process dies.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer, Slot

EVERY_MS = 200
# As Python does: all is looked through again only when a quarter more has grown old.
GROWTH = 1.25

_lock = threading.Lock()
_wishes = 0


@contextmanager
def left_lying() -> Iterator[None]:
    """No search meanwhile, from any thread: among the millions of small objects of a listing it takes seconds."""
    global _wishes
    with _lock:
        _wishes += 1
    try:
        yield
    finally:
        with _lock:
            _wishes -= 1


class GarbageCollection(QObject):
    """Python's own searches, by its own thresholds, but from a timer of the thread that this object lives in."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._automatic, self._survivors = gc.isenabled(), 0
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect_what_is_due)
        self._timer.start(EVERY_MS)

    @Slot()
    def collect_what_is_due(self) -> None:
        """Look through as many generations as have filled up."""
        if _wishes:
            return
        young, middle, old = (count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True))
        if old and len(gc.get_objects(generation=2)) > GROWTH * self._survivors:
            gc.collect()
            self._survivors = len(gc.get_objects(generation=2))
        elif young:
            gc.collect(1 if middle else 0)

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        if self._automatic:
            gc.enable()
