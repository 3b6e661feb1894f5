"""What dropping the dragged files would do, said over the window while they are held there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from core.looking import VECTORS
from core.messages import Message
from explorer.appearance.plain import Label
from explorer.appearance.widgets import restyle
from explorer.dropped import Dropped, look_into
from explorer.jobs.runner import JobRunner

WIDEST = 560
SLOW_MS = 300
NO_DATA_FOR_IMAGE = Message("data-first-for-image")
NO_DATA_FOR_MODEL = Message("data-first-for-model")


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
        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._on_slow)
        self.hide()

    def show_data(self, files: Sequence[Path], slot: str, has_data: bool) -> None:
        """Say what dropping the files would do, or why they are of no use.

        `slot` is where a model would go; without open data it goes nowhere, and no image can be searched.
        """
        # In a thread: the drive may be slow, and the first image of a folder far down.
        self._name = (files[0].name or str(files[0])) if files else Message("this-file")
        self._slow.start(SLOW_MS)
        self._runner.submit(
            "drop",
            partial(look_into, files),
            partial(self._on_described, slot, has_data),
            lambda _sentence, _details: self.end(),
            stoppable=True,
        )

    def end(self) -> None:
        """Nothing is held over the window any more."""
        self._runner.give_up("drop")
        self._slow.stop()
        self.hide()

    def _on_slow(self) -> None:
        self._show(Message("looking-at-dragged", name=self._name), usable=True)

    def _on_described(self, slot: str, has_data: bool, described: tuple[Dropped, str, bool]) -> None:
        self._slow.stop()
        found, sentence, readable = described
        if found.data:
            self._show(
                Message("drop-to-open", others=_of_several(found), sentence=sentence) if readable else sentence,
                readable,
            )
        elif found.model is not None and has_data:
            self._show(
                Message("drop-to-set", model=found.model.name, slot=slot, others=_of_several(found)), usable=True
            )
        elif found.image is not None and has_data:
            self._show(Message("drop-to-search", image=found.image.name, others=_of_several(found)), usable=True)
        elif found.model is not None and found.model.suffix.lower() == VECTORS:
            sentence = Message("file-has-vectors", path=found.model.name)
            self._show(Message("drop-to-open", others=_of_several(found), sentence=sentence), usable=True)
        elif found.image is not None or found.model is not None:
            self._show(NO_DATA_FOR_MODEL if found.image is None else NO_DATA_FOR_IMAGE, usable=False)
        else:
            self._show(found.reason, usable=False)

    def _show(self, text: str, usable: bool) -> None:
        restyle(self, "wrong", not usable)
        self.setText(text)
        room = self._window.rect()
        width = min(WIDEST, room.width() - 40)
        self.resize(width, self.heightForWidth(width))
        self.move(room.center() - self.rect().center())
        self.show()
        self.raise_()


def _of_several(found: Dropped) -> str:
    """That the other files are not used; "" for one file."""
    return Message("one-of-files", files=found.files) if found.files > 1 else ""
