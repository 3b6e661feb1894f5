"""One side of the session on one canvas: its points, colours, marks and words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows
from core.messages import Message
from core.projection.projection import Projection
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.appearance import theme
from explorer.appearance.colouring import Codes, nearest_confusions
from explorer.appearance.oklch import Bytes
from explorer.panels.map.caption import BETWEEN, Foreground, Phrase
from explorer.panels.map.pane import MapPane
from explorer.panels.map.pictures import NOWHERE
from explorer.panels.map.shading import Shading, by_class, by_column, by_correctness, counts_of, not_measured
from explorer.panels.map.wording import compared, describe_parameters, method_name, status
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import CLASS, CORRECTNESS, Session
from explorer.state.derived import Derived
from explorer.state.slots import SlotKey

MOST_LINKS = 10


class SlotMap:
    """Carries what the session knows of one slot over to its pane; changes nothing in the session."""

    def __init__(self, session: Session, slot: SlotKey, pane: MapPane) -> None:
        self._session, self._slot = session, slot
        self.pane = pane
        self.shading: Shading | None = None
        self._classes: tuple[Rows, int] | None = None

    @property
    def _is_reference(self) -> bool:
        return self._slot == self._session.reference

    @property
    def projection(self) -> Projection | None:
        """The slot's map."""
        return self._session.results[MAP][self._slot]

    @property
    def rows(self) -> Rows:
        """(N,) catalog rows of the slot's map."""
        embeddings = self._session.results[EMBEDDINGS][self._slot]
        if self.projection is not None and self.projection.rows is not None:
            return self.projection.rows
        return embeddings.rows if embeddings is not None else np.empty(0, np.int64)

    def show_points(self) -> None:
        """The projection is another one, or gone."""
        canvas = self.pane.canvas
        if self.projection is None:
            canvas.set_points(np.empty((0, 2), np.float32), np.empty(0, np.int64), animate=False)
        else:
            canvas.set_points(self.projection.xy, self.rows)

    def shade(self, palette: Bytes | None) -> None:
        """Colour the points; `palette` are the colours of classes, None while there is no map."""
        self.shading = None if palette is None or self.projection is None else self._shading(palette)
        if self.shading is not None:
            self.pane.canvas.set_colours(self.shading.palette, self.shading.codes, self.shading.front)

    def dim(self, hidden: npt.NDArray[np.bool_]) -> None:
        """Dim the groups (G,) that the legend hides, and the images that the filter hides."""
        if self.shading is None:
            return
        shown, rows = self._session.filter.mask, self.rows
        dimmed = np.zeros(len(rows), bool) if shown is None else ~shown[rows]
        if hidden.any() and len(hidden) == len(self.shading.names):
            # Points of no group, -1, take the entry after the last: they are never hidden.
            dimmed |= np.append(hidden, False)[self.shading.groups]
        self.pane.canvas.set_dimmed(dimmed)

    def mark_selected(self) -> None:
        """The selection changed, or the points did."""
        canvas = self.pane.canvas
        canvas.set_selected(np.isin(canvas.scene.ids, self._session.selection.rows))

    def mark_query(self) -> None:
        """The query or its neighbours changed, or the points did; a query by file stands at its nearest image."""
        canvas, session = self.pane.canvas, self._session
        retrieved = session.results[NEIGHBOURS][self._slot]
        query = NOWHERE if session.selection.query is None else canvas.scene.index_of(session.selection.query)
        by_file = session.selection.query_image is not None and retrieved is not None and retrieved.query is None
        if retrieved is None or retrieved.query != session.selection.query or (query == NOWHERE and not by_file):
            canvas.set_query(query)
            canvas.set_links([], [])
            return
        rows = retrieved.rows[:MOST_LINKS]
        right = [None] * len(rows) if retrieved.right is None else [bool(mark) for mark in retrieved.right[: len(rows)]]
        found = [canvas.scene.index_of(int(row)) for row in rows]
        canvas.set_query(query, found[0] if by_file and found else NOWHERE)
        canvas.set_links(found, right)

    def selected_counts(self) -> Codes | None:
        """(G,) selected points of each group; None for a single one or none: the query alone is no selection."""
        selected = self.pane.canvas.scene.selected
        if (
            self.shading is None
            or not self.shading.names
            or len(self.shading.groups) != len(selected)
            or np.count_nonzero(selected) < 2
        ):
            return None
        return counts_of(self.shading.groups[selected], len(self.shading.names))

    def name(self) -> None:
        """Write what the map is above it."""
        session, projection = self._session, self.projection
        phrases: list[Phrase] = []
        checkpoint = session.checkpoint[self._slot]
        name = session.library.name_of(checkpoint) if checkpoint is not None else ""
        if session.comparing:
            foreground: Foreground = "accent" if self._is_reference else "second"
            phrases = [Phrase(self._slot, foreground, strong=True), Phrase(name, "text", required=True)]
        working = self._working(MAP)
        phrases += self._method() if projection is not None else []
        # Beside another map there is no room for what the one that is on its way depends on.
        phrases += self._parameters(name) if projection is not None and not (working and session.comparing) else []
        phrases += [Phrase(f"· {working}")] if working else []
        self.pane.set_header(*phrases)

    def _method(self) -> list[Phrase]:
        """What the map was made with. Beside another map it comes after what a reader must not miss."""
        assert self.projection is not None
        alone = not self._session.comparing
        collapse = self.projection.collapse if alone else self.projection.collapse_word
        method = Phrase(method_name(self.projection.method), "text" if alone else "secondary", strong=alone)
        if not collapse:
            return [method]
        # Beside another map there is room for the word, and the figures say the rest.
        collapsed = Phrase(collapse, "text", required=True)
        return [method, collapsed] if alone else [collapsed, method]

    def _parameters(self, name: str) -> list[Phrase]:
        """What the map depends on; `name` is its checkpoint's."""
        session, projection = self._session, self.projection
        assert projection is not None
        parts = [describe_parameters(projection.parameters)]
        if not self._is_reference and projection.method == "umap":
            parts.insert(0, Message("initialised-from-layout", slot=session.reference))
        of_file = isinstance(session.checkpoint[self._slot], EmbeddingsFile) and not session.comparing
        texts = (BETWEEN.join(part for part in parts if part), Message("map-of-file", name=name) if of_file else "")
        return [Phrase(text) for text in texts if text]

    def update_caption(self) -> None:
        """Write the figures below the map."""
        session, scene = self._session, self.pane.canvas.scene
        if self.projection is None or session.catalog is None or len(scene) == 0:
            self.pane.set_footer(self._working())
            return
        if not self._is_reference:
            comparison = session.results[COMPARISON][self._slot]
            overlap = None if comparison is None else (comparison.k, comparison.neighbour_overlap)
            self.pane.set_footer(compared(len(scene), overlap, self.pane.canvas.in_view))
            return
        embeddings = session.results[EMBEDDINGS][self._slot]
        self.pane.set_footer(
            status(
                images=len(scene),
                classes=self._classes_of(session.catalog, scene.ids),
                selected=int(np.count_nonzero(scene.selected)) if session.selection.holds_images else 0,
                in_view=self.pane.canvas.in_view,
                hidden_images=int(np.count_nonzero(scene.dimmed)),
                drawn=self.pane.canvas.drawn_while_moving,
                left_out=len(embeddings.origin.unreadable) if embeddings is not None else 0,
            )
        )

    def _classes_of(self, catalog: Catalog, ids: Rows) -> int:
        """How many classes the points have; counted once for them."""
        if self._classes is None or self._classes[0] is not ids:
            codes = catalog.codes[ids]
            self._classes = ids, int(np.count_nonzero(counts_of(codes, len(catalog.classes))))
        return self._classes[1]

    def _shading(self, palette: Bytes) -> Shading | None:
        session, slot, rows = self._session, self._slot, self.rows
        catalog, embeddings, evaluation = (
            session.catalog,
            session.results[EMBEDDINGS][slot],
            session.results[EVALUATION][slot],
        )
        if catalog is None:
            return None
        tokens = theme.current()
        if session.colouring == CLASS:
            near = np.empty(0, np.int64)
            if session.selection.focus is not None and evaluation is not None and embeddings is not None:
                near = nearest_confusions(catalog.codes[embeddings.rows], evaluation.nearest, session.selection.focus)
            return by_class(catalog, rows, palette, session.selection.focus, near, tokens)
        focused = None if session.selection.focus is None else catalog.codes[rows] == session.selection.focus
        if session.colouring != CORRECTNESS:
            column = session.columns[session.colouring]
            if column is None:
                return not_measured(session.colouring, rows, tokens)
            return by_column(column, rows, focused, tokens)
        first_hit = np.full(len(rows), -1, np.int64)
        if evaluation is not None and embeddings is not None:
            position = np.searchsorted(embeddings.rows, rows)
            first_hit = evaluation.first_hit[np.minimum(position, len(embeddings) - 1)]
        return by_correctness(first_hit, session.selection.k, focused, tokens)

    def _working(self, on: Derived[Any] | None = None) -> str:
        """What is done for the slot, or by a child process for one of its results; "" for nothing."""
        tasks = [task for task in self._session.tasks.all if task.subject.slot == self._slot]
        words = [task.words for task in tasks if on is None or (task.in_child and task.subject.about == on.name)]
        return words[-1] if words else ""
