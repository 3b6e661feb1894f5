"""The child processes of the window: one per key, each shown as a task while it works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from core.child_process import ChildProcess, ProcessOutcome
from core.progress import REMADE, describe_progress
from explorer.appearance.number_format import duration
from explorer.session import Session
from explorer.state.subject import MADE_ANEW, WINDOW, Subject
from explorer.state.tasks import Task

ChildMessage = dict[str, Any]
SHUTDOWN_GRACE = 0.4


class ChildProcesses(QObject):
    """Starts verbs, keeps the newest per key, and ends all of them with the window."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._running: dict[str, _Child] = {}
        self._leaving: set[_Child] = set()

    @property
    def busy(self) -> bool:
        """Whether any child that ends by itself is still at work."""
        return any(not child.resident for child in self._running.values())

    def running(self, key: str) -> bool:
        """Whether the child of `key` is there."""
        return key in self._running

    def start(
        self,
        key: str,
        arguments: Sequence[str],
        words: str,
        done: Callable[[], None],
        failed: Callable[[ProcessOutcome], None],
        cancelled: Callable[[], None] | None = None,
        on_message: Callable[[ChildMessage], None] | None = None,
        resident: bool = False,
        subject: Subject = WINDOW,
    ) -> None:
        """Run a verb; an older child with this key is stopped and never heard again.

        Args:
            key: what is being made.
            words: the task's text until the child reports progress.
            done, failed: called on the GUI thread; neither when the child was stopped.
            cancelled: called when the user stopped it.
            on_message: hears every message.
            resident: stays until stopped, and is no task.
            subject: what its task is about.
        """
        self.stop(key)
        child = _Child(self, key, arguments, done, failed, cancelled, on_message, resident, subject)
        self._running[key] = child
        if not resident:
            self._session.tasks.set(Task(key, words, None, child.cancel, subject, in_child=True))

    def send(self, key: str, request: dict[str, object]) -> bool:
        """A request to a resident child; False when there is none."""
        child = self._running.get(key)
        return child is not None and child.send(request)

    def stop(self, key: str) -> None:
        """End a child without waiting for it."""
        child = self._running.pop(key, None)
        self._session.tasks.end(key)
        if child is not None:
            child.heard = False
            self._leaving.add(child)
            child.stop()

    def shutdown(self) -> None:
        """End all children at the same time, and return when they are gone."""
        leaving = [*self._running.values(), *self._leaving]
        for child in leaving:
            child.heard = False
            child.stop(SHUTDOWN_GRACE)
        for child in leaving:
            child.join()
        self._running.clear()
        self._leaving.clear()

    def progressed(self, child: _Child, message: ChildMessage) -> None:
        """A child said something."""
        if message["type"] == "progress":
            words, fraction = progress_words(message)
            self._session.tasks.set(Task(child.key, words, fraction, child.cancel, child.subject, in_child=True))
        elif message["type"] == "device":
            self._session.set_device(str(message["name"]))
        elif message.get("about") == REMADE:
            self._session.problems.set_notice(MADE_ANEW, str(message["sentence"]))

    def ended(self, child: _Child, outcome: ProcessOutcome) -> None:
        """A child is gone; whoever started it hears how, unless it was stopped."""
        self._leaving.discard(child)
        if not child.heard:
            return
        self._running.pop(child.key, None)
        self._session.tasks.end(child.key)
        if outcome.status == "done":
            child.done()
        elif outcome.status != "stopped":
            child.failed(outcome)


class _Child(QObject):
    """One child and who listens to it; lives on the GUI thread, where its signals are delivered.

    A thread reads the child's messages and turns them into signals.
    """

    _said = Signal(object)
    _ended = Signal(object)

    def __init__(
        self,
        owner: ChildProcesses,
        key: str,
        arguments: Sequence[str],
        done: Callable[[], None],
        failed: Callable[[ProcessOutcome], None],
        cancelled: Callable[[], None] | None,
        on_message: Callable[[ChildMessage], None] | None,
        resident: bool,
        subject: Subject,
    ) -> None:
        super().__init__(owner)
        self.key, self.done, self.failed, self.resident, self.subject = key, done, failed, resident, subject
        self.heard = True
        self._owner = owner
        self._cancelled, self._listen = cancelled, on_message
        self._process = ChildProcess(arguments)
        self.send = self._process.send
        self._said.connect(self._on_said)
        self._ended.connect(self._on_ended)
        self._threads: list[threading.Thread] = []
        self._in_thread(f"child {arguments[0]}", self._follow)

    def cancel(self) -> None:
        """End it because the user wants that; a task's button may come too late."""
        if self.heard and self._owner.running(self.key):
            self._owner.stop(self.key)
            if self._cancelled is not None:
                self._cancelled()

    def stop(self, grace: float = 2.0) -> None:
        """End the child without blocking the caller: it is killed when it is still there after `grace` seconds."""
        self._in_thread("stop child", partial(self._process.stop, grace))

    def join(self) -> None:
        """Return when the child and its threads are gone."""
        for thread in self._threads:
            thread.join()

    def _in_thread(self, name: str, work: Callable[[], object]) -> None:
        self._threads.append(threading.Thread(target=work, name=name, daemon=True))
        self._threads[-1].start()

    def _follow(self) -> None:
        for message in self._process.messages():
            self._said.emit(message)
        self._ended.emit(self._process.wait())

    @Slot(object)
    def _on_said(self, message: ChildMessage) -> None:
        if self.heard:
            self._owner.progressed(self, message)
            if self._listen is not None:
                self._listen(message)

    @Slot(object)
    def _on_ended(self, outcome: ProcessOutcome) -> None:
        self._owner.ended(self, outcome)
        self.deleteLater()


def progress_words(message: ChildMessage) -> tuple[str, float | None]:
    """("embedding 1,200 of 5,403 images, 12 s left", 0.22) from a progress message; None where the total is unknown."""
    done, total = int(message.get("done", 0)), int(message.get("total", 0))
    return describe_progress(message, duration), done / total if total > 0 else None
