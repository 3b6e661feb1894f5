"""Files that are either wholly there or not there at all.

A file is written beside its final place, flushed to the disk and then moved over the old one, so that
a killed process or a full disk leaves the previous file untouched.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from core.errors import StorageError

TEMPORARY_SUFFIX = ".unfinished"


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success its file becomes `path`, on failure it is removed.

    Raises StorageError with need and place when the disk is full or the folder is not writable.
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        # Libraries write with their own rights (safetensors: 0600); the user's umask decides instead.
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"Could not write {path}: {error.strerror or error}.", path) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_file(path: Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file for writing that replaces `path` only once it is complete."""
    encoding = None if "b" in mode else "utf-8"
    newline = None if "b" in mode else "\n"
    with atomic_path(path) as temporary, temporary.open(mode, encoding=encoding, newline=newline) as handle:
        yield handle


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 text file at once."""
    with atomic_file(path, "w") as handle:
        handle.write(text)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file at once; NaN is refused because JSON has none."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; StorageError says which file is damaged and where."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} is not readable JSON ({error}).", path) from error
    except OSError as error:
        raise StorageError(f"Could not read {path}: {error.strerror or error}.", path) from error


def sweep_unfinished(folder: Path) -> int:
    """Remove what killed writers left in `folder` (not in its sub-folders); returns how many files went."""
    leftovers = list(Path(folder).glob(f"*{TEMPORARY_SUFFIX}"))
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return len(leftovers)


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let a library write `path` through its own function, atomically."""
    with atomic_path(path) as temporary:
        write(temporary)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    # Windows has no folder handles to flush; there the rename is durable by itself.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
