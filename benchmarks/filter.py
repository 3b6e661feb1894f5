"""From changing a condition of the filter to the window painted by it, with 1,000,000 images.

The window is the real one with all its panels, in the view of the map and in the view of the data. A range of numbers
is moved and values are checked, as who drags and clicks does; the first change of all reads the columns. Of a million
points the map draws a sample first, which counts as painted, and all of them when the hand rests. The reference is
what NumPy takes for the same two comparisons and nothing else.

    python -m benchmarks.filter [--images 1000000] [--changes 20]
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.click_in_window import made_catalog, started, until
from core.data.catalog import texts
from core.data.conditions import Between, Condition, OneOf
from core.data.source import DataSource
from core.projection.projection import Projection
from core.retrieval.embeddings import Origin, of_catalog
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.jobs.runner import JobRunner
from explorer.main_window import MainWindow
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.session import Session
from explorer.settings import Settings
from explorer.thumbnails import ThumbnailStore
from explorer.views import DATA_VIEW, HOME

LIMIT_MS, CLASSES, BRANDS = 100.0, 2000, 500


class Times(NamedTuple):
    """Milliseconds of each change, but of the first, which reads the columns.

    Attributes:
        reading: the first.
        numpy: the two comparisons by NumPy alone.
        mask: until it is known which images are shown.
        explore, data: until the map, and the grid beside the columns, are painted.
    """

    reading: float
    numpy: list[float]
    mask: list[float]
    explore: list[float]
    data: list[float]


def main() -> int:
    """Measure and print; the exit status tells whether the limit was kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=20)
    arguments = parser.parse_args()
    _application = started()
    with tempfile.TemporaryDirectory(prefix="filter-") as name:
        times = measure(Path(name), arguments.images, arguments.changes)
    numpy = statistics.median(times.numpy)
    print(f"{arguments.images:,} images, {arguments.changes} changes of the filter")
    print(f"NumPy alone, median                  {numpy:8.1f} ms")
    print(f"first change, which reads two columns{times.reading:8.1f} ms")
    limits = {"mask": "", "explore": f"   must stay under {LIMIT_MS:.0f}", "data": f"   must stay under {LIMIT_MS:.0f}"}
    for part, values in zip(limits, (times.mask, times.explore, times.data), strict=True):
        middle = statistics.median(values)
        print(f"{part:8} median {middle:7.1f} ms, slowest {max(values):7.1f} ms, {middle / numpy:5.1f}x{limits[part]}")
    return 0 if max(statistics.median(times.explore), statistics.median(times.data)) < LIMIT_MS else 1


def measure(folder: Path, images: int, changes: int) -> Times:
    """Change the filter so many times in each view."""
    session = Session(folder / "workspace")
    runner, thumbnails = JobRunner(parent=session), ThumbnailStore(folder / "workspace", parent=session)
    window = MainWindow(session, runner, thumbnails, Settings(folder / "window.ini"), [], lambda: False)
    window.panel("map")._kernels.load_now()
    window.resize(1440, 900)
    window.show()
    generator = np.random.default_rng(1)
    prices, brands = generator.gamma(2, 20, images).round(2), generator.integers(0, BRANDS, images)
    names = [f"brand {number}" for number in range(BRANDS)]
    attributes = {"price": texts([str(price) for price in prices]), "brand": texts(names)[brands]}
    catalog = dataclasses.replace(made_catalog(folder, images, CLASSES), attributes=attributes)
    session.set_catalog(DataSource("made"), catalog, "all")
    thumbnails.set_catalog(catalog)
    session.choose_checkpoint("A", EmbeddingsFile(folder / "A.npz", "A"))
    vectors = np.ones((images, 2), np.float32) / np.float32(np.sqrt(2))
    session.results[EMBEDDINGS].put("A", of_catalog(vectors, np.arange(images), catalog, Origin()))
    xy = generator.normal(size=(images, 2)).astype(np.float32)
    session.results[MAP].put("A", Projection(xy, "pca", {}, np.arange(images)))

    def is_settled() -> bool:
        return not window.busy_reason and not thumbnails.busy

    views: dict[str, list[float]] = {}
    mask, reading = [], 0.0
    for view in (HOME, DATA_VIEW):
        window.show_view(view)
        until(is_settled)
        views[view] = []
        for number in range(-1, changes):
            wanted = _conditions(number, names)
            began = time.perf_counter()
            session.filter.set_conditions(wanted)
            known = 1000 * (time.perf_counter() - began)
            _paint(window, view)
            painted = 1000 * (time.perf_counter() - began)
            until(is_settled)
            if number >= 0:
                views[view].append(painted)
                mask.append(known)
            elif view == HOME:
                reading = painted
    numpy = [_timed(lambda number=number: _by_numpy(prices, brands, number)) for number in range(changes)]
    for part in (runner, thumbnails, window):
        part.shutdown()
    window.deleteLater()
    return Times(reading, numpy, [_alone(session, names, number) for number in range(changes)], *views.values())


def _paint(window: MainWindow, view: str) -> None:
    """Until what is in force is painted; the grid is grouped in a thread."""
    if view == DATA_VIEW:
        grid = window.panel("grid")
        until(lambda: not grid.busy_reason)
    QApplication.processEvents()


def _conditions(number: int, names: list[str]) -> tuple[Condition, ...]:
    chosen = tuple(names[(number * 7 + each) % len(names)] for each in range(200))
    return Between("price", low=float(5 + number), high=float(80 + number)), OneOf("brand", words=chosen)


def _alone(session: Session, names: list[str], number: int) -> float:
    columns = session.columns

    def masks() -> None:
        for condition in _conditions(number, names):
            column = columns[condition.column]
            assert column is not None
            condition.mask(column)

    return _timed(masks)


def _by_numpy(prices: np.ndarray, brands: np.ndarray, number: int) -> np.ndarray:
    wanted = np.zeros(BRANDS, bool)
    wanted[(number * 7 + np.arange(200)) % BRANDS] = True
    return (prices >= 5 + number) & (prices <= 80 + number) & wanted[brands]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
