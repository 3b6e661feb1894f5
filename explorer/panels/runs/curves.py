"""Where the curves of the chosen runs are drawn, once the plotting library is there."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QSizePolicy,
    QWidget,
)

from core.messages import Message
from core.training.run_directory import RunSummary
from explorer.appearance import theme
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_column, in_row, stacked
from explorer.appearance.plain import Label
from explorer.appearance.widgets import EmptyState, Segmented
from explorer.panels.runs.curve_colours import MOST, colour
from explorer.panels.runs.run_history import RunHistory
from explorer.panels.runs.run_metrics_text import in_full, in_short
from explorer.panels.runs.term_list import TermList
from explorer.panels.runs.term_views import TermView, views_of

if TYPE_CHECKING:
    from explorer.panels.runs.plots import Drawn, LossPlot, TermPlot, ValidationPlot

MOST_RUNS = MOST
# States whose sentence says what is wrong.
BROKEN = ("crashed", "failed", "damaged", "newer")
REDRAW_MILLISECONDS = 200
POLL_MILLISECONDS = 40
VIEW_WIDTH = 192
ROW_HEIGHT = 28
LOSS_AND_RECALL, LOSS_AND_DISTANCE = Message("loss-and-recall"), Message("loss-and-label-distance")


class Curves(QWidget):
    """Loss and recall of up to `MOST_RUNS` runs over each other, with a legend; or what one run tells of its loss.

    Runs that are all compared by label distance have that instead of recall.

    The plotting library is imported by a thread when this is first shown (the import takes half a second and would
    hold up the window); until then runs are only remembered.

    Attributes:
        legend: the names and colours.
        plots, term_plot: of the runs, and of one run's terms; None before they were first shown.
        terms: the switches of the terms.
    """

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[tuple[RunSummary, RunHistory]] = []
        self.plots: tuple[LossPlot, ValidationPlot] | None = None
        self.term_plot: TermPlot | None = None
        self._importing: threading.Thread | None = None
        self._poll = QTimer(self, interval=POLL_MILLISECONDS)
        self._poll.timeout.connect(self._on_poll)
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MILLISECONDS)
        self._redraw.timeout.connect(self._on_redraw)
        theme.notifier.changed.connect(self._redraw.start)
        self.legend = CurveLegend()
        self.legend.k_chosen.connect(self._on_redraw)
        self.legend.view_chosen.connect(self._on_redraw)
        self.terms = TermList()
        self.terms.toggled.connect(self._on_redraw)
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("wrong", True)
        self.sentence.hide()
        self._empty = EmptyState()
        plots, with_list = QWidget(), QWidget()
        self._side_by_side = in_row(on=plots, spacing=12)
        self._with_list = in_row(self.terms, on=with_list, spacing=12)
        self._stack = stacked(self._empty, plots, with_list)
        in_column(self.legend, self.sentence, (self._stack, 1), on=self, margins=(14, 8, 14, 8), spacing=4)

    def show_runs(self, runs: Sequence[tuple[RunSummary, RunHistory]]) -> None:
        """Show these runs, at once."""
        self._runs = list(runs[:MOST_RUNS])
        self.legend.show_runs([run for run, _ in self._runs], more=len(runs) - len(self._runs))
        single = runs[0][0] if len(runs) == 1 else None
        broken = single is not None and single.state in BROKEN
        self.sentence.setText(single.sentence if single is not None else "")
        self.sentence.setVisible(broken)
        self._on_redraw()

    def advance(self) -> None:
        """The shown histories grew; redrawn at most five times a second."""
        if not self._redraw.isActive():
            self._redraw.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.plots is None:
            # The first tick starts the import, after the window around this had its turn to be painted.
            self._poll.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        tall = event.size().height() > 0.85 * event.size().width()
        direction = QBoxLayout.Direction.TopToBottom if tall else QBoxLayout.Direction.LeftToRight
        self._side_by_side.setDirection(direction)

    def _on_poll(self) -> None:
        if self._importing is None:
            self._importing = threading.Thread(target=_import_plots, name="import plots", daemon=True)
            self._importing.start()
        if self._importing.is_alive():
            return
        self._poll.stop()
        from explorer.panels.runs.plots import LossPlot, TermPlot, ValidationPlot

        self.plots, self.term_plot = (LossPlot(), ValidationPlot()), TermPlot()
        for plot in self.plots:
            self._side_by_side.addWidget(plot, 1)
        self._with_list.insertWidget(0, self.term_plot, 1)
        self._on_redraw()

    def _on_redraw(self) -> None:
        there = any(len(history.loss.raw) or history.recall or history.label_distance for _, history in self._runs)
        self._empty.set(*_emptiness([run for run, _ in self._runs]))
        views = views_of(self._runs[0][1].terms) if len(self._runs) == 1 else []
        self.legend.offer(views, LOSS_AND_DISTANCE if self._by_distance else LOSS_AND_RECALL)
        self.legend.update()
        view = self.legend.view
        self._stack.setCurrentIndex(0 if not there else 1 if view is None else 2)
        if self.plots is None or not self.isVisible():
            return
        if view is None:
            self._draw_runs()
        else:
            self._draw_terms(view)

    def _draw_runs(self) -> None:
        from explorer.panels.runs.plots import Drawn

        assert self.plots is not None
        drawn = [Drawn(history, colour(index)) for index, (_, history) in enumerate(self._runs)]
        loss, validation = self.plots
        loss.draw(drawn)
        by_distance = self._by_distance
        validation.draw(drawn, _common_k(drawn) if by_distance else self.legend.k, by_distance)

    @property
    def _by_distance(self) -> bool:
        return bool(self._runs) and all(run.measure.lower_is_better for run, _ in self._runs)

    def _draw_terms(self, view: TermView) -> None:
        assert self.term_plot is not None
        history = self._runs[0][1]
        self.terms.list_terms(view.terms)
        for term, switch in self.terms.switches.items():
            trace = history.terms[term]
            switch.show_figure(float((trace.smooth if view.smoothed else trace.raw.y)[-1]))
        colours = [colour(index) for index in range(len(view.terms))]
        self.term_plot.draw(view, history, self.terms.shown, colours)


class CurveLegend(QWidget):
    """One run: its name, how it stands, and what of it is drawn. Several: a swatch and a name each, and which recall.

    ``k_chosen(str)``: the user chose another K. ``view_chosen(str)``: the user chose what is drawn, "" for loss and
    recall.
    """

    k_chosen = Signal(str)
    view_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._row = in_row(on=self, spacing=6)
        self._sentence = ElidedLabel(where=Qt.TextElideMode.ElideRight)
        self._sentence.setProperty("quiet", True)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setFixedHeight(ROW_HEIGHT)
        self._row.addWidget(self._sentence, 1)
        self._choice = Segmented({k: f"@{k}" for k in ("1", "2", "4", "8")}, Message("recall-at"))
        self._choice.chosen.connect(self.k_chosen)
        self._choice.hide()
        self._row.addWidget(self._choice)
        self._views: list[TermView] = []
        self._wanted = ""
        self._view = QComboBox()
        self._view.setAccessibleName(Message("curves-shown"))
        # Its height is the theme's, which a lower one would cut.
        self._view.setFixedWidth(VIEW_WIDTH)
        self._view.activated.connect(self._on_view_activated)
        self._view.hide()
        self._row.addWidget(self._view)
        self.names: list[str] = []
        self._parts: list[QWidget] = []

    @property
    def k(self) -> str:
        """The K that is drawn when there are several runs."""
        return self._choice.value

    @property
    def view(self) -> TermView | None:
        """What is drawn of one run; None for loss and recall."""
        return next((view for view in self._views if view.key == self._wanted), None)

    def show_runs(self, runs: Sequence[RunSummary], more: int = 0) -> None:
        """Name these runs; `more` are chosen but not drawn."""
        names = [run.name for run in runs]
        if names != self.names:
            self._rebuild(names)
        single = runs[0] if len(runs) == 1 else None
        # What went wrong needs more room than there is in this line.
        quiet = single is not None and single.state not in BROKEN
        words = Message("more-runs-not-drawn", more=more) if more else ""
        self._sentence.setText(_standing(single) if single is not None and quiet else words)
        self._sentence.setToolTip(f"{single.sentence}\n{in_full(single)}" if single is not None else words)
        self._choice.setVisible(len(runs) > 1 and not all(run.measure.lower_is_better for run in runs))

    def offer(self, views: list[TermView], first: str = LOSS_AND_RECALL) -> None:
        """Offer these beside `first`; the one chosen before stays chosen where it is among them."""
        offered = [(first, ""), *((view.title, view.key) for view in views)]
        if offered != [(self._view.itemText(at), self._view.itemData(at)) for at in range(self._view.count())]:
            self._view.clear()
            for title, key in offered:
                self._view.addItem(title, key)
        self._views = views
        self._view.setCurrentIndex(max(0, self._view.findData(self._wanted)))
        self._view.setVisible(bool(views))

    def _on_view_activated(self, index: int) -> None:
        self._wanted = str(self._view.itemData(index))
        self.view_chosen.emit(self._wanted)

    def _rebuild(self, names: list[str]) -> None:
        self.names = names
        for part in self._parts:
            self._row.removeWidget(part)
            part.deleteLater()
        self._parts = []
        widest = 320 if len(names) == 1 else 140
        for index, name in enumerate(names):
            words = ElidedLabel(name)
            words.setMaximumWidth(min(widest, words.sizeHint().width() + 2))
            words.setMinimumWidth(24)
            for part in (Swatch(index), words):
                self._row.insertWidget(len(self._parts), part)
                self._parts.append(part)


class Swatch(QWidget):
    """A short line in a run's colour."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self.setFixedSize(QSize(14, 14))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, 6, 12, 3, QColor(colour(self._index)))


def _import_plots() -> None:
    importlib.import_module("explorer.panels.runs.plots")
    # What it brings stays, and need not be looked through for garbage while the window waits.
    gc.freeze()


def _common_k(runs: Sequence[Drawn]) -> str:
    """The largest K whose label distance every run with any has; "1" before there is one."""
    measured = [set(run.history.label_distance) for run in runs if run.history.label_distance]
    return max(set.intersection(*measured), key=int, default="1") if measured else "1"


def _standing(run: RunSummary) -> str:
    """How a run stands, and what it has reached, on one line."""
    state = "" if run.state == "finished" and run.best_figure is not None else run.sentence
    return " · ".join(part for part in (state, in_short(run)) if part)


def _emptiness(runs: Sequence[RunSummary]) -> tuple[str, str]:
    if not runs:
        return Message("no-run-chosen"), Message("how-to-choose-run")
    if runs[0].state == "running":
        return Message("starting"), Message("curves-appear-later")
    return Message("no-training-steps"), Message("run-ended-before-first-step")
