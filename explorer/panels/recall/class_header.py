"""The header of the per-class table, with the filter of names inside its first section."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from core.messages import Message
from explorer.appearance.tables import EDGE, ROW_HEIGHT, FlatHeader

FILTER_HEIGHT = 22
FILTER_WIDTH = 170
NARROWEST_FILTER = 64
TITLE_ROOM = 72
# What the frame of the filter and its margins take.
AROUND = 22


class ClassHeader(FlatHeader):
    """Holds `filter_box` at the right end of the first section, so that filtering costs no row of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStretchLastSection(False)
        self.setSectionsClickable(True)
        self.filter_box = QLineEdit(self)
        self.filter_box.setStyleSheet("QLineEdit { min-height: 18px; max-height: 20px; }")
        self.filter_box.setClearButtonEnabled(True)
        self.filter_box.setToolTip(Message("class-filter-tip"))
        self.filter_box.setAccessibleName(Message("filter-classes-by-name"))
        self._classes = 0
        self.sectionResized.connect(self._on_section_resized)

    def count_classes(self, classes: int) -> None:
        """Say in the filter how many classes it looks through."""
        self._classes = classes
        self.place_filter()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_filter()

    def place_filter(self) -> None:
        """Move the filter to where the first section now is, clear of its title and sort mark."""
        left = self.sectionViewportPosition(0) if self.count() else 0
        right = left + (self.sectionSize(0) if self.count() else 0) - EDGE
        width = min(FILTER_WIDTH, right - left - TITLE_ROOM)
        self.filter_box.setVisible(width >= NARROWEST_FILTER)
        self.filter_box.setGeometry(right - width, (ROW_HEIGHT - FILTER_HEIGHT) // 2, max(width, 0), FILTER_HEIGHT)
        self.filter_box.setPlaceholderText(self._placeholder(width))

    def _placeholder(self, width: int) -> str:
        """As much as there is room for."""
        whole = Message("filter-classes", classes=self._classes)
        metrics = self.filter_box.fontMetrics()
        wordings = (whole, Message("filter-classes-short", classes=self._classes), Message("filter"))
        return next(
            (words for words in wordings if metrics.horizontalAdvance(words) <= width - AROUND), Message("filter")
        )

    def _on_section_resized(self, section: int) -> None:
        if section == 0:
            self.place_filter()
