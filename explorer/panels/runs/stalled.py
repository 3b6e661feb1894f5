"""A trainer that gives no sign of life, or files that do not answer: said in place, with what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.messages import Message
from core.training.run_directory import RunSummary
from explorer.appearance.layouts import in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import button


class StalledNotice(QWidget):
    """Asks about the first run without a sign for a minute, or whose files do not answer; hidden while there is none.

    Who waits is not asked again until the run got on and stalled once more. Signals: stop_requested(path) and
    read_again_requested(path).
    """

    stop_requested = Signal(object)
    read_again_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._run: Path | None = None
        self._waited_for: set[Path] = set()
        self._sentence = Label()
        self._sentence.setWordWrap(True)
        self.retry = button(Message("retry"))
        self.retry.setToolTip(Message("retry-explained"))
        self.wait = button(Message("wait"))
        self.wait.setToolTip(Message("wait-explained"))
        self.stop = button(Message("stop"), "danger", "stop")
        self.stop.setToolTip(Message("stop-stalled-explained"))
        self.retry.clicked.connect(self._on_retry)
        self.wait.clicked.connect(self._on_wait)
        self.stop.clicked.connect(self._on_stop)
        in_row((self._sentence, 1), self.retry, self.wait, self.stop, on=self, margins=(12, 8, 12, 8))
        self.hide()

    @property
    def sentence(self) -> str:
        """What is asked, "" while hidden."""
        return "" if self._run is None else self._sentence.text()

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Look at how the runs stand now."""
        stalled = {run.path: run for run in runs if run.quiet_since is not None or run.unanswered_since is not None}
        self._waited_for &= set(stalled)
        asked = next((run for path, run in stalled.items() if path not in self._waited_for), None)
        self._run = None if asked is None else asked.path
        self._sentence.setText("" if asked is None else f"{asked.name}: {asked.sentence}.")
        self.retry.setVisible(asked is not None and asked.unanswered_since is not None)
        self.stop.setVisible(asked is not None and asked.state == "running")
        self.setVisible(asked is not None)

    def _on_retry(self) -> None:
        if self._run is not None:
            self.read_again_requested.emit(self._run)

    def _on_wait(self) -> None:
        if self._run is not None:
            self._waited_for.add(self._run)
        self._run = None
        self.hide()

    def _on_stop(self) -> None:
        if self._run is not None:
            self.stop_requested.emit(self._run)
        self._on_wait()
