"""Vectors in the cells of a table, whatever its program made of them: (N, D) numbers, and the rows that have none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data.vectors.array_archive import clipped
from core.errors import EmbeddingsError
from core.messages import Message
from core.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

# Where lengths differ, the usual one must be that of so many of the vectors to be taken for the right one.
CLEAR_SHARE = 0.75
NAMED = 3
COORDINATES = ("x", "y", "z")
_NUMBERED = re.compile(r"(.*?)[_\-. \[]?(\d+)\]?")


@dataclass(frozen=True, eq=False)
class VectorCells:
    """What a column of vectors holds.

    Attributes:
        values: (M, D) numbers of the rows that have a vector.
        kept: (M,) which rows of the file those are, ascending.
        missing, odd: rows without a vector, and rows with one of another length.
        dimensions_of_odd: the other lengths.
    """

    values: npt.NDArray[Any]
    usable: npt.NDArray[np.int64]
    missing: npt.NDArray[np.int64]
    odd: npt.NDArray[np.int64]
    dimensions_of_odd: tuple[int, ...] = ()

    def left_out(self, names: Sequence[str]) -> str:
        """In words which rows are left out, by the (N,) names of the file's rows; "" where none is."""
        total = len(self.usable) + len(self.missing) + len(self.odd)
        parts = []
        if len(self.missing):
            have = "has" if len(self.missing) == 1 else "have"
            parts.append(f"{_of(self.missing, total, names)} {have} no vector and {_are(self.missing)} left out")
        if len(self.odd):
            have = "has" if len(self.odd) == 1 else "have"
            lengths = ", ".join(f"{length:,}" for length in self.dimensions_of_odd[:NAMED])
            parts.append(
                f"{_of(self.odd, total, names)} {have} vectors of {lengths} numbers instead of "
                f"{self.values.shape[1]:,} and {_are(self.odd)} left out"
            )
        return "; ".join(parts)


def of_column(column: pa.ChunkedArray, what: str) -> VectorCells:
    """The vectors in a column of lists, fixed lists, tensors or text of numbers.

    `what` names file and column for the EmbeddingsError that anything else raises.
    """
    import pyarrow as pa

    cells = column.combine_chunks()
    if isinstance(cells, pa.ChunkedArray):  # of more than two billion numbers
        raise EmbeddingsError(Message("column-too-large", column=what))
    if isinstance(cells, pa.ExtensionArray):
        _refuse_planes(cells.type, what)
        cells = cells.storage
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_null(cells.type):
        raise EmbeddingsError(Message("vector-column-empty", column=what, count=len(cells)))
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        return _of_text(cells.to_pylist(), what)
    return _of_lists(cells, what)


def numbered_columns(names: Sequence[str]) -> list[str]:
    """Columns that are a vector's numbers, such as embedding_0 to embedding_511, or x, y and z, in order; else none."""
    families: dict[str, dict[int, str]] = {}
    for name in names:
        found = _NUMBERED.fullmatch(name)
        if found is not None and len(found[2]) < 7:
            families.setdefault(found[1], {})[int(found[2])] = name
    whole = [family for family in families.values() if len(family) > 1 and max(family) - min(family) + 1 == len(family)]
    if whole:
        return [family[number] for family in sorted(whole, key=len)[-1:] for number in sorted(family)]
    by_lower_name = {name.strip().lower(): name for name in names}
    return (
        [by_lower_name[name] for name in COORDINATES if name in by_lower_name]
        if {"x", "y"} <= by_lower_name.keys()
        else []
    )


def _of_lists(cells: pa.Array, what: str) -> VectorCells:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _is_list(cells.type):
        raise EmbeddingsError(Message("vector-column-of-other-kind", column=what, kind=_kind(cells.type)))
    lengths = np.asarray(pc.fill_null(pc.list_value_length(cells), 0)).astype(np.int64)
    lengths[~np.asarray(cells.is_valid())] = 0  # a list of fixed size has it also where there is none
    usable, missing, odd = _by_length(lengths, what)
    dimensions = int(lengths[usable[0]])
    values = cells.filter(pa.array(np.isin(np.arange(len(cells)), usable))).flatten()
    if _is_list(values.type):
        values = _of_one_row(values, dimensions, what)
        dimensions = len(values) // len(usable)
    others = tuple(int(length) for length in np.unique(lengths[odd]))
    return VectorCells(_numbers(values, what).reshape(len(usable), dimensions), usable, missing, odd, others)


def _of_one_row(values: pa.Array, outer: int, what: str) -> pa.Array:
    """The numbers of cells that are matrices of a single row each."""
    import pyarrow.compute as pc

    inner = np.asarray(pc.fill_null(pc.list_value_length(values), 0))
    if outer != 1 or len(np.unique(inner)) != 1 or not inner[0] or _is_list(values.type.value_type):
        raise EmbeddingsError(
            Message("vector-column-of-matrices", column=what, height=outer, width=int(inner[0]) if len(inner) else 0)
        )
    return values.flatten()


def _by_length(
    lengths: npt.NDArray[np.int64], what: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of the usual length, without a vector, and of another length; refused where none is usual."""
    values, counts = np.unique(lengths[lengths > 0], return_counts=True)
    if not len(lengths):
        raise EmbeddingsError(Message("vector-column-without-rows", column=what))
    if not len(values):
        raise EmbeddingsError(Message("vector-column-without-vectors", column=what, count=len(lengths)))
    usual, times = int(values[counts.argmax()]), int(counts.max())
    if times < CLEAR_SHARE * counts.sum():
        order = np.argsort(-counts)[:NAMED]
        told = [Message("vectors-of-length", count=counts[at], length=values[at]) for at in order]
        raise EmbeddingsError(Message("vector-column-of-several-lengths", column=what, lengths=told))
    return (
        np.flatnonzero(lengths == usual),
        np.flatnonzero(lengths == 0),
        np.flatnonzero((lengths > 0) & (lengths != usual)),
    )


def _numbers(values: pa.Array, what: str) -> npt.NDArray[Any]:
    """(L,) numbers; missing ones become NaN, which is refused by name later."""
    import pyarrow as pa

    if pa.types.is_decimal(values.type) or pa.types.is_boolean(values.type):
        values = values.cast(pa.float64(), safe=False)
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        raise EmbeddingsError(Message("vector-column-of-other-lists", column=what, kind=_kind(values.type)))
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _of_text(cells: Sequence[str | None], what: str) -> VectorCells:
    """Vectors that a table program wrote as text: "[0.1, 0.2]" or NumPy's "[0.1 0.2]"."""
    found = [_parsed(cell, row, what) for row, cell in enumerate(cells)]
    lengths = np.array([len(vector) for vector in found], dtype=np.int64)
    usable, missing, odd = _by_length(lengths, what)
    others = tuple(int(length) for length in np.unique(lengths[odd]))
    return VectorCells(np.stack([found[row] for row in usable.tolist()]), usable, missing, odd, others)


def _parsed(cell: str | None, row: int, what: str) -> npt.NDArray[np.float64]:
    if cell is None or cell.strip().lower() in ("", "nan", "none", "null", "[]", "na"):
        return np.empty(0)
    if "..." in cell:
        raise EmbeddingsError(Message("vector-column-shortened", column=what, row=row))
    numbers = cell.strip().strip("[]()").replace(",", " ").split()
    try:
        return np.array([float(number) for number in numbers])
    except ValueError as error:
        raise EmbeddingsError(Message("vector-column-of-text", column=what, row=row, cell=clipped(cell))) from error


def _refuse_planes(kind: Any, what: str) -> None:
    """Tensors of one side are vectors; sides of 1 do not matter."""
    shape = tuple(getattr(kind, "shape", ()))
    if sum(side != 1 for side in shape) > 1:
        raise EmbeddingsError(Message("vector-column-of-tensors", column=what, shape=clipped(str(shape))))


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _kind(kind: Any) -> str:
    """What a reader calls a type of Arrow."""
    import pyarrow as pa

    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return "bytes (numpy.frombuffer(cell, numpy.float32) makes numbers of them)"
    if pa.types.is_struct(kind):
        names = ", ".join(f"'{clipped(field.name)}'" for field in list(kind)[:NAMED])
        return f"records with {names}"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return f"single values ({clipped(str(kind))})"


def _of(rows: npt.NDArray[np.int64], total: int, names: Sequence[str]) -> str:
    first = ", ".join(clipped(names[row], 60) for row in rows[:NAMED].tolist())
    more = ", ..." if len(rows) > NAMED else ""
    return f"{len(rows):,} of {counted(total, 'row')} ({first}{more})"


def _are(rows: npt.NDArray[np.int64]) -> str:
    return "is" if len(rows) == 1 else "are"
