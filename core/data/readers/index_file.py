"""The words of an index file: a line per image, words parted by spaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from core.data.readers.text_file import read_text
from core.errors import DataError
from core.messages import Message
from core.storage import other_kind


@dataclass
class _Reading:
    """How the index files of one set are read: the encoding that was named, and what was assumed of others."""

    encoding: str = ""
    notices: list[Message] = field(default_factory=list)


_reading: ContextVar[_Reading | None] = ContextVar("_reading", default=None)


@contextmanager
def index_files(encoding: str) -> Iterator[list[Message]]:
    """Reads all index files inside in this encoding, "" for the one that is told of each; yields what was assumed."""
    reading = _Reading(encoding)
    token = _reading.set(reading)
    try:
        yield reading.notices
    finally:
        _reading.reset(token)


def lines_of(path: Path) -> list[str]:
    """The lines of a text file, empty ones at its end left out. Raises DataError when it cannot be read as text."""
    require_regular(path)
    reading = _reading.get() or _Reading()
    found = read_text(path, reading.encoding)
    if found.notice and found.notice not in reading.notices:
        reading.notices.append(found.notice)
    return found.text.rstrip().splitlines()


def require_regular(path: Path) -> None:
    """Raise DataError for what is there but no file: a named pipe would keep us waiting for ever."""
    if path.exists() and not path.is_file():
        raise DataError(Message("index-file-of-other-kind", path=path, kind=other_kind(path)), path)


def words_of(path: Path, columns: tuple[str, ...], first_line: int = 1) -> list[list[str]]:
    """The words of every line from `first_line` on, one for each column; the last column keeps its spaces.

    The line before `first_line`, if any, is the header. Raises DataError where it is another one, and naming the first
    line that has too few words.
    """
    width, lines = len(columns), lines_of(path)
    header = lines[first_line - 2].split() if 2 <= first_line <= len(lines) + 1 else list(columns)
    if header != list(columns):
        raise DataError(
            Message("index-header-invalid", path=path, line=first_line - 1, header=header, columns=columns), path
        )
    # Copies made on Windows have its slashes; no published name has one.
    rows = [line.rstrip().replace("\\", "/").split(None, width - 1) for line in lines[first_line - 1 :]]
    for number, row in enumerate(rows, first_line):
        if len(row) != width:
            raise DataError(
                Message(
                    "index-line-of-other-width", path=path, line=number, words=len(row), expected=width, columns=columns
                ),
                number,
            )
    if not rows:
        raise DataError(Message("index-empty", path=path, columns=columns), path)
    return rows


def by_first_word(path: Path, columns: tuple[str, str]) -> dict[str, str]:
    """What follows the first word of each line, in their order. Raises DataError where a first word comes twice."""
    rows = words_of(path, columns)
    found = {first: second.strip() for first, second in rows}
    if len(found) < len(rows):
        raise DataError(
            Message("index-with-repeated-words", path=path, lines=len(rows), words=len(found), column=columns[0]), path
        )
    return found


def number_of(path: Path, line: int, word: str, meaning: str) -> int:
    """A word as a whole number; DataError says where it is none."""
    try:
        return int(word)
    except ValueError as error:
        raise DataError(
            Message("index-word-not-whole", path=path, line=line, meaning=meaning, word=word), line
        ) from error
