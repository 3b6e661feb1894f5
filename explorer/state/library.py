"""What can be opened again: data sets, and files that were named as models."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.data.source import DataSource
from explorer.state.slots import EmbeddingSource


class Library(QObject):
    """Newest first. Signal: changed()."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.data_sets: list[DataSource] = []
        self.opened: list[EmbeddingSource] = []

    def set_data_sets(self, sources: list[DataSource]) -> None:
        """The data sets this workspace knows."""
        self.data_sets = sources
        self.changed.emit()

    def set_opened(self, opened: list[EmbeddingSource]) -> None:
        """All files that were named by hand, those of earlier times too."""
        self.opened = opened
        self.changed.emit()

    def add_opened(self, chosen: EmbeddingSource) -> None:
        """A file was named by hand; of one that was opened before only the newest state is kept."""
        self.set_opened([chosen, *(other for other in self.opened if other.path != chosen.path)])

    def drop_opened(self, chosen: EmbeddingSource) -> None:
        """A file that was named by hand turned out to be of no use."""
        if chosen in self.opened:
            self.set_opened([other for other in self.opened if other != chosen])
