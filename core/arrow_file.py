"""Files that Arrow reads itself.

Handed a Python file, Arrow's threads hold a part of it for a moment longer than the reading takes. A process that ends
in that moment is aborted ("terminate called without an active exception", status 134): the thread asks for Python's
lock, which is not given any more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.storage import open_regular

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def arrow_file(path: Path) -> Iterator[pa.OSFile]:
    """A regular file for Arrow's readers; OSError with its `strerror` as `open_regular`."""
    import pyarrow as pa

    open_regular(path).close()
    # Bytes where names need not be text.
    with pa.OSFile(os.fsencode(path) if os.name == "posix" else str(path)) as file:
        yield file
