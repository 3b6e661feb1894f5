"""The map panel: the session's images as points, on one map or on two linked ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from core.data.catalog import Rows
from core.messages import Message
from core.wording import counted
from explorer.appearance import theme
from explorer.appearance.colouring import class_palette
from explorer.appearance.layouts import in_column, in_row, stacked
from explorer.appearance.oklch import Bytes
from explorer.appearance.widgets import ButtonKind, EmptyState, button
from explorer.offer_bar import OfferBar
from explorer.panels.map.canvas import MapCanvas, Mode
from explorer.panels.map.hover_text import card_of, empty_message
from explorer.panels.map.kernels import Kernels
from explorer.panels.map.legend import Legend
from explorer.panels.map.pane import EDGE, MapPane
from explorer.panels.map.pictures import NOWHERE
from explorer.panels.map.shading import OUTCOMES
from explorer.panels.map.slot_map import SlotMap
from explorer.panels.map.tools import MapTools
from explorer.panels.map.viewport import following
from explorer.panels.panel import Panel
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import CLASS, CORRECTNESS, Session
from explorer.state.panel_filters import PanelFilter
from explorer.state.slots import SlotKey
from explorer.state.subject import DRAWING
from explorer.thumbnails import ThumbnailStore

# Pixels that a map keeps beside the legend where the legend can be narrower.
COMFORTABLE = 240


class MapPanel(Panel):
    """Shows where the session's embeddings lie; clicks and lassos change the session's query and selection.

    While B is chosen there are two canvases with one hover and one selection, and while they are linked one follows the
    other's view. Classes have the same colours on both, and on every other map of the data set.

    Attributes:
        legend: hidden until asked for.
        tools: the buttons on the map.
        empty: what stands in place of the map while there is none.
        offers: ways to a model, above it.
    """

    def __init__(
        self,
        session: Session,
        thumbnails: ThumbnailStore | None = None,
        kernels: Kernels | None = None,
        open_data: QAction | None = None,
        ways_to_a_model: Sequence[QAction] = (),
    ) -> None:
        super().__init__()
        self._session, self._thumbnails, self._open_data = session, thumbnails, open_data
        self._kernels = kernels or Kernels(self)
        self._kernels.failed.connect(partial(session.problems.set_notice, DRAWING))
        self._palette: Bytes | None = None
        self.setAccessibleName(Message("map"))
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._panes: dict[SlotKey, MapPane] = {
            slot: MapPane(self._kernels, Message("map-of-slot", slot=slot)) for slot in session.slots
        }
        self._maps = {slot: SlotMap(session, slot, self._panes[slot]) for slot in session.slots}
        self.empty = EmptyState()
        self.offers = OfferBar(session, ways_to_a_model, is_filled=False)
        self._action = ""
        self.empty.clicked.connect(self._on_empty_clicked)
        # It can be put away there.
        for action in self.offers.more.menu().actions():
            action.triggered.connect(self._arrange)
        self.legend = Legend()
        self._nothing_in_view = button(Message("show-all"))
        self._stack = self._laid_out()
        self.tools = MapTools(self)
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
        return "" if self.is_idle else Message("drawing-the-map")

    def pane(self, slot: SlotKey) -> MapPane:
        """The map of one slot; B's is hidden while there is no comparison."""
        return self._panes[slot]

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
        in_row(*((pane, 1) for pane in self._panes.values()), self.legend, on=maps, spacing=1)
        for slot in self._session.slots[1:]:
            self._panes[slot].hide()
        self.legend.hide()
        without_map = QWidget()
        in_column(self.offers, (self.empty, 1), on=without_map, spacing=0)
        stack = stacked(without_map, maps)
        in_column(stack, on=self, spacing=0)
        self._nothing_in_view.setParent(self)
        self._nothing_in_view.hide()
        return stack

    def _connect_session(self) -> None:
        session = self._session
        session.catalog_changed.connect(self._on_catalog_changed)
        session.split_changed.connect(self._on_catalog_changed)
        session.checkpoint.changed.connect(self._arrange)
        session.results[EMBEDDINGS].changed.connect(self._arrange)
        session.results[MAP].changed.connect(self._on_projection_changed)
        session.results[EVALUATION].changed.connect(self._on_evaluation_changed)
        session.results[COMPARISON].changed.connect(self._update_captions)
        session.selection.rows_changed.connect(self._on_selection_changed)
        session.selection.query_changed.connect(self._on_query_changed)
        session.results[NEIGHBOURS].changed.connect(self._on_neighbours_changed)
        session.selection.focus_changed.connect(self._on_focus_changed)
        session.colouring_changed.connect(self._on_colouring_changed)
        session.columns.changed.connect(self._on_columns_changed)
        session.filter.changed.connect(self._dim)
        session.selection.k_changed.connect(self._on_k_changed)
        session.tasks.changed.connect(self._arrange)
        session.runs.changed.connect(self._on_runs_changed)
        session.problems.changed.connect(self._arrange)

    def _connect_parts(self) -> None:
        for slot, pane in self._panes.items():
            canvas = pane.canvas
            canvas.card_provider = partial(card_of, self._session, slot)
            canvas.clicked.connect(self._on_clicked)
            canvas.lassoed.connect(self._on_lassoed)
            canvas.hovered.connect(partial(self._on_hovered, slot))
            canvas.view_changed.connect(partial(self._on_view_changed, slot))
            canvas.mode_changed.connect(self._on_mode_changed)
            canvas.drawn.connect(partial(self._update_caption, slot))
            if self._thumbnails is not None:
                canvas.thumbnail_provider = self._thumbnails.picture
                canvas.has_picture = self._thumbnails.has_picture
                self._thumbnails.ready.connect(canvas.on_thumbnail_ready)
        self.tools.mode_requested.connect(self._on_mode_changed)
        self.tools.fit.clicked.connect(self._on_fit_requested)
        self.tools.legend.toggled.connect(self._on_legend_requested)
        self.tools.link.toggled.connect(self._on_link_requested)
        self.tools.link.clicked.connect(self._on_link_clicked)
        self._nothing_in_view.clicked.connect(self._on_fit_requested)
        self.legend.hidden_changed.connect(self._dim)
        self.legend.searched.connect(self._on_legend_searched)
        theme.notifier.changed.connect(self._on_theme_changed)

    # What the session says

    def _on_catalog_changed(self) -> None:
        self._palette = None
        for slot in self._session.slots:
            self._on_projection_changed(slot)

    def _on_projection_changed(self, slot: SlotKey) -> None:
        self._maps[slot].show_points()
        self._arrange()
        self._maps[slot].mark_selected()
        self._maps[slot].mark_query()
        self._recolour()

    def _on_evaluation_changed(self, _slot: SlotKey) -> None:
        if self._session.colouring == CORRECTNESS or self._session.selection.focus is not None:
            self._recolour()

    def _on_selection_changed(self) -> None:
        for slot_map in self._maps.values():
            slot_map.mark_selected()
        self.legend.model.set_selected(self._maps[self._session.reference].selected_counts())
        self._update_captions()

    def _on_query_changed(self) -> None:
        for slot_map in self._maps.values():
            slot_map.mark_query()
        self._update_captions()

    def _on_neighbours_changed(self, slot: SlotKey) -> None:
        self._maps[slot].mark_query()

    def _on_focus_changed(self) -> None:
        self._recolour()

    def _on_colouring_changed(self) -> None:
        if self._session.colouring != CLASS:
            self.tools.legend.setChecked(True)
        self._recolour()

    def _on_columns_changed(self) -> None:
        # Those that another model's measures stand in for, or that are known only now.
        if self._session.colouring not in (CLASS, CORRECTNESS):
            self._recolour()

    def _on_k_changed(self) -> None:
        if self._session.colouring == CORRECTNESS:
            self._recolour()

    def _on_runs_changed(self) -> None:
        if not self._session.has_model:
            self._arrange()

    # What the user does

    def _on_clicked(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        session = self._session
        if row == NOWHERE:
            session.selection.select([])
            session.selection.set_query(None)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            session.selection.select(np.setxor1d(session.selection.rows, [row]))
        else:
            session.selection.select([row], query=row)

    def _on_lassoed(self, rows: Rows, how: str) -> None:
        before = self._session.selection.rows
        match how:
            case "add":
                rows = np.union1d(before, rows)
            case "remove":
                rows = np.setdiff1d(before, rows)
        self._session.selection.gather(rows)

    def _on_hovered(self, slot: SlotKey, row: int) -> None:
        for other in self._others(slot):
            other.set_linked_hover(other.scene.index_of(row))

    def _on_view_changed(self, slot: SlotKey) -> None:
        if self.tools.link.isChecked():
            self._follow(slot)

    def _on_link_requested(self, wanted: bool) -> None:
        if wanted:
            self._follow(self._session.reference)
        self._update_captions()

    def _on_link_clicked(self) -> None:
        self._link_chosen = True

    def _on_mode_changed(self, mode: Mode) -> None:
        self.tools.set_mode(mode)
        for pane in self._panes.values():
            pane.canvas.set_mode(mode)

    def _on_fit_requested(self) -> None:
        for pane in self._panes.values():
            pane.canvas.fit()

    def _on_legend_requested(self, wanted: bool) -> None:
        self.legend.setVisible(wanted)
        self._place_tools()

    def _on_legend_searched(self, text: str) -> None:
        words = Message("classes-with-text", text=text)
        hiding = PanelFilter(Message("legend"), words, self.legend.clear_search, "map") if text else None
        self._session.panel_filters.put("legend search", hiding)

    def _on_theme_changed(self) -> None:
        self._palette = None
        self._recolour()
        self.update()

    def _on_empty_clicked(self) -> None:
        if self._action == "cancel":
            self._session.tasks.cancel("data")
        elif self._action != "open":
            # Else it would go to the next that takes the Tab key, with a ring, when the button is hidden.
            self.setFocus()
            self.command_wished.emit(self._action)
        elif self._open_data is not None:
            self._open_data.trigger()

    # Steps

    def _arrange(self) -> None:
        """Show the maps there are, or why there is none."""
        session = self._session
        there = session.results[MAP][session.reference] is not None
        nothing = empty_message(session)
        self._action = nothing.action
        kind: ButtonKind = "primary" if nothing.action == "open" else "normal"
        # The bar above has the same and more.
        is_offered = self.offers.isVisibleTo(self) and nothing.action not in ("open", "cancel")
        self.empty.set(nothing.title, nothing.sentence, None if is_offered else nothing.button, kind)
        self._stack.setCurrentIndex(1 if there else 0)
        self.tools.setVisible(there)
        self.legend.setVisible(there and self.tools.legend.isChecked())
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
            self.tools.link.setChecked(self._share_layout())

    def _recolour(self) -> None:
        self._palette = self._palette if self._palette is not None else self._class_palette()
        for slot_map in self._maps.values():
            slot_map.shade(self._palette)
        shading, *others = (self._maps[slot].shading for slot in self._session.slots)
        if shading is not None:
            # An image has its class on all maps, but not its outcome.
            counts = [other.counts > 0 for other in others if other is not None and other.kind == OUTCOMES]
            beside = np.any(counts, axis=0) if counts and shading.kind == OUTCOMES else None
            groups = (shading.names, shading.palette, shading.counts)
            self.legend.set_groups(shading.kind, *groups, beside, shading.column, shading.scale)
        self.legend.model.set_selected(self._maps[self._session.reference].selected_counts())
        self._dim()

    def _class_palette(self) -> Bytes | None:
        catalog = self._session.catalog
        return None if catalog is None else class_palette(len(catalog.classes), theme.current().name)

    def _dim(self) -> None:
        for slot_map in self._maps.values():
            slot_map.dim(self.legend.hidden)
        self._tell_hidden()
        self._update_captions()

    def _tell_hidden(self) -> None:
        """Say in the row of chips what the legend hides."""
        there = self._session.results[MAP][self._session.reference] is not None
        hidden = int(np.count_nonzero(self.legend.hidden)) if there else 0
        words = counted(hidden, *self.legend.kind)
        hiding = PanelFilter(Message("chip-hidden"), words, self.legend.show_all, "map") if hidden else None
        self._session.panel_filters.put("legend", hiding)

    def _update_captions(self) -> None:
        for slot in self._session.slots:
            self._update_caption(slot)

    def _update_caption(self, slot: SlotKey) -> None:
        self._maps[slot].update_caption()
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
        self.legend.leave_room(self.width() - maps * COMFORTABLE)
        room = self.legend.maximumWidth() + 1 if self.legend.isVisibleTo(self) else 0
        self.tools.offer_link(self._session.comparing)
        self.tools.move(self.width() - room - self.tools.width() - EDGE - 4, EDGE + 4)
        self.tools.raise_()
        last = self._shown_slots[-1]
        for slot, pane in self._panes.items():
            pane.leave_room(self.tools.width() + 2 * EDGE if slot == last else 0)
