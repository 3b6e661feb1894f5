"""Files of vectors: .npz, .parquet and tables of numbers, each as columns by name. Nothing else is opened.

A file is a regular one, what it promises is compared with its size before anything is unpacked, and no code is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.arrow_file import arrow_file
from core.data.vectors.array_archive import ArrayArchive, clipped, refuse_if_swollen
from core.data.vectors.text_table import text_table
from core.data.vectors.vector_cells import VectorCells, numbered_columns, of_column
from core.data.vectors.vector_columns import VectorColumns, of_array, understood
from core.errors import EmbeddingsError
from core.messages import Message
from core.storage import open_regular

if TYPE_CHECKING:
    import pyarrow as pa

ARCHIVES, TABLES, TEXT_TABLES = (".npz",), (".parquet",), (".csv", ".tsv")
# Of a table: a list of numbers has this many bytes for each.
_BYTES_A_NUMBER = 4


def read_columns(path: Path) -> VectorColumns:
    """The columns of an .npz, .parquet, .csv or .tsv of vectors, by their meaning.

    Raises EmbeddingsError in one sentence for whatever else it is.
    """
    kind = path.suffix.lower()
    with _opened(path) as handle:
        if kind in ARCHIVES:
            return understood(_OfArchive(ArrayArchive(handle, path), path))
        if kind in TEXT_TABLES:
            return understood(_OfTable(*text_table(handle, path), path))
        return _of_parquet(path)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        handle = open_regular(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EmbeddingsError(Message("embeddings-file-not-readable", path=path, reason=reason), path) from error
    with handle:
        yield handle


def _of_parquet(path: Path) -> VectorColumns:
    import pyarrow as pa

    try:
        return understood(_OfTable(_parquet(path), [], path))
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

    def spread(self) -> list[str]:
        import pyarrow as pa

        numbers = [
            field.name
            for field in self._table.schema
            if pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
        ]
        return numbered_columns(numbers)


def _parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    with arrow_file(path) as source:
        opened = pq.ParquetFile(source)
        facts = opened.metadata
        groups = [facts.row_group(group) for group in range(facts.num_row_groups)]
        cells = sum(group.column(column).num_values for group in groups for column in range(group.num_columns))
        refuse_if_swollen(cells * _BYTES_A_NUMBER, path.stat().st_size, path)
        return opened.read()
