"""The columns panel: what the images can be told apart by, and filtering, colouring and grouping by it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedLayout, QWidget

from core.data.catalog import Catalog
from core.data.columns import Column
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.colouring import class_palette
from explorer.appearance.fitting import scrolling
from explorer.appearance.layouts import in_column
from explorer.appearance.plain import literal
from explorer.appearance.tables import ROW_HEIGHT
from explorer.appearance.widgets import EmptyState, SectionHeader, quiet_label
from explorer.column_words import title_of
from explorer.condition_editor import ConditionEditor
from explorer.jobs.runner import JobRunner
from explorer.panels.columns.class_table import ClassCounts, ClassTable
from explorer.panels.columns.column_facts import ColumnFacts, facts_of
from explorer.panels.columns.column_table import ColumnTable
from explorer.panels.panel import Panel
from explorer.session import CLASS, Session

MOST_ROWS, FEWEST_ROWS = 12, 4
# Per cent of the panel's height that the columns take at most.
SHARE_OF_COLUMNS = 38
JOB = "column facts"


class ColumnsPanel(Panel):
    """Columns of the data and of what is measured; a click on one opens its filter below the table.

    It counts only while it is seen: a million rows take a moment each time the filter changes.
    """

    def __init__(self, session: Session, runner: JobRunner) -> None:
        super().__init__()
        self._session, self._runner = session, runner
        self._facts: dict[str, ColumnFacts] = {}
        self._opened = ""
        # Those of all images; of each filter only what it shows is counted.
        self._counted: tuple[Catalog, str, ClassCounts] | None = None
        self.setAccessibleName(Message("columns"))
        self.header: SectionHeader = SectionHeader(Message("columns"))
        self.columns = ColumnTable()
        self.classes = ClassTable()
        self.editor: ConditionEditor | None = None
        self._place = QWidget()
        self._editors = in_column(on=self._place, spacing=0)
        self._place.hide()
        self._classes_title = SectionHeader(Message("classes-of-the-data"))
        self._how_many = quiet_label(small=True)
        self._classes_title.add(self._how_many)
        filled = QWidget()
        self.classes.setMinimumHeight(FEWEST_ROWS * ROW_HEIGHT)
        in_column(self.columns, self._place, self._classes_title, (self.classes, 1), on=filled, spacing=0)
        # In a low window, what has no room is scrolled to.
        self._scrolled = scrolling(filled)
        self._stack = QStackedLayout()
        self._stack.addWidget(EmptyState(Message("no-data-yet"), Message("columns-empty")))
        self._stack.addWidget(self._scrolled)
        in_column(self._stack, on=self, spacing=0)
        self._connect()
        self._on_catalog_changed()

    def _connect(self) -> None:
        session = self._session
        session.catalog_changed.connect(self._on_catalog_changed)
        session.split_changed.connect(self._show_classes)
        session.columns.changed.connect(self._on_columns_changed)
        for changed in (session.filter.changed, session.colouring_changed, session.grouping_changed):
            changed.connect(self._show)
        theme.notifier.changed.connect(self._show_classes)
        self.columns.chosen.connect(self._on_chosen)
        self.columns.menu_wanted.connect(self._on_menu_wanted)
        self.classes.chosen.connect(self._on_classes_chosen)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_columns_changed()

    # What the session says

    def _on_catalog_changed(self) -> None:
        self._facts = {}
        self._close_editor()
        self._stack.setCurrentIndex(0 if self._session.catalog is None else 1)
        self._on_columns_changed()

    def _on_columns_changed(self) -> None:
        columns = list(self._session.columns)
        names = {column.name for column in columns}
        # Measures of another model have the same names.
        self._facts = {name: facts for name, facts in self._facts.items() if name in names}
        if self._opened and self._opened not in names:
            self._close_editor()
        self._show()
        if columns:
            # Unseen too: whoever filters or colours by a column then need not wait for it to be read.
            self._runner.submit(JOB, partial(facts_of, columns), self._on_facts)

    def _on_facts(self, facts: dict[str, ColumnFacts]) -> None:
        self._facts = facts
        self._show()

    def _show(self) -> None:
        if not self.isVisible():
            return
        columns = list(self._session.columns)
        self.columns.table.show(columns, self._facts, {column.name: self._uses_of(column) for column in columns})
        self._size_columns()
        self.columns.fit()
        self._show_classes()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._size_columns()

    def _size_columns(self) -> None:
        """All columns where there is room, and a good part of the panel at most."""
        rows = self.height() * SHARE_OF_COLUMNS // 100 // ROW_HEIGHT
        self.columns.setFixedHeight(self.columns.wanted_height(max(FEWEST_ROWS, min(rows, MOST_ROWS))))

    def _uses_of(self, column: Column) -> str:
        session = self._session
        uses = {
            Message("use-colour"): session.colouring == column.name,
            Message("use-group"): session.grouping == column.name,
            Message("use-filter"): session.filter.of_column(column.name) is not None,
        }
        return ", ".join(words for words, is_used in uses.items() if is_used) or "⋯"

    def _show_classes(self) -> None:
        session, catalog = self._session, self._session.catalog
        if catalog is None or not self.isVisible():
            return
        if self._counted is None or self._counted[:2] != (catalog, session.split):
            counts = ClassCounts.of(catalog, catalog.rows(session.split), None)
            self._counted = catalog, session.split, counts
        counts = self._counted[-1].within(session.filter.mask)
        self.classes.table.show(counts, class_palette(len(catalog.classes), theme.current().name))
        self._how_many.setText(Message("classes-counted", count=self.classes.table.rowCount()))

    # What the user does

    def _on_chosen(self, column: Column) -> None:
        if column.name == self._opened:
            self._close_editor()
        else:
            self.open_filter(column)

    def open_filter(self, column: Column) -> None:
        """Show the filter of a column below the table."""
        self._close_editor()
        filtering = self._session.filter
        self.editor = ConditionEditor(filtering, column, filtering.of_column(column.name))
        self._editors.addWidget(self.editor)
        self._opened = column.name
        self._place.show()
        self._place.adjustSize()
        # Once it has been laid out.
        QTimer.singleShot(0, self, self._show_editor)

    def _show_editor(self) -> None:
        if self.editor is not None:
            self._scrolled.ensureWidgetVisible(self.editor)

    def _close_editor(self) -> None:
        if self.editor is not None:
            self._editors.removeWidget(self.editor)
            self.editor.hide()
            self.editor.deleteLater()
        self.editor, self._opened = None, ""
        self._place.hide()

    def _on_menu_wanted(self, column: Column, place: QPoint) -> None:
        self.menu_of(column).popup(place)

    def menu_of(self, column: Column) -> QMenu:
        """What can be done with a column."""
        session, menu = self._session, QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(Message("filter-item"), partial(self.open_filter, column))
        colour = menu.addAction(literal(Message("colour-by-column", column=title_of(column.name))))
        colour.setCheckable(True)
        colour.setChecked(session.colouring == column.name)
        colour.triggered.connect(lambda on: session.set_colouring(column.name if on else CLASS))
        group = menu.addAction(literal(Message("group-by-column", column=title_of(column.name))))
        group.setCheckable(True)
        group.setChecked(session.grouping == column.name)
        group.triggered.connect(lambda on: session.set_grouping(column.name if on else ""))
        return menu

    def _on_classes_chosen(self, codes: list[int]) -> None:
        self._session.selection.select(self._session.rows_of_classes(codes))
