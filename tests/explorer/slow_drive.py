"""A folder on a drive that does not answer: whoever touches it waits until it does.

Python's ways to the disk are replaced. Libraries in C that open files by themselves are not seen.
"""

from __future__ import annotations

import builtins
import io
import os
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

READING = ("stat", "lstat", "open", "scandir", "listdir", "access", "readlink")
CALLS = (*READING, "mkdir", "utime", "unlink", "rename", "replace")


class SlowDrive:
    """Everything below `folder`, while `stalls`.

    Attributes:
        stalls: until it is set, whoever touches the folder waits; not the main thread, which must not touch it at all.
        touched: by the main thread, what and from where.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder = str(folder)
        self.answers = threading.Event()
        self.waiting = threading.Semaphore(0)
        self.touched: list[str] = []
        for name in CALLS:
            monkeypatch.setattr(os, name, self._guarded(getattr(os, name)))
        opening = self._guarded(io.open)
        monkeypatch.setattr(io, "open", opening)
        monkeypatch.setattr(builtins, "open", opening)

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **options: Any) -> Any:
            if arguments and self._is_here(arguments[0]):
                self._wait()
            return call(*arguments, **options)

        return guarded

    def _is_here(self, path: object) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.folder)

    def _wait(self) -> None:
        if threading.current_thread() is threading.main_thread():
            # The tests' own stand-ins for children work in it.
            if any(frame.filename.endswith("fake_processes.py") for frame in traceback.extract_stack()):
                return
            frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_stack()[:-3]]
            self.touched.append("\n".join(each for each in frames if "/explorer/" in each or "/core/" in each))
        else:
            self.waiting.release()
            assert self.answers.wait(30)
