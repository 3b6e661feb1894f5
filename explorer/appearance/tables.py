"""The flat look of tables: one-pixel lines between rows, a quiet header, the sorted column marked."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QListView, QTableView, QWidget

from explorer.appearance import icons, theme

ROW_HEIGHT = 30
EDGE = 12


def flatten(view: QTableView, sortable: bool = True) -> None:
    """Give a table the flat look; rows are chosen as a whole."""
    view.setHorizontalHeader(FlatHeader(view))
    view.horizontalHeader().setSectionsClickable(sortable)
    view.setSortingEnabled(sortable)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
    view.verticalHeader().setMinimumSectionSize(ROW_HEIGHT)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setFont(theme.number_font())
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setTabKeyNavigation(False)
    view.setCornerButtonEnabled(False)


def flatten_list(view: QListView) -> None:
    """Give a long list whose rows are painted by its delegate the flat look; a click acts and selects nothing."""
    view.setUniformItemSizes(True)
    view.setMouseTracking(True)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


class FlatHeader(QHeaderView):
    """A header that aligns with its cells (the model's TextAlignmentRole) and marks the sorted column."""

    _ARROW = 10

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFont(theme.text_font(12))
        self.setFixedHeight(ROW_HEIGHT)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(48)
        self.setStretchLastSection(True)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        tokens = theme.current()
        sorted_here = self.isSortIndicatorShown() and self.sortIndicatorSection() == section
        painter.fillRect(rect, QColor(tokens.panel))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(tokens.line))
        inside = rect.adjusted(EDGE, 0, -EDGE, 0)
        room = inside.width() - (self._ARROW + 4 if sorted_here else 0)
        words = self._model_value(section, Qt.ItemDataRole.DisplayRole)
        text = painter.fontMetrics().elidedText(str(words or ""), Qt.TextElideMode.ElideRight, room)
        width = painter.fontMetrics().horizontalAdvance(text)
        start = inside.right() - width + 1 if self._to_the_right(section) else inside.left()
        if sorted_here and self._to_the_right(section):
            start -= self._ARROW + 4
        painter.setPen(QColor(tokens.text if sorted_here else tokens.secondary))
        painter.drawText(QRect(start, inside.top(), width + 1, inside.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if sorted_here:
            up = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
            where = QRectF(start + width + 4, inside.center().y() - self._ARROW / 2 + 1, self._ARROW, self._ARROW)
            icons.paint(painter, "sort-up" if up else "sort-down", where, tokens.text)

    def _to_the_right(self, section: int) -> bool:
        alignment = self._model_value(section, Qt.ItemDataRole.TextAlignmentRole)
        return alignment is not None and bool(Qt.AlignmentFlag(alignment) & Qt.AlignmentFlag.AlignRight)

    def _model_value(self, section: int, role: Qt.ItemDataRole) -> Any:
        return self.model().headerData(section, self.orientation(), role)
