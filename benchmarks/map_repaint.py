"""How long a repaint of the map takes while it is panned, against pyqtgraph's scatter plot.

Both draw the same points as anti-aliased discs of 5 pixels, coloured by class, 50 groups, into a widget of
1600 x 1000 pixels without a screen; repaints alternate between the two, so that a busy machine slows both.

    python benchmarks/map_repaint.py [--points 10000 60000] [--rounds 9]
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication, QWidget

from explorer.appearance.colouring import class_palette
from explorer.panels.map import canvas as canvas_module
from explorer.panels.map.canvas import MapCanvas
from explorer.panels.map.kernels import Kernels

WIDTH, HEIGHT = 1600, 1000
RADIUS = 2.5
CLASSES = 50
GOAL_POINTS, GOAL_MILLISECONDS = 60_000, 16.0


def blobs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) positions in 50 groups, and the group of each."""
    rng = np.random.default_rng(0)
    codes = rng.integers(CLASSES, size=count)
    centres = rng.normal(size=(CLASSES, 2)) * 4
    return (centres[codes] + rng.normal(size=(count, 2)) * 0.7).astype(np.float32), codes


def our_map(kernels: Kernels, xy: np.ndarray, codes: np.ndarray, palette: np.ndarray) -> MapCanvas:
    """The canvas at its usual opacity, with the scatter plot's disc size."""
    canvas = MapCanvas(kernels)
    canvas.resize(WIDTH, HEIGHT)
    canvas.set_points(xy, np.arange(len(xy)), animate=False)
    canvas.set_colours(palette, codes)
    return canvas


def scatter_plot(xy: np.ndarray, codes: np.ndarray, palette: np.ndarray) -> pg.PlotWidget:
    """The same points in a ScatterPlotItem with a brush a class."""
    plot = pg.PlotWidget()
    plot.resize(WIDTH, HEIGHT)
    brushes = [pg.mkBrush(*colour.tolist(), 226) for colour in palette]
    plot.addItem(pg.ScatterPlotItem(pos=xy, size=2 * RADIUS, pen=None, brush=[brushes[code] for code in codes]))
    plot.setAntialiasing(True)
    return plot


def milliseconds(widget: QWidget) -> tuple[float, float]:
    """One repaint of the whole widget, done when this returns: by the clock, and of processor time."""
    start, worked = time.perf_counter(), time.process_time()
    widget.repaint()
    return (time.perf_counter() - start) * 1e3, (time.process_time() - worked) * 1e3


def repaints(ours: MapCanvas, theirs: pg.PlotWidget, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """(rounds, 2) milliseconds of repaints of each, panning by a few pixels in between."""
    times = []
    for number in range(-1, rounds):
        step = 3 if number % 2 else -3
        ours.set_view(ours.view.panned(step, step))
        theirs.getViewBox().translateBy(x=step * 0.01, y=step * 0.01)
        times.append((milliseconds(ours), milliseconds(theirs.viewport())))
    # The first one builds caches on both sides.
    measured = np.array(times[1:])
    return measured[:, 0], measured[:, 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, nargs="+", default=[10_000, 60_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    kernels = Kernels()
    kernels.load_now()
    # The canvas draws a sample while a million points move; here every point counts.
    canvas_module.MOST_WHILE_MOVING = 1 << 40
    canvas_module.disc_radius = lambda _count, _zoom, _slot: RADIUS
    print(
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; medians, by the clock and of processor time"
    )
    print(
        f"{'points':>10}  {'map ms':>8}  {'(cpu)':>7}  {'pyqtgraph ms':>12}  {'(cpu)':>7}  {'ratio':>6}  {'(cpu)':>6}"
    )
    verdict = ""
    for count in options.points:
        xy, codes = blobs(count)
        palette = class_palette(CLASSES, "dark")
        ours, theirs = our_map(kernels, xy, codes, palette), scatter_plot(xy, codes, palette)
        for widget in (ours, theirs):
            widget.show()
        application.processEvents()
        rounds = options.rounds if count < 500_000 else max(3, options.rounds // 3)
        our_times, their_times = repaints(ours, theirs, rounds)
        (median, cpu), (other, other_cpu) = np.median(our_times, axis=0), np.median(their_times, axis=0)
        figures = f"{count:>10,}  {median:>8.1f}  {cpu:>7.1f}  {other:>12.1f}  {other_cpu:>7.1f}"
        print(f"{figures}  {other / median:>5.1f}x  {other_cpu / cpu:>5.1f}x")
        if count == GOAL_POINTS:
            met = "under" if median < GOAL_MILLISECONDS else "NOT under"
            verdict = (
                f"{count:,} points: {median:.1f} ms ({cpu:.1f} ms of processor time), {met} {GOAL_MILLISECONDS:.0f} ms."
            )
        for widget in (ours, theirs):
            widget.close()
            widget.deleteLater()
        application.processEvents()
    print(verdict)


if __name__ == "__main__":
    main()
