"""Whether umap-learn and the ranks of retrieval were compiled ahead of their first use.

Half a minute that nobody should wait for at a first map, and seconds at a first evaluation.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from importlib import metadata

from core import paths
from core.errors import CoreError
from core.storage import read_json, write_json

MARK = "umap.json"


def is_compiled() -> bool:
    """Whether this machine has both, as they are now, in its cache; neither umap nor numba is imported for that."""
    path = paths.compiled() / MARK
    try:
        return path.is_file() and bool(read_json(path) == _stamp())
    except CoreError:
        return False


def mark_compiled() -> None:
    """Say that every compiled function is in the cache."""
    write_json(paths.compiled() / MARK, _stamp())


def _stamp() -> dict[str, str]:
    return {
        "umap": metadata.version("umap-learn"),
        "pynndescent": metadata.version("pynndescent"),
        "ranks": hashlib.sha256((paths.PROJECT / "core" / "retrieval" / "ranks.py").read_bytes()).hexdigest(),
        "numba": metadata.version("numba"),
        "python": sys.version,
        "machine": f"{platform.node()} {platform.machine()}",
    }
