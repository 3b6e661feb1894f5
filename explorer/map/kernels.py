"""Gets the compiled drawing code ready without holding up the window.

Compiling takes seconds and loading half of one, and both hold Python's lock at times. A cold cache is therefore
filled by a child process, and loading happens in a thread.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from types import ModuleType

from PySide6.QtCore import QObject, Signal, Slot

from core.places import PROJECT
from explorer.map import kernel_cache

COMPILE_SECONDS = 300


class Kernels(QObject):
    """The drawing code of all canvases.

    Signals: ready() once `raster` may be used; failed(str), a sentence, when it never will be.
    """

    ready = Signal()
    failed = Signal(str)
    _loaded = Signal(object)
    _gave_up = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._module: ModuleType | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._loaded.connect(self._on_loaded)
        self._gave_up.connect(self._on_gave_up)

    @property
    def raster(self) -> ModuleType | None:
        """The module `explorer.map.raster`, or None while it is being prepared."""
        return self._module

    def start(self) -> None:
        """Begin to prepare; does nothing the second time."""
        if self._module is None and self._thread is None:
            self._thread = threading.Thread(target=self._prepare, name="map kernels", daemon=True)
            self._thread.start()

    def load_now(self) -> None:
        """Prepare in this thread and return when ready: for tests, benchmarks and pictures."""
        self._on_loaded(_load())

    def shutdown(self) -> None:
        """End the child and the thread, if they are still at work."""
        self._stopped.set()
        if self._child is not None:
            self._child.kill()
        if self._thread is not None:
            self._thread.join(COMPILE_SECONDS)
            self._thread = None

    def _prepare(self) -> None:
        try:
            if not kernel_cache.is_ready():
                self._compile_in_child()
            if not self._stopped.is_set():
                self._loaded.emit(_load())
        except (OSError, ImportError, subprocess.SubprocessError) as error:
            self._gave_up.emit(f"The map cannot be drawn: its drawing code could not be prepared ({error}).")
        except RuntimeError:
            # The window, and this object with it, went away meanwhile; nobody is left to tell.
            return

    def _compile_in_child(self) -> None:
        if self._stopped.is_set():
            return
        command = [sys.executable, "-m", "explorer.map.raster"]
        self._child = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if self._stopped.is_set():
            # Meanwhile: `shutdown` saw no child to end, and waits for this thread.
            self._child.kill()
        _, words = self._child.communicate(timeout=COMPILE_SECONDS)
        if self._child.returncode != 0 and not self._stopped.is_set():
            last = words.decode(errors="replace").strip().splitlines()[-1:]
            raise ImportError(" ".join(last) or f"exit status {self._child.returncode}")

    @Slot(object)
    def _on_loaded(self, module: ModuleType) -> None:
        self._module = module
        self.ready.emit()

    @Slot(str)
    def _on_gave_up(self, sentence: str) -> None:
        self.failed.emit(sentence)


def _load() -> ModuleType:
    from explorer.map import raster

    raster.compile_all()
    # The 90,000 objects that numba brings stay. Looking through them, whenever a full collection of garbage fell due,
    # held up the window for a tenth of a second.
    gc.freeze()
    return raster
