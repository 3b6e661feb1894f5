"""From a file of vectors without pictures to its map, in the real window; exact recall takes what `evaluate` takes.

Beside it, in the same run: reading the same file by NumPy and one principal components analysis by its covariance,
which nothing could do without.

    python -m benchmarks.open_vectors [--vectors 200000] [--dimensions 256]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.click_in_window import started, until
from core import paths
from core.data.source import DataSource
from explorer.application import Explorer
from explorer.results.maps import MAP
from explorer.settings import Settings

CLASSES = 500


class Times(NamedTuple):
    """Seconds from opening: to the rows in the grid, and the first map (principal components).

    `alone` is reading the file and one principal components analysis, and nothing else.
    """

    rows: float
    map: float
    alone: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=int, default=200_000)
    parser.add_argument("--dimensions", type=int, default=256)
    arguments = parser.parse_args()
    _application = started()
    with tempfile.TemporaryDirectory(prefix="open-vectors-") as name:
        times = measure(Path(name), arguments.vectors, arguments.dimensions)
    print(f"{arguments.vectors:,} vectors of {arguments.dimensions} numbers, without pictures")
    for words, seconds in (("rows", times.rows), ("map", times.map)):
        print(f"{words:<22} {seconds:6.2f} s, {seconds / times.alone:.1f} times as long")
    print(f"NumPy and PCA alone    {times.alone:6.2f} s")


def measure(folder: Path, vectors: int, dimensions: int) -> Times:
    """Write a file of vectors below `folder` and open it in a window."""
    path = written(folder / "vectors.npz", vectors, dimensions)
    began = time.perf_counter()
    alone(path)
    by_itself = time.perf_counter() - began
    os.environ[paths.WORKSPACE_VARIABLE] = str(folder / "workspace")
    explorer = Explorer(paths.workspace(), Settings(folder / "window.ini"), "cpu", shipped=[])
    session = explorer.session
    times: dict[str, float] = {}

    def note(name: str, is_there: bool) -> None:
        if is_there and name not in times:
            times[name] = time.perf_counter() - began

    maps = session.results[MAP]
    session.catalog_changed.connect(lambda: note("rows", is_there=True))
    maps.changed.connect(lambda _slot: note("map", maps["A"] is not None))
    explorer.window.resize(1440, 900)
    explorer.window.show()
    began = time.perf_counter()
    explorer.open(DataSource(str(path)))
    until(lambda: len(times) == 2)
    explorer.shutdown()
    explorer.window.close()
    return Times(times["rows"], times["map"], by_itself)


def written(path: Path, count: int, dimensions: int) -> Path:
    """An .npz of vectors around the middles of their classes, whose paths lead nowhere."""
    generator = np.random.default_rng(0)
    middles = generator.normal(size=(CLASSES, dimensions)).astype(np.float32)
    codes = generator.integers(0, CLASSES, count)
    vectors = middles[codes] + 1.5 * generator.normal(size=(count, dimensions)).astype(np.float32)
    np.savez(
        path,
        embeddings=vectors,
        labels=[f"class {code}" for code in codes],
        paths=[f"/content/set/class {code}/{row:06}.jpg" for row, code in enumerate(codes)],
    )
    return path


def alone(path: Path) -> np.ndarray:
    """(N, 2) principal components by the eigenvectors of the covariance."""
    with np.load(path) as arrays:
        vectors = arrays["embeddings"]
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, -2:]
    return centred @ axes


if __name__ == "__main__":
    main()
