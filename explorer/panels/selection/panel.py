"""The selection tray: what is selected, counted by class and as pictures, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from core.data.catalog import Rows
from core.data.conditions import InRows
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.colouring import class_palette
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_column, in_row, stacked
from explorer.appearance.plain import literal
from explorer.appearance.widgets import EmptyState, SectionHeader, button, quiet_label
from explorer.commands import act
from explorer.exporting import Exporting
from explorer.image_grid.closer_look import CloserLook
from explorer.image_grid.grid import ImageGrid
from explorer.image_grid.groups import Group
from explorer.jobs.runner import JobRunner
from explorer.panels.panel import Panel
from explorer.panels.selection.class_counts import UNLABELLED, ClassCounts, counted
from explorer.panels.selection.class_lines import FOLDED, FOLDED_IN_LITTLE_ROOM, ClassLines
from explorer.session import Session
from explorer.thumbnails import ThumbnailStore

SIDE, EDGE, ROOMY_FROM = 64, 14, 440


class SelectionPanel(Panel):
    """Shows the session's selection. What is marked in it is a choice within it, which ends with it.

    A click on a picture marks it, Ctrl adds, Shift takes a range; Enter and a double click make it the query, Space
    shows it at full size, Delete takes what is marked out of the selection. A class marks its pictures and comes into
    focus. `bring` brings another panel of the window to the fore, by its name.

    Attributes:
        lines: the classes.
        grid: the pictures.
        show_only, export: buttons.
        keep, take_out: buttons for what is marked.
        empty: what stands in place of it all while nothing is selected.
    """

    def __init__(
        self, session: Session, thumbnails: ThumbnailStore, runner: JobRunner, bring: Callable[[str], object]
    ) -> None:
        super().__init__()
        self._session, self._bring = session, bring
        self._marked: Rows = np.empty(0, np.int64)
        # How many images of each class are shown, counted when it is first asked for.
        self._shown: Rows | None = None
        self._is_outdated = True
        self.setAccessibleName(Message("selection"))
        self.header: SectionHeader = SectionHeader(Message("selection"))
        self._exporting = Exporting(session, runner, self)
        self.lines = ClassLines()
        self.grid = ImageGrid(thumbnails, Message("selected-images"), asks_at_double_click=True)
        self.grid.set_side(SIDE)
        self.look = CloserLook(self.grid, session, runner, self._make_query)
        self.empty = EmptyState()
        self._build()
        self._connect()
        self._on_changed()

    def _build(self) -> None:
        self._summary = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.header.add(self._summary)
        self.show_only = button(Message("show-only-selection"))
        self.show_only.setToolTip(Message("show-only-selection-tip"))
        self.export = button(Message("export"))
        self._foot = quiet_label(small=True)
        self.keep = button(Message("keep-marked"), "link")
        self.take_out = button(Message("take-out-marked"), "link")
        self.take_out.setToolTip(Message("take-out-of-selection"))
        filled = QWidget()
        in_column(
            self.lines,
            in_row(self.show_only, self.export, 1, margins=(EDGE, 8, EDGE, 8), spacing=8),
            (self.grid, 1),
            in_row((self._foot, 1), self.keep, self.take_out, margins=(EDGE, 4, EDGE, 4), spacing=EDGE),
            on=filled,
            spacing=0,
        )
        self._stack = stacked(self.empty, filled)
        in_column(self._stack, on=self, spacing=0)
        self.setFocusProxy(self.grid)

    def _connect(self) -> None:
        session = self._session
        session.selection.rows_changed.connect(self._on_changed)
        # An image that is selected by itself as the query is no selection.
        session.selection.query_changed.connect(self._on_query_changed)
        session.catalog_changed.connect(self._on_images_changed)
        session.split_changed.connect(self._on_images_changed)
        session.filter.changed.connect(self._show_filter)
        theme.notifier.changed.connect(self._on_changed)
        self.lines.chosen.connect(self._on_classes_chosen)
        self.lines.keep_wished.connect(self._on_keep_classes)
        self.grid.selection_wished.connect(self._on_pictures_marked)
        self.show_only.clicked.connect(self._on_show_only)
        self.export.clicked.connect(self.show_export)
        self.keep.clicked.connect(self._on_keep)
        self.take_out.clicked.connect(self._on_take_out)

    def calls(self) -> dict[str, Callable[..., object]]:
        return {"data.export": self.show_export}

    @property
    def marked(self) -> Rows:
        """The catalog rows that are marked within the selection."""
        return self._marked

    def show_export(self) -> None:
        """Ask what to export, below the button where that is seen."""
        window = self.window()
        bar = window.menuWidget() if isinstance(window, QMainWindow) else None
        self._exporting.ask(self.export if self.export.isVisible() else bar or self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (len(self._marked) and act(event, {"selection.take_out": self._on_take_out})):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # The pictures have most of it, also in a small window.
        self.lines.fold_at(FOLDED if self.height() >= ROOMY_FROM else FOLDED_IN_LITTLE_ROOM)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_outdated:
            self._show()

    # What the session says

    @property
    def _rows(self) -> Rows:
        selection = self._session.selection
        return selection.rows if selection.holds_images else selection.rows[:0]

    def _on_changed(self) -> None:
        images = len(self._rows)
        self.setWindowTitle(Message("selection-with-count", images=images) if images else Message("selection"))
        # Behind another tab nobody looks, and a large selection takes a moment to count.
        self._is_outdated = True
        if self.isVisible():
            self._show()

    def _on_images_changed(self) -> None:
        self._shown = None
        self._on_changed()

    def _on_query_changed(self) -> None:
        self.grid.set_query(self._session.selection.query)
        if len(self._session.selection.rows) == 1:
            self._on_changed()

    def _show(self) -> None:
        self._is_outdated = False
        session, catalog, rows = self._session, self._session.catalog, self._rows
        self._stack.setCurrentIndex(1 if len(rows) else 0)
        if catalog is None or not len(rows):
            how = Message("selection-needs-data") if catalog is None else Message("how-to-select")
            self.empty.set(Message("nothing-selected"), how)
            self._summary.setText("")
            self.grid.set_groups([])
            self._mark(rows[:0])
            return
        if self._shown is None:
            self._shown = counted(catalog, catalog.rows(session.split))
        counts = ClassCounts.of(catalog, rows, self._shown)
        self.lines.show_counts(counts, class_palette(len(catalog.classes), theme.current().name))
        self.grid.set_groups([Group("", counts.arranged(catalog, rows))])
        self._show_filter()
        self._mark(np.intersect1d(self._marked, rows, assume_unique=True))

    def _show_filter(self) -> None:
        """How the selection and the filter meet."""
        rows, mask = self._rows, self._session.filter.mask
        if not len(rows) or self._is_outdated:
            return
        words = Message("selection-of-images", images=len(rows), classes=len(self.lines.lines.counts))
        if mask is not None and (hidden := int(np.count_nonzero(~mask[rows]))):
            words = Message("selection-partly-hidden", selection=words, hidden=hidden)
        self._summary.setText(words)
        text = Message("show-others-again") if self._is_shown_alone else Message("show-only-selection")
        self.show_only.setText(literal(text))

    @property
    def _is_shown_alone(self) -> bool:
        condition = self._session.filter.of_rows
        return condition is not None and not condition.inverted and np.array_equal(condition.rows, self._rows)

    # What the user does

    def _on_classes_chosen(self, codes: Rows) -> None:
        catalog = self._session.catalog
        if catalog is None:
            return
        rows = self._rows
        self._mark(rows[np.isin(catalog.codes[rows], codes)])
        if len(codes):
            self.grid.reveal(self._first_of(codes))
        is_one = len(codes) == 1 and codes[0] != UNLABELLED
        self._session.selection.set_focus(int(codes[0]) if is_one else None)

    def _first_of(self, codes: Rows) -> int:
        """The first picture of some classes, as they stand."""
        catalog, (group,) = self._session.catalog, self.grid.groups
        assert catalog is not None
        return int(group.rows[np.isin(catalog.codes[group.rows], codes).argmax()])

    def _on_keep_classes(self, codes: Rows) -> None:
        catalog = self._session.catalog
        if catalog is not None:
            rows = self._rows
            self._session.selection.select(rows[np.isin(catalog.codes[rows], codes)])

    def _on_pictures_marked(self, rows: Rows) -> None:
        self.lines.clear_choice()
        self._mark(rows)

    def _make_query(self, row: int) -> None:
        """Of the query alone: what is selected stays."""
        self._session.selection.set_query(row)
        self._bring("neighbours")

    def _on_show_only(self) -> None:
        filtering = self._session.filter
        former = filtering.of_rows
        if former is not None and self._is_shown_alone:
            filtering.remove(former)
        else:
            filtering.put(InRows.of(self._rows), instead_of=former)

    def _on_keep(self) -> None:
        self._session.selection.select(self._marked)

    def _on_take_out(self) -> None:
        self._session.selection.select(np.setdiff1d(self._rows, self._marked, assume_unique=True))

    def _mark(self, rows: Rows) -> None:
        self._marked = np.sort(rows)
        self.grid.set_selected(self._marked)
        has_marks = len(rows) > 0
        self._foot.setText(Message("marked-images", images=len(rows)) if has_marks else Message("how-to-mark"))
        for each in (self.keep, self.take_out):
            each.setVisible(has_marks)
