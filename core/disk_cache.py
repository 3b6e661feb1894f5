"""What the disk caches hold, all of which can be computed again: how much there is, and removing it.

Evaluations, comparisons, catalogs and prepared images stay within bounds by themselves. Embeddings, maps and thumbnails
took long to make, so nothing removes them but this.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import paths
from core.storage import TEMPORARY_SUFFIX

IN_WORKSPACE = ("embeddings", "maps", "evaluations", "comparisons", "thumbnails")
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


def cache_entries(kind: str) -> list[CacheEntry]:
    """All cache entries of a kind, what killed writers left included."""
    folder = folder_of(kind)
    return [_item(path) for path in sorted(folder.iterdir())] if folder.is_dir() else []


def remove_unused(items: Sequence[CacheEntry], days: float) -> list[CacheEntry]:
    """Remove those not used for so many days; returns them. Raises OSError.

    A folder goes at once, so that nobody meets half of one. Who has a file open reads it to its end.
    """
    before = time.time() - DAY * days
    old = [item for item in items if item.used <= before]
    for item in old:
        _remove(item.path)
    return old


def _item(path: Path) -> CacheEntry:
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
