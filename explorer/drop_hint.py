"""What dropping the dragged files would do, said over the window while they are held there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from core.data.manifest_table import SUFFIXES
from core.data.recognise import recognise
from core.data.source import DataSource
from core.errors import CoreError
from core.models.checkpoint_files import WEIGHTS
from explorer.appearance.plain import Label
from explorer.appearance.widgets import restyle
from explorer.jobs.runner import JobRunner

WIDEST = 560
SLOW_MS = 300
DROPPED = (WEIGHTS, ".npz")


class DropHint(Label):
    """A card in the middle of the window; hidden while nothing is dragged."""

    def __init__(self, runner: JobRunner, window: QWidget) -> None:
        super().__init__(parent=window)
        self._runner, self._window = runner, window
        self.setObjectName("dropHint")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._name = ""
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.timeout.connect(self._on_slow)
        self.hide()

    def say(self, location: str) -> None:
        """Say how the data at `location` would be read, or why they cannot be."""
        # In a thread: the first image of a folder may be far down.
        self._name = Path(location).name or location
        self._slow.start(SLOW_MS)
        self._runner.submit(
            "drop", partial(told_of, location), self._on_told, lambda _sentence, _details: self.end(), stoppable=True
        )

    def say_side(self, checkpoint: Path, side: str) -> None:
        """Say as what a checkpoint or an embeddings file would be used."""
        asked = "set {} as A" if side == "A" else "set {} as B"
        self._show(f"Drop to {asked.format(checkpoint.name)}.", usable=True)

    def say_image(self, image: Path, usable: bool) -> None:
        """Say what an image file would be searched for, or what has to be open for that."""
        words = (
            f"Drop to search its neighbours: {image.name}."
            if usable
            else "Open a data set first: an image is searched among its images."
        )
        self._show(words, usable)

    def say_nothing(self, files: QMimeData) -> None:
        """Say that what is dragged cannot be used here."""
        name = next((Path(url.toLocalFile()).name for url in files.urls() if url.isLocalFile()), "This")
        self._show(f"{name} is no image, folder, manifest, checkpoint or embeddings file.", usable=False)

    def end(self) -> None:
        """Nothing is held over the window any more."""
        self._runner.forget("drop")
        self._slow.stop()
        self.hide()

    @Slot()
    def _on_slow(self) -> None:
        self._show(f"Drop to open {self._name}.\nLooking for its first image…", usable=True)

    def _on_told(self, told: tuple[str, bool]) -> None:
        self._slow.stop()
        sentence, usable = told
        self._show(f"Drop to open.\n{sentence}" if usable else sentence, usable)

    def _show(self, text: str, usable: bool) -> None:
        restyle(self, "wrong", not usable)
        self.setText(text)
        room = self._window.rect()
        width = min(WIDEST, room.width() - 40)
        self.resize(width, self.heightForWidth(width))
        self.move(room.center() - self.rect().center())
        self.show()
        self.raise_()


def told_of(location: str, should_stop: Callable[[], bool] | None = None) -> tuple[str, bool]:
    """The sentence about what would be opened, and whether it can be."""
    try:
        return recognise(DataSource(location), should_stop).sentence, True
    except CoreError as error:
        return str(error), False


def data_in(dragged: QMimeData) -> str:
    """The first folder or manifest in what is dragged, "" when there is none."""
    paths = [Path(url.toLocalFile()) for url in dragged.urls() if url.isLocalFile()]
    return next((str(path) for path in paths if path.is_dir() or path.suffix.lower() in SUFFIXES), "")


def checkpoint_in(dragged: QMimeData) -> Path | None:
    """The first checkpoint or embeddings file in what is dragged; a .parquet file passes for a table of images."""
    paths = [Path(url.toLocalFile()) for url in dragged.urls() if url.isLocalFile()]
    return next((path for path in paths if path.suffix in DROPPED), None)
