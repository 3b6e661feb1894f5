"""What a table's columns are called and what stands in them, for who chooses among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from core.data.catalog import natural_key
from core.data.readers.manifest_table import NAMED_SUFFIXES, ManifestTable, read_table
from core.data.readers.split_values import MOST_VALUES
from core.data.source import DataSource, is_name
from core.errors import CoreError
from core.paths import absolute

EXAMPLES = 3
LOOKED_AT = 1000


class TableColumn(NamedTuple):
    """A column's name and its first different values.

    Where they are few enough to be told apart one by one, `values` has all of them in natural order, and how many rows
    have each; else it is empty.
    """

    name: str
    examples: tuple[str, ...] = ()
    values: Mapping[str, int] = MappingProxyType({})


def columns_of(source: DataSource) -> list[TableColumn]:
    """The columns of the table that a source names; [] where it names none, or one that cannot be read."""
    path = absolute(source.location)
    if is_name(source.location) or path.suffix.lower() not in NAMED_SUFFIXES:
        return []
    try:
        table = read_table(path, source.encoding)
    except CoreError:
        return []
    return columns_in(table)


def columns_in(table: ManifestTable) -> list[TableColumn]:
    """The columns of a table that was read."""
    return [column_of(name, [cells[index] for cells in table.rows]) for index, name in enumerate(table.header) if name]


def column_of(name: str, cells: Sequence[str]) -> TableColumn:
    """A column by all of its cells."""
    examples = tuple(dict.fromkeys(cell for cell in cells[:LOOKED_AT] if cell))[:EXAMPLES]
    return TableColumn(name, examples, _few(cells))


def _few(cells: Sequence[str]) -> dict[str, int]:
    """The different texts of a column, each with its number, in natural order; {} where they are many."""
    if len(set(map(str.strip, cells[:LOOKED_AT])) - {""}) > MOST_VALUES:
        return {}
    counts = Counter(text for cell in cells if (text := cell.strip()))
    return {text: counts[text] for text in sorted(counts, key=natural_key)} if len(counts) <= MOST_VALUES else {}
