"""Decoded squares in one memory-mapped file, shared by all processes that want the same ones."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.disk_cache import make_room
from core.storage import TEMPORARY_SUFFIX

SUFFIX = ".squares"
FREE_SHARE = 4


class SquareCache:
    """N squares of (size, size, 3) uint8 behind N checksums.

    A square counts as there when its checksum fits: whatever a killed process, a power cut or a bad disk left is
    simply not there. Processes may write at the same time, because they write the same.

    Attribute: damaged, the rows whose square had a checksum that does not fit.
    """

    def __init__(self, path: Path, count: int, size: int) -> None:
        sums = count * np.dtype(np.uint32).itemsize
        file = np.memmap(path, dtype=np.uint8, mode="r+", shape=(_bytes(count, size),))
        self._sums = file[:sums].view(np.uint32)
        self._squares = file[sums:].reshape(count, size, size, 3)
        self.damaged: set[int] = set()

    def has(self, row: int) -> bool:
        """Whether a square is there; reads it."""
        known = int(self._sums[row])
        fits = known == _checksum(self._squares[row])
        if known and not fits:
            self.damaged.add(row)
        return known != 0 and fits

    def squares(self, rows: Rows | int) -> npt.NDArray[np.uint8]:
        """Copies of squares that are there: (R, size, size, 3), or (size, size, 3) for a single row."""
        return np.array(self._squares[rows])

    def keep(self, row: int, square: npt.NDArray[np.uint8]) -> None:
        """Store one square."""
        self._squares[row] = square
        self._sums[row] = _checksum(square)


def open_cache(folder: Path, name: str, count: int, size: int, budget_bytes: int | None) -> SquareCache | None:
    """The cache called `name`, made where it is not there; None where it does not fit or cannot be written.

    All caches in the folder together stay within `budget_bytes` (None: a quarter of what could be free); the ones that
    have not been opened for longest are removed first.
    """
    path = folder / f"{name}{SUFFIX}"
    need = _bytes(count, size)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.stat().st_size != need:
            # What a killed process left half made counts too.
            others = list(folder.glob(f"*{SUFFIX}*"))
            if budget_bytes is None:
                taken = sum(other.stat().st_size for other in others)
                budget_bytes = (shutil.disk_usage(folder).free + taken) // FREE_SHARE
            if need > budget_bytes:
                return None
            make_room(others, budget_bytes, need)
            _create(path, need)
        os.utime(path)
        return SquareCache(path, count, size)
    except (OSError, ValueError):
        # A full or read-only disk costs time, not the work: images are then decoded whenever they are needed.
        return None


def _bytes(count: int, size: int) -> int:
    return count * (np.dtype(np.uint32).itemsize + size * size * 3)


def _checksum(square: npt.NDArray[np.uint8]) -> int:
    # 0 says that nothing is there yet.
    return zlib.crc32(np.ascontiguousarray(square).data) or 1


def _create(path: Path, size: int) -> None:
    """Put an empty cache in place; a process that still uses an older file keeps that one."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        with temporary.open("wb") as handle:
            handle.truncate(size)
            # Writing to a mapped file on a disk that has become full ends the process: take the room now.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle.fileno(), 0, size)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
