"""The training runs of the workspace: what is known of them, and what panels ask to be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.data.source import DataSource
from core.training.recipe import Recipe
from core.training.run_directory import RunSummary


class Runs(QObject):
    """Signals: changed(); advanced(path): new messages of a run; the others carry what is asked for."""

    changed = Signal()
    advanced = Signal(object)
    start_requested = Signal(object, object, str)
    stop_requested = Signal(object)
    resume_requested = Signal(object)
    delete_requested = Signal(object)
    read_again_requested = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Newest first.
        self.all: list[RunSummary] = []
        self._messages: dict[Path, list[dict[str, Any]]] = {}

    def start(self, recipe: Recipe, source: DataSource, device: str = "auto") -> None:
        """Train a recipe on a data set in a child process."""
        self.start_requested.emit(recipe, source, device)

    def stop(self, path: Path) -> None:
        """End a run at its next batch; its checkpoint is kept."""
        self.stop_requested.emit(path)

    def resume(self, path: Path) -> None:
        """Continue a run that ended before its last epoch."""
        self.resume_requested.emit(path)

    def delete(self, path: Path) -> None:
        """Remove a run's directory for good."""
        self.delete_requested.emit(path)

    def read_again(self, path: Path) -> None:
        """Ask a run whose files have not answered once more."""
        self.read_again_requested.emit(path)

    def messages_of(self, path: Path) -> list[dict[str, Any]]:
        """All messages of a run so far; the list grows."""
        return self._messages.setdefault(path, [])

    def set_all(self, runs: list[RunSummary]) -> None:
        """The runs of the workspace, newest first."""
        if runs != self.all:
            self.all = runs
            self.changed.emit()

    def add_messages(self, path: Path, messages: list[dict[str, Any]]) -> None:
        """New messages of a run."""
        self.messages_of(path).extend(messages)
        self.advanced.emit(path)

    def forget(self, path: Path) -> None:
        """Drop a run's messages, because it was deleted or starts anew."""
        self._messages.pop(path, None)
