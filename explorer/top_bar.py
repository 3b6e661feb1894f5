"""The bar on top: what is open, which checkpoints are A and B, which split is measured, how the map is coloured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QMenu, QToolButton, QWidget

from core.data.source import DEMO, DataSource
from core.messages import Message
from core.models.checkpoint_files import CheckpointInfo
from core.remedies import in_window
from explorer.appearance.layouts import in_row
from explorer.appearance.menu_search import add_search
from explorer.appearance.plain import literal
from explorer.appearance.widgets import Chip, button
from explorer.class_search import ClassSearch
from explorer.column_words import title_of
from explorer.commands import icon_button
from explorer.jobs.runner import JobRunner
from explorer.panels.library.library_tree import data_of_file, metric_text, opened_by_hand, other_data, shown_name
from explorer.session import CLASS, CORRECTNESS, Session
from explorer.state.slots import EmbeddingSource, SlotKey

ALL_IMAGES = Message("show-all-images")
COLOURINGS = {CLASS: Message("by-class"), CORRECTNESS: Message("by-correctness")}


class TopBar(QFrame):
    """Signals: open_checkpoint_requested, open_embeddings_requested (str slot).

    `main_menu` opens at its end, `open_data` is part of the data's.
    """

    open_checkpoint_requested = Signal(str)
    open_embeddings_requested = Signal(str)

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        shipped: list[CheckpointInfo],
        main_menu: QMenu,
        open_data: QAction,
    ) -> None:
        super().__init__()
        self.setObjectName("topBar")
        self._session, self._shipped, self._open_data = session, shipped, open_data
        self._data = Chip(Message("data"), Message("none-chosen"))
        self._slots: dict[SlotKey, Chip] = {
            slot: Chip(slot, Message("none-chosen"), "accent" if slot == session.reference else "second")
            for slot in session.slots
        }
        self._split = Chip(Message("split"), session.split)
        self._all = button(ALL_IMAGES, "quiet")
        self._all.clicked.connect(partial(session.set_split, "all"))
        self._colour = Chip(Message("colour"), COLOURINGS[CLASS])
        self.search = ClassSearch(session, runner)
        self._menu = icon_button("window.menu", "menu")
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu.setMenu(main_menu)
        fills: dict[Chip, Callable[[QMenu], None]] = {self._data: self._fill_data, self._split: self._fill_splits}
        fills |= {chip: partial(self._fill_checkpoints, slot=slot) for slot, chip in self._slots.items()}
        fills[self._colour] = self._fill_colours
        for chip, fill in fills.items():
            menu = QMenu(chip)
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(menu.clear)
            menu.aboutToShow.connect(partial(fill, menu))
            chip.setMenu(menu)
        chips = (self._data, *self._slots.values(), self._split, self._all, self._colour)
        # The search gets what is left after the names, up to its widest.
        in_row(*chips, 1, (self.search, 1000), self._menu, on=self, margins=(12, 7, 12, 7), spacing=8)
        session.catalog_changed.connect(self._show)
        session.library.changed.connect(self._show)
        session.split_changed.connect(self._show)
        session.colouring_changed.connect(self._show)
        session.checkpoint.changed.connect(self._show)
        self._show()

    @property
    def data_chip(self) -> QWidget:
        """Where data are opened."""
        return self._data

    def calls(self) -> dict[str, Callable[[], object]]:
        """What the bar does for commands."""
        return {
            "window.menu": self._menu.click,
            "window.search": self.search.start,
            "slot.choose_other": self._choose_other,
        }

    def _choose_other(self) -> None:
        """Open the menu of what is compared with the reference."""
        _, other, *_ = self._slots.values()
        other.menu().popup(other.mapToGlobal(QPoint(0, other.height())))

    def _show(self) -> None:
        session = self._session
        catalog = session.catalog
        self._data.set_value(
            shown_name(session, session.source) if session.source is not None and catalog else Message("none-chosen")
        )
        self._data.setToolTip(
            "\n".join(map(in_window, catalog.report.sentences)) if catalog is not None else Message("choose-a-data-set")
        )
        for slot, chip in self._slots.items():
            info = session.checkpoint[slot]
            name = session.library.name_of(info) if info is not None else Message("none-chosen")
            chip.set_value(name)
            chip.set_outlined(info is not None)
            whole = "" if info is None else str(info.path) if info.name == name else info.name
            chip.setToolTip(whole or Message("choose-checkpoint", slot=slot))
            chip.setEnabled(catalog is not None and (slot == session.reference or session.has_model))
        self._split.set_value(session.split)
        self._split.setToolTip(Message("images-measured-and-shown"))
        self._split.setEnabled(catalog is not None)
        hidden = 0 if catalog is None else len(catalog) - len(catalog.rows(session.split))
        self._all.setVisible(hidden > 0)
        self._all.setToolTip(Message("show-images-of-other-splits", images=hidden))
        self._colour.set_value(COLOURINGS.get(session.colouring, title_of(session.colouring)))
        self._colour.setToolTip(Message("colouring-of-the-map"))

    def _fill_colours(self, menu: QMenu) -> None:
        columns = [column.name for column in self._session.columns if column.name not in COLOURINGS]
        others = {name: title_of(name) for name in columns}
        for key, words in {**COLOURINGS, **others}.items():
            action = self._add(menu, Message("colour-by", words=words), key == self._session.colouring)
            action.triggered.connect(partial(self._session.set_colouring, key))
        add_search(menu, Message("find-a-column"))

    def _fill_data(self, menu: QMenu) -> None:
        for source in self._session.library.data_sets:
            action = self._add(menu, shown_name(self._session, source), source == self._session.source)
            action.setToolTip(source.location)
            action.triggered.connect(partial(self._session.open_data, source))
        menu.addSeparator()
        menu.addActions([self._open_data])

    def _fill_splits(self, menu: QMenu) -> None:
        catalog = self._session.catalog
        if catalog is None:
            return
        for split, images in [*catalog.split_counts(), ("all", len(catalog))]:
            action = self._add(menu, f"{split}  ({images:,})", split == self._session.split)
            action.triggered.connect(partial(self._session.set_split, split))

    def _fill_checkpoints(self, menu: QMenu, slot: SlotKey) -> None:
        chosen = self._session.checkpoint[slot]
        session = self._session
        groups: list[tuple[Sequence[EmbeddingSource], Callable[[EmbeddingSource], str]]] = [
            (list(reversed(run.checkpoints)), partial(_of_all, other_data(session, run.data)))
            for run in session.runs.all
        ]
        demo = other_data(session, DataSource(DEMO))
        groups.append((self._shipped, partial(_of_all, demo)))
        quick_look = session.library.quick_look
        groups.append(([quick_look] if quick_look is not None else [], partial(_of_all, "")))
        groups.append((opened_by_hand(session, self._shipped), partial(data_of_file, session)))
        for checkpoints, elsewhere in groups:
            if not checkpoints:
                continue
            # Lines between groups, none before the first: style sheets draw no title of a section.
            if menu.actions():
                menu.addSeparator()
            for info in checkpoints:
                metric = f"   {figure}" if (figure := metric_text(info, True, elsewhere(info))) else ""
                is_chosen = chosen is not None and chosen.identity == info.identity
                action = self._add(menu, f"{session.library.name_of(info)}{metric}", is_chosen)
                action.triggered.connect(partial(self._session.use, slot, info))
        menu.addSeparator()
        menu.addAction(Message("open-checkpoint-item"), partial(self.open_checkpoint_requested.emit, slot))
        menu.addAction(Message("open-embeddings-item"), partial(self.open_embeddings_requested.emit, slot))
        if slot != session.reference and chosen is not None:
            menu.addAction(literal(Message("clear-slot", slot=slot)), partial(session.choose_checkpoint, slot, None))

    @staticmethod
    def _add(menu: QMenu, text: str, checked: bool) -> QAction:
        action = menu.addAction(literal(text))
        action.setCheckable(True)
        action.setChecked(checked)
        return action


def _of_all(elsewhere: str, _: EmbeddingSource) -> str:
    """The data set that all checkpoints of a group were measured on."""
    return elsewhere
