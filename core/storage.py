"""Files that are either wholly there or not there at all, and reading those that others put there.

A file is written in a temporary folder beside its final place, flushed to the disk and then moved over the old one,
so that a killed process or a full disk leaves the previous file untouched. What is read is a regular file: opening a
pipe, a socket or a device would wait for good, or read without an end.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from core.errors import StorageError
from core.messages import Message

TEMPORARY_SUFFIX = ".unfinished"
FULL = frozenset(code for name in ("ENOSPC", "EDQUOT") if (code := getattr(errno, name, None)) is not None)
NEXT_TO_NOTHING = 1 << 16
# Recipes, details of runs and checkpoints: ours have some kilobytes.
SMALL_FILE = 16 << 20
OTHER_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}


@contextlib.contextmanager
def atomic_path(path: Path, need: int | None = None) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success its file becomes `path`, on failure it is removed.

    The temporary file has the name of the final one, in a folder of its own: libraries that look at the suffix see the
    right one, and what they put beside it goes away with it. Raises StorageError with the reason and the place when
    the disk is full (and how much is free) or the folder cannot be written to.
    """
    path = Path(path)
    folder = path.parent / f".{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
    temporary = folder / path.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.chmod(_usual_rights(folder))
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        full = _is_full(error, path.parent)
        shutil.rmtree(folder, ignore_errors=True)  # before the free space is told
        raise (disk_full(path, need) if full else _refused(path, _reason(error, path, temporary))) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def atomic_file(path: Path, mode: str = "wb", need: int | None = None) -> Iterator[IO[Any]]:
    """Open a file for writing that replaces `path` only once it is complete."""
    encoding = None if "b" in mode else "utf-8"
    newline = None if "b" in mode else "\n"
    with atomic_path(path, need) as temporary, temporary.open(mode, encoding=encoding, newline=newline) as handle:
        yield handle


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 text file at once."""
    with atomic_file(path, "w", len(text.encode())) as handle:
        handle.write(text)


class LineFile:
    """A text file that only grows, a line at a time; each line is wholly there or not at all.

    Raises StorageError naming the file, and where the disk is full the need and what is free. Once it did, nothing more
    is written: whoever is told of that has nothing to add to this file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._failed = Path(path), False
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._handle = os.open(path, flags, 0o666)
            try:
                _refuse_other_than_file(self._path, os.fstat(self._handle).st_mode)
            except OSError:
                os.close(self._handle)
                raise
        except OSError as error:
            raise _refused(self._path, error.strerror or str(error)) from error

    def write(self, line: str) -> None:
        """Write a whole line, its line feed included."""
        if self._failed:
            return
        content = line.encode()
        before = os.fstat(self._handle).st_size
        try:
            written = os.write(self._handle, content)
            # A full disk takes a part; asking again tells the reason.
            while written < len(content):
                written += os.write(self._handle, content[written:])
        except OSError as error:
            self._failed = True
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, before)
            full = _is_full(error, self._path.parent)
            raise (
                disk_full(self._path, len(content)) if full else _refused(self._path, error.strerror or str(error))
            ) from error

    def flush(self) -> None:
        """Nothing waits to be written."""

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


def disk_full(path: Path, need: int | None = None) -> StorageError:
    """What to say of a file that there is no room for, and of the bytes it needs where they are known."""
    free = _size(shutil.disk_usage(path.parent).free)
    if need is None:
        return StorageError(Message("disk-full", path=path, free=free), path)
    return StorageError(Message("disk-full-with-need", path=path, need=_size(need), free=free), path)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file at once; NaN is refused (ValueError) because JSON has none."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    if not is_utf8(text):
        # File names need not be UTF-8; escaped, they survive the way there and back.
        text = json.dumps(value, indent=2, allow_nan=False)
    write_text(path, text + "\n")


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading, as ``open(path, "rb")`` does, and nothing else; links are followed.

    Raises OSError as `open` does, at once also for a pipe, a socket, a device or a folder: its `strerror` says which.
    """
    _refuse_other_than_file(path, Path(path).stat().st_mode)
    # The file may have become another since: without waiting for whoever would write into a pipe, and looked at again.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _refuse_other_than_file(path, os.fstat(handle).st_mode)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def other_kind(path: Path) -> str:
    """What `path` leads to where that is no regular file, as "a named pipe, not a regular file"; "" where it is one.

    "missing" where nothing is there, or a link that leads nowhere.
    """
    try:
        _refuse_other_than_file(path, Path(path).stat().st_mode)
    except OSError as error:
        return "missing" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
    return ""


def read_small(path: Path, most_bytes: int = SMALL_FILE) -> bytes:
    """All of a regular file of at most `most_bytes`; StorageError in one sentence for any other."""
    try:
        with open_regular(path) as handle:
            content = handle.read(most_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise StorageError(
            Message("file-not-readable", path=path, reason=getattr(error, "strerror", None) or error), path
        ) from error
    if len(content) > most_bytes:
        raise StorageError(
            Message("file-not-readable", path=path, reason=Message("file-too-long", most=most_bytes)), path
        )
    return content


def read_json(path: Path, most_bytes: int = SMALL_FILE) -> Any:
    """Read a JSON file, with byte order mark or without; StorageError says which file is damaged and where."""
    try:
        return json.loads(read_small(path, most_bytes).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StorageError(Message("json-not-readable", path=path, reason=error), path) from error


def sweep_unfinished(folder: Path) -> int:
    """Remove what killed writers left in `folder` (not in its sub-folders); returns how much there was.

    Only for a folder that nobody else is writing to.
    """
    leftovers = list(Path(folder).glob(f"*{TEMPORARY_SUFFIX}"))
    for leftover in leftovers:
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    return len(leftovers)


def discard(path: Path) -> None:
    """Remove whatever is called `path`, a file, a folder or a pipe; links are removed and not followed."""
    path = Path(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let a library write `path` through its own function, atomically."""
    with atomic_path(path) as temporary:
        write(temporary)


def _refuse_other_than_file(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = OTHER_KINDS.get(stat.S_IFMT(mode), "a device")
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(number, f"{what}, not a regular file", str(path))


def _usual_rights(folder: Path) -> int:
    # Libraries write with their own rights (safetensors: 0600); the user's umask decides instead. The system applied
    # it to the new folder; asking for it would mean setting it, for all threads.
    return stat.S_IMODE(folder.stat().st_mode) & 0o666


def _is_full(error: OSError, folder: Path) -> bool:
    """Whether a write failed for want of space; NumPy gives no error number."""
    if error.errno is not None:
        return error.errno in FULL
    return folder.is_dir() and shutil.disk_usage(folder).free < NEXT_TO_NOTHING


def _size(count: int) -> str:
    return f"{count:,} bytes" if 0 < count < 100_000 else f"{count / 1e6:,.1f} MB"


def _refused(path: Path, reason: str) -> StorageError:
    return StorageError(Message("file-not-written", path=path, reason=reason), path)


def _reason(error: OSError, path: Path, temporary: Path) -> str:
    """The system's words, with the file they are about where that is another one."""
    reason = error.strerror or str(error)
    about = error.filename
    is_other = isinstance(about, str) and not str(temporary).startswith(about) and about != str(path)
    return f"{reason} ({about})" if is_other else reason


def is_utf8(text: str) -> bool:
    """Whether a text can be written in UTF-8: names of files need not be text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    # Windows has no folder handles to flush; there the rename is durable by itself.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
