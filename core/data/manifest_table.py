"""The cells of a manifest file as text: CSV, TSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.data.images import SUFFIXES as IMAGE_SUFFIXES
from core.data.text_file import read_text
from core.errors import DataError
from core.wording import counted

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Table:
    """A header and R rows of text; `numbers` says where each row stands in the file, counted in `unit`s.

    `left_out` names the columns that hold lists, objects or pictures instead of text. `notices` say how the file was
    read where that is not certain.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]
    unit: str
    left_out: Sequence[str] = ()
    notices: Sequence[str] = ()
    decimal_comma: bool = False


def read_table(path: Path, encoding: str = "") -> Table:
    """The table in a file, every cell as text; missing ones are "".

    Raises DataError when the file cannot be read, its text is in no known encoding, rows and header differ in length,
    two columns have one name, or nothing is listed.
    """
    if path.exists() and not path.is_file():
        # A named pipe would keep us waiting for ever.
        raise DataError(f"{path} is no regular file; expected a table.", path)
    if path.suffix.lower() == ".parquet":
        table = _read_parquet(path)
    else:
        text = read_text(path, encoding)
        read = _read_json_lines if path.suffix.lower() == ".jsonl" else _read_csv
        table = replace(read(path, text.text), notices=[text.notice] if text.notice else [])
    named = [name for name in table.header if name]
    if twice := next((name for name in named if named.count(name) > 1), ""):
        raise DataError(f"{path} has two columns named '{twice}'.", twice)
    if not table.rows:
        raise DataError(f"{path} lists no images: it has {'a header only' if table.header else 'no text'}.", path)
    width = len(table.header)
    for number, row in zip(table.numbers, table.rows, strict=True):
        if len(row) != width:
            raise DataError(
                f"{path}, {table.unit} {number}: {counted(len(row), 'cell')} where the header has {width} columns.",
                number,
            )
    return table


def _read_csv(path: Path, text: str) -> Table:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
                # The line where the row begins; quoted cells may go over several.
                numbers.append(reader.line_num - "".join(row).count("\n"))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: not a readable CSV table ({error}).", path) from error
    header = [name.strip() for name in rows[0]] if rows else []
    if names := _names_without_header(header):
        return Table(names, rows, numbers, "line")
    return Table(header, rows[1:], numbers[1:], "line")


def _names_without_header(first: Sequence[str]) -> list[str]:
    """Names for the columns of a table that starts at once with an image file; none where it has a header.

    The first file name is the image; of two columns the other one is the class.
    """
    files = [cell.casefold().endswith(tuple(IMAGE_SUFFIXES)) for cell in first]
    if not any(files):
        return []
    names = [f"column {number}" for number in range(1, len(first) + 1)]
    names[files.index(True)] = "image"
    if len(first) == 2:
        names[1 - files.index(True)] = "label"
    return names


def _read_json_lines(path: Path, text: str) -> Table:
    header: dict[str, None] = {}
    left_out: dict[str, None] = {}
    objects: list[dict[str, str]] = []
    numbers: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            # Numbers stay the text they are: 1.0 is another class than 1.
            values = json.loads(line, parse_int=str, parse_float=str, parse_constant=lambda _constant: None)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, line {number}: not readable JSON ({error}).", number) from error
        if not isinstance(values, dict):
            raise DataError(f"{path}, line {number}: {type(values).__name__}; expected an object of names.", number)
        cells = {name.strip(): _cell(value) for name, value in values.items() if not isinstance(value, list | dict)}
        header |= dict.fromkeys(cells)
        left_out |= dict.fromkeys(name.strip() for name, value in values.items() if isinstance(value, list | dict))
        objects.append(cells)
        numbers.append(number)
    names = list(header)
    rows = [[cells.get(name, "") for name in names] for cells in objects]
    return Table(names, rows, numbers, "line", [name for name in left_out if name not in header])


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(DELIMITERS, key=first.count)


def _read_parquet(path: Path) -> Table:
    # Parquet costs 0.2 s to import, which a CSV user and the window's start need not pay.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as handle:
            file = pq.ParquetFile(handle)
            # Pictures kept inside the table are no names of files, and may not fit into memory.
            header = [field.name for field in file.schema_arrow if not _holds_data(pa, field.type)]
            left_out = [field.name for field in file.schema_arrow if field.name not in header]
            table = file.read(columns=header)
        columns = [[_cell(value) for value in column.to_pylist()] for column in table.columns]
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path} is not a readable Parquet table ({reason}).", path) from error
    return Table(header, list(zip(*columns, strict=True)), range(1, table.num_rows + 1), "row", left_out)


def _holds_data(pa: Any, kind: Any) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _cell(value: Any) -> str:
    # A missing number is NaN where another program had no other way to write it.
    is_missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if is_missing else str(value)
