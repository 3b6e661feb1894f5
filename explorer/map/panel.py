"""The map panel: the session's images as points, on one map or on two linked ones."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import numpy as np
from PySide6.QtCore import Qt, QTimer, SignalInstance, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QWidget

from core.data.catalog import Rows
from explorer.appearance import theme
from explorer.appearance.widgets import EmptyState
from explorer.map.canvas import NOWHERE
from explorer.map.caption import Phrase
from explorer.map.colouring import class_palette, nearest_confusions
from explorer.map.facts import card_of, nothing_to_show
from explorer.map.kernels import Kernels
from explorer.map.legend import Legend
from explorer.map.oklch import Bytes
from explorer.map.pane import EDGE, MapPane
from explorer.map.shading import Shading, by_class, by_correctness, counts_of
from explorer.map.tools import MapTools
from explorer.map.viewport import ViewState
from explorer.map.wording import method_name, parameters_in_words, status
from explorer.session import SIDES, Session, Side

MOST_LINKS = 10


class Thumbnails(Protocol):
    """Where pictures come from: `get` answers at once or with None, and `ready(row)` follows."""

    @property
    def ready(self) -> SignalInstance: ...

    def get(self, row: int) -> QImage | None: ...


class MapPanel(QWidget):
    """Shows where the session's embeddings lie; clicks and lassos change the session's query and selection.

    While B is chosen there are two canvases with one view, one hover and one selection. Classes have the same
    colours on both: those of their places on A's map.
    """

    def __init__(self, session: Session, thumbnails: Thumbnails | None = None, kernels: Kernels | None = None) -> None:
        super().__init__()
        self._session, self._thumbnails = session, thumbnails
        self._kernels = kernels or Kernels(self)
        self._palette: Bytes | None = None
        self._shading: dict[Side, Shading] = {}
        self.setAccessibleName("Map")
        self._panes: dict[Side, MapPane] = {side: MapPane(self._kernels, f"Map of {side}") for side in SIDES}
        self._empty = EmptyState("")
        self._legend = Legend()
        self._stack = self._laid_out()
        self._tools = MapTools(self)
        self._connect_session()
        self._connect_parts()
        self._on_catalog_changed()

    @property
    def settled(self) -> bool:
        """Whether everything shown is final: nothing moves, is being prepared or waits for a thumbnail."""
        return all(pane.canvas.settled for pane in self._panes.values() if pane.isVisible())

    @property
    def legend(self) -> Legend:
        """The legend, hidden until asked for."""
        return self._legend

    @property
    def tools(self) -> MapTools:
        """The buttons on the map."""
        return self._tools

    @property
    def empty(self) -> EmptyState:
        """What stands in place of the map while there is none."""
        return self._empty

    def pane(self, side: Side) -> MapPane:
        """The map of one side; B's is hidden while there is no comparison."""
        return self._panes[side]

    def set_animations(self, on: bool) -> None:
        """Whether points glide to a new map."""
        for pane in self._panes.values():
            pane.canvas.animations = on

    def shutdown(self) -> None:
        """End what prepares the drawing code."""
        self._kernels.shutdown()

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # The window's first frame comes before half a second of imports.
        QTimer.singleShot(0, self._kernels.start)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_overlays()

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
        self._panes["B"].hide()
        self._legend.hide()
        stack = QStackedLayout(self)
        stack.addWidget(self._empty)
        stack.addWidget(maps)
        return stack

    def _connect_session(self) -> None:
        session = self._session
        session.catalog_changed.connect(self._on_catalog_changed)
        session.split_changed.connect(self._on_catalog_changed)
        session.checkpoint_changed.connect(self._on_checkpoint_changed)
        session.embeddings_changed.connect(self._on_embeddings_changed)
        session.projection_changed.connect(self._on_projection_changed)
        session.evaluation_changed.connect(self._on_evaluation_changed)
        session.comparison_changed.connect(self._on_comparison_changed)
        session.selection_changed.connect(self._on_selection_changed)
        session.query_changed.connect(self._on_query_changed)
        session.neighbours_changed.connect(self._on_neighbours_changed)
        session.focus_changed.connect(self._on_focus_changed)
        session.colouring_changed.connect(self._on_colouring_changed)
        session.k_changed.connect(self._on_k_changed)
        session.activity_changed.connect(self._on_activity_changed)
        session.problem.connect(self._on_problem)

    def _connect_parts(self) -> None:
        for side, pane in self._panes.items():
            canvas = pane.canvas
            canvas.card_provider = partial(card_of, self._session, side)
            canvas.clicked.connect(self._on_clicked)
            canvas.lassoed.connect(self._on_lassoed)
            canvas.hovered.connect(partial(self._on_hovered, side))
            canvas.view_changed.connect(partial(self._on_view_changed, side))
            canvas.mode_changed.connect(self._on_mode_changed)
            canvas.drawn.connect(partial(self._say_status, side))
            if self._thumbnails is not None:
                canvas.thumbnail_provider = self._thumbnails.get
                self._thumbnails.ready.connect(canvas.on_thumbnail_ready)
        self._tools.mode_wanted.connect(self._on_mode_changed)
        self._tools.fit_wanted.connect(self._on_fit_wanted)
        self._tools.legend_wanted.connect(self._on_legend_wanted)
        self._legend.hidden_changed.connect(self._on_hidden_changed)
        theme.notifier.changed.connect(self._on_theme_changed)

    # What the session says

    @Slot()
    def _on_catalog_changed(self) -> None:
        self._palette = None
        for side in SIDES:
            self._on_projection_changed(side)

    @Slot(str)
    def _on_checkpoint_changed(self, _side: Side) -> None:
        self._arrange()

    @Slot(str)
    def _on_embeddings_changed(self, _side: Side) -> None:
        self._arrange()

    @Slot(str)
    def _on_projection_changed(self, side: Side) -> None:
        projection = self._session.projection[side]
        canvas = self._panes[side].canvas
        if projection is None:
            canvas.set_points(np.empty((0, 2), np.float32), np.empty(0, np.int64), animate=False)
        else:
            canvas.set_points(projection.xy, self._rows(side))
        self._palette = None if side == "A" or self._session.projection["A"] is None else self._palette
        self._arrange()
        self._share_home()
        self._recolour()
        self._mark(side)

    @Slot(str)
    def _on_evaluation_changed(self, _side: Side) -> None:
        if self._session.colouring == "correctness" or self._session.focus is not None:
            self._recolour()

    @Slot()
    def _on_comparison_changed(self) -> None:
        self._say_all()

    @Slot()
    def _on_selection_changed(self) -> None:
        for side in SIDES:
            self._mark_selected(side)
        self._count_selected()
        self._say_all()

    @Slot()
    def _on_query_changed(self) -> None:
        for side in SIDES:
            self._mark_query(side)

    @Slot(str)
    def _on_neighbours_changed(self, side: Side) -> None:
        self._mark_query(side)

    @Slot()
    def _on_focus_changed(self) -> None:
        self._recolour()

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
    def _on_activity_changed(self) -> None:
        self._arrange()

    @Slot(str, str, str)
    def _on_problem(self, _place: str, _sentence: str, _details: str) -> None:
        self._arrange()

    # What the user does

    @Slot(int, object)
    def _on_clicked(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        session = self._session
        if row == NOWHERE:
            session.select([])
            session.set_query(None)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            session.select(np.setxor1d(session.selected, [row]))
        else:
            session.select([row], query=row)

    @Slot(object, str)
    def _on_lassoed(self, rows: Rows, how: str) -> None:
        before = self._session.selected
        match how:
            case "add":
                rows = np.union1d(before, rows)
            case "remove":
                rows = np.setdiff1d(before, rows)
        self._session.select(rows)

    def _on_hovered(self, side: Side, row: int) -> None:
        other = self._panes["B" if side == "A" else "A"].canvas
        other.set_linked_hover(other.scene.index_of(row))

    def _on_view_changed(self, side: Side, state: ViewState) -> None:
        self._panes["B" if side == "A" else "A"].canvas.set_view(state)

    @Slot(str)
    def _on_mode_changed(self, mode: str) -> None:
        self._tools.set_mode("select" if mode == "select" else "pan")
        for pane in self._panes.values():
            pane.canvas.set_mode("select" if mode == "select" else "pan")

    @Slot()
    def _on_fit_wanted(self) -> None:
        self._panes["A"].canvas.fit()

    @Slot(bool)
    def _on_legend_wanted(self, wanted: bool) -> None:
        self._legend.setVisible(wanted)
        self._place_overlays()

    @Slot()
    def _on_hidden_changed(self) -> None:
        for side in SIDES:
            self._mark_dimmed(side)
        self._say_all()

    @Slot()
    def _on_theme_changed(self) -> None:
        self._palette = None
        self._recolour()
        self.update()

    # Steps

    def _arrange(self) -> None:
        """Show the maps there are, or why there is none."""
        session = self._session
        there = session.projection["A"] is not None
        self._empty.set(*nothing_to_show(session))
        self._stack.setCurrentIndex(1 if there else 0)
        self._tools.setVisible(there)
        self._legend.setVisible(there and self._tools.legend.isChecked())
        if self._panes["B"].isVisibleTo(self) != session.comparing:
            self._panes["B"].setVisible(session.comparing)
            self.update()
        self._name_maps()
        self._say_all()
        self._place_overlays()

    def _share_home(self) -> None:
        bounds = [pane.canvas.scene.bounds for pane in self._panes.values() if len(pane.canvas.scene)]
        home = bounds[0].union(bounds[1]) if len(bounds) == 2 else None
        for pane in self._panes.values():
            pane.canvas.set_home(home)

    def _recolour(self) -> None:
        for side in SIDES:
            shading = self._shade(side)
            if shading is None:
                self._shading.pop(side, None)
                continue
            self._shading[side] = shading
            self._panes[side].canvas.set_colours(shading.palette, shading.codes, shading.front)
        shown = self._shading.get("A")
        if shown is not None:
            self._legend.set_groups(shown.kind, shown.names, shown.palette, shown.counts)
        for side in SIDES:
            self._mark_dimmed(side)
        self._count_selected()
        self._place_overlays()

    def _shade(self, side: Side) -> Shading | None:
        session, projection = self._session, self._session.projection[side]
        catalog, embeddings, evaluation = session.catalog, session.embeddings[side], session.evaluation[side]
        if catalog is None or projection is None:
            return None
        tokens, rows = theme.current(), self._rows(side)
        near = np.empty(0, np.int64)
        if session.focus is not None and evaluation is not None and embeddings is not None:
            near = nearest_confusions(catalog.codes[embeddings.rows], evaluation.nearest, session.focus)
        if session.colouring == "class":
            return by_class(catalog, rows, self._class_palette(side), session.focus, near, tokens)
        first_hit = np.full(len(rows), -1, np.int64)
        if evaluation is not None and embeddings is not None:
            position = np.searchsorted(embeddings.rows, rows)
            first_hit = evaluation.first_hit[np.minimum(position, len(embeddings) - 1)]
        focused = None if session.focus is None else catalog.codes[rows] == session.focus
        return by_correctness(first_hit, session.k, focused, tokens)

    def _rows(self, side: Side) -> Rows:
        """(N,) catalog rows of a side's map."""
        projection, embeddings = self._session.projection[side], self._session.embeddings[side]
        if projection is not None and projection.rows is not None:
            return projection.rows
        return embeddings.rows if embeddings is not None else np.empty(0, np.int64)

    def _class_palette(self, side: Side) -> Bytes:
        if self._palette is None:
            catalog = self._session.catalog
            place: Side = "A" if self._session.projection["A"] is not None else side
            projection = self._session.projection[place]
            assert catalog is not None and projection is not None
            codes = catalog.codes[self._rows(place)]
            self._palette = class_palette(projection.xy, codes, len(catalog.classes), theme.current().name)
        return self._palette

    def _mark(self, side: Side) -> None:
        self._mark_selected(side)
        self._mark_query(side)
        self._say_status(side)

    def _mark_selected(self, side: Side) -> None:
        canvas = self._panes[side].canvas
        canvas.set_selected(np.isin(canvas.scene.ids, self._session.selected))

    def _mark_query(self, side: Side) -> None:
        canvas, session = self._panes[side].canvas, self._session
        query = NOWHERE if session.query is None else canvas.scene.index_of(session.query)
        canvas.set_query(query)
        retrieved = session.neighbours[side]
        if query < 0 or retrieved is None or retrieved.query != session.query:
            canvas.set_links([], [])
            return
        rows = retrieved.rows[:MOST_LINKS]
        right = [None] * len(rows) if retrieved.right is None else [bool(mark) for mark in retrieved.right[: len(rows)]]
        canvas.set_links([canvas.scene.index_of(int(row)) for row in rows], right)

    def _mark_dimmed(self, side: Side) -> None:
        shading = self._shading.get(side)
        hidden = self._legend.hidden
        canvas = self._panes[side].canvas
        if shading is None or len(shading.codes) != len(canvas.scene) or not len(hidden):
            return
        canvas.set_dimmed(np.where(shading.codes >= 0, hidden[shading.codes], False))

    def _count_selected(self) -> None:
        canvas, shading = self._panes["A"].canvas, self._shading.get("A")
        selected = canvas.scene.selected
        if shading is None or len(shading.codes) != len(selected) or not selected.any():
            self._legend.set_selected(None)
        else:
            self._legend.set_selected(counts_of(shading.codes[selected], len(shading.names)))

    def _name_maps(self) -> None:
        session = self._session
        for side, pane in self._panes.items():
            projection, checkpoint = session.projection[side], session.checkpoint[side]
            phrases: list[Phrase] = []
            if session.comparing:
                name = checkpoint.name if checkpoint is not None else ""
                aligned = " · aligned to A" if side == "B" and projection is not None else ""
                phrases = [Phrase(side, "accent" if side == "A" else "second", True), Phrase(name + aligned, "text")]
            if projection is not None:
                method, how = method_name(projection.method), parameters_in_words(projection.parameters)
                quiet = session.comparing
                phrases.append(Phrase(method, "secondary" if quiet else "text", not quiet))
                phrases += [Phrase(how)] if how else []
            working = [activity.words for activity in session.activities if activity.key == f"project {side}"]
            pane.set_header(*phrases, *[Phrase(f"· {words}") for words in working])

    def _say_all(self) -> None:
        for side in SIDES:
            self._say_status(side)

    def _say_status(self, side: Side) -> None:
        pane, session = self._panes[side], self._session
        scene, shading = pane.canvas.scene, self._shading.get(side)
        if session.projection[side] is None or shading is None or session.catalog is None:
            working = [activity.words for activity in session.activities if activity.key.endswith(f" {side}")]
            pane.set_footer(working[-1] if working else "")
            return
        if session.comparing and side == "B":
            pane.set_footer(self._linked_in_words(len(scene)))
            return
        embeddings = session.embeddings[side]
        codes = session.catalog.codes[scene.ids]
        pane.set_footer(
            status(
                images=len(scene),
                classes=int(np.count_nonzero(counts_of(codes, len(session.catalog.classes)))),
                selected=int(np.count_nonzero(scene.selected)),
                in_view=pane.canvas.in_view,
                hidden_images=int(np.count_nonzero(scene.dimmed)),
                hidden_groups=int(np.count_nonzero(self._legend.hidden)),
                drawn=pane.canvas.drawn_while_moving,
                left_out=len(embeddings.origin.unreadable) if embeddings is not None else 0,
            )
        )

    def _linked_in_words(self, images: int) -> str:
        comparison = self._session.comparison
        kept = None if comparison is None else comparison.neighbours_kept
        measured = (
            f"neighbours kept at {comparison.k}: {100 * kept:.0f} % · " if comparison and kept is not None else ""
        )
        return f"{measured}{images:,} images · linked"

    def _place_overlays(self) -> None:
        room = self._legend.width() + 1 if self._legend.isVisibleTo(self) else 0
        self._tools.move(self.width() - room - self._tools.width() - EDGE - 4, EDGE + 4)
        self._tools.raise_()
        last: Side = "B" if self._session.comparing else "A"
        for side, pane in self._panes.items():
            pane.leave_room(self._tools.width() + 2 * EDGE if side == last else 0)
