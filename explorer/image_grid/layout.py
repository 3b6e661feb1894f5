"""Where the squares of a grid are: sums over groups, so that a million pictures take no longer than a hundred."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

GAP = 8
MARGIN = 16
HEAD = 32


class Hit(NamedTuple):
    """What is at a place: a head, a picture, or the tile that says how many more there are."""

    kind: Literal["head", "picture", "more"]
    group: int
    place: int = 0


class Line(NamedTuple):
    """One line of squares: those at `first` up to `end`, excluded, of a group, `y` pixels from the top of all."""

    group: int
    first: int
    end: int
    y: int


@dataclass(frozen=True, eq=False)
class GridLayout:
    """G groups of squares below each other, in pixels from the top left of all; y may be beyond 32 bits.

    A closed group shows one line, whose last square says how many more there are.

    Attributes:
        counts: (G,) pictures of each group.
        is_open: (G,) whether all of them are shown.
        width: of the room that the grid has.
        side: of a square.
        has_heads: whether each group has a head.
    """

    counts: Counts
    is_open: Mask
    width: int
    side: int
    has_heads: bool = True

    @property
    def pitch(self) -> int:
        """From one square to the next."""
        return self.side + GAP

    @property
    def head(self) -> int:
        """Height of a head."""
        return HEAD if self.has_heads else 0

    @cached_property
    def columns(self) -> int:
        """Squares of a line."""
        return max(1, (self.width - 2 * MARGIN + GAP) // self.pitch)

    @cached_property
    def shown(self) -> Counts:
        """(G,) pictures that are shown of each group, from its first."""
        cut = ~self.is_open & (self.counts > self.columns)
        # Of a single column the square is a picture: the head opens the group too.
        return np.where(cut, max(1, self.columns - 1), self.counts)

    @cached_property
    def tops(self) -> npt.NDArray[np.int64]:
        """(G + 1,) where each group begins, and where the last one ends."""
        squares = self.shown + self._has_more
        heights = self.head + -(-squares // self.columns) * self.pitch
        above = 0 if self.has_heads else MARGIN
        return above + np.concatenate([[0], np.cumsum(heights, dtype=np.int64)])

    @cached_property
    def height(self) -> int:
        """Of everything."""
        return int(self.tops[-1]) + MARGIN

    @cached_property
    def _has_more(self) -> Mask:
        has_more: Mask = (self.shown < self.counts) & (self.columns > 1)
        return has_more

    def more(self, group: int) -> int:
        """How many pictures of a group are not shown, where a tile says so; else 0."""
        return int(self.counts[group] - self.shown[group]) if self._has_more[group] else 0

    def group_at(self, y: int) -> int:
        """The group at a height, the nearest where there is none; -1 where there are no groups."""
        return min(max(int(np.searchsorted(self.tops, y, side="right")) - 1, 0), len(self.counts) - 1)

    def corner(self, group: int, place: int) -> tuple[int, int]:
        """Upper left corner (x, y) of a square of a group; that of the tile comes after the last picture."""
        line, column = divmod(place, self.columns)
        return MARGIN + column * self.pitch, int(self.tops[group]) + self.head + line * self.pitch

    def lines(self, top: int, bottom: int) -> Iterator[Line]:
        """The lines of squares between two heights, tiles included."""
        if not len(self.counts):
            return
        for group in range(self.group_at(top), self.group_at(bottom) + 1):
            began = int(self.tops[group]) + self.head
            squares = int(self.shown[group] + self._has_more[group])
            first = max(0, (top - began) // self.pitch)
            last = min((squares - 1) // self.columns, (bottom - began) // self.pitch)
            for line in range(first, last + 1):
                left = line * self.columns
                yield Line(group, left, min(left + self.columns, squares), began + line * self.pitch)

    def hit(self, x: int, y: int) -> Hit | None:
        """What is at a place; None between squares and beside them."""
        if not y - int(self.tops[0]) >= 0 or y >= int(self.tops[-1]):
            return None
        group = self.group_at(y)
        below = y - int(self.tops[group])
        if below < self.head:
            return Hit("head", group)
        line, down = divmod(below - self.head, self.pitch)
        column, across = divmod(x - MARGIN, self.pitch)
        if down >= self.side or across >= self.side or not 0 <= column < self.columns:
            return None
        place = line * self.columns + column
        if place < self.shown[group]:
            return Hit("picture", group, place)
        return Hit("more", group) if place == self.shown[group] and self._has_more[group] else None
