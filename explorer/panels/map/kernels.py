"""Gets the compiled drawing code ready without holding up the window.

Compiling takes seconds and loading half of one, and both hold Python's lock at times. A cold cache is therefore
filled by a child process, and loading happens in a thread. Meanwhile, and for good where nothing can be compiled, Qt
draws (`explorer.panels.map.painted`).
"""

from __future__ import annotations

import contextlib
import gc
import re
import subprocess
import sys
import threading
from types import ModuleType

from PySide6.QtCore import QObject, Signal, Slot

from core.messages import Message
from core.paths import PROJECT
from explorer.panels.map import kernel_cache, painted

COMPILE_SECONDS = 300
PATIENCE = 0.5


class Kernels(QObject):
    """The drawing code of all canvases.

    `raster` is `explorer.panels.map.raster`, or `painted` while that is not to be had; None before either is known.
    Signals: ready() once `raster` may be used, and again when it is another; failed(str), a sentence, when it stays Qt.
    """

    ready = Signal()
    failed = Signal(str)
    _loaded = Signal(object)
    _gave_up = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.raster: ModuleType | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._loaded.connect(self._on_loaded)
        self._gave_up.connect(self._on_gave_up)

    def start(self) -> None:
        """Begin to prepare; does nothing the second time."""
        if self.raster is not None or self._thread is not None:
            return
        thread = threading.Thread(target=self._prepare, name="map kernels", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._on_gave_up(_sentence(error))
        else:
            self._thread = thread

    def load_now(self) -> None:
        """Prepare in this thread and return when ready: for tests, benchmarks and pictures."""
        self._on_loaded(_load())

    def draw_with_qt(self) -> None:
        """Draw without compiled code from now on."""
        self._on_loaded(painted)

    def shutdown(self) -> bool:
        """End the child and the thread, if they are still at work. Returns whether they have ended."""
        self._stopped.set()
        if self._child is not None:
            self._child.kill()
        if self._thread is not None:
            # A drive that stalls may hold it; it ends with the process then.
            self._thread.join(PATIENCE)
            ended = not self._thread.is_alive()
            self._thread = None
            return ended
        return True

    def _prepare(self) -> None:
        # A RuntimeError of a signal: the window, and this object with it, went away; nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            try:
                module = self._compiled()
            except Exception as error:  # noqa: BLE001 - numba, its cache and its compiler have errors of all kinds
                self._gave_up.emit(_sentence(error))
            else:
                if not self._stopped.is_set():
                    self._loaded.emit(module)

    def _compiled(self) -> ModuleType:
        if not kernel_cache.is_ready():
            self._loaded.emit(painted)
            self._compile_in_child()
        return painted if self._stopped.is_set() else _load()

    def _compile_in_child(self) -> None:
        if self._stopped.is_set():
            return
        command = [sys.executable, "-m", "explorer.panels.map.raster"]
        self._child = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if self._stopped.is_set():
            # Meanwhile: `shutdown` saw no child to end, and waits for this thread.
            self._child.kill()
        _, words = self._child.communicate(timeout=COMPILE_SECONDS)
        if self._child.returncode != 0 and not self._stopped.is_set():
            raise ImportError(
                _reason(words.decode(errors="replace")) or Message("exit-status", status=self._child.returncode)
            )

    @Slot(object)
    def _on_loaded(self, module: ModuleType) -> None:
        self.raster = module
        self.ready.emit()

    @Slot(str)
    def _on_gave_up(self, sentence: str) -> None:
        self.draw_with_qt()
        self.failed.emit(sentence)


def _sentence(error: Exception) -> str:
    return Message("map-code-not-compiled", reason=_reason(str(error)), points=painted.MOST_POINTS)


def _reason(words: str) -> str:
    """The last line of what a child said, without the error's name and the full stop."""
    last = words.strip().splitlines()[-1:]
    return re.sub(r"^[\w.]+(Error|Exception): ", "", " ".join(last)).rstrip(".")


def _load() -> ModuleType:
    from explorer.panels.map import raster

    raster.compile_all()
    # The 90,000 objects that numba brings stay. Looking through them, whenever a full collection of garbage fell due,
    # held up the window for a tenth of a second.
    gc.freeze()
    return raster
