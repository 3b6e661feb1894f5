"""Files of vectors: .npz, .parquet and tables of numbers, each as columns by name. Nothing else is opened.

A file is a regular one, what it promises is compared with its size before anything is unpacked, and no code is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from core.arrow_file import arrow_file
from core.data.vectors.array_archive import ArrayArchive, clipped, refuse_if_swollen
from core.data.vectors.text_table import beginning_of_table, text_table
from core.data.vectors.vector_cells import VectorCells, numbered_columns, of_column
from core.data.vectors.vector_columns import (
    NAMES,
    NOTHING_CHOSEN,
    ColumnSource,
    VectorColumns,
    VectorRows,
    described,
    of_array,
    understood,
)
from core.errors import EmbeddingsError
from core.messages import Message
from core.storage import open_regular

if TYPE_CHECKING:
    import pyarrow as pa

ARCHIVES, TABLES, TEXT_TABLES = (".npz",), (".parquet",), (".csv", ".tsv")
READ_SUFFIXES = (*ARCHIVES, *TABLES, *TEXT_TABLES)
# So many numbered columns are a vector, whatever they are called.
CERTAIN = 16
Answer = TypeVar("Answer")
# Of a table: a list of numbers has this many bytes for each.
_BYTES_A_NUMBER = 4


def read_columns(path: Path, needs_names: bool = True, all_together: bool = True) -> VectorColumns:
    """The columns of an .npz, .parquet, .csv or .tsv of vectors, by their meaning, as `understood` takes them.

    Raises EmbeddingsError in one sentence for whatever else it is.
    """
    return _with_source(path, lambda source: understood(source, needs_names, all_together))


def read_rows(
    path: Path,
    chosen: Mapping[str, str] = NOTHING_CHOSEN,
    ignored: Sequence[str] = (),
    value_meanings: Mapping[str, str] = NOTHING_CHOSEN,
) -> VectorRows:
    """What such a file says of its rows, as `described` takes it, without the vectors; raises as `read_columns`."""
    return _with_source(path, lambda source: described(source, chosen, ignored, value_meanings))


def column_of_vectors(path: Path) -> str:
    """The column of a table that holds vectors for certain, the first where each has a number; "" where none does.

    Only the beginning is read. A few numbered columns, or a box, may be anything of an image.
    """
    try:
        with _opened(path) as handle:
            if path.suffix.lower() in TEXT_TABLES:
                return _column_in_text(beginning_of_table(handle, path))
        return _column_in_schema(path)
    except EmbeddingsError:
        return ""


def _column_in_text(cells: Mapping[str, str]) -> str:
    lists = [name for name, cell in cells.items() if _is_called_vectors(name) and cell.strip()[:1] in ("[", "(")]
    spread = numbered_columns(list(cells))
    return next(iter(lists), spread[0] if len(spread) >= CERTAIN else "")


def _column_in_schema(path: Path) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with arrow_file(path) as source:
            schema = pq.read_schema(source)
    except (pa.ArrowException, OSError, ValueError):
        return ""
    lists = [field.name for field in schema if _is_called_vectors(field.name) and _holds_numbers(field.type)]
    spread = numbered_columns([field.name for field in schema if _is_number(field.type)])
    return next(iter(lists), spread[0] if len(spread) >= CERTAIN else "")


def _is_called_vectors(name: str) -> bool:
    return name.strip().lower() in NAMES["embeddings"]


def _with_source(path: Path, use: Callable[[ColumnSource], Answer]) -> Answer:
    kind = path.suffix.lower()
    with _opened(path) as handle:
        if kind in ARCHIVES:
            return use(_OfArchive(ArrayArchive(handle, path), path))
        if kind in TEXT_TABLES:
            return use(_OfTable(*text_table(handle, path), path))
        return _of_parquet(path, use)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        handle = open_regular(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EmbeddingsError(Message("embeddings-file-not-readable", path=path, reason=reason), path) from error
    with handle:
        yield handle


def _of_parquet(path: Path, use: Callable[[ColumnSource], Answer]) -> Answer:
    import pyarrow as pa

    try:
        return use(_OfTable(_parquet(path), [], path))
    # Damage shows wherever Arrow looks at a value, not only when it is read.
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, MemoryError, OverflowError) as error:
        reason = str(error).splitlines()[0] if str(error) else "damaged"
        raise EmbeddingsError(
            Message("parquet-of-embeddings-damaged", path=path, reason=clipped(reason, 80)), path
        ) from error


class _OfArchive:
    part = "array"
    notes: Sequence[str] = ()

    def __init__(self, archive: ArrayArchive, path: Path) -> None:
        self.path, self._archive = path, archive
        self.kinds: Mapping[str, str] = {name: str(header) for name, header in archive.headers.items()}

    def vectors(self, names: Sequence[str]) -> VectorCells:
        return of_array(self._archive.read(names[0]), f"{self.path}: '{clipped(names[0])}'")

    def cells(self, name: str) -> npt.NDArray[Any]:
        return self._archive.read(name)

    def count(self, names: Sequence[str]) -> int:
        header = self._archive.headers[names[0]]
        # Of the shape and kind that are promised, without room for it.
        promised = np.broadcast_to(np.zeros((), header.dtype), header.shape)
        return len(of_array(promised, f"{self.path}: '{clipped(names[0])}'").values)

    def plain(self, count: int) -> list[str]:
        headers = self._archive.headers
        return [
            name
            for name, header in headers.items()
            if header.dtype.kind in "fiubSUMm" and header.shape in ((count,), (count, 1), (1, count))
        ]

    def only_vectors(self) -> list[str]:
        headers = self._archive.headers.items()
        wide = [
            name
            for name, header in headers
            if header.dtype.kind in "fiu" and len(header.shape) == 2 and min(header.shape) > 1
        ]
        return wide if len(wide) == 1 else []

    def spread(self) -> list[str]:
        return []


class _OfTable:
    part = "column"

    def __init__(self, table: pa.Table, notes: Sequence[str], path: Path) -> None:
        self.path, self._table, self.notes = path, table, notes
        kinds = {field.name: f"({clipped(str(field.type))})" for field in table.schema}
        self._origin = (table.schema.metadata or {}).get(b"origin")
        self.kinds: Mapping[str, str] = kinds if self._origin is None else {**kinds, "origin": "(text)"}

    def vectors(self, names: Sequence[str]) -> VectorCells:
        what = f"{self.path}: '{clipped(names[0])}'"
        if len(names) == 1:
            return of_column(self._table[names[0]], what)
        columns = [np.asarray(self._table[name].to_numpy(zero_copy_only=False), np.float32) for name in names]
        together = np.stack(columns, axis=1)
        empty = np.isnan(together).all(axis=1)
        usable, missing = np.flatnonzero(~empty), np.flatnonzero(empty)
        if not len(usable):
            raise EmbeddingsError(
                Message("vector-columns-without-numbers", column=what, count=len(together)), self.path
            )
        return VectorCells(together[usable], usable, missing, np.empty(0, np.int64))

    def cells(self, name: str) -> list[Any]:
        if name == "origin" and self._origin is not None:
            return [self._origin]
        found: list[Any] = self._table[name].to_pylist()
        return found

    def count(self, _names: Sequence[str]) -> int:
        return int(self._table.num_rows)

    def plain(self, _count: int) -> list[str]:
        import pyarrow as pa

        spread = set(self.spread())
        return [
            field.name
            for field in self._table.schema
            if field.name not in spread and not pa.types.is_nested(field.type) and not _is_bytes(field.type)
        ]

    def only_vectors(self) -> list[str]:
        lists = [field.name for field in self._table.schema if _holds_numbers(field.type)]
        return lists if len(lists) == 1 else []

    def spread(self) -> list[str]:
        return numbered_columns([field.name for field in self._table.schema if _is_number(field.type)])


def _holds_numbers(kind: Any) -> bool:
    """Whether a column's cells are lists of numbers."""
    import pyarrow as pa

    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(is_list and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)))


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _is_bytes(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    with arrow_file(path) as source:
        opened = pq.ParquetFile(source)
        facts = opened.metadata
        groups = [facts.row_group(group) for group in range(facts.num_row_groups)]
        cells = sum(group.column(column).num_values for group in groups for column in range(group.num_columns))
        refuse_if_swollen(cells * _BYTES_A_NUMBER, path.stat().st_size, path)
        return opened.read()
