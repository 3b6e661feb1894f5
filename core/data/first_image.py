"""Whether a folder holds any image: a quick look before it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from core.data.images import SUFFIXES
from core.errors import Cancelled


def holds_image(root: Path, should_stop: Callable[[], bool] | None = None) -> bool:
    """Whether any file below `root` is named like an image; looks no further than the first.

    Raises Cancelled once `should_stop` answers True.
    """
    visited: set[tuple[int, int]] = set()
    for folder, below, files in os.walk(root, followlinks=True):
        if should_stop is not None and should_stop():
            raise Cancelled("Stopped while looking for images.")
        facts = os.stat(folder)  # noqa: PTH116
        if (facts.st_dev, facts.st_ino) in visited:
            # A link back to where we were.
            below.clear()
            continue
        visited.add((facts.st_dev, facts.st_ino))
        below[:] = [name for name in below if not name.startswith(".")]
        if any(name.lower().endswith(tuple(SUFFIXES)) for name in files if not name.startswith(".")):
            return True
    return False
