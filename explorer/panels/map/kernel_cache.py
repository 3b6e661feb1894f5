"""Where compiled kernels are kept, and whether they are there; numba is not imported for that."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from pathlib import Path

from core import paths
from core.errors import StorageError
from core.storage import read_json, write_json


def is_ready() -> bool:
    """Whether the kernels as they are now were compiled on this machine by this numba."""
    try:
        return bool(read_json(_mark()) == _stamp())
    except (OSError, StorageError):
        return False


def mark_ready() -> None:
    """Say that every kernel is in the cache."""
    write_json(_mark(), _stamp())


def _mark() -> Path:
    return paths.compiled() / "map_kernels.json"


def _stamp() -> dict[str, str | int]:
    source = Path(__file__).with_name("raster.py").stat()
    return {
        "source_size": source.st_size,
        "source_time": source.st_mtime_ns,
        "numba": metadata.version("numba"),
        "python": sys.version,
        "machine": f"{platform.node()} {platform.machine()}",
    }
