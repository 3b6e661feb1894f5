"""The view of the per-class table: keyboard, hover, column widths."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.tables import flatten
from explorer.commands import act
from explorer.panels.recall.class_cells import ClassCells
from explorer.panels.recall.class_header import ClassHeader
from explorer.panels.recall.class_measures import MeasureKind
from explorer.panels.recall.recall_table import RecallTable

ROOMY_FROM = 880
NARROWEST_NAME = 120
# Pixels of each kind of column where there is room, and in a narrow dock.
WIDTHS = {
    MeasureKind.COUNT: (80, 72),
    MeasureKind.BAR: (184, 140),
    MeasureKind.SHARE: (76, 72),
    MeasureKind.CONFUSION: (190, 150),
    MeasureKind.DIFFERENCE: (120, 96),
    MeasureKind.INTERVAL: (160, 142),
}
WIDE_SHARE = (120, 90)
BAR_WIDTHS = (88, 56)


class ClassTable(QTableView):
    """Shows a `RecallTable`, of which `filter_box` filters the names; one class is current at a time.

    A click chooses one class, Ctrl adds, Shift takes a range, Ctrl+A all that are listed.

    Signals:
        class_chosen(int): the user moved to another class; its code.
        classes_opened(list): Enter or double click on classes that are chosen; their codes.
        cleared(): Escape; no class is wanted any more.
    """

    class_chosen = Signal(int)
    classes_opened = Signal(list)
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.table = RecallTable(self)
        self._cells = ClassCells(self)
        self._header = ClassHeader(self)
        self._dress()
        self.setModel(self.table)
        self.setItemDelegate(self._cells)
        self.setSortingEnabled(True)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.doubleClicked.connect(self._open)
        self.filter_box = self._header.filter_box
        self.filter_box.textChanged.connect(self.table.set_filter)
        # The focused class, made current again by the reset, has been scrolled to.
        self.table.sorted_anew.connect(self.scrollToTop)
        self.table.modelReset.connect(self._on_model_reset)
        theme.notifier.changed.connect(self.viewport().update)

    def focus_class(self, code: int | None) -> None:
        """Make a class current; none when it is not shown."""
        row = self.table.row_of(code)
        if row is None:
            self.setCurrentIndex(QModelIndex())
            self.clearSelection()
        elif row != self.currentIndex().row():
            self.selectRow(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        calls: dict[str, Callable[[], object]] = {
            "recall.select": self._open,
            "recall.clear": self.cleared.emit,
        }
        # Without a class Esc is the window's, which ends what else is in force; a table would keep it.
        if not act(event, calls if index.isValid() else {"window.end": event.ignore}):
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_widths()

    def _dress(self) -> None:
        flatten(self)
        self.setHorizontalHeader(self._header)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(Message("recall-per-class"))
        # A fixed height for all rows: asking 20,000 delegates for theirs would take seconds.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _set_widths(self) -> None:
        """Names take what the numbers leave."""
        measures = self.table.measures
        if measures is None:
            return
        narrow = self.viewport().width() < ROOMY_FROM
        self._cells.bar_width = BAR_WIDTHS[narrow]
        taken = 0
        for section, column in enumerate(measures.columns[1:], start=1):
            hidden = narrow and column.minor and section != self.table.sorted_by[0]
            self.setColumnHidden(section, hidden)
            if hidden:
                continue
            widths = WIDE_SHARE if measures.compared and column.kind is MeasureKind.SHARE else WIDTHS[column.kind]
            self.setColumnWidth(section, widths[narrow])
            taken += widths[narrow]
        self.setColumnWidth(0, max(NARROWEST_NAME, self.viewport().width() - taken))

    def _hover(self, row: int) -> None:
        if row != self._cells.hovered:
            self._cells.hovered = row
            self.viewport().update()

    def _open(self) -> None:
        rows = [index.row() for index in self.selectionModel().selectedRows()] or [self.currentIndex().row()]
        self.classes_opened.emit([self.table.class_code(row) for row in rows])

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            self.class_chosen.emit(self.table.class_code(current.row()))

    def _on_model_reset(self) -> None:
        column, order = self.table.sorted_by
        blocked = self._header.blockSignals(True)
        self._header.setSortIndicator(column, order)
        self._header.blockSignals(blocked)
        measures = self.table.measures
        count = 0 if measures is None else len(measures)
        self._header.count_classes(count)
        self._cells.hovered = -1
        self._set_widths()
