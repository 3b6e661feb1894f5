"""From scrolling the grid anywhere in a million images to the pictures painted in it.

The images are catalog rows of 20,000 classes, all groups open, over a pool of photographs of 400 x 500 pixels: rows
that share a file are decoded one by one, as different files would be. Places all over the grid are scrolled to with the
thumbnails in memory, with those that an earlier window left on the disk, and with none. Beside the first, as many ready
pixmaps are painted by a bare widget: what a grid that did nothing but paint would take.

    python -m benchmarks.grid [--images 1000000] [--classes 20000] [--places 20] [--side 80]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.click_in_window import started
from core.data.catalog import Catalog, texts
from explorer.appearance import theme
from explorer.image_grid.grid import SMALLEST, ImageGrid
from explorer.panels.grid.grouping import Parting, groups_of
from explorer.thumbnails import ThumbnailStore

WIDTH, HEIGHT = 1000, 720
LIMITS_MS = {"memory": 50.0, "first row": 150.0, "page": 500.0}


class Times(NamedTuple):
    """Milliseconds for each place.

    Attributes:
        layout: to group all images and lay them out, once.
        memory: to a page painted with thumbnails in memory.
        bare: to as many ready pixmaps painted by a bare widget.
        from_disk: to a page whose thumbnails are read from the disk.
        first_row, page: to the first row, and all, of a page whose photographs are decoded.
        at_once: to the page of placeholders before that.
    """

    layout: float
    memory: list[float]
    bare: list[float]
    from_disk: list[float]
    first_row: list[float]
    page: list[float]
    at_once: list[float]


class Bare(QWidget):
    """Paints pixmaps in lines, and nothing else."""

    def __init__(self, count: int, side: int) -> None:
        super().__init__()
        self.resize(WIDTH, HEIGHT)
        self._pixmaps = [QPixmap(side, side) for _ in range(count)]
        for pixmap in self._pixmaps:
            pixmap.fill("#886644")
        columns = max(1, WIDTH // (side + 8))
        self._corners = [QPoint(at % columns * (side + 8), at // columns * (side + 8)) for at in range(count)]

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().background)
        for corner, pixmap in zip(self._corners, self._pixmaps, strict=True):
            painter.drawPixmap(corner, pixmap)


def made_catalog(folder: Path, images: int, classes: int, files: int) -> Catalog:
    """Rows of so many classes over a pool of photographs."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(files):
        coarse = Image.fromarray(generator.integers(0, 255, (25, 20, 3), np.uint8)).resize((400, 500), Image.BICUBIC)
        grain = np.asarray(coarse, np.int16) + generator.normal(0, 6, (500, 400, 3)).astype(np.int16)
        Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=88)
    nothing, test = texts([""]).repeat(images), texts(["test"]).repeat(images)
    names = texts([f"{number}.jpg" for number in range(files)])
    labels = texts([f"class {number}" for number in range(classes)])
    codes = np.random.default_rng(1).integers(0, classes, images)
    return Catalog("made", folder, names[np.arange(images) % files], labels[codes], test, nothing, nothing)


def until(is_done: Callable[[], bool]) -> None:
    """Let the window work, at most for ten seconds."""
    end = time.perf_counter() + 10
    while not is_done() and time.perf_counter() < end:
        QApplication.processEvents()
        time.sleep(0.001)


def measure(folder: Path, images: int, classes: int, places: int, side: int, files: int = 300) -> Times:
    """Scroll to `places` all over the grid, with thumbnails in memory, on the disk and nowhere."""
    catalog = made_catalog(folder / "photographs", images, classes, files)
    codes, titles = catalog.codes, catalog.classes
    began = time.perf_counter()
    groups = groups_of(catalog, catalog.rows(), Parting(codes, titles))
    store = ThumbnailStore(folder / "workspace")
    store.set_catalog(catalog)
    grid = _shown(store, groups, side)
    layout = 1000 * (time.perf_counter() - began)
    most = grid.verticalScrollBar().maximum()
    tops = np.random.default_rng(2).permutation(np.linspace(most * 0.01, most, places).astype(int)).tolist()
    first_row, page, at_once = _scrolled_cold(grid, store, tops)
    # In another size and back: the thumbnails are there, and no square made of them.
    grid.set_side(side - 16 if side > SMALLEST else side + 16)
    grid.set_side(side)
    memory = []
    for top in tops:
        grid.viewport().repaint()
        began = time.perf_counter()
        grid.verticalScrollBar().setValue(top)
        grid.viewport().repaint()
        memory.append(1000 * (time.perf_counter() - began))
        assert not _missing(grid, store), "all of them were there"
    until(lambda: not store.writing)
    bare = _painted_bare(len(grid.rows_in_view), side, places)
    store.shutdown()
    grid.close()
    again = ThumbnailStore(folder / "workspace")
    again.set_catalog(catalog)
    grid = _shown(again, groups, side)
    _, from_disk, _ = _scrolled_cold(grid, again, tops)
    again.shutdown()
    grid.close()
    return Times(layout, memory, bare, from_disk, first_row, page, at_once)


def _shown(store: ThumbnailStore, groups: list, side: int) -> ImageGrid:
    grid = ImageGrid(store, "Images")
    grid.resize(WIDTH, HEIGHT)
    grid.set_side(side)
    grid.set_groups(groups)
    grid.open_all()
    grid.show()
    until(lambda: not store.busy)
    return grid


def _scrolled_cold(grid: ImageGrid, store: ThumbnailStore, tops: list[int]) -> tuple[list[float], ...]:
    first_row, page, at_once = [], [], []
    for top in tops:
        began = time.perf_counter()
        grid.verticalScrollBar().setValue(top)
        grid.viewport().repaint()
        at_once.append(1000 * (time.perf_counter() - began))
        row = grid.rows_in_view[: grid.layout_now.columns]
        until(lambda row=row: all(store.fault(each) or store.has(each) for each in row))
        QApplication.processEvents()
        first_row.append(1000 * (time.perf_counter() - began))
        until(lambda: not _missing(grid, store))
        QApplication.processEvents()
        page.append(1000 * (time.perf_counter() - began))
    return first_row, page, at_once


def _missing(grid: ImageGrid, store: ThumbnailStore) -> bool:
    return any(not store.has(row) for row in grid.rows_in_view)


def _painted_bare(count: int, side: int, times: int) -> list[float]:
    bare = Bare(count, side)
    bare.show()
    QApplication.processEvents()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        bare.repaint()
        found.append(1000 * (time.perf_counter() - began))
    bare.close()
    return found


def main() -> int:
    """Measure and print; the exit status tells whether the limits were kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=20_000)
    parser.add_argument("--places", type=int, default=20)
    parser.add_argument("--side", type=int, default=80)
    arguments = parser.parse_args()
    _application = started()
    with tempfile.TemporaryDirectory(prefix="grid-") as name:
        times = measure(Path(name), arguments.images, arguments.classes, arguments.places, arguments.side)
    print(
        f"{arguments.images:,} images, {arguments.classes:,} classes, squares of {arguments.side}, {WIDTH} x {HEIGHT}"
    )
    print(f"{'grouped and laid out, once':42} {times.layout:8.1f} ms")
    print(f"{'':42} {'median':>8}  {'slowest':>8}  limit")
    lines = {
        "scrolled, thumbnails in memory": (times.memory, LIMITS_MS["memory"]),
        "as many ready pixmaps, painted": (times.bare, None),
        "scrolled, placeholders painted": (times.at_once, LIMITS_MS["memory"]),
        "scrolled, thumbnails on the disk": (times.from_disk, None),
        "photographs of 400 x 500, first row": (times.first_row, LIMITS_MS["first row"]),
        "photographs of 400 x 500, whole page": (times.page, LIMITS_MS["page"]),
    }
    for words, (values, limit) in lines.items():
        end = "" if limit is None else f"  {limit:.0f} ms"
        print(f"{words:42} {statistics.median(values):8.1f}  {max(values):8.1f}{end}")
    ratio = statistics.median(times.memory) / statistics.median(times.bare)
    print(f"{'in memory, times the ready pixmaps':42} {ratio:8.1f}")
    kept = [statistics.median(values) <= limit for values, limit in lines.values() if limit is not None]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
