"""The cells of a manifest file as text: CSV, TSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from core.arrow_file import arrow_file
from core.data.readers.comment_lines import is_comment, notice_of_comments, without_comments_above
from core.data.readers.headerless import blank_separated, names_for, notice_of
from core.data.readers.json_table import is_json_lines, json_as_text, records_of
from core.data.readers.text_file import Text, read_beginning, read_text
from core.errors import DataError
from core.messages import Message
from core.storage import other_kind

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
# Opened when they are named, but not looked for in a folder: there they may be anything.
LISTS = (".txt", ".lst", ".list")
NAMED_SUFFIXES = (*SUFFIXES, ".json", *LISTS)
DELIMITERS = ",;\t|"
LONGEST_NAME, LONGEST_REASON = 60, 200
# A packed column of one value may promise any number of rows in a few bytes.
MOST_ROWS = 50_000_000
PIECE = 1 << 16  # bytes


@dataclass(frozen=True)
class ManifestTable:
    """A header and R rows of text; `numbers` says where each row stands in the file, counted in `unit`s.

    `left_out` names the columns that hold lists, objects or pictures instead of text. `notices` say how the file was
    read where that is not certain.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]
    unit: str
    left_out: Sequence[str] = ()
    notices: Sequence[Message] = ()
    decimal_comma: bool = False


def read_table(path: Path, encoding: str = "") -> ManifestTable:
    """The table in a file, every cell as text; missing ones are "".

    Raises DataError when the file cannot be read, its text is in no known encoding, rows and header differ in length,
    two columns have one name, or nothing is listed.
    """
    _refuse_other_kind(path)
    if path.suffix.lower() == ".parquet":
        return _proven(path, _read_parquet(path)[0])
    return _proven(path, _of_text(path, read_text(path, encoding)))


# Of a row that is longer than the beginning of a table.
MOST_OF_A_ROW = 8 << 20


def read_head(path: Path, encoding: str, most_bytes: int, most_rows: int) -> tuple[ManifestTable, int | None]:
    """The table's beginning, and how many rows it has in all; None where that takes reading it.

    Of text so many bytes are read, or more where the first row has more; of Parquet so many rows; of JSON all. Raises
    as `read_table`.
    """
    _refuse_other_kind(path)
    if path.suffix.lower() == ".parquet":
        table, rows = _read_parquet(path, most_rows)
        return _proven(path, table), rows
    text, is_all = _beginning(path, encoding, most_bytes)
    table = _of_text(path, text)
    if not (is_all or table.rows):
        # One row may be longer than most beginnings, where it holds a vector or a picture.
        text, is_all = read_beginning(path, encoding, MOST_OF_A_ROW)
        table = _of_text(path, text)
    return _proven(path, table), len(table.rows) if is_all else None


def _beginning(path: Path, encoding: str, most_bytes: int) -> tuple[Text, bool]:
    if path.suffix.lower() == ".json":
        # Its beginning alone is no JSON; often all of it is one line.
        return read_text(path, encoding), True
    try:
        return read_beginning(path, encoding, most_bytes)
    except DataError as error:
        if error.message.id != "first-line-too-long" or path.suffix.lower() != ".jsonl":
            raise
        return read_beginning(path, encoding, MOST_OF_A_ROW)


def _refuse_other_kind(path: Path) -> None:
    if path.exists() and not path.is_file():
        # A named pipe would keep us waiting for ever.
        raise DataError(Message("table-of-other-kind", path=path, kind=other_kind(path)), path)


def _of_text(path: Path, text: Text) -> ManifestTable:
    # DOS ended texts with it.
    table = _reader(path)(path, text.text.rstrip("\x1a"))
    return replace(table, notices=[*([text.notice] if text.notice else []), *table.notices])


def _proven(path: Path, table: ManifestTable) -> ManifestTable:
    counts = Counter(name for name in table.header if name)
    if twice := next((name for name, count in counts.items() if count > 1), ""):
        raise DataError(Message("column-named-twice", path=path, column=twice[:LONGEST_NAME]), twice)
    if not table.rows:
        raise DataError(Message("table-without-images", path=path, header=bool(table.header)), path)
    width = len(table.header)
    for number, row in zip(table.numbers, table.rows, strict=True):
        if len(row) != width:
            raise DataError(
                Message(
                    "table-row-of-other-width", path=path, unit=table.unit, number=number, cells=len(row), columns=width
                ),
                number,
            )
    return table


def _reader(path: Path) -> Callable[[Path, str], ManifestTable]:
    readers = {".jsonl": _read_json_lines, ".json": _read_json, **dict.fromkeys(LISTS, _read_list)}
    return readers.get(path.suffix.lower(), _read_csv)


def _read_csv(path: Path, text: str) -> ManifestTable:
    text, delimiter, skipped = _without_separator_line(text)
    text, comments = without_comments_above(text)
    delimiter = delimiter or ("\t" if path.suffix.lower() == ".tsv" else _delimiter(text))
    if not delimiter and (listed := _list_of(text)) is not None:
        return listed
    width = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or ",", strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            width = width or len(row)
            if is_comment(row, width):
                comments += 1
            else:
                rows.append(row if len(row) <= width or any(row[width:]) else row[:width])
                # The line where the row begins; quoted cells may go over several.
                numbers.append(reader.line_num - "".join(row).count("\n") + skipped)
    except csv.Error as error:
        raise DataError(Message("csv-not-readable", path=path, line=reader.line_num, reason=error), path) from error
    names = names_for(rows)
    notices = [*notice_of(names), *notice_of_comments(comments)]
    if rows and not names:
        names, rows, numbers = [name.strip() for name in rows[0]], rows[1:], numbers[1:]
    return ManifestTable(names, rows, numbers, "line", notices=notices, decimal_comma=delimiter == ";")


def _without_separator_line(text: str) -> tuple[str, str, int]:
    """(text, delimiter, 1) without the line "sep=;" with which Excel begins a table; (text, "", 0) without one."""
    match = re.match(r"\"?sep=(.)\"?\r?\n", text, re.IGNORECASE)
    return (text[match.end() :], match[1], 1) if match is not None else (text, "", 0)


def _read_list(path: Path, text: str) -> ManifestTable:
    """A .txt file: parted by commas, tabs or blanks."""
    bare, comments = without_comments_above(text)
    listed = _list_of(bare) if not _delimiter(bare) else None
    if listed is not None:
        return replace(listed, notices=[*listed.notices, *notice_of_comments(comments)])
    table = _read_csv(path, text)
    if len(table.header) < 2:
        raise DataError(Message("list-of-images-invalid", path=path), path)
    return table


def _list_of(text: str) -> ManifestTable | None:
    """A list whose parts blanks divide, or None."""
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    header, rows = blank_separated([line for _, line in numbered])
    if not rows:
        return None
    numbers = [number for number, _ in numbered][-len(rows) :]
    return ManifestTable(header, rows, numbers, "line", notices=notice_of(header))


def _read_json(path: Path, text: str) -> ManifestTable:
    if is_json_lines(text):
        return _read_json_lines(path, text)
    records = records_of(path, text)
    return _table_of(records, range(1, len(records) + 1), "record")


def _read_json_lines(path: Path, text: str) -> ManifestTable:
    if text.lstrip().startswith("[") and "{" in text:
        # One list of objects, whatever the file is called.
        return _read_json(path, text)
    objects: list[Mapping[str, Any]] = []
    numbers: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json_as_text(line)
        except (ValueError, RecursionError) as error:
            raise DataError(Message("json-line-not-readable", path=path, line=number, reason=error), number) from error
        if not isinstance(values, dict):
            raise DataError(Message("json-line-no-object", path=path, line=number, kind=type(values).__name__), number)
        objects.append(values)
        numbers.append(number)
    return _table_of(objects, numbers, "line")


def _table_of(records: Sequence[Mapping[str, Any]], numbers: Sequence[int], unit: str) -> ManifestTable:
    """Records as a table; columns that hold lists or objects are left out."""
    header: dict[str, None] = {}
    left_out: dict[str, None] = {}
    objects: list[dict[str, str]] = []
    for values in records:
        cells = {name.strip(): _cell(value) for name, value in values.items() if not isinstance(value, list | dict)}
        header |= dict.fromkeys(cells)
        left_out |= dict.fromkeys(name.strip() for name, value in values.items() if isinstance(value, list | dict))
        objects.append(cells)
    names = list(header)
    rows = [[cells.get(name, "") for name in names] for cells in objects]
    return ManifestTable(names, rows, numbers, unit, [name for name in left_out if name not in header])


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    best = max(DELIMITERS, key=first.count)
    return best if best in first else ""


def _read_parquet(path: Path, most_rows: int = 0) -> tuple[ManifestTable, int]:
    """The table, of its rows the first `most_rows` (0: all), and how many it has."""
    # Parquet costs 0.2 s to import, which a CSV user and the window's start need not pay.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with arrow_file(path) as source:
            # Where not all is wanted, columns come in small pieces.
            file = pq.ParquetFile(source, buffer_size=PIECE if most_rows else 0)
            # Pictures kept inside the table are no names of files, and may not fit into memory.
            if file.metadata.num_rows > MOST_ROWS:
                raise DataError(Message("table-too-long", path=path, rows=file.metadata.num_rows, most=MOST_ROWS), path)
            header = [
                field.name
                for field in file.schema_arrow
                if not _holds_data(pa, field.type) or _holds_paths_alone(file, field)
            ]
            left_out = [field.name for field in file.schema_arrow if field.name not in header]
            if most_rows:
                pieces = islice(file.iter_batches(most_rows, columns=header), 1)
                table = pa.Table.from_batches(pieces, file.schema_arrow.empty_table().select(header).schema)
            else:
                table = file.read(columns=header)
        names = _names_of_numbers(file.schema_arrow.metadata)
        columns = [
            [_cell(_named(value, names.get(name, ()))) for value in column.to_pylist()]
            for name, column in zip(header, table.columns, strict=True)
        ]
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())[:LONGEST_REASON]
        raise DataError(Message("parquet-not-readable", path=path, reason=reason), path) from error
    if not header and left_out:
        raise DataError(
            Message("parquet-without-file-names", path=path, columns=", ".join(left_out)[:LONGEST_NAME]), path
        )
    rows = list(zip(*columns, strict=True))
    return ManifestTable(header, rows, range(1, len(rows) + 1), "row", left_out), file.metadata.num_rows


def _names_of_numbers(metadata: Mapping[bytes, bytes] | None) -> dict[str, Sequence[str]]:
    try:
        features = json.loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {
            name: [str(each) for each in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and feature.get("names")
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _named(value: Any, names: Sequence[str]) -> Any:
    """A class number's name, where -1 is Hugging Face's word for none, and an image's path."""
    if isinstance(value, dict):
        return value.get("path")
    if not names or not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None if value == -1 else value


def _holds_paths_alone(file: Any, field: Any) -> bool:
    """Whether a column of Hugging Face's images has their paths and not one picture."""
    inner = {f"{field.name}.bytes", f"{field.name}.path"}
    metadata = file.metadata
    columns = {metadata.schema.column(index).path: index for index in range(metadata.num_columns)}
    if not inner <= columns.keys():
        return False
    groups = [
        metadata.row_group(group).column(columns[f"{field.name}.bytes"]) for group in range(metadata.num_row_groups)
    ]
    return all(group.statistics is not None and group.statistics.null_count == group.num_values for group in groups)


def _holds_data(pa: Any, kind: Any) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _cell(value: Any) -> str:
    # A missing number is NaN where another program had no other way to write it.
    is_missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if is_missing else str(value)
