"""The columns of a table, with examples and what each is used as, which can be chosen there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.data.readers.table_columns import TableColumn
from core.messages import Message
from explorer.appearance.layouts import in_row
from explorer.opening.column_uses import BOX, OF_BOX, USES

# A row each; a table of numbers may have thousands.
MOST = 40
ROW, WIDTH_OF_USE = 36, 176
LONGEST = 120


class ColumnTable(QTableWidget):
    """Signal: use_chosen(str, str): the column, and the key of what it is to be used as (`column_uses.USES`)."""

    use_chosen = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(0, 3)
        self._boxes: dict[str, QComboBox] = {}
        self.setAccessibleName(Message("columns"))
        self.setHorizontalHeaderLabels([Message("column"), Message("examples"), Message("used-as")])
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Fixed)
        header.setMaximumSectionSize(240)
        self.setColumnWidth(2, WIDTH_OF_USE)

    def show_columns(self, columns: Sequence[TableColumn], meanings: Mapping[str, str]) -> None:
        """Show the first columns; `meanings` as `DataLook.meanings` has them."""
        shown = list(columns[:MOST])
        focused = next((name for name, box in self._boxes.items() if box.hasFocus()), "")
        self.setRowCount(len(shown))
        self._boxes = {column.name: self._choice(column.name, meanings.get(column.name, "")) for column in shown}
        for row, column in enumerate(shown):
            examples = ", ".join(column.examples)
            for place, text in enumerate((column.name, examples)):
                item = QTableWidgetItem(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
                item.setToolTip(text)
                self.setItem(row, place, item)
            # Its frame stays clear of the lines between the rows.
            cell = QWidget()
            in_row(self._boxes[column.name], on=cell, margins=(0, 3, 0, 3))
            self.setCellWidget(row, 2, cell)
        if focused in self._boxes:
            self._boxes[focused].setFocus()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + ROW * len(shown) + 2)

    def use_of(self, column: str) -> QComboBox:
        """The choice of one column."""
        return self._boxes[column]

    def _choice(self, column: str, meaning: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(Message("use-of-column", column=column))
        for key, words in USES.items():
            box.addItem(words, key)
        if meaning == BOX:
            box.addItem(OF_BOX, BOX)
        box.setCurrentIndex(box.findData(meaning))
        box.activated.connect(partial(self._on_activated, column, box))
        return box

    def _on_activated(self, column: str, box: QComboBox, _index: int) -> None:
        self.use_chosen.emit(column, box.currentData())
