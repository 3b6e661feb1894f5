"""The map panel: the session's images as points, on one map or on two linked ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
from PySide6.QtCore import Qt, QTimer, SignalInstance, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedLayout, QVBoxLayout, QWidget

from core.data.catalog import Rows
from explorer.appearance import theme
from explorer.appearance.widgets import ButtonKind, EmptyState, button
from explorer.panels.map.canvas import MapCanvas
from explorer.panels.map.chips import ChipRow, chips_of
from explorer.panels.map.colouring import class_palette
from explorer.panels.map.hover_text import best_of_newest, card_of, empty_message
from explorer.panels.map.kernels import Kernels
from explorer.panels.map.legend import Legend
from explorer.panels.map.oklch import Bytes
from explorer.panels.map.pane import EDGE, MapPane
from explorer.panels.map.pictures import NOWHERE
from explorer.panels.map.shading import OUTCOMES
from explorer.panels.map.slot_map import SlotMap
from explorer.panels.map.tools import MapTools
from explorer.panels.map.viewport import ViewState, following
from explorer.panels.panel import Panel
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import Session
from explorer.state.slots import SlotKey
from explorer.state.subject import DRAWING

# Pixels that a map keeps beside the legend where the legend can be narrower.
COMFORTABLE = 240


class Thumbnails(Protocol):
    """Where pictures come from: `get` answers at once or with None, and `ready(row)` follows."""

    @property
    def ready(self) -> SignalInstance: ...

    def get(self, row: int) -> QImage | None: ...


class MapPanel(Panel):
    """Shows where the session's embeddings lie; clicks and lassos change the session's query and selection.

    While B is chosen there are two canvases with one hover and one selection, and while they are linked one follows the
    other's view. Classes have the same colours on both, and on every other map of the data set.
    """

    def __init__(
        self,
        session: Session,
        thumbnails: Thumbnails | None = None,
        kernels: Kernels | None = None,
        open_menu: QMenu | None = None,
    ) -> None:
        super().__init__()
        self._session, self._thumbnails, self._open_menu = session, thumbnails, open_menu
        self._kernels = kernels or Kernels(self)
        self._kernels.failed.connect(self._on_kernels_failed)
        self._palette: Bytes | None = None
        self.setAccessibleName("Map")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._panes: dict[SlotKey, MapPane] = {slot: MapPane(self._kernels, f"Map of {slot}") for slot in session.slots}
        self._maps = {slot: SlotMap(session, slot, self._panes[slot]) for slot in session.slots}
        self._empty = EmptyState("")
        self._action = ""
        self._empty.clicked.connect(self._on_empty_clicked)
        self._legend = Legend()
        self._chips = ChipRow()
        self._nothing_in_view = button("Show all")
        self._stack = self._laid_out()
        self._tools = MapTools(self)
        self._link_chosen = False
        self._connect_session()
        self._connect_parts()
        self._on_catalog_changed()

    @property
    def is_idle(self) -> bool:
        """Whether everything shown is final: nothing moves, is being prepared or waits for a thumbnail."""
        return all(pane.canvas.is_idle for pane in self._panes.values() if pane.isVisible())

    @property
    def busy_reason(self) -> str:
        return "" if self.is_idle else "drawing the map"

    def calls(self) -> dict[str, Callable[..., object]]:
        return {"window.end": self.peel}

    @property
    def legend(self) -> Legend:
        """The legend, hidden until asked for."""
        return self._legend

    @property
    def chips(self) -> ChipRow:
        """What is in force, above the maps."""
        return self._chips

    @property
    def tools(self) -> MapTools:
        """The buttons on the map."""
        return self._tools

    @property
    def empty(self) -> EmptyState:
        """What stands in place of the map while there is none."""
        return self._empty

    def pane(self, slot: SlotKey) -> MapPane:
        """The map of one slot; B's is hidden while there is no comparison."""
        return self._panes[slot]

    @Slot()
    def peel(self) -> None:
        """End the last of what is in force, as Esc does."""
        if self._chips.chips:
            self._on_ended(self._chips.chips[-1].kind)

    def set_animations(self, on: bool) -> None:
        """Whether points glide to a new map."""
        for pane in self._panes.values():
            pane.canvas.animations = on

    @Slot(str)
    def _on_kernels_failed(self, sentence: str) -> None:
        self._session.problems.set_notice(DRAWING, sentence)

    def shutdown(self) -> bool:
        return self._kernels.shutdown()

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # The window's first frame comes before half a second of imports.
        QTimer.singleShot(0, self._kernels.start)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_tools()

    def paintEvent(self, _event: QPaintEvent) -> None:
        # Shows between the parts as the line that separates them, and behind the empty state.
        tokens = theme.current()
        shown = self._stack.currentIndex() == 1
        QPainter(self).fillRect(self.rect(), QColor(tokens.line if shown else tokens.background))

    # Building

    def _laid_out(self) -> QStackedLayout:
        maps = QWidget()
        row = QHBoxLayout(maps)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for pane in self._panes.values():
            row.addWidget(pane, 1)
        row.addWidget(self._legend)
        for slot in self._session.slots[1:]:
            self._panes[slot].hide()
        self._legend.hide()
        stack = QStackedLayout()
        stack.addWidget(self._empty)
        stack.addWidget(maps)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._chips)
        column.addLayout(stack, 1)
        self._nothing_in_view.setParent(self)
        self._nothing_in_view.hide()
        return stack

    def _connect_session(self) -> None:
        session = self._session
        session.catalog_changed.connect(self._on_catalog_changed)
        session.split_changed.connect(self._on_catalog_changed)
        session.checkpoint.changed.connect(self._on_checkpoint_changed)
        session.results[EMBEDDINGS].changed.connect(self._on_embeddings_changed)
        session.results[MAP].changed.connect(self._on_projection_changed)
        session.results[EVALUATION].changed.connect(self._on_evaluation_changed)
        session.results[COMPARISON].changed.connect(self._on_comparison_changed)
        session.selection.rows_changed.connect(self._on_selection_changed)
        session.selection.query_changed.connect(self._on_query_changed)
        session.results[NEIGHBOURS].changed.connect(self._on_neighbours_changed)
        session.selection.focus_changed.connect(self._on_focus_changed)
        session.colouring_changed.connect(self._on_colouring_changed)
        session.selection.k_changed.connect(self._on_k_changed)
        session.tasks.changed.connect(self._on_tasks_changed)
        session.runs.changed.connect(self._on_runs_changed)
        session.problems.changed.connect(self._on_problem)

    def _connect_parts(self) -> None:
        for slot, pane in self._panes.items():
            canvas = pane.canvas
            canvas.card_provider = partial(card_of, self._session, slot)
            canvas.clicked.connect(self._on_clicked)
            canvas.escaped.connect(self.peel)
            canvas.lassoed.connect(self._on_lassoed)
            canvas.hovered.connect(partial(self._on_hovered, slot))
            canvas.view_changed.connect(partial(self._on_view_changed, slot))
            canvas.mode_changed.connect(self._on_mode_changed)
            canvas.drawn.connect(partial(self._update_caption, slot))
            if self._thumbnails is not None:
                canvas.thumbnail_provider = self._thumbnails.get
                self._thumbnails.ready.connect(canvas.on_thumbnail_ready)
        self._tools.mode_requested.connect(self._on_mode_changed)
        self._tools.fit_requested.connect(self._on_fit_requested)
        self._tools.legend_requested.connect(self._on_legend_requested)
        self._tools.link_requested.connect(self._on_link_requested)
        self._tools.link.clicked.connect(self._on_link_clicked)
        self._chips.ended.connect(self._on_ended)
        self._nothing_in_view.clicked.connect(self._on_fit_requested)
        self._legend.hidden_changed.connect(self._on_hidden_changed)
        theme.notifier.changed.connect(self._on_theme_changed)

    # What the session says

    @Slot()
    def _on_catalog_changed(self) -> None:
        self._palette = None
        for slot in self._session.slots:
            self._on_projection_changed(slot)

    @Slot(str)
    def _on_checkpoint_changed(self, _slot: SlotKey) -> None:
        self._arrange()

    @Slot(str)
    def _on_embeddings_changed(self, _slot: SlotKey) -> None:
        self._arrange()

    @Slot(str)
    def _on_projection_changed(self, slot: SlotKey) -> None:
        self._maps[slot].show_points()
        self._arrange()
        self._maps[slot].mark_selected()
        self._maps[slot].mark_query()
        self._recolour()

    @Slot(str)
    def _on_evaluation_changed(self, _slot: SlotKey) -> None:
        if self._session.colouring == "correctness" or self._session.selection.focus is not None:
            self._recolour()

    @Slot()
    def _on_comparison_changed(self) -> None:
        self._update_captions()

    @Slot()
    def _on_selection_changed(self) -> None:
        for slot_map in self._maps.values():
            slot_map.mark_selected()
        self._legend.set_selected(self._maps[self._session.reference].selected_counts())
        self._show_chips()
        self._update_captions()

    @Slot()
    def _on_query_changed(self) -> None:
        for slot_map in self._maps.values():
            slot_map.mark_query()
        self._show_chips()
        self._update_captions()

    @Slot(str)
    def _on_neighbours_changed(self, slot: SlotKey) -> None:
        self._maps[slot].mark_query()

    @Slot()
    def _on_focus_changed(self) -> None:
        self._recolour()
        self._show_chips()

    @Slot()
    def _on_colouring_changed(self) -> None:
        if self._session.colouring == "correctness":
            self._tools.legend.setChecked(True)
        self._recolour()

    @Slot()
    def _on_k_changed(self) -> None:
        if self._session.colouring == "correctness":
            self._recolour()

    @Slot()
    def _on_tasks_changed(self) -> None:
        self._arrange()

    @Slot()
    def _on_runs_changed(self) -> None:
        if not self._session.has_model:
            self._arrange()

    @Slot(str, str, str)
    def _on_problem(self, _subject: str, _sentence: str, _details: str) -> None:
        self._arrange()

    # What the user does

    @Slot(int, object)
    def _on_clicked(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        session = self._session
        if row == NOWHERE:
            session.selection.select([])
            session.selection.set_query(None)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            session.selection.select(np.setxor1d(session.selection.rows, [row]))
        else:
            session.selection.select([row], query=row)

    @Slot(object, str)
    def _on_lassoed(self, rows: Rows, how: str) -> None:
        before = self._session.selection.rows
        match how:
            case "add":
                rows = np.union1d(before, rows)
            case "remove":
                rows = np.setdiff1d(before, rows)
        self._session.selection.select(rows)

    def _on_hovered(self, slot: SlotKey, row: int) -> None:
        for other in self._others(slot):
            other.set_linked_hover(other.scene.index_of(row))

    def _on_view_changed(self, slot: SlotKey, _state: ViewState) -> None:
        if self._tools.link.isChecked():
            self._follow(slot)

    @Slot(bool)
    def _on_link_requested(self, wanted: bool) -> None:
        if wanted:
            self._follow(self._session.reference)
        self._update_captions()

    @Slot()
    def _on_link_clicked(self) -> None:
        self._link_chosen = True

    @Slot(str)
    def _on_ended(self, kind: str) -> None:
        session = self._session
        match kind:
            case "query":
                session.selection.select(
                    np.setdiff1d(
                        session.selection.rows,
                        [NOWHERE if session.selection.query is None else session.selection.query],
                    )
                )
                session.selection.set_query(None)
            case "focus":
                session.selection.set_focus(None)
            case "selection":
                session.selection.select([])
            case "hidden":
                self._legend.show_all()

    @Slot(str)
    def _on_mode_changed(self, mode: str) -> None:
        self._tools.set_mode("select" if mode == "select" else "pan")
        for pane in self._panes.values():
            pane.canvas.set_mode("select" if mode == "select" else "pan")

    @Slot()
    def _on_fit_requested(self) -> None:
        for pane in self._panes.values():
            pane.canvas.fit()

    @Slot(bool)
    def _on_legend_requested(self, wanted: bool) -> None:
        self._legend.setVisible(wanted)
        self._place_tools()

    @Slot()
    def _on_hidden_changed(self) -> None:
        self._dim()

    @Slot()
    def _on_theme_changed(self) -> None:
        self._palette = None
        self._recolour()
        self.update()

    def _on_empty_clicked(self) -> None:
        best = best_of_newest(self._session) if self._action == "use" else None
        if best is not None:
            self._session.use(self._session.reference, best)
            # Else it would go to the next that takes the Tab key, with a ring, when the button is hidden.
            self.setFocus()
        elif self._action == "cancel":
            self._session.tasks.cancel("data")
        elif self._open_menu is not None:
            self._open_menu.popup(self._empty.below_button)

    # Steps

    def _arrange(self) -> None:
        """Show the maps there are, or why there is none."""
        session = self._session
        there = session.results[MAP][session.reference] is not None
        nothing = empty_message(session)
        self._action = nothing.action
        kind: ButtonKind = "normal" if nothing.action == "cancel" else "primary"
        self._empty.set(nothing.title, nothing.sentence, nothing.button, kind)
        self._stack.setCurrentIndex(1 if there else 0)
        self._tools.setVisible(there)
        self._chips.setVisible(there)
        self._legend.setVisible(there and self._tools.legend.isChecked())
        for slot in session.slots[1:]:
            is_used = session.checkpoint[slot] is not None
            if self._panes[slot].isVisibleTo(self) != is_used:
                self._panes[slot].setVisible(is_used)
                self.update()
        for slot_map in self._maps.values():
            slot_map.name()
        self._link_where_shared()
        self._update_captions()
        self._place_tools()

    def _follow(self, slot: SlotKey) -> None:
        """Let the other maps show what this one shows."""
        view = self._panes[slot].canvas.view
        for other in self._others(slot):
            other.set_view(following(view, other.view, same_layout=self._share_layout()))

    def _others(self, slot: SlotKey) -> list[MapCanvas]:
        return [pane.canvas for key, pane in self._panes.items() if key != slot]

    def _share_layout(self) -> bool:
        """Whether a place means the same on both maps: B's UMAP starts from A's and is turned to fit it."""
        shown = [self._maps[slot].projection for slot in self._shown_slots]
        return all(projection is not None and projection.method == "umap" for projection in shown)

    @property
    def _shown_slots(self) -> list[SlotKey]:
        session = self._session
        return [slot for slot in session.slots if slot == session.reference or session.checkpoint[slot] is not None]

    def _link_where_shared(self) -> None:
        """Maps go together where they share a layout, until the user chooses."""
        if self._session.comparing and not self._link_chosen:
            self._tools.link.setChecked(self._share_layout())

    def _recolour(self) -> None:
        self._palette = self._palette if self._palette is not None else self._class_palette()
        for slot_map in self._maps.values():
            slot_map.shade(self._palette)
        shading, *others = (self._maps[slot].shading for slot in self._session.slots)
        if shading is not None:
            # An image has its class on all maps, but not its outcome.
            counts = [other.counts > 0 for other in others if other is not None and other.kind == OUTCOMES]
            beside = np.any(counts, axis=0) if counts and shading.kind == OUTCOMES else None
            self._legend.set_groups(shading.kind, shading.names, shading.palette, shading.counts, beside)
        self._legend.set_selected(self._maps[self._session.reference].selected_counts())
        self._dim()

    def _class_palette(self) -> Bytes | None:
        catalog = self._session.catalog
        return None if catalog is None else class_palette(len(catalog.classes), theme.current().name)

    def _dim(self) -> None:
        for slot_map in self._maps.values():
            slot_map.dim(self._legend.hidden)
        self._show_chips()
        self._update_captions()

    def _show_chips(self) -> None:
        there = self._session.results[MAP][self._session.reference] is not None
        hidden = int(np.count_nonzero(self._legend.hidden))
        self._chips.show_chips(chips_of(self._session, hidden, self._legend.kind) if there else [])

    def _update_captions(self) -> None:
        for slot in self._session.slots:
            self._update_caption(slot)

    def _update_caption(self, slot: SlotKey) -> None:
        self._maps[slot].update_caption(int(np.count_nonzero(self._legend.hidden)))
        self._offer_all()

    def _offer_all(self) -> None:
        """A way back where a map has been moved out of sight."""
        shown = [pane.canvas for pane in self._panes.values() if pane.isVisibleTo(self) and len(pane.canvas.scene)]
        lost = bool(shown) and all(canvas.in_view == 0 for canvas in shown)
        self._nothing_in_view.setVisible(lost)
        if lost:
            self._nothing_in_view.adjustSize()
            self._nothing_in_view.move((self.width() - self._nothing_in_view.width()) // 2, self.height() // 2)
            self._nothing_in_view.raise_()

    def _place_tools(self) -> None:
        maps = sum(pane.isVisibleTo(self) for pane in self._panes.values())
        self._legend.leave_room(self.width() - maps * COMFORTABLE)
        room = self._legend.maximumWidth() + 1 if self._legend.isVisibleTo(self) else 0
        top = self._chips.height() if self._chips.isVisibleTo(self) else 0
        self._tools.offer_link(self._session.comparing)
        self._tools.move(self.width() - room - self._tools.width() - EDGE - 4, top + EDGE + 4)
        self._tools.raise_()
        last = self._shown_slots[-1]
        for slot, pane in self._panes.items():
            pane.leave_room(self._tools.width() + 2 * EDGE if slot == last else 0)
