"""Images decoded once to small squares and kept in a memory-mapped cache.

Decoding dominates the training of small networks; after the first pass a batch is a gather from memory.
Threads suffice because Pillow decodes outside the interpreter's lock, and no worker process can be orphaned.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows
from core.data.images import VERSION, Fit, decode_square
from core.data.square_cache import SquareCache, open_cache
from core.disk_cache import folder_of
from core.errors import Cancelled, ImageError
from core.messages import Message
from core.progress import Reporter

# Between chunks progress is reported; a thread takes a piece at a time.
CHUNK, PIECE = 64, 8


@dataclass(frozen=True)
class ResizeSpec:
    """How an image becomes a square: `size` pixels; "crop" keeps the centre, "squash" ignores the aspect."""

    size: int
    fit: Fit = "crop"


class DecodedImages:
    """The images of a catalog as (B, size, size, 3) uint8 batches.

    Args:
        catalog: whose rows are asked for.
        geometry: square size and fit.
        threads: decoding threads; None takes one per core.
        budget_bytes: what all such caches may take on the disk; older ones give way, and where one does not fit alone
            it is not made and images are decoded at every use. None allows a quarter of the free disk.

    The cache lives in the cache folder under the catalog's fingerprint, so that changed files are decoded anew.
    Raises DataError for a catalog without pictures.
    """

    def __init__(
        self, catalog: Catalog, geometry: ResizeSpec, threads: int | None = None, budget_bytes: int | None = None
    ) -> None:
        catalog.require_pictures()
        self._catalog = catalog
        self._geometry = geometry
        self._threads = threads or os.cpu_count() or 1
        name = f"{catalog.fingerprint}-{geometry.size}-{geometry.fit}-{VERSION}"
        self._cache: SquareCache | None = open_cache(
            folder_of("prepared-images"), name, len(catalog), geometry.size, budget_bytes
        )
        # Rows that this process decoded, or found whole in the cache.
        self._seen: npt.NDArray[np.bool_] = np.zeros(len(catalog), dtype=np.bool_)
        self._reasons: dict[int, str] = {}

    def prepare(
        self, rows: Rows, reporter: Reporter | None = None, should_stop: Callable[[], bool] | None = None
    ) -> dict[int, str]:
        """Decode `rows` where that has not happened yet; returns the unreadable ones with their sentence.

        Raises Cancelled, at the latest after the images in hand, when `should_stop` answers True.
        """
        reporter = reporter or Reporter()
        should_stop = should_stop or (lambda: False)
        todo = rows[~self._seen[rows]].tolist()

        def decode(some: list[int]) -> None:
            for row in some:
                if not should_stop():
                    self._decode_quietly(row)

        with ThreadPoolExecutor(self._threads, thread_name_prefix="decoding") as pool:
            for start in range(0, len(todo), CHUNK):
                chunk = todo[start : start + CHUNK]
                list(pool.map(decode, [chunk[at : at + PIECE] for at in range(0, len(chunk), PIECE)]))
                if should_stop():
                    raise Cancelled(Message("decoding-stopped"))
                reporter.progress(Message("stage-decoding"), start + len(chunk), len(todo))
        self._report_damage(reporter)
        return {row: self._reasons[row] for row in rows.tolist() if row in self._reasons}

    def _report_damage(self, reporter: Reporter) -> None:
        """Say once which of the kept squares were not what had been written; they were decoded from the images."""
        damaged = self._cache.damaged if self._cache is not None else set()
        if damaged:
            reporter.remade(Message("decoded-images-damaged", count=len(damaged), catalog=self._catalog.name))
            damaged.clear()

    def batch(self, rows: Rows) -> npt.NDArray[np.uint8]:
        """(B, size, size, 3) uint8 of the given rows, in their order; raises ImageError for an unreadable one."""
        if self._cache is not None and np.all(self._seen[rows]):
            return self._cache.squares(rows)
        with ThreadPoolExecutor(min(self._threads, max(1, len(rows))), thread_name_prefix="decoding") as pool:
            squares = list(pool.map(self._square, rows.tolist()))
        size = self._geometry.size
        return np.stack(squares) if squares else np.empty((0, size, size, 3), dtype=np.uint8)

    def _square(self, row: int) -> npt.NDArray[np.uint8]:
        if self._cache is not None and (self._seen[row] or self._cache.has(row)):
            self._seen[row] = True
            return self._cache.squares(row)
        path, box = self._catalog.path(row), self._catalog.box(row)
        square = decode_square(path, self._geometry.size, self._geometry.fit, box)
        if self._cache is not None:
            self._cache.keep(row, square)
        self._seen[row] = True
        return square

    def _decode_quietly(self, row: int) -> None:
        try:
            self._square(row)
        except ImageError as error:
            self._reasons[row] = str(error)
        else:
            self._reasons.pop(row, None)
