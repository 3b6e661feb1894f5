"""The columns of a file of vectors as a person chooses among them: with examples, and what each is used as."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.data.catalog import Texts
from core.data.readers.table_columns import TableColumn, column_of
from core.data.vectors.vector_columns import VectorRows
from core.data.vectors.vector_files import read_rows
from core.errors import EmbeddingsError

# What a file calls a meaning -> what a manifest calls it.
USES = {"paths": "image", "labels": "label", "splits": "split", "roles": "role"}


def columns_of_vectors(path: Path) -> list[TableColumn]:
    """All but the vectors themselves; none of a file that cannot be read."""
    try:
        return columns_in_rows(read_rows(path))
    except EmbeddingsError:
        return []


def columns_in_rows(rows: VectorRows) -> list[TableColumn]:
    """The columns of rows that were read."""
    cells: dict[str, Texts] = {}
    for meaning, column in {
        "paths": rows.paths,
        "labels": rows.labels,
        "splits": rows.splits,
        "roles": rows.roles,
    }.items():
        if meaning in rows.columns and column is not None:
            cells[rows.columns[meaning]] = column
    return [column_of(name, column.tolist()) for name, column in {**cells, **rows.attributes}.items()]


def uses_of_columns(rows: VectorRows) -> Mapping[str, str]:
    """The name of a column that means something -> "image", "label", "split" or "role"."""
    return {rows.columns[meaning]: use for meaning, use in USES.items() if meaning in rows.columns}
