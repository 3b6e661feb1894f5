"""What a table's columns are called and what stands in them, for who chooses among them."""

from __future__ import annotations

from typing import NamedTuple

from core.data.manifest_table import SUFFIXES, read_table
from core.data.source import DataSource, is_name
from core.errors import CoreError
from core.places import absolute

EXAMPLES = 3


class Column(NamedTuple):
    """A column's name and its first different values."""

    name: str
    examples: tuple[str, ...]


def columns_of(source: DataSource) -> list[Column]:
    """The columns of the table that a source names; [] where it names none, or one that cannot be read."""
    path = absolute(source.location)
    if is_name(source.location) or path.suffix.lower() not in SUFFIXES:
        return []
    try:
        table = read_table(path, source.encoding)
    except CoreError:
        return []
    return [
        Column(name, tuple(dict.fromkeys(cells[place] for cells in table.rows[:1000] if cells[place]))[:EXAMPLES])
        for place, name in enumerate(table.header)
        if name
    ]
