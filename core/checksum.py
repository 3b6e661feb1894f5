"""Small files, and lines, that notice when they are no longer what was written: JSON and texts with a checksum in them.

A flipped bit may leave a file readable and change a figure in it. Files without a checksum are of an older version, or
lost it to an edit by hand, and are believed. JSON objects also tell their format and which version wrote them.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import __version__
from core.errors import NewerVersionError, StorageError
from core.messages import Message
from core.paths import APPLICATION
from core.storage import SMALL_FILE, read_json, write_json

KEY = "checksum"
WRITTEN_BY = "written_by"
DIGEST = re.compile(r"[0-9a-f]{64}")
PART_OF_DIGEST = re.compile(r"[0-9a-f]{30}")
# How a line of JSON ends that has a checksum, and how many of these characters make it one that was damaged.
LINE_MARK = ', "crc": "00000000"}'
END_OF_LINE = re.compile(rb', "crc": "([0-9a-f]{8})"\}')
NEARLY = len(LINE_MARK) - 2
LAST_LINE = re.compile(r"# checksum ([0-9a-f]{64})\n")


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a JSON object, and behind them who writes it and their checksum."""
    expected = {key: value for key, value in values.items() if key not in (WRITTEN_BY, KEY)}
    # As they are read back: tuples are lists then, and keys texts.
    plain = json.loads(json.dumps({**expected, WRITTEN_BY: f"{APPLICATION} {__version__}"}))
    return {**plain, KEY: _digest(plain)}


def write_checked(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object that tells its writer and its checksum."""
    write_json(path, checked(values))


def read_checked(path: Path, newest: int, most_bytes: int = SMALL_FILE) -> dict[str, Any]:
    """The entries of a JSON object but for its checksum.

    Raises StorageError where it is damaged, and NewerVersionError where its format is above `newest`.
    """
    return believed(path, read_json(path, most_bytes), newest)


def believed(path: Path, values: Any, newest: int) -> dict[str, Any]:
    """As `read_checked`, of what was read from `path`."""
    if not isinstance(values, dict):
        raise StorageError(Message("json-file-no-object", path=path, kind=_kind(values)), path)
    check_format(path, values, newest)
    entries: dict[str, Any] = dict(values)
    expected = entries.pop(KEY, None)
    if expected is None:
        _refuse_misnamed(path, entries)
    elif expected != _digest(entries):
        raise _changed(path, Message("mark-entry", name=KEY))
    return entries


def check_format(path: Path, values: Mapping[str, Any], newest: int) -> None:
    """Raise NewerVersionError where the entry "format" of a file is above `newest`."""
    number = values.get("format")
    if isinstance(number, int) and not isinstance(number, bool) and number > newest:
        writer = values.get(WRITTEN_BY)
        told = Message("writer-and", writer=writer[:80]) if isinstance(writer, str) else ""
        raise NewerVersionError(
            Message("file-of-newer-version", path=path, writer=told, number=number, version=__version__, newest=newest),
            path,
        )


def with_checksum(text: str) -> str:
    """A text whose last line, a comment of TOML, is the checksum of the lines before; `text` ends with a line feed."""
    return f"{text}# checksum {hashlib.sha256(text.encode()).hexdigest()}\n"


def check_text(path: Path, content: bytes) -> None:
    """Raise StorageError where the content of `path` is not what `with_checksum` made; one without is believed."""
    lines = content.splitlines(keepends=True)
    last = lines[-1].decode("utf-8", "replace") if lines else ""
    expected = LAST_LINE.fullmatch(last)
    if expected is None:
        # Nearly one: what was flipped is the mark itself.
        if last.startswith("#") and PART_OF_DIGEST.search(last):
            raise _changed(path, Message("mark-last-line"))
    elif expected.group(1) != hashlib.sha256(b"".join(lines[:-1])).hexdigest():
        raise _changed(path, Message("mark-last-line"))


def line_with_checksum(line: str) -> str:
    """A JSON object on one line, in ASCII and without a line feed, with a checksum as its last entry."""
    return f'{line[:-1]}, "crc": "{zlib.crc32(line.encode()):08x}"}}'


def believed_line(line: bytes) -> bytes:
    """The line that `line_with_checksum` was given; one without a checksum, of an older version, as it is.

    Raises ValueError where it is not what was written. A line feed at its end is left away.
    """
    line = line.rstrip(b"\r\n")
    mark = line[-len(LINE_MARK) :]
    expected = END_OF_LINE.fullmatch(mark)
    if expected is None:
        # Nearly one: what was flipped is the mark itself.
        if sum(map(_fits, mark.decode("latin-1"), LINE_MARK)) >= NEARLY:
            raise ValueError("its checksum is damaged")
        return line
    plain = line[: -len(LINE_MARK)] + b"}"
    if int(expected.group(1), 16) != zlib.crc32(plain):
        raise ValueError("it is not what was written (checksum mismatch)")
    return plain


def _fits(letter: str, expected: str) -> bool:
    return letter in "0123456789abcdef" if expected == "0" else letter == expected


def _refuse_misnamed(path: Path, values: Mapping[str, Any]) -> None:
    """A flipped bit may be in the name of the entry; the checksum is always the last one."""
    last = next(reversed(list(values.values())), None)
    if isinstance(last, str) and DIGEST.fullmatch(last):
        raise _changed(path, Message("mark-last-entry"))


def _changed(path: Path, mark: Message) -> StorageError:
    return StorageError(Message("file-changed-since-written", path=path, mark=mark), path)


def _digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of the values, however they are spaced and ordered."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _kind(value: object) -> str:
    names = {list: "list", str: "text", bool: "truth value", type(None): "null"}
    return names.get(type(value), "number")
