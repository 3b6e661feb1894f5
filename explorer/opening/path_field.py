"""A field for a path, which offers what lies in the folder that is typed; a thread lists it."""

from __future__ import annotations

import os
from functools import partial
from itertools import islice

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit

from core.messages import Message
from explorer.jobs.runner import JobRunner

KEY = "opening.completion"
MOST = 500
TYPED_MS = 250


class PathField(QLineEdit):
    """Signal: named(str): a path was typed, pasted or chosen, and nothing more was typed for a moment."""

    named = Signal(str)

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self._runner, self._listed = runner, ""
        self.setPlaceholderText(Message("path-or-name"))
        self.setAccessibleName(Message("path"))
        self.setClearButtonEnabled(True)
        self._offered = QStringListModel(self)
        completer = QCompleter(self._offered, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._popup = completer.popup()
        if self._popup is not None:
            self._popup.setObjectName("completions")
        self.setCompleter(completer)
        self._still = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._still.timeout.connect(self._on_still)
        self.textChanged.connect(self._on_text_changed)
        self.returnPressed.connect(self._on_return)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._still.stop()
        self._runner.give_up(KEY)

    def _on_text_changed(self, text: str) -> None:
        folder = text.rpartition(os.sep)[0] + os.sep if os.sep in text else ""
        if folder and folder != self._listed:
            self._listed = folder
            self._runner.submit(KEY, partial(_inside, folder), self._on_listed)
        self._still.start(TYPED_MS)

    def _on_listed(self, names: list[str]) -> None:
        self._offered.setStringList(names)
        if self.hasFocus() and self.completer().completionPrefix() != self.text():
            self.completer().setCompletionPrefix(self.text())

    def _on_return(self) -> None:
        """Who is done typing need not wait; the same key must not open what was not shown yet."""
        if self._still.isActive():
            self._still.start(0)

    def _on_still(self) -> None:
        completer = self.completer()
        if self._popup is not None and completer.completionCount() == 1:
            # There is nothing left to complete: the next Enter is not the list's.
            self._popup.setVisible(completer.currentCompletion().rstrip(os.sep) != self.text())
        self.named.emit(self.text().strip())


def _inside(folder: str) -> list[str]:
    """The first things in a folder that are not hidden, as whole paths; folders end in a slash."""
    try:
        with os.scandir(os.path.expanduser(folder)) as entries:  # noqa: PTH111
            shown = [entry for entry in islice(entries, MOST) if not entry.name.startswith(".")]
            return sorted(f"{folder}{entry.name}{os.sep if entry.is_dir() else ''}" for entry in shown)
    except (OSError, ValueError):
        return []
