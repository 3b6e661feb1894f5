"""The order of all pictures of a grid, over the ends of its groups: a position in it, a place in a group, a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.data.catalog import Rows
from explorer.image_grid.groups import Group
from explorer.image_grid.layout import Counts
from explorer.image_grid.walk import Place

NOWHERE = -1


class Order:
    """The groups that have pictures, and the rows of all of them one after the other.

    Attributes:
        groups: G groups, none empty.
        rows: (M,) catalog rows by position.
        starts: (G + 1,) position at which each group begins, and M.
    """

    def __init__(self, groups: Sequence[Group] = ()) -> None:
        self.groups = [group for group in groups if len(group.rows)]
        self.rows: Rows = np.concatenate([np.empty(0, np.int64), *(group.rows for group in self.groups)])
        self.starts: Rows = np.cumsum([0, *(len(group.rows) for group in self.groups)], dtype=np.int64)

    @property
    def counts(self) -> Counts:
        """(G,) pictures of each group."""
        return np.diff(self.starts)

    def position(self, at: Place) -> int:
        """Of a place."""
        return int(self.starts[at.group]) + at.place

    def place(self, position: int) -> Place:
        """Of a position."""
        group = int(np.searchsorted(self.starts, position, side="right")) - 1
        return Place(group, position - int(self.starts[group]))

    def row(self, position: int) -> int | None:
        """What is at a position; None for NOWHERE."""
        return None if position == NOWHERE else int(self.rows[position])

    def find(self, row: int | None) -> int:
        """The position of a row, NOWHERE where it is not among them."""
        if row is None:
            return NOWHERE
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else NOWHERE

    def between(self, first: int, last: int, shown: Counts) -> Rows:
        """The rows from one position to another, in either order; of each group only so many from its first."""
        positions = np.arange(min(first, last), max(first, last) + 1)
        groups = np.searchsorted(self.starts, positions, side="right") - 1
        return self.rows[positions[positions - self.starts[groups] < shown[groups]]]

    def titles(self) -> set[str]:
        """Of all groups."""
        return {group.title for group in self.groups}
