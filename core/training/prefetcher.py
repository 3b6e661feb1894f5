"""Batches of images fetched ahead of their use by one thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows

Pixels = npt.NDArray[np.uint8]
# How long the thread waits for room before it looks whether it is still wanted.
PATIENCE_SECONDS = 0.05


class ImageSource(Protocol):
    """What images are fetched from; `core.data.decoded_images.DecodedImages` is one."""

    def batch(self, rows: Rows) -> Pixels:
        """(B, P, P, 3) uint8."""


class Prefetcher:
    """Iterates (rows, images) over `batches` of catalog rows; while one is used the next ones are fetched.

    Enter it with `with`: on leaving, however that happens, its thread has ended. An error of the source is raised
    where the batch would have come.
    """

    def __init__(self, source: ImageSource, batches: Sequence[Rows], ahead: int = 2) -> None:
        self._source = source
        self._batches = batches
        self._ready: queue.Queue[tuple[Rows, Pixels] | Exception | None] = queue.Queue(maxsize=ahead)
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._fetch, name="prefetcher", daemon=True)

    def __enter__(self) -> Prefetcher:
        self._thread.start()
        return self

    def __exit__(self, *_ending: object) -> None:
        self._unwanted.set()
        self._thread.join()

    def __iter__(self) -> Iterator[tuple[Rows, Pixels]]:
        while (item := self._ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    def _fetch(self) -> None:
        try:
            for rows in self._batches:
                if not self._put((rows, self._source.batch(rows))):
                    return
            self._put(None)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that asked for the batch
            self._put(error)

    def _put(self, item: tuple[Rows, Pixels] | Exception | None) -> bool:
        """Hand an item over; False when nobody wants it any more."""
        while not self._unwanted.is_set():
            try:
                self._ready.put(item, timeout=PATIENCE_SECONDS)
            except queue.Full:
                continue
            return True
        return False
