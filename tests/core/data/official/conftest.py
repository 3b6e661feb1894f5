"""A place for a hundred thousand names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """An empty folder, in memory where the system offers that: a busy disk takes half a minute to make whole sets.

    Gone after the test, while pytest would keep the folders of its last three runs.
    """
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="embedding-explorer-tests-", dir=place) as folder:
        yield Path(folder)
