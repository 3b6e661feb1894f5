"""Arrays in an .npz file: written wholly or not at all, and read with every damage noticed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import StorageError
from core.messages import Message
from core.storage import atomic_path, discard, open_regular

Arrays = dict[str, npt.NDArray[np.generic]]
# What zipfile and NumPy make of a file with any byte changed.
DAMAGE = (
    OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError, MemoryError, NotImplementedError,
    OverflowError, RecursionError, RuntimeError, SyntaxError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """Write arrays under their names. Raises StorageError."""
    if not path.is_file():
        discard(path)  # whatever has taken its place
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, allow_pickle=False, **arrays)


def load_arrays(path: Path) -> Arrays:
    """All arrays of a file. Raises StorageError where it is not there or damaged."""
    try:
        # NumPy would leave the file of a damaged archive open.
        with open_regular(path) as handle, np.load(handle, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        raise StorageError(Message("file-damaged", path=path, reason=error), path) from error
