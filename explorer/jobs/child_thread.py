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
        self._threads = [threading.Thread(target=self._follow, name=f"child {arguments[0]}", daemon=True)]
        self._threads[0].start()

    def send(self, request: dict[str, object]) -> bool:
        """Write a request line to the child's input."""
        return self._child.send(request)

    def stop(self, grace: float = 2.0) -> None:
        """End the child without blocking the caller: it is killed when it is still there after `grace` seconds."""
        stopping = threading.Thread(target=self._child.stop, args=(grace,), name="stop child", daemon=True)
        self._threads.append(stopping)
        stopping.start()

    def join(self) -> None:
        """Return when the child and its threads are gone."""
        for thread in self._threads:
            thread.join()

    def _follow(self) -> None:
        for message in self._child.messages():
            self.message.emit(message)
        self.ended.emit(self._child.wait())
