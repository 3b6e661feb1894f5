"""The compare panel: which queries B fixes and which it breaks."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from core.comparison import Comparison
from core.messages import Message
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import divided, in_column, in_row, stacked
from explorer.appearance.metric_label import MetricLabel
from explorer.appearance.number_format import per_cent, share_caption
from explorer.appearance.plain import literal
from explorer.appearance.widgets import EmptyState, button
from explorer.empty_panels import CHOOSE_OTHER, way_to_model
from explorer.measured_images import images_details, images_summary
from explorer.panels.compare.changed_queries import NOTHING, changed_queries
from explorer.panels.compare.query_view import QueryView
from explorer.panels.panel import Panel
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON
from explorer.session import Session
from explorer.thumbnails import ThumbnailStore

TOP_HEIGHT = 32
BETWEEN_FIGURES = 24
LONGEST_NAME = 32


class ComparePanel(Panel):
    """Overall figures on top; below, the fixed and the broken queries side by side.

    While a class is focused, both lists show that class only. The title counts the queries of all classes.
    """

    def __init__(self, session: Session, thumbnails: ThumbnailStore) -> None:
        super().__init__()
        self._session = session
        self._all_fixed, self._all_broken = NOTHING, NOTHING
        self._empty = EmptyState()
        self._recall_a = MetricLabel("R@1 A", Message("recall-of-slot-with-interval", slot="A"), "accent", beside=True)
        self._recall_b = MetricLabel("R@1 B", Message("recall-of-slot-with-interval", slot="B"), "second", beside=True)
        self._difference = MetricLabel("B − A", beside=True)
        self._overlap = MetricLabel("", Message("overlap-explained"), beside=True, gives_way=True)
        self._images = ElidedLabel(where=Qt.TextElideMode.ElideRight)
        self._only = button("", "quiet", "close")
        self._only.setObjectName("showAllClasses")
        self._only.setToolTip(Message("queries-of-all-classes"))
        self._fixed = QueryView(thumbnails, fixed=True)
        self._broken = QueryView(thumbnails, fixed=False)
        # Above the lists, not among the figures: those need all the width of a small screen.
        self._broken.heading_row.addWidget(self._only)
        self._stack = stacked(self._empty, self._lists(), on=self)
        self._listen()
        self._show()

    def _counted(self) -> str:
        if self._session.comparison is None:
            return Message("compare")
        return Message("compare-with-counts", fixed=len(self._all_fixed), broken=len(self._all_broken))

    def _lists(self) -> QWidget:
        top = QWidget()
        top.setFixedHeight(TOP_HEIGHT)
        figures = (self._recall_a, self._recall_b, self._difference, self._overlap)
        in_row(*figures, (self._images, 1), on=top, margins=(14, 0, 14, 0), spacing=BETWEEN_FIGURES)
        box = QWidget()
        in_column(top, (divided(self._fixed, self._broken, 50), 1), on=box, spacing=0)
        return box

    def _listen(self) -> None:
        session = self._session
        session.catalog_changed.connect(self._show_what_is_missing)
        session.runs.changed.connect(self._show_what_is_missing)
        self._empty.command_wished.connect(self.command_wished)
        session.checkpoint.changed.connect(self._show_what_is_missing)
        session.results[COMPARISON].changed.connect(self._show)
        session.results[MAP].changed.connect(self._update_images)
        session.selection.focus_changed.connect(self._show_lists)
        session.filter.changed.connect(self._show_lists)
        session.selection.query_changed.connect(self._mark_query)
        self._fixed.query_chosen.connect(self._on_query_chosen)
        self._broken.query_chosen.connect(self._on_query_chosen)
        for view in (self._fixed, self._broken):
            view.queries_gathered.connect(session.selection.select)
        self._only.clicked.connect(partial(session.selection.set_focus, None))

    def _on_query_chosen(self, row: int) -> None:
        # Marking the session's query in a list comes back here; asking again would never end.
        if row != self._session.selection.query:
            self._session.selection.set_query(row)

    def _show(self) -> None:
        comparison = self._session.comparison
        self._all_fixed = NOTHING if comparison is None else changed_queries(comparison, comparison.fixed)
        self._all_broken = NOTHING if comparison is None else changed_queries(comparison, comparison.broken)
        if comparison is not None:
            self._show_figures(comparison)
            self._update_images()
        self._show_lists()
        self._show_what_is_missing()
        self._stack.setCurrentIndex(0 if comparison is None else 1)
        self.setWindowTitle(self._counted())

    def _update_images(self) -> None:
        self._images.setText(images_summary(self._session))
        self._images.setToolTip(images_details(self._session))

    def _show_figures(self, comparison: Comparison) -> None:
        intervals = comparison.intervals
        recall_a, recall_b = comparison.evaluation_a.recall[1], comparison.evaluation_b.recall[1]
        self._recall_a.show_number(per_cent(recall_a), caption=share_caption("R@1 A", intervals.a))
        self._recall_b.show_number(per_cent(recall_b), caption=share_caption("R@1 B", intervals.b))
        self._difference.show_difference(recall_a, recall_b, intervals.difference)
        overlap = comparison.neighbour_overlap
        self._overlap.show_number(
            "n/a" if overlap is None else f"{100 * overlap:.0f} %",
            caption=Message("overlap-of-k-nearest", k=comparison.k),
        )

    def _show_lists(self) -> None:
        """Show both lists, of the focused class only where there is one, and of what the filter shows."""
        catalog, focus = self._session.catalog, self._session.selection.focus
        for view, queries in ((self._fixed, self._all_fixed), (self._broken, self._all_broken)):
            shown = queries if catalog is None else queries.of_class(focus, catalog.codes)
            shown = shown.within(self._session.filter.mask)
            view.show_queries(shown, len(queries), catalog)
        self._only.setVisible(catalog is not None and focus is not None)
        if catalog is not None and focus is not None:
            self._only.setText(literal(Message("only-class", label=_shortened(catalog.classes[focus]))))
        self._mark_query()

    def _mark_query(self) -> None:
        self._fixed.mark_query(self._session.selection.query)
        self._broken.mark_query(self._session.selection.query)

    def _show_what_is_missing(self) -> None:
        session = self._session
        if session.comparing and session.has_model:
            self._empty.set(Message("comparing-a-and-b"), Message("lists-appear-later"))
        else:
            way, title, text = CHOOSE_OTHER, Message("no-second-checkpoint"), Message("what-is-compared")
            if not session.has_model:
                way, title, text = (
                    way_to_model(session),
                    Message("nothing-compared-yet"),
                    Message("what-two-models-give"),
                )
            self._empty.set(title, text, way.words, "normal", way.command)


def _shortened(name: str) -> str:
    """A class name for a button, where a single ampersand would mark a shortcut."""
    short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return short.replace("&", "&&")
