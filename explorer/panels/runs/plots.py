"""The plots of a run: loss and terms per step, measures per epoch. Importing this imports pyqtgraph (0.5 s)."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPen, QResizeEvent

from core.messages import Message
from explorer.appearance import theme
from explorer.panels.runs.run_history import RunHistory
from explorer.panels.runs.series import Numbers, Series
from explorer.panels.runs.term_views import TermView

POINTS_WITH_SMOOTH_EDGES = 4000
MARKED_EPOCHS = 15
AXIS_HEIGHT = 48
AXIS_WIDTH = 56
# After the name at the end of a curve.
AROUND_NAME = 2
# Up to so many terms, what each step told is drawn behind its moving average.
FEW_TERMS = 4
STRENGTHS = (1.0, 0.6, 0.45, 0.35)
# The arrow says, as in the table, that lower is better: no more has room beside a low plot.
RECALL, LABEL_DISTANCE = Message("axis-recall"), Message("axis-label-distance")


@dataclass(frozen=True)
class Drawn:
    """A run to draw, in a colour "#rrggbb"."""

    history: RunHistory
    colour: str


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A quiet plot: two axes, a light grid, no buttons; drag pans, wheel zooms, double-click shows all."""

    def __init__(self, across: str, up: str) -> None:
        super().__init__()
        self._names = {"bottom": across, "left": up}
        self._follows = True
        self._curves: dict[tuple[int, str], pg.PlotDataItem] = {}
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setClipToView(True)
        item.setDownsampling(auto=True, mode="peak")
        item.getViewBox().setDefaultPadding(0.04)
        # There is no step before the first, nor an epoch; one alone would stand between them.
        item.getViewBox().setLimits(xMin=0)
        item.getViewBox().sigRangeChangedManually.connect(self._on_moved_by_hand)
        self.setFrameShape(self.Shape.NoFrame)
        self.setAccessibleName(Message("axes-of-plot", up=up, across=across.lower()))
        theme.notifier.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def mouseDoubleClickEvent(self, _event: object) -> None:
        """Show everything again."""
        self._follows = True
        self.getPlotItem().enableAutoRange()
        self._fit()

    def _on_moved_by_hand(self, _axes: object) -> None:
        self._follows = False

    def _fit(self) -> None:
        """Show everything, as long as the user has not chosen what to look at."""

    def _call(self, up: str) -> None:
        """Name the upright axis anew where it measures something else now."""
        if self._names["left"] != up:
            self._names["left"] = up
            self.setAccessibleName(Message("axes-of-plot", up=up, across=self._names["bottom"].lower()))
            self._on_theme_changed()
            # Levels and weights have nothing in common; what was looked at before says nothing here.
            self._follows = True
            self.getPlotItem().enableAutoRange()

    def _on_theme_changed(self) -> None:
        tokens = theme.current()
        self.setBackground(tokens.panel)
        for side, name in self._names.items():
            axis = self.getPlotItem().getAxis(side)
            # "Loss (x0.001)" is nothing that anybody says. pyqtgraph 0.14 scales once even while it is being told not
            # to, and writes 500 for 0.5: no figure may lie in a range that is scaled.
            axis.setSIPrefixEnableRanges(((0.0, 0.0),))
            axis.enableAutoSIPrefix(False)
            axis.setPen(pg.mkPen(tokens.line))
            axis.setTextPen(pg.mkPen(tokens.secondary))
            axis.setTickFont(theme.number_font(theme.SMALL_PIXELS))
            axis.setStyle(tickLength=0, tickTextOffset=6)
            axis.setLabel(html.escape(name), color=tokens.secondary, **{"font-size": f"{theme.SMALL_PIXELS}px"})
            # Axes draw their grid in the text's colour; a low alpha keeps it behind the curves.
            axis.setGrid(60 if tokens.name == "dark" else 44)

    def _put(self, key: tuple[int, str], x: Numbers, y: Numbers, pen: QPen, symbol: int = 0) -> None:
        """Draw or redraw one curve; `symbol` is the diameter of its points, 0 for none."""
        if key not in self._curves:
            self._curves[key] = self.getPlotItem().plot()
        curve = self._curves[key]
        # pyqtgraph keeps the arrays it is given; the history goes on growing in them.
        marks = {"symbol": "o", "symbolSize": symbol, "symbolBrush": pen.color(), "symbolPen": None} if symbol else {}
        curve.setData(x.copy(), y.copy(), pen=pen, antialias=len(x) < POINTS_WITH_SMOOTH_EDGES, **marks)

    def _drop_from(self, keep: set[tuple[int, str]]) -> None:
        for key in set(self._curves) - keep:
            self.getPlotItem().removeItem(self._curves.pop(key))


class LossPlot(Plot):
    """Loss per step: raw faint, smoothed strong."""

    def __init__(self) -> None:
        super().__init__(Message("axis-step"), Message("loss"))

    def draw(self, runs: Sequence[Drawn]) -> None:
        """Show these runs and no others."""
        keep = set()
        for index, run in enumerate(runs):
            loss = run.history.loss.raw
            self._put((index, "raw"), loss.x, loss.y, _pen(run.colour, 1.0, 0.28 if len(runs) == 1 else 0.14))
            self._put((index, "smooth"), loss.x, run.history.loss.smooth, _pen(run.colour, 2.0))
            keep |= {(index, "raw"), (index, "smooth")}
        self._drop_from(keep)


class TermPlot(Plot):
    """Named figures of one run per step; of few, the raw ones stay visible behind the moving averages."""

    def __init__(self) -> None:
        super().__init__(Message("axis-step"), Message("axis-component"))

    def draw(self, view: TermView, history: RunHistory, shown: Collection[str], colours: Sequence[str]) -> None:
        """Draw the `shown` terms of `view`, each in the colour of its place."""
        self._call(view.axis)
        keep = set()
        for index, term in enumerate(view.terms):
            if term not in shown:
                continue
            trace = history.terms[term]
            strong = trace.smooth if view.smoothed else trace.raw.y
            if view.smoothed and len(shown) <= FEW_TERMS:
                self._put((index, "raw"), trace.raw.x, trace.raw.y, _pen(colours[index], 1.0, 0.2))
                keep.add((index, "raw"))
            self._put((index, "strong"), trace.raw.x, strong, _pen(colours[index], 2.0))
            keep.add((index, "strong"))
        self._drop_from(keep)


class ValidationPlot(Plot):
    """What was measured per epoch: Recall@K in per cent, or the mean label distance at K.

    One run: every K, the one that decides strong and the others fainter, each named at its end. Several: one K.
    """

    def __init__(self) -> None:
        # pyqtgraph resizes a plot while it is being made.
        self._ready = False
        super().__init__(Message("epoch"), RECALL)
        self._labels: dict[str, pg.TextItem] = {}
        self._named: dict[str, Series] = {}
        self._unit = 100
        self._last = 1.0
        self._ready = True

    def draw(self, runs: Sequence[Drawn], k: str = "1", distance: bool = False) -> None:
        """Show these runs and no others; `k` is the one drawn when there are several, `distance` instead of recall."""
        self._unit = 1 if distance else 100
        self._call(LABEL_DISTANCE if distance else RECALL)
        single = len(runs) == 1
        measured = [run.history.label_distance if distance else run.history.recall for run in runs]
        keep = set()
        for index, (run, curves) in enumerate(zip(runs, measured, strict=True)):
            # The largest K decides among label distances, the smallest of recall.
            ranks = sorted(curves, key=int, reverse=distance) if single else [k]
            for rank, shown in enumerate(ranks):
                series = curves.get(shown)
                if series is not None:
                    strong = rank == 0
                    pen = _pen(run.colour, 2.0 if strong else 1.3, STRENGTHS[min(rank, len(STRENGTHS) - 1)])
                    marks = 5 if strong and len(series) <= MARKED_EPOCHS else 0
                    self._put((index, shown), series.x, self._unit * series.y, pen, symbol=marks)
                    keep.add((index, shown))
        self._drop_from(keep)
        self._named = measured[0] if single else {}
        self._name_ends()
        ends = [series.x[-1] for curves in measured for series in curves.values()]
        self._last = float(max(ends, default=1.0))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Name as many ends as there is room for, each whole."""
        super().resizeEvent(event)
        if self._ready:
            self._name_ends()
            self._fit()

    def _name_ends(self) -> None:
        named = self._named
        for k in set(self._labels) - set(named):
            self.getPlotItem().removeItem(self._labels.pop(k))
        below = -np.inf
        for k, series in sorted(named.items(), key=lambda item: int(item[0])):
            if k not in self._labels:
                self._labels[k] = pg.TextItem(f"@{k}", anchor=(0, 0.5))
                self._labels[k].setFont(theme.text_font(theme.SMALL_PIXELS))
                self.getPlotItem().addItem(self._labels[k], ignoreBounds=True)
            self._labels[k].setColor(theme.current().secondary)
            self._labels[k].setPos(float(series.x[-1]), self._unit * float(series.y[-1]))
            # Where ends lie too close for their names, that of the lower curve is kept.
            end = self._unit * float(series.y[-1])
            apart = end - below > self._name_height()
            self._labels[k].setVisible(apart)
            below = end if apart else below

    def _name_height(self) -> float:
        """How much of the axis a name covers when all curves are in view."""
        values = np.concatenate([series.y for series in self._named.values()])
        room = max(self.height() - AXIS_HEIGHT, 1)
        return float(1.1 * theme.SMALL_PIXELS * self._unit * np.ptp(values) / room)

    def _name_width(self) -> float:
        """The share of the plot's width that the names at the right need, at most a half."""
        widest = max((label.boundingRect().width() for label in self._labels.values()), default=0.0)
        return float(min(0.5, (widest + AROUND_NAME) / max(self.width() - AXIS_WIDTH, 1)))

    def _fit(self) -> None:
        """Mark whole epochs only, and leave room for the names at the right."""
        stride = max(1, int(np.ceil(self._last / 8)))
        ticks = [(epoch, str(epoch)) for epoch in range(stride, int(self._last) + 1, stride)]
        self.getPlotItem().getAxis("bottom").setTicks([ticks])
        if self._follows:
            room = max(0.14 * (self._last - 1), 0.25)
            first, share = max(1 - room / 3, 0.0), self._name_width()
            room = max(room, share / (1 - share) * (self._last - first))
            self.getPlotItem().setXRange(first, self._last + room, padding=0)
            if self._curves:
                self.getPlotItem().enableAutoRange(axis="y")
            else:
                # Before the first epoch is measured the axis says per cent, not the unit range.
                self.getPlotItem().setYRange(0, self._unit)


def _pen(colour: str, width: float, strength: float = 1.0) -> QPen:
    shade = QColor(colour)
    shade.setAlphaF(strength)
    pen: QPen = pg.mkPen(shade, width=width)
    return pen
