"""A background thread per child process: it reads the child's messages and turns them into signals."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from core.child_process import ChildProcess


class ChildThread(QObject):
    """Follows one `python -m core VERB`.

    Signals: message(dict) for each JSON line; ended(Outcome) once, last. Both are delivered on the GUI thread when
    connected to methods of QObjects that live there.
    """

    message = Signal(object)
    ended = Signal(object)

    def __init__(self, arguments: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._child = ChildProcess(arguments)
        self._quiet = False
        self._thread = threading.Thread(target=self._follow, name=f"child {arguments[0]}", daemon=True)
        self._thread.start()

    def send(self, request: dict[str, object]) -> bool:
        """Write a request line to the child's input."""
        return self._child.send(request)

    def stop(self, grace: float = 2.0) -> None:
        """End the child without blocking the caller; `ended` follows."""
        threading.Thread(target=self._child.stop, args=(grace,), name="stop child", daemon=True).start()

    def close(self) -> None:
        """End the child now, say nothing more, and return when its thread is gone (at shutdown)."""
        self._quiet = True
        self._child.stop(grace=0.5)
        self._thread.join()

    def _follow(self) -> None:
        for message in self._child.messages():
            if not self._quiet:
                self.message.emit(message)
        outcome = self._child.wait()
        if not self._quiet:
            self.ended.emit(outcome)
