"""From the end of a lasso around many points to the selection tray, counted and painted.

The points are those of catalog rows without pictures; another part is enclosed each time. Beside it, in the same round,
`np.bincount` counts as many images by class: what a tray that did nothing but count would take.

    python -m benchmarks.selection [--images 1000000] [--selected 200000] [--classes 10000] [--rounds 15]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtWidgets import QApplication

from core.data.catalog import Catalog, texts
from core.data.source import DataSource
from explorer.appearance import theme
from explorer.jobs.runner import JobRunner
from explorer.panels.map.lasso import inside
from explorer.panels.selection.panel import SelectionPanel
from explorer.session import Session
from explorer.start import prioritise_window
from explorer.thumbnails import ThumbnailStore

CORNERS = 300
LIMIT_MS = 300.0


class Times(NamedTuple):
    """Milliseconds of each round: to find the enclosed points, to the painted tray, and to count alone."""

    lasso: list[float]
    tray: list[float]
    counting: list[float]


def made_session(folder: Path, images: int, classes: int) -> Session:
    """A session with so many images, none of which has a file."""
    nothing, test = texts([""]).repeat(images), texts(["test"]).repeat(images)
    paths = texts([f"{number}.jpg" for number in range(images)])
    codes = np.random.default_rng(1).integers(0, classes, images)
    labels = texts([f"class {number}" for number in range(classes)])[codes]
    session = Session(folder / "workspace")
    session.set_catalog(DataSource("made"), Catalog("made", folder, paths, labels, test, nothing, nothing), "all")
    return session


def outline_of(share: float, turn: float) -> np.ndarray:
    """A wavy ring around the middle of the unit square that encloses about this share of it."""
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    radius = np.sqrt(share / np.pi) * (1 + 0.2 * np.sin(7 * angles + turn)) / np.sqrt(1 + 0.2**2 / 2)
    return 0.5 + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def measure(folder: Path, images: int, selected: int, classes: int, rounds: int) -> Times:
    """Draw `rounds` different lassos around about `selected` of the points."""
    session, runner = made_session(folder, images, classes), JobRunner()
    store = ThumbnailStore(folder / "workspace")
    store.set_catalog(session.catalog)
    panel = SelectionPanel(session, store, runner, lambda _panel: None)
    panel.resize(420, 720)
    panel.show()
    QApplication.processEvents()
    xy = np.random.default_rng(2).random((images, 2), np.float32)
    codes = session.catalog.codes
    times = Times([], [], [])
    for number in range(rounds):
        began = time.perf_counter()
        rows = np.flatnonzero(inside(xy, outline_of(selected / images, 0.4 * number)))
        enclosed = time.perf_counter()
        session.selection.gather(rows)
        panel.repaint()
        panel.grid.viewport().repaint()
        painted = time.perf_counter()
        assert panel.windowTitle().endswith(f"{len(rows):,}"), "another selection each time"
        np.bincount(codes[rows], minlength=classes)
        times.counting.append(1000 * (time.perf_counter() - painted))
        times.lasso.append(1000 * (enclosed - began))
        times.tray.append(1000 * (painted - enclosed))
        QApplication.processEvents()
    runner.shutdown()
    store.shutdown()
    panel.close()
    return times


def main() -> int:
    """Measure and print; the exit status tells whether the limit was kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--selected", type=int, default=200_000)
    parser.add_argument("--classes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    prioritise_window()
    application = QApplication(sys.argv[:1])
    theme.apply(application, "dark")
    with tempfile.TemporaryDirectory(prefix="selection-") as name:
        times = measure(Path(name), arguments.images, arguments.selected, arguments.classes, arguments.rounds)
    print(f"{arguments.selected:,} of {arguments.images:,} images, {arguments.classes:,} classes")
    print(f"{'':34} {'median':>8}  {'slowest':>8}  limit")
    lines = {
        "points within the lasso found": (times.lasso, ""),
        "tray counted and painted": (times.tray, f"  {LIMIT_MS:.0f} ms"),
        "np.bincount of as many": (times.counting, ""),
    }
    for words, (values, end) in lines.items():
        print(f"{words:34} {statistics.median(values):8.1f}  {max(values):8.1f}{end}")
    ratio = statistics.median(times.tray) / statistics.median(times.counting)
    print(f"{'tray, times the bincount':34} {ratio:8.1f}")
    return 0 if statistics.median(times.tray) <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
