"""Small pictures of catalog rows, decoded in threads, newest wish first."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter

from core.data.catalog import Catalog
from core.data.images import Box, decode, stored_size, thumbnail
from core.errors import CoreError
from core.messages import Message
from core.storage import atomic_path
from explorer.jobs.daemon_pool import DaemonPool
from explorer.name_tiles import NameTiles

SIZE = 192
# Of pictures in memory: several screens full of the smallest ones, on the largest screen.
KEPT_BYTES = 256 << 20
WORTH_KEEPING_ON_DISK = 400 * 400
# Seconds that a picture is waited for, and after which one that did not come may be asked for again.
PATIENCE = ASK_AGAIN_AFTER = 10.0
LOOK_EVERY = 1000
# Threads left behind in a read at any time; with more of them, others wait.
MOST_LEFT_BEHIND = 32
# Pictures that wait to be written; of more, the first are decoded again another time.
MOST_UNWRITTEN = 500
NOT_YET = Message("not-readable-yet")


class ThumbnailStore(QObject):
    """Thumbnails of at most SIZE x SIZE pixels.

    `get` answers at once with what is in memory; otherwise it asks a thread and `ready(row)` follows. The last requests
    are served first, because they are what is on the screen; those of a view that scrolled on can be given up. A read
    that does not come back in PATIENCE seconds is left behind: the picture says so until the read ends after all, or
    another of the same file, which a later wish begins.
    Signals: ready(int), a catalog row.
    """

    ready = Signal(int)
    _decoded = Signal(int, object, int, object)  # number of the read, catalog, row, picture or reason

    def __init__(self, workspace: Path, threads: int = 2, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = workspace / "thumbnails"
        self._catalog: Catalog | None = None
        self._tiles: NameTiles | None = None
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._faults: dict[int, str] = {}
        self._wishes: OrderedDict[int, Catalog] = OrderedDict()
        self._lock = threading.Lock()
        self._asked: set[int] = set()
        # Rows that are waited for only by who may give them up.
        self._passing: set[int] = set()
        self._bytes = 0
        self._outstanding = 0
        self._unwritten: deque[tuple[Path, Image.Image]] = deque(maxlen=MOST_UNWRITTEN)
        self._numbers = itertools.count()
        # Number of the read -> catalog, row, when it began; and those of them that nobody waits for any more.
        self._in_hand: dict[int, tuple[Catalog, int, float]] = {}
        self._left_behind: set[int] = set()
        # Row -> when it may be asked for again.
        self._stalled: dict[int, float] = {}
        self._watch = QTimer(self, interval=LOOK_EVERY)
        self._watch.timeout.connect(self._leave_stalled_behind)
        self._closed = False
        self._pool, self._writer = DaemonPool(threads, "thumbnails"), DaemonPool(1, "kept thumbnails")
        self._decoded.connect(self._on_decoded)

    def set_catalog(self, catalog: Catalog | None) -> None:
        """Forget everything and serve another catalog."""
        with self._lock:
            self._wishes.clear()
        self._catalog = catalog
        self._tiles = None if catalog is None else NameTiles(catalog)
        self._asked.clear()
        self._passing.clear()
        self._images.clear()
        self._bytes = 0
        self._faults.clear()
        self._stalled.clear()

    def get(self, row: int, passing: bool = False) -> QImage | None:
        """The thumbnail of a catalog row if it is in memory; None while it is being decoded.

        Where there is no picture it is a tile with the name. A request that is `passing` may be given up by `give_up`,
        unless somebody else asked for the same row.
        """
        if not self.has_picture(row):
            return None if self._tiles is None else self._tiles.get(row)
        image = self._images.get(row)
        if image is not None:
            self._images.move_to_end(row)
            return image
        asked_again_at = self._stalled.get(row)
        is_listed = self._catalog is not None and 0 <= row < len(self._catalog)
        if is_listed and (asked_again_at is None or time.monotonic() >= asked_again_at):
            self._wish(row, passing)
        return None if asked_again_at is None else _not_yet()

    def has_picture(self, row: int) -> bool:
        """Whether a catalog row has a picture, decoded yet or not."""
        catalog = self._catalog
        return catalog is None or not 0 <= row < len(catalog) or catalog.has_picture(row)

    def picture(self, row: int) -> QImage | None:
        """As `get`, and None where there is no picture."""
        return self.get(row) if self.has_picture(row) else None

    def give_up(self, rows: Iterable[int]) -> None:
        """Rows whose passing requests need not be served any more; a picture in a thread's hand comes all the same."""
        with self._lock:
            gone = [row for row in rows if row in self._passing and self._wishes.pop(row, None) is not None]
        self._asked.difference_update(gone)
        self._passing.difference_update(gone)

    def has(self, row: int) -> bool:
        """Whether a picture of a row is in memory."""
        return row in self._images

    @property
    def writing(self) -> bool:
        """Whether pictures are still to be kept on the disk."""
        return bool(self._unwritten)

    @property
    def busy(self) -> bool:
        """Whether pictures that somebody waits for are still being decoded."""
        return self._outstanding > 0

    def fault(self, row: int) -> str:
        """Why a row has only a blank picture, "" when it has a real one."""
        return self._faults.get(row, "")

    def shutdown(self) -> bool:
        """Drop all requests. Returns whether the picture in hand is done; one that hangs is left behind."""
        self._closed = True
        self._watch.stop()
        with self._lock:
            self._wishes.clear()
        return all([self._pool.shutdown(), self._writer.shutdown()])

    def _wish(self, row: int, passing: bool) -> None:
        if self._closed or self._catalog is None:
            return
        if not passing:
            self._passing.discard(row)
        elif row not in self._asked:
            self._passing.add(row)
        with self._lock:
            if row in self._asked:
                # Waiting: to the front. In a thread's hand already: nothing to do.
                if row in self._wishes:
                    self._wishes.move_to_end(row)
                return
            self._wishes[row] = self._catalog
        self._asked.add(row)
        self._outstanding += 1
        self._watch.start()
        self._pool.submit(self._serve_newest)

    def _serve_newest(self) -> None:
        with self._lock:
            if not self._wishes:
                self._decoded.emit(-1, None, -1, "")
                return
            row, catalog = self._wishes.popitem(last=True)
            number = next(self._numbers)
            self._in_hand[number] = (catalog, row, time.monotonic())
        answer = self._load(catalog, row)
        with self._lock:
            del self._in_hand[number]
        if not self._closed:
            self._decoded.emit(number, catalog, row, answer)

    def _load(self, catalog: Catalog, row: int) -> QImage | str:
        cached = self._folder / catalog.fingerprint / f"{row // 1000}" / f"{row}.jpg"
        try:
            return _read_cached(cached) or self._make(catalog.path(row), catalog.box(row), cached)
        except CoreError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever a decoder raises, somebody waits for this picture
            return Message("image-cannot-be-shown", path=catalog.paths[row], kind=type(error).__name__, error=error)

    def _make(self, source: Path, box: Box | None, cached: Path) -> QImage:
        image = thumbnail(source, SIZE, box)
        width, height = stored_size(source)
        if width * height > WORTH_KEEPING_ON_DISK:
            # By another thread: until it is surely on the disk, ten other pictures can be decoded.
            self._unwritten.append((cached, image))
            self._writer.submit(self._write_one)
        return as_qimage(image)

    def _write_one(self) -> None:
        """Keep a picture on the disk."""
        with contextlib.suppress(IndexError):
            cached, image = self._unwritten.popleft()
            # A full disk or a workspace that cannot be written to costs time later.
            with contextlib.suppress(CoreError), atomic_path(cached) as temporary:
                image.save(temporary, "JPEG", quality=88)

    @Slot()
    def _leave_stalled_behind(self) -> None:
        """Wait no longer for reads that do not come back, and give the other requests a thread in place of theirs."""
        if not self._outstanding:
            self._watch.stop()
        too_old = time.monotonic() - PATIENCE
        with self._lock:
            late = {number: read for number, read in self._in_hand.items() if read[2] <= too_old}
        for number in sorted(late.keys() - self._left_behind)[: MOST_LEFT_BEHIND - len(self._left_behind)]:
            catalog, row, _ = late[number]
            self._left_behind.add(number)
            self._outstanding -= 1
            self._pool.make_up_for_one()
            if catalog is self._catalog:
                self._report_stalled(catalog, row)

    def _report_stalled(self, catalog: Catalog, row: int) -> None:
        self._asked.discard(row)
        self._stalled[row] = time.monotonic() + ASK_AGAIN_AFTER
        self._faults[row] = Message("image-not-answering", path=catalog.paths[row], state=NOT_YET, seconds=PATIENCE)
        self.ready.emit(row)

    @Slot(int, object, int, object)
    def _on_decoded(self, number: int, catalog: Catalog | None, row: int, answer: QImage | str) -> None:
        if number in self._left_behind:
            self._left_behind.remove(number)
            self._pool.take_back_one()
        else:
            self._outstanding -= 1
        if catalog is None or catalog is not self._catalog:
            return
        if self._stalled.pop(row, None) is None:
            self._asked.discard(row)
            self._passing.discard(row)
        self._faults.pop(row, None)
        if isinstance(answer, str):
            self._faults[row] = answer
            answer = _blank()
        self._keep(row, answer)
        self.ready.emit(row)

    def _keep(self, row: int, image: QImage) -> None:
        former = self._images.pop(row, None)
        self._images[row] = image
        self._bytes += image.sizeInBytes() - (0 if former is None else former.sizeInBytes())
        while self._bytes > KEPT_BYTES and len(self._images) > 1:
            self._bytes -= self._images.popitem(last=False)[1].sizeInBytes()


def _read_cached(cached: Path) -> QImage | None:
    """What was made of a photograph earlier, or None; a damaged one is made again."""
    with contextlib.suppress(CoreError):
        return as_qimage(decode(cached)) if cached.is_file() else None
    return None


def as_qimage(image: Image.Image) -> QImage:
    """A QImage that owns its pixels."""
    raw = image.convert("RGB").tobytes()
    return QImage(raw, image.width, image.height, 3 * image.width, QImage.Format.Format_RGB888).copy()


def _not_yet() -> QImage:
    """In place of a picture whose read does not come back."""
    image = _blank()
    painter = QPainter(image)
    painter.setPen(QColor(255, 255, 255))
    painter.drawText(image.rect(), Qt.AlignmentFlag.AlignCenter, NOT_YET)
    painter.end()
    return image


def _blank() -> QImage:
    image = QImage(SIZE, SIZE, QImage.Format.Format_RGB888)
    image.fill(QColor(128, 128, 128))
    return image
