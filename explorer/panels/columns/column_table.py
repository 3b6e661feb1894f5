"""The table of columns: name, kind, values, missing, and what each is used for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from core.data.columns import Column
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.tables import EDGE, ROW_HEIGHT, flatten
from explorer.column_words import title_of
from explorer.commands import act
from explorer.panels.columns.column_facts import ColumnFacts
from explorer.panels.columns.titled_table import Index, TitledTableModel

NAME, KIND, VALUES, MISSING, USED = range(5)
TITLES = (
    Message("column-name"),
    Message("column-kind"),
    Message("column-values"),
    Message("column-lacking"),
    Message("column-used"),
)
NARROWEST_NAME, WIDEST_NAME, WIDEST_USE = 96, 180, 140


class ColumnTableModel(TitledTableModel):
    """Adapts columns; their facts may come later than they."""

    titles, figures = TITLES, frozenset((VALUES, MISSING))

    def __init__(self) -> None:
        super().__init__()
        self.columns: tuple[Column, ...] = ()
        self._facts: Mapping[str, ColumnFacts] = {}
        self._uses: Mapping[str, str] = {}

    def show(self, columns: Sequence[Column], facts: Mapping[str, ColumnFacts], uses: Mapping[str, str]) -> None:
        """Show columns, what is known of them, and what each is used for."""
        if tuple(columns) == self.columns:
            self._facts, self._uses = facts, uses
            if self.columns:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self.columns) - 1, USED))
            return
        self.beginResetModel()
        self.columns, self._facts, self._uses = tuple(columns), facts, uses
        self.endResetModel()

    @property
    def has_missing(self) -> bool:
        """Whether any column is known to lack values."""
        return any(facts.missing for facts in self._facts.values())

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = self.columns[index.row()]
        facts = self._facts.get(column.name)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(index.column(), column, facts)
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.alignment(index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return title_of(column.name) if facts is None else facts.details
            case Qt.ItemDataRole.ForegroundRole if index.column() != NAME:
                return QColor(theme.current().secondary)
        return None

    def _text(self, section: int, column: Column, facts: ColumnFacts | None) -> str:
        if section == NAME:
            return title_of(column.name)
        if section == USED:
            return self._uses.get(column.name, "")
        if facts is None:
            return "…"
        return {KIND: facts.kind, VALUES: f"{facts.values:,}", MISSING: f"{facts.missing:,}" if facts.missing else ""}[
            section
        ]


class ColumnTable(QTableView):
    """Shows a `ColumnTableModel`.

    Signals: chosen(object), a column that was clicked or entered; menu_wanted(object, object), for a column, at a
    place on the screen.
    """

    chosen = Signal(object)
    menu_wanted = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.table = ColumnTableModel()
        self.setModel(self.table)
        flatten(self, sortable=False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(Message("columns"))
        self.clicked.connect(self._on_clicked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        # Esc is the window's, which ends what is in force; a table would keep it.
        calls: dict[str, Callable[[], object]] = {"window.end": event.ignore}
        if index.isValid():
            calls["columns.open"] = partial(self._open, index)
        if not act(event, calls):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid():
            self.menu_wanted.emit(self.table.columns[index.row()], event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Names take what the figures leave."""
        widths = {KIND: 76, VALUES: 72, MISSING: 80, USED: 84}
        room = self.viewport().width()
        names = self._room_for_names()
        # The tooltip has it too.
        is_narrow = room - sum(widths.values()) < names
        self.setColumnHidden(MISSING, is_narrow or not self.table.has_missing)
        if self.isColumnHidden(MISSING):
            widths[USED] = min(WIDEST_USE, max(widths[USED], room - widths[KIND] - widths[VALUES] - names))
        for section, width in widths.items():
            self.setColumnWidth(section, width)
        taken = sum(width for section, width in widths.items() if not self.isColumnHidden(section))
        self.setColumnWidth(NAME, max(NARROWEST_NAME, room - taken))

    def _room_for_names(self) -> int:
        """For the longest name, within bounds."""
        metrics = self.fontMetrics()
        longest = max((metrics.horizontalAdvance(title_of(each.name)) for each in self.table.columns), default=0)
        return min(max(NARROWEST_NAME, longest + 2 * EDGE + 4), WIDEST_NAME)

    def wanted_height(self, most: int) -> int:
        """The height of the header and of at most so many rows."""
        return (min(self.table.rowCount(), most) + 1) * ROW_HEIGHT + 4

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == USED:
            place = self.visualRect(index).bottomLeft()
            self.menu_wanted.emit(self.table.columns[index.row()], self.viewport().mapToGlobal(place))
        else:
            self._open(index)

    def _open(self, index: QModelIndex) -> None:
        self.chosen.emit(self.table.columns[index.row()])
