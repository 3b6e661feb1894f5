"""Where what is computed lies: in the workspace, or until the window closes where that cannot be written to.

What the demo shows at a first start is shipped, made by `python -m benchmarks.make_demo_results`.
"""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from tempfile import mkdtemp
from weakref import finalize

from core import paths
from core.disk_cache import mark_used

SHIPPED = paths.RESOURCES / "demo"


class ArtifactPaths:
    """Names the files of embeddings, maps and measures. Looks at the drive of the workspace: for threads.

    What is made goes into the workspace where that can be written to. Else it goes to a temporary folder that goes with
    this object, and what the workspace has from before is still found there.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._is_persistent: bool | None = None
        self._temporary: Path | None = None

    @property
    def is_persistent(self) -> bool:
        """Whether the workspace takes what is made; looked at once."""
        with self._lock:
            if self._is_persistent is None:
                self._is_persistent = _can_be_written(self._workspace)
                if not self._is_persistent:
                    self._temporary = Path(mkdtemp(prefix="embedding-explorer-"))
                    finalize(self, shutil.rmtree, self._temporary, ignore_errors=True)
            return self._is_persistent

    def path(self, kind: str, name: str) -> Path:
        """Where the result `name` of a `kind` ("embeddings", "maps", ...) is found, or to be written."""
        path = self._workspace / kind / name
        if not path.exists() and (SHIPPED / kind / name).exists():
            return SHIPPED / kind / name
        if self.is_persistent or self._temporary is None or path.exists():
            return path
        return self._temporary / kind / name

    def mark_used(self, path: Path) -> None:
        """Count a result as used just now (`core.disk_cache`); a shipped one is never thrown away."""
        if not path.is_relative_to(SHIPPED):
            mark_used(path)

    def may_remove(self, path: Path) -> bool:
        """Whether a damaged result is ours to remove: not a shipped one, and not where nothing can be written."""
        return self.is_persistent and not path.is_relative_to(SHIPPED)


def _can_be_written(folder: Path) -> bool:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
