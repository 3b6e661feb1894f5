"""What dropping the dragged files would do, said over the window while they are held there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QLabel, QWidget

from core.data.manifest_table import SUFFIXES
from core.data.recognise import recognise
from core.data.source import DataSource
from core.errors import CoreError
from explorer.appearance.widgets import restyle
from explorer.jobs.runner import JobRunner

WIDEST = 560


class DropHint(QLabel):
    """A card in the middle of the window; hidden while nothing is dragged."""

    def __init__(self, runner: JobRunner, window: QWidget) -> None:
        super().__init__(window)
        self._runner, self._window = runner, window
        self.setObjectName("dropHint")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, location: str) -> None:
        """Say how the data at `location` would be read, or why they cannot be."""
        # In a thread: the first image of a folder may be far down.
        self._runner.submit("drop", partial(told_of, location), self._on_told, lambda _sentence, _details: self.end())

    def end(self) -> None:
        """Nothing is held over the window any more."""
        self._runner.forget("drop")
        self.hide()

    def _on_told(self, told: tuple[str, bool]) -> None:
        sentence, usable = told
        restyle(self, "wrong", not usable)
        self.setText(f"Drop to open.\n{sentence}" if usable else sentence)
        room = self._window.rect()
        width = min(WIDEST, room.width() - 40)
        self.resize(width, self.heightForWidth(width))
        self.move(room.center() - self.rect().center())
        self.show()
        self.raise_()


def told_of(location: str) -> tuple[str, bool]:
    """The sentence about what would be opened, and whether it can be."""
    try:
        return recognise(DataSource(location)).sentence, True
    except CoreError as error:
        return str(error), False


def data_in(dragged: QMimeData) -> str:
    """The first folder or manifest in what is dragged, "" when there is none."""
    paths = [Path(url.toLocalFile()) for url in dragged.urls() if url.isLocalFile()]
    return next((str(path) for path in paths if path.is_dir() or path.suffix.lower() in SUFFIXES), "")
