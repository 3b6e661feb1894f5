"""Background work under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from explorer.state.subject import WINDOW, Subject


@dataclass(frozen=True)
class Task:
    """Background work in words; `fraction` 0..1 or None when unknown; `cancel` ends it, None when it cannot be.

    `in_child` says that a process of its own does it, which takes long enough to be told beside what it is for.
    """

    key: str
    words: str
    fraction: float | None = None
    cancel: Callable[[], None] | None = None
    subject: Subject = WINDOW
    in_child: bool = False


class Tasks(QObject):
    """One a key. Signal: changed()."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: dict[str, Task] = {}

    @property
    def all(self) -> list[Task]:
        """What goes on, oldest first."""
        return list(self._tasks.values())

    def set(self, task: Task) -> None:
        """Work goes on, or got further."""
        self._tasks[task.key] = task
        self.changed.emit()

    def end(self, key: str) -> None:
        """Work ended, however it did."""
        if self._tasks.pop(key, None) is not None:
            self.changed.emit()

    def cancel(self, key: str) -> None:
        """End work for the user, where it goes on and can be ended."""
        task = self._tasks.get(key)
        if task is not None and task.cancel is not None:
            task.cancel()
