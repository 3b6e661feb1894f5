"""Whether a folder holds any image: a quick look before it is read."""

from __future__ import annotations

import os
from pathlib import Path

from core.data.images import SUFFIXES


def holds_image(root: Path) -> bool:
    """Whether any file below `root` is named like an image; looks no further than the first."""
    visited: set[tuple[int, int]] = set()
    for folder, below, files in os.walk(root, followlinks=True):
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
