"""The words of an index file: a line per image, words parted by spaces."""

from __future__ import annotations

from pathlib import Path

from core.errors import DataError
from core.storage import open_regular, other_kind


def lines_of(path: Path) -> list[str]:
    """The lines of a text file, empty ones at its end left out. Raises DataError when it cannot be read as text."""
    require_regular(path)
    try:
        with open_regular(path) as handle:
            text = handle.read().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).", path) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is no UTF-8 text (byte {error.start}); expected an index file: save it as UTF-8.", path
        ) from error
    return text.rstrip().splitlines()


def require_regular(path: Path) -> None:
    """Raise DataError for what is there but no file: a named pipe would keep us waiting for ever."""
    if path.exists() and not path.is_file():
        raise DataError(f"{path} is {other_kind(path)}; expected an index file: put the file itself there.", path)


def words_of(path: Path, columns: tuple[str, ...], first_line: int = 1) -> list[list[str]]:
    """The words of every line from `first_line` on, one for each column; the last column keeps its spaces.

    The line before `first_line`, if any, is the header. Raises DataError where it is another one, and naming the first
    line that has too few words.
    """
    width, lines = len(columns), lines_of(path)
    header = lines[first_line - 2].split() if 2 <= first_line <= len(lines) + 1 else list(columns)
    if header != list(columns):
        raise DataError(
            f"{path}, line {first_line - 1}: '{' '.join(header)}'; expected the header '{' '.join(columns)}'.", path
        )
    # Copies made on Windows have its slashes; no published name has one.
    rows = [line.rstrip().replace("\\", "/").split(None, width - 1) for line in lines[first_line - 1 :]]
    for number, row in enumerate(rows, first_line):
        if len(row) != width:
            raise DataError(
                f"{path}, line {number}: {len(row)} words where {width} are expected ({' '.join(columns)}).", number
            )
    if not rows:
        raise DataError(f"{path} lists nothing; expected lines of {' '.join(columns)}.", path)
    return rows


def number_of(path: Path, line: int, word: str, meaning: str) -> int:
    """A word as a whole number; DataError says where it is none."""
    try:
        return int(word)
    except ValueError as error:
        raise DataError(f"{path}, line {line}: {meaning} '{word}' is no whole number.", line) from error
