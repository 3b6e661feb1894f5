"""A table of numbers as text, in whatever encoding, with whatever between its cells and in front of its heading."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core.arrow_file import arrow_file
from core.data.readers.comment_lines import notice_of_comments, without_comments_above
from core.data.readers.manifest_errors import EncodingError
from core.data.readers.text_file import read_text
from core.data.vectors.array_archive import clipped
from core.data.vectors.vector_cells import COORDINATES, numbered_columns
from core.errors import DataError, EmbeddingsError
from core.messages import Message

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = ",;\t|"
# A heading of many thousand columns and the row below it, and the comments above.
_BEGINNING = 1 << 22
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class _Heading:
    """The columns' names, those of numbers, what parts them, the lines down to them, and what to say of those above.

    `first` are the cells of the first row.
    """

    names: list[str]
    numbers: list[str]
    separator: str
    lines: int
    decimal: str
    notes: list[str]
    first: dict[str, str]


def text_table(handle: BinaryIO, path: Path) -> tuple[pa.Table, list[str]]:
    """A table of numbers as text, and what is to be said of how it was read; whatever is no numbered column stays text.

    Raises EmbeddingsError in one sentence.
    """
    import pyarrow as pa

    try:
        if _is_utf8(handle):
            with arrow_file(path) as source:
                return _parsed(handle.read(_BEGINNING), source, path)
        text, notes = _decoded(path)
        encoded = text.encode("utf-8")
        table, more = _parsed(encoded[:_BEGINNING], pa.BufferReader(encoded), path)
        return table, [*notes, *more]
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, MemoryError, csv.Error) as error:
        reason = str(error).splitlines()[0] if str(error) else "damaged"
        raise EmbeddingsError(
            Message("vector-table-not-readable", path=path, reason=clipped(reason, 100)), path
        ) from error


def beginning_of_table(handle: BinaryIO, path: Path) -> dict[str, str]:
    """name -> cell of the first row. Raises EmbeddingsError for what is no table with a heading."""
    try:
        heading = _heading(handle.read(_BEGINNING).decode("utf-8-sig", "ignore"), path)
    except (ValueError, csv.Error) as error:
        raise EmbeddingsError(
            Message("vector-table-not-readable", path=path, reason=clipped(error, 100)), path
        ) from error
    return heading.first


def _is_utf8(handle: BinaryIO) -> bool:
    """Whether all of a file is; read in parts, and from its beginning again afterwards."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while part := handle.read(_BEGINNING):
            if "\0" in decoder.decode(part):
                # As UTF-16 has, also without its mark.
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        handle.seek(0)
    return True


def _decoded(path: Path) -> tuple[str, list[str]]:
    try:
        found = read_text(path)
    except EncodingError as error:
        raise ValueError("it is not UTF-8, and which encoding it is in is not certain") from error
    except DataError as error:
        raise EmbeddingsError(error.message, path) from error
    return found.text, [f"the text is read as {found.encoding}"] if found.notice else []


def _parsed(beginning: bytes, source: pa.NativeFile, path: Path) -> tuple[pa.Table, list[str]]:
    import pyarrow as pa
    import pyarrow.csv as pc

    heading = _heading(beginning.decode("utf-8-sig", "ignore"), path)
    types = {name: pa.float32() if name in heading.numbers else pa.string() for name in heading.names}
    table = pc.read_csv(
        source,
        read_options=pc.ReadOptions(column_names=heading.names, skip_rows=heading.lines),
        parse_options=pc.ParseOptions(delimiter=heading.separator),
        convert_options=pc.ConvertOptions(
            column_types=types, null_values=["", "nan", "NaN", "NA", "null"], decimal_point=heading.decimal
        ),
    )
    return table, heading.notes


def _heading(beginning: str, path: Path) -> _Heading:
    bare, comments = without_comments_above(beginning)
    lines = bare.splitlines()
    index = next((number for number, line in enumerate(lines) if line.strip()), -1)
    if index < 0:
        raise ValueError("it is empty")
    first, below = lines[index][:_LONGEST_LINE], lines[index + 1] if index + 1 < len(lines) else ""
    separator = "\t" if path.suffix.lower() == ".tsv" else max(DELIMITERS, key=first.count)
    names = [name.strip() for name in next(csv.reader(io.StringIO(first), delimiter=separator), [])]
    if len(set(names)) != len(names):
        raise ValueError("two columns have one name")
    if sum(map(_is_number, names)) * 2 > len(names):
        raise ValueError("its first line is numbers and no heading")
    decimal = "," if separator == ";" and "," in below and "." not in below.rpartition(";")[2] else "."
    cells = dict(zip(names, next(csv.reader(io.StringIO(below), delimiter=separator), []), strict=False))
    numbers = numbered_columns(names)
    if {name.lower() for name in numbers} <= set(COORDINATES) and decimal == ".":
        # "x" may also be a vector written as text, and "y" its class.
        numbers = numbers if all(_is_float(cells.get(name, "")) for name in numbers) else []
    return _Heading(
        names,
        numbers,
        separator,
        index + 1,
        decimal,
        [each.rstrip(".") for each in notice_of_comments(comments)],
        cells,
    )


def _is_number(name: str) -> bool:
    # "0", "1", ... are names of columns.
    return _is_float(name) and not name.strip().isdigit()


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
