"""Small pictures of catalog rows, decoded in threads, newest wish first."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QColor, QImage

from core.data.catalog import Catalog
from core.data.images import Box, decode, thumbnail
from core.errors import CoreError
from core.storage import atomic_path
from explorer.jobs.daemon_pool import DaemonPool

SIZE = 160
KEPT_IN_MEMORY = 3000
WORTH_KEEPING_ON_DISK = 400 * 400


class ThumbnailStore(QObject):
    """Thumbnails of at most SIZE x SIZE pixels.

    `get` answers at once with what is in memory; otherwise it asks a thread and `ready(row)` follows. The last wishes
    are served first, because they are what is on the screen. Signals: ready(int), a catalog row.
    """

    ready = Signal(int)
    _decoded = Signal(object, int, object)

    def __init__(self, workspace: Path, threads: int = 2, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = workspace / "thumbnails"
        self._catalog: Catalog | None = None
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._faults: dict[int, str] = {}
        self._wishes: OrderedDict[int, Catalog] = OrderedDict()
        self._lock = threading.Lock()
        self._asked: set[int] = set()
        self._outstanding = 0
        self._closed = False
        self._pool = DaemonPool(threads, "thumbnails")
        self._decoded.connect(self._on_decoded)

    def set_catalog(self, catalog: Catalog | None) -> None:
        """Forget everything and serve another catalog."""
        with self._lock:
            self._wishes.clear()
        self._catalog = catalog
        self._asked.clear()
        self._images.clear()
        self._faults.clear()

    def get(self, row: int) -> QImage | None:
        """The thumbnail of a catalog row if it is in memory; None while it is being decoded."""
        image = self._images.get(row)
        if image is not None:
            self._images.move_to_end(row)
            return image
        if self._catalog is not None and 0 <= row < len(self._catalog):
            self._wish(row)
        return None

    @property
    def busy(self) -> bool:
        """Whether pictures that somebody waits for are still being decoded."""
        return self._outstanding > 0

    def fault(self, row: int) -> str:
        """Why a row has only a blank picture, "" when it has a real one."""
        return self._faults.get(row, "")

    def shutdown(self) -> bool:
        """Drop all wishes. Returns whether the picture in hand is done; one that hangs is left behind."""
        self._closed = True
        with self._lock:
            self._wishes.clear()
        return self._pool.shutdown()

    def _wish(self, row: int) -> None:
        if self._closed or self._catalog is None:
            return
        with self._lock:
            if row in self._asked:
                # Waiting: to the front. In a thread's hand already: nothing to do.
                if row in self._wishes:
                    self._wishes.move_to_end(row)
                return
            self._wishes[row] = self._catalog
        self._asked.add(row)
        self._outstanding += 1
        self._pool.submit(self._serve_newest)

    def _serve_newest(self) -> None:
        with self._lock:
            if not self._wishes:
                self._decoded.emit(None, -1, "")
                return
            row, catalog = self._wishes.popitem(last=True)
        answer = self._load(catalog, row)
        if not self._closed:
            self._decoded.emit(catalog, row, answer)

    def _load(self, catalog: Catalog, row: int) -> QImage | str:
        kept = self._folder / catalog.fingerprint / f"{row // 1000}" / f"{row}.jpg"
        try:
            return _read_kept(kept) or self._make(catalog.path(row), catalog.box(row), kept)
        except CoreError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever a decoder raises, somebody waits for this picture
            return f"{catalog.paths[row]} cannot be shown ({type(error).__name__}: {error})."

    def _make(self, source: Path, box: Box | None, kept: Path) -> QImage:
        image = thumbnail(source, SIZE, box)
        if _pixels(source) > WORTH_KEEPING_ON_DISK:
            # A full disk or a workspace that cannot be written to costs time later, not the picture now.
            with contextlib.suppress(CoreError), atomic_path(kept) as temporary:
                image.save(temporary, "JPEG", quality=88)
        return as_qimage(image)

    @Slot(object, int, object)
    def _on_decoded(self, catalog: Catalog | None, row: int, answer: QImage | str) -> None:
        self._outstanding -= 1
        if catalog is None or catalog is not self._catalog:
            return
        self._asked.discard(row)
        if isinstance(answer, str):
            self._faults[row] = answer
            answer = _blank()
        self._images[row] = answer
        while len(self._images) > KEPT_IN_MEMORY:
            self._images.popitem(last=False)
        self.ready.emit(row)


def _read_kept(kept: Path) -> QImage | None:
    """What was made of a photograph earlier, or None; a damaged one is made again."""
    with contextlib.suppress(CoreError):
        return as_qimage(decode(kept)) if kept.is_file() else None
    return None


def as_qimage(image: Image.Image) -> QImage:
    """A QImage that owns its pixels."""
    raw = image.convert("RGB").tobytes()
    return QImage(raw, image.width, image.height, 3 * image.width, QImage.Format.Format_RGB888).copy()


def _pixels(path: Path) -> int:
    with Image.open(path) as header:
        return header.width * header.height


def _blank() -> QImage:
    image = QImage(SIZE, SIZE, QImage.Format.Format_RGB888)
    image.fill(QColor(128, 128, 128))
    return image
