"""Images decoded once to small squares and kept in a memory-mapped cache.

Decoding dominates the training of small networks; after the first pass a batch is a gather from memory.
Threads suffice because Pillow decodes outside the interpreter's lock, and no worker process can be orphaned.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import places
from core.data.catalog import Catalog, Rows
from core.data.images import Fit, decode_square
from core.errors import Cancelled, ImageError
from core.progress import Reporter

UNKNOWN, READY, UNREADABLE = 0, 1, 2
CHUNK = 64


@dataclass(frozen=True)
class Geometry:
    """How an image becomes a square: `size` pixels; "crop" keeps the centre, "squash" ignores the aspect."""

    size: int
    fit: Fit = "crop"


def prepare_image(path: Path, geometry: Geometry) -> npt.NDArray[np.uint8]:
    """One image file as (size, size, 3) uint8, exactly as `PreparedImages` makes it; raises ImageError."""
    return decode_square(path, geometry.size, geometry.fit)


class PreparedImages:
    """The images of a catalog as (B, size, size, 3) uint8 batches.

    Args:
        catalog: whose rows are asked for.
        geometry: square size and fit.
        threads: decoding threads; None takes one per core.
        budget_bytes: a cache that would be larger is not made; images are then decoded at every use. None allows a
            quarter of the free disk.

    The cache lives in the cache folder under the catalog's fingerprint. A row's state is written after its pixels, so
    a killed process leaves at worst rows that are decoded again.
    """

    def __init__(
        self, catalog: Catalog, geometry: Geometry, threads: int | None = None, budget_bytes: int | None = None
    ) -> None:
        self._catalog = catalog
        self._geometry = geometry
        self._threads = threads or os.cpu_count() or 1
        shape = (len(catalog), geometry.size, geometry.size, 3)
        self._pixels: npt.NDArray[np.uint8] | None = None
        self._states: npt.NDArray[np.uint8] = np.zeros(len(catalog), dtype=np.uint8)
        folder = places.cache() / "images"
        folder.mkdir(parents=True, exist_ok=True)
        if budget_bytes is None:
            budget_bytes = shutil.disk_usage(folder).free // 4
        if 0 < int(np.prod(shape, dtype=np.int64)) <= budget_bytes:
            stem = f"{catalog.fingerprint}-{geometry.size}-{geometry.fit}"
            self._pixels = _shared_array(folder / f"{stem}.pixels", shape)
            self._states = _shared_array(folder / f"{stem}.states", shape[:1])
        self._reasons: dict[int, str] = {}

    def prepare(
        self, rows: Rows, reporter: Reporter | None = None, should_stop: Callable[[], bool] | None = None
    ) -> dict[int, str]:
        """Decode `rows` where that has not happened yet; returns the unreadable ones with their sentence.

        Raises Cancelled between images when `should_stop` answers True.
        """
        reporter = reporter or Reporter()
        todo = rows[self._states[rows] != READY]
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(todo), CHUNK):
                if should_stop is not None and should_stop():
                    raise Cancelled("Stopped while decoding images.")
                list(pool.map(self._decode_quietly, todo[start : start + CHUNK].tolist()))
                reporter.progress("decoding", min(start + CHUNK, len(todo)), len(todo))
        return {row: self._reasons[row] for row in rows.tolist() if row in self._reasons}

    def batch(self, rows: Rows) -> npt.NDArray[np.uint8]:
        """(B, size, size, 3) uint8 of the given rows, in their order; raises ImageError for an unreadable one."""
        if self._pixels is not None and np.all(self._states[rows] == READY):
            return np.asarray(self._pixels[rows])
        with ThreadPoolExecutor(min(self._threads, max(1, len(rows)))) as pool:
            return np.stack(list(pool.map(self._decode, rows.tolist())))

    def _decode(self, row: int) -> npt.NDArray[np.uint8]:
        if self._pixels is not None and self._states[row] == READY:
            return np.asarray(self._pixels[row])
        square = prepare_image(self._catalog.path(row), self._geometry)
        if self._pixels is not None:
            self._pixels[row] = square
        self._states[row] = READY
        return square

    def _decode_quietly(self, row: int) -> None:
        try:
            self._decode(row)
        except ImageError as error:
            self._states[row] = UNREADABLE
            self._reasons[row] = str(error)


def _shared_array(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    size = int(np.prod(shape, dtype=np.int64))
    if not path.is_file() or path.stat().st_size != size:
        with path.open("wb") as handle:
            handle.truncate(size)
    return np.memmap(path, dtype=np.uint8, mode="r+", shape=shape)
