"""The disk caches of what can be computed again: where they lie, what they may take, and removing what is in them.

Evaluations, catalogs and prepared images stay within bounds by themselves (`make_room`). Embeddings, maps and
thumbnails took long to make, so nothing removes them but the verb `cache`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import paths
from core.array_file import save_arrays
from core.storage import TEMPORARY_SUFFIX

# What panels have computed of their own lies in a folder each.
OF_PANELS = "results"
IN_WORKSPACE = ("embeddings", "maps", "evaluations", "comparisons", "thumbnails", OF_PANELS)
IN_CACHE = {"prepared-images": "images", "catalogs": "catalogs"}
KINDS = (*IN_WORKSPACE, *IN_CACHE)
DAY = 86_400.0


@dataclass(frozen=True)
class CacheEntry:
    """A file or a folder of one computed result; `used` is when it was last made or used, in seconds since 1970."""

    path: Path
    size_bytes: int
    used: float


def folder_of(kind: str) -> Path:
    """Where results of a kind lie."""
    return paths.cache() / IN_CACHE[kind] if kind in IN_CACHE else paths.workspace() / kind


def store(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]], most_bytes: int) -> None:
    """Write arrays to a cached file; files like it in its folder stay within `most_bytes`. Raises StorageError."""
    save_arrays(path, arrays)
    make_room(path.parent.glob(f"*{path.suffix}"), most_bytes)


def mark_used(path: Path) -> None:
    """Let `make_room` and `remove_unused` take `path` for used just now, where its time may be set."""
    with contextlib.suppress(OSError):
        os.utime(path)


def make_room(files: Iterable[Path], most_bytes: int, need: int = 0) -> None:
    """Remove of `files` those not used for longest, until the rest and `need` bytes more take at most `most_bytes`.

    Where no more is needed, the last one used stays, however large. Several processes may do so at once, and others
    may be reading: a file that is removed is read to its end all the same, or, on Windows, cannot be removed.
    """
    known = []
    for path in files:
        with contextlib.suppress(OSError):  # gone meanwhile
            facts = path.stat()
            known.append((facts.st_mtime_ns, facts.st_size, path))
    taken = need + sum(size for _, size, _ in known)
    for _, size, path in sorted(known)[: None if need else -1]:
        if taken <= most_bytes:
            return
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            taken -= size


def cache_entries(kind: str) -> list[CacheEntry]:
    """All cache entries of a kind, what killed writers left included."""
    folder = folder_of(kind)
    return [_entry(path) for path in sorted(folder.glob("*/*" if kind == OF_PANELS else "*"))]


def remove_unused(items: Sequence[CacheEntry], days: float) -> list[CacheEntry]:
    """Remove those not used for so many days; returns them. Raises OSError.

    A folder goes at once, so that nobody meets half of one. Who has a file open reads it to its end.
    """
    before = time.time() - DAY * days
    old = [item for item in items if item.used <= before]
    for item in old:
        _remove(item.path)
    return old


def _entry(path: Path) -> CacheEntry:
    size, used = 0, 0.0
    for each in (path, *path.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # somebody else's removal
            facts = each.lstat()
            used = max(used, facts.st_mtime)
            size += facts.st_size if stat.S_ISREG(facts.st_mode) else 0
    return CacheEntry(path, size, used)


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
            return
        doomed = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
        path.rename(doomed)
        shutil.rmtree(doomed)
