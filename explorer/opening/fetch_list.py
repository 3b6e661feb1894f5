"""What there is to try: the demo, and published data sets that can be fetched or are there already."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from core.data.official.omniglot import OMNIGLOT
from core.data.official.sources import SOURCES
from core.data.official.table import TORCHVISION
from core.data.source import DEMO, TORCHVISION_PREFIX, DataSource
from core.messages import Message
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import SectionHeader, button, quiet_label
from explorer.session import Session

MEGABYTES_OF_A_GIGABYTE = 1_000


class FetchList(QWidget):
    """A row for each set, with what it takes and what its licence is; the button downloads, or opens what is there."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._buttons: dict[str, QPushButton] = {}
        self._there: set[str] = set()
        demo = button(Message("open"))
        demo.clicked.connect(partial(session.open_data, DataSource(DEMO)))
        column = in_column(
            SectionHeader(Message("to-try")),
            _row(Message("demo-wardrobe"), Message("demo-needs-nothing"), demo),
            on=self, margins=(0, 0, 0, 0), spacing=0,
        )  # fmt: skip
        for name, source in SOURCES.items():
            official = TORCHVISION[name]
            images, classes = sum(part.images for part in official.parts), _classes(name)
            size = Message("megabytes", count=source.megabytes)
            if source.megabytes >= MEGABYTES_OF_A_GIGABYTE:
                size = Message("gigabytes", count=source.megabytes / MEGABYTES_OF_A_GIGABYTE)
            told = Message("set-to-fetch", images=images, classes=classes, size=size, licence=source.licence)
            self._buttons[name] = button(Message("fetch"))
            self._buttons[name].setAccessibleName(Message("fetch-set", name=official.name))
            self._buttons[name].clicked.connect(partial(self._on_clicked, name))
            column.addWidget(_row(official.name, told, self._buttons[name]))
        self._where = quiet_label(small=True)
        self._where.setWordWrap(True)
        column.addLayout(in_row((self._where, 1), margins=(14, 8, 14, 0)))
        column.addStretch(1)

    def show_there(self, there: set[str], folder: str) -> None:
        """Say which sets are in `folder` already."""
        self._there = there
        for name, each in self._buttons.items():
            each.setText(Message("open") if name in there else Message("fetch"))
        self._where.setText(Message("where-fetched-sets-lie", folder=folder))

    def button_of(self, name: str) -> QPushButton:
        """The button of a set."""
        return self._buttons[name]

    def _on_clicked(self, name: str) -> None:
        if name in self._there:
            self._session.open_data(DataSource(f"{TORCHVISION_PREFIX}{name}"))
        else:
            self._session.fetch(name)


def _classes(name: str) -> int:
    """All of them; the parts of Omniglot alone have their own, all others share theirs."""
    parts = TORCHVISION[name].parts
    return sum(part.classes for part in parts) if TORCHVISION[name] is OMNIGLOT else max(part.classes for part in parts)


def _row(name: str, told: str, press: QPushButton) -> QFrame:
    row = QFrame()
    words = quiet_label(told, small=True)
    words.setWordWrap(True)
    in_row((in_column(Label(name), words, spacing=2), 1), press, on=row, margins=(14, 6, 14, 6), spacing=8)
    return row
