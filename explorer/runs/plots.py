"""The two plots of a run: loss per step, recall per epoch. Importing this imports pyqtgraph (0.5 s)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from explorer.appearance import theme
from explorer.runs.run_history import Numbers, RunHistory

POINTS_WITH_SMOOTH_EDGES = 4000


@dataclass(frozen=True)
class Drawn:
    """A run to draw, in a colour "#rrggbb"."""

    history: RunHistory
    colour: str


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A quiet plot: two axes, a light grid, no buttons; drag pans, wheel zooms, double-click shows all."""

    def __init__(self, across: str, up: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = {"bottom": across, "left": up}
        self._curves: dict[tuple[int, str], pg.PlotDataItem] = {}
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setClipToView(True)
        item.setDownsampling(auto=True, mode="peak")
        item.getViewBox().setDefaultPadding(0.04)
        self.setFrameShape(self.Shape.NoFrame)
        self.setAccessibleName(f"{up} per {across.lower()}")
        theme.notifier.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def mouseDoubleClickEvent(self, _event: object) -> None:
        """Show everything again."""
        self.getPlotItem().enableAutoRange()

    def _on_theme_changed(self) -> None:
        tokens = theme.current()
        self.setBackground(tokens.panel)
        for side, name in self._names.items():
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(pg.mkPen(tokens.line))
            axis.setTextPen(pg.mkPen(tokens.secondary))
            axis.setTickFont(theme.number_font(theme.SMALL_PIXELS))
            axis.setStyle(tickLength=0, tickTextOffset=6)
            axis.setLabel(name, color=tokens.secondary, **{"font-size": f"{theme.SMALL_PIXELS}px"})
            # Axes draw their grid in the text's colour; a low alpha keeps it behind the curves.
            axis.setGrid(36)

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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Step", "Loss", parent)

    def draw(self, runs: Sequence[Drawn]) -> None:
        """Show these runs and no others."""
        keep = set()
        for place, run in enumerate(runs):
            loss, smooth = run.history.loss, run.history.smooth
            self._put((place, "raw"), loss.x, loss.y, _pen(run.colour, 1.0, 0.28))
            self._put((place, "smooth"), smooth.x, smooth.y, _pen(run.colour, 2.0))
            keep |= {(place, "raw"), (place, "smooth")}
        self._drop_from(keep)


class RecallPlot(Plot):
    """Recall@K per epoch in percent; K = 1 strong, the others fainter the larger K is, each named at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Epoch", "Recall@K, %", parent)
        self._labels: dict[tuple[int, str], pg.TextItem] = {}

    def draw(self, runs: Sequence[Drawn]) -> None:
        """Show these runs and no others."""
        keep = set()
        for place, run in enumerate(runs):
            for rank, k in enumerate(sorted(run.history.recall, key=int)):
                series = run.history.recall[k]
                strength = (1.0, 0.55, 0.4, 0.3)[min(rank, 3)]
                percent = 100 * series.y
                key = (place, k)
                pen = _pen(run.colour, 1.3 if rank else 2.0, strength)
                self._put(key, series.x, percent, pen, symbol=0 if rank else 5)
                self._name_end(key, f"@{k}", float(series.x[-1]), float(percent[-1]))
                keep.add(key)
        self._drop_from(keep)
        for key in set(self._labels) - keep:
            self.getPlotItem().removeItem(self._labels.pop(key))
        self._whole_epochs(runs)

    def _name_end(self, key: tuple[int, str], text: str, x: float, y: float) -> None:
        if key not in self._labels:
            label = pg.TextItem(text, anchor=(0, 0.5))
            label.setFont(theme.text_font(theme.SMALL_PIXELS))
            self._labels[key] = label
            self.getPlotItem().addItem(label, ignoreBounds=True)
        self._labels[key].setColor(theme.current().secondary)
        self._labels[key].setPos(x, y)

    def _whole_epochs(self, runs: Sequence[Drawn]) -> None:
        """Leave room for the names, and mark whole epochs only."""
        last = max((float(s.x[-1]) for run in runs for s in run.history.recall.values()), default=1.0)
        stride = max(1, int(np.ceil(last / 10)))
        ticks = [(epoch, str(epoch)) for epoch in range(stride, int(last) + 1, stride)]
        self.getPlotItem().getAxis("bottom").setTicks([ticks])
        if self.getPlotItem().getViewBox().autoRangeEnabled()[0]:
            self.getPlotItem().setXRange(min(1.0, last), max(last * 1.06, last + 0.4), padding=0.02)
            self.getPlotItem().getViewBox().enableAutoRange(x=True)


def _pen(colour: str, width: float, strength: float = 1.0) -> QPen:
    shade = QColor(colour)
    shade.setAlphaF(strength)
    pen: QPen = pg.mkPen(shade, width=width)
    return pen
