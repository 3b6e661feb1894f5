"""The grid panel: the images of the open data set as pictures, grouped and sorted, with the session's selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import numpy as np
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from core.data.catalog import Catalog
from core.data.columns import CLASS, Column, Mask
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.colouring import class_palette
from explorer.appearance.layouts import in_column
from explorer.appearance.widgets import EmptyState
from explorer.image_grid.closer_look import CloserLook
from explorer.image_grid.grid import ImageGrid
from explorer.image_grid.groups import Group
from explorer.jobs.runner import JobRunner
from explorer.offer_bar import OfferBar
from explorer.panels.grid.bar import BY_NAME, FALLING, RISING, GridBar
from explorer.panels.grid.grouping import FileNames, GroupOrder, Order, Parting, groups_of
from explorer.panels.grid.partings import parting_of
from explorer.panels.panel import Panel
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.measures import EVALUATION
from explorer.session import Session
from explorer.settings import Settings
from explorer.state.slots import SlotKey
from explorer.state.subject import DATA
from explorer.thumbnails import ThumbnailStore

GROUPING = "groups of images"


def _nowhere(_panel: str) -> None:
    """There is no window that could bring a panel to the fore."""


class GridPanel(Panel):
    """Shows every image of the shown split; a click selects, Enter asks what an image retrieves.

    `bring` brings another panel of the window to the fore, by its name.

    Attributes:
        grid: the pictures.
        look: single ones of them, at full size.
        offers: ways to a model, while there is none.
        bar: how they are grouped and sorted.
        empty: what stands in place of the pictures while there are none.
    """

    def __init__(
        self,
        session: Session,
        thumbnails: ThumbnailStore,
        runner: JobRunner,
        open_data: QAction | None = None,
        bring: Callable[[str], object] = _nowhere,
        settings: Settings | None = None,
        ways_to_a_model: Sequence[QAction] = (),
        see_map: QAction | None = None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._session, self._runner, self._open_data, self._bring = session, runner, open_data, bring
        self._names: FileNames | None = None
        # The columns by which the images are grouped and sorted now.
        self._used: tuple[Column | None, Column | None] = (None, None)
        self.setAccessibleName(Message("images"))
        self.grid = ImageGrid(thumbnails, Message("images"))
        self.look = CloserLook(self.grid, session, runner, self._make_query)
        self.offers = OfferBar(session, ways_to_a_model, see_map=see_map)
        self.bar = GridBar()
        if settings is not None:
            self.grid.set_side(settings.side_of_images or self.grid.side)
        self.bar.show_side(self.grid.side)
        self.empty = EmptyState("")
        self._action = ""
        shown = QWidget()
        in_column(self.offers, self.bar, (self.grid, 1), on=shown, spacing=0)
        self._stack = QStackedLayout(self)
        for part in (self.empty, shown):
            self._stack.addWidget(part)
        self.setFocusProxy(self.grid)
        self._connect()
        self._show_state()

    @property
    def busy_reason(self) -> str:
        return Message("grouping-images") if self._runner.waits_for(GROUPING) else ""

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(theme.current().background))

    def _connect(self) -> None:
        session = self._session
        session.catalog_changed.connect(self._on_catalog_changed)
        session.split_changed.connect(self._regroup)
        session.selection.rows_changed.connect(self._on_rows_changed)
        session.selection.query_changed.connect(self._on_query_changed)
        session.columns.changed.connect(self._on_columns_changed)
        session.filter.changed.connect(self._regroup)
        session.grouping_changed.connect(self._on_grouping_changed)
        session.results[EVALUATION].changed.connect(self._on_evaluation_changed)
        session.tasks.changed.connect(self._show_state)
        session.problems.changed.connect(self._show_state)
        theme.notifier.changed.connect(self._regroup)
        self.bar.group.chosen.connect(session.set_grouping)
        self.bar.changed.connect(self._regroup)
        self.bar.side_wished.connect(self.grid.set_side)
        self.bar.all_wished.connect(self.grid.toggle_all)
        self.grid.side_changed.connect(self._on_side_changed)
        self.grid.opened_changed.connect(self._show_counts)
        self.bar.every_split_wished.connect(partial(session.set_split, "all"))
        self.grid.selection_wished.connect(session.selection.select)
        self.empty.clicked.connect(self._on_empty_clicked)

    # What the session says

    def _on_catalog_changed(self) -> None:
        self.grid.set_groups([])
        self._mark_wrong()
        self._regroup()

    def _on_rows_changed(self) -> None:
        self.grid.set_selected(self._session.selection.rows)

    def _on_query_changed(self) -> None:
        self.grid.set_query(self._session.selection.query)

    def _on_columns_changed(self) -> None:
        self.bar.offer_columns(self._session.columns)
        if self._columns != self._used:
            self._regroup()

    def _on_grouping_changed(self) -> None:
        self.bar.group.choose(self._session.grouping)
        self._regroup()

    def _on_evaluation_changed(self, slot: SlotKey) -> None:
        if slot == self._session.reference:
            self._mark_wrong()

    def _mark_wrong(self) -> None:
        """Badge the queries whose nearest image is of another class, by the reference."""
        session, reference = self._session, self._session.reference
        evaluation, embeddings = session.results[EVALUATION][reference], session.results[EMBEDDINGS][reference]
        if session.catalog is None or evaluation is None or embeddings is None:
            self.grid.set_wrong(None)
            return
        is_wrong = np.zeros(len(session.catalog), bool)
        # -1 where nothing is measured, 0 where no image of the class was found.
        is_wrong[embeddings.rows] = (evaluation.first_hit >= 0) & (evaluation.first_hit != 1)
        self.grid.set_wrong(is_wrong)

    @property
    def _columns(self) -> tuple[Column | None, Column | None]:
        """Those by which images are grouped, and sorted; None where they are not, or it is not known yet."""
        columns, key = self._session.columns, self.bar.images_order.key
        return columns[self._session.grouping], columns[key[1:]] if key.startswith((RISING, FALLING)) else None

    def _regroup(self) -> None:
        """Part and sort in a thread: of a million images the GUI thread would be held up."""
        session, catalog = self._session, self._session.catalog
        if catalog is None:
            self._show_state()
            return
        if self._names is None or self._names.catalog is not catalog:
            self._names = FileNames(catalog)
        key, self._used = self.bar.images_order.key, self._columns
        group, within = self._used
        order = Order(
            cast(GroupOrder, self.bar.groups_order.key),
            self._names if key == BY_NAME else None,
            within,
            key.startswith(FALLING),
        )
        work = partial(_grouped, catalog, session.split, session.filter.mask, group, order, theme.current().name)
        self._runner.submit(GROUPING, work, self._on_grouped)

    def _on_grouped(self, groups: list[Group]) -> None:
        self.grid.set_groups(groups)
        self._show_state()

    # What the user does

    def _on_side_changed(self, side: int) -> None:
        self.bar.show_side(side)
        if self._settings is not None:
            self._settings.side_of_images = side

    def _make_query(self, row: int) -> None:
        self._session.selection.select([row], query=row)
        self._bring("neighbours")

    def _on_empty_clicked(self) -> None:
        if self._action == "cancel":
            self._session.tasks.cancel("data")
        elif self._action == "reading":
            self._session.reading_requested.emit(self._session.source, None)
        elif self._action == "clear":
            self._session.filter.clear()
        elif self._open_data is not None:
            self._open_data.trigger()

    # Showing

    def _show_state(self) -> None:
        """The pictures, or why there are none."""
        session = self._session
        opening = next((task for task in session.tasks.all if task.subject == DATA), None)
        catalog = session.catalog
        self._stack.setCurrentIndex(0 if catalog is None or not catalog.has_pictures or self._all_hidden else 1)
        if catalog is not None and not catalog.has_pictures:
            self._action = "reading"
            self.empty.set(
                Message("no-pictures", name=catalog.name), Message("vectors-are-mapped"), Message("reading-options")
            )
        elif catalog is not None and self._all_hidden:
            self._action = "clear"
            hidden = Message("filter-hides-all", images=len(catalog.rows(session.split)))
            self.empty.set(Message("no-image-passes"), hidden, Message("show-all-images-again"))
        elif catalog is not None:
            self._show_counts()
        elif opening is not None:
            self._action = "cancel"
            button = Message("cancel") if opening.cancel is not None else None
            self.empty.set(opening.words[:1].upper() + opening.words[1:], "", button, "normal")
        else:
            self._action = "open"
            problem = session.problems.get(DATA)
            sentence = Message("how-to-see-images") if problem is None else problem.sentence
            self.empty.set(Message("no-images-yet"), sentence, Message("open-data"))

    @property
    def _all_hidden(self) -> bool:
        """Whether the filter hides every image; of one that is being applied that is not known yet."""
        is_filtered = self._session.filter.mask is not None and not self._runner.waits_for(GROUPING)
        return is_filtered and not self.grid.groups

    def _show_counts(self) -> None:
        groups, layout = self.grid.groups, self.grid.layout_now
        images, has_heads = sum(len(group.rows) for group in groups), layout.has_heads and bool(groups)
        words = Message("images-shown", images=images)
        if has_heads:
            words = Message("groups-shown", groups=len(groups), images=images)
        can_open = has_heads and len(groups) > 1
        catalog, split = self._session.catalog, self._session.split
        if catalog is not None and len(catalog.rows(split)) < len(catalog):
            brief = Message("images-of-all-shown", images=images, total=len(catalog))
            of_split = Message("images-of-split-shown", images=brief, split=split)
            tip = Message("show-every-split", words=words, split=split)
            self.bar.show_split(of_split, brief, tip, self.grid.all_open, can_open)
        else:
            self.bar.show_counts(words, self.grid.all_open, can_open)


def _grouped(
    catalog: Catalog, split: str, mask: Mask | None, column: Column | None, order: Order, background: str
) -> list[Group]:
    rows = catalog.rows(split)
    rows = order.sorted(rows if mask is None else rows[mask[rows]])
    if column is None:
        return groups_of(catalog, rows, None)
    if column.name != CLASS:
        return groups_of(catalog, rows, parting_of(column, background), order.groups)
    colours = ["#" + bytes(colour).hex() for colour in class_palette(len(catalog.classes), background)[:-1]]
    parting = Parting(catalog.codes, catalog.classes, colours, Message("no-class"))
    return groups_of(catalog, rows, parting, order.groups)
