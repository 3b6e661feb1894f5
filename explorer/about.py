"""What the application is and runs on: for a report, and for who wants to know what it does with their images."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QFont, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QWidget

from core.messages import Message
from core.paths import APPLICATION
from explorer.appearance import theme
from explorer.appearance.fitting import fill, keep_on_screen
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import button, quiet_label

PROMISE = Message("nothing-is-sent")
# As people call them -> as they are installed; none of them is imported for that.
LIBRARIES = {
    "PyTorch": ("torch",),
    "faiss": ("faiss-cpu", "faiss-gpu"),
    "NumPy": ("numpy",),
    "umap-learn": ("umap-learn",),
    "numba": ("numba",),
}


class About(QDialog):
    """Name, versions, workspace and licence; Copy puts them on the clipboard. Does not block the window."""

    def __init__(self, workspace: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(Message("about-embedding-explorer"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._facts = facts(workspace)
        content = QWidget()
        title = Label("Embedding Explorer")
        title.setFont(theme.text_font(18, QFont.Weight.DemiBold))
        parts = (title, quiet_label(PROMISE), self._table(), self._buttons())
        in_column(*parts, on=content, margins=(24, 20, 24, 16), spacing=10)
        fill(self, content)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    @property
    def text(self) -> str:
        """What Copy copies."""
        return "\n".join([*(f"{name}: {value}" for name, value in self._facts.items()), PROMISE])

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(24)
        table.setColumnStretch(1, 1)
        for line, (name, value) in enumerate(self._facts.items()):
            shown = Label(value)
            shown.setWordWrap(True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            table.addWidget(quiet_label(name), line, 0, Qt.AlignmentFlag.AlignTop)
            table.addWidget(shown, line, 1)
        return table

    def _buttons(self) -> QHBoxLayout:
        copy, close = button(Message("copy"), icon="duplicate"), button(Message("close"), "primary")
        copy.setAutoDefault(False)
        copy.clicked.connect(self._on_copy)
        close.clicked.connect(self.accept)
        return in_row(1, copy, close)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)


def facts(workspace: Path) -> dict[str, str]:
    """Name -> value, in the order in which they are read."""
    return {
        Message("version"): _version(APPLICATION),
        "Python": platform.python_version(),
        "Qt": f"{qVersion()}, PySide6 {_version('PySide6-Essentials', 'PySide6')}",
        **{name: _version(*distributions) for name, distributions in LIBRARIES.items()},
        Message("system"): platform.platform(),
        Message("workspace"): str(workspace),
        Message("licence"): "MIT",
    }


def _version(*distributions: str) -> str:
    """Of the first that is installed."""
    for distribution in distributions:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return Message("not-installed")
