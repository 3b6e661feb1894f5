"""The point under the cursor: points sorted into the cells of a grid, so that a look reads a few runs of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

POINTS_A_CELL = 4


class PointGrid:
    """Finds the nearest of N points within a radius.

    Cells are numbered row by row and points kept in that order, so all points of neighbouring cells in one row are
    one slice. Building takes about 0.1 s for a million points, a look some tens of microseconds.

    Args:
        xy: (N, 2) float32, finite.
    """

    def __init__(self, xy: npt.NDArray[np.float32]) -> None:
        low = xy.min(axis=0) if len(xy) else np.zeros(2, np.float32)
        extent = (xy.max(axis=0) - low).astype(np.float64) if len(xy) else np.ones(2)
        side = max(1, int(np.sqrt(len(xy) / POINTS_A_CELL)))
        self._low = low.astype(np.float64)
        self._slot = side
        self._cell = np.where(extent > 0, extent / side, 1.0)
        column, row = self._cells_of(xy).T
        cell = row * side + column
        self._points = np.argsort(cell, kind="stable")
        self._starts = np.searchsorted(cell[self._points], np.arange(side * side + 1))
        self._xy = xy[self._points].astype(np.float64)

    def nearest(self, x: float, y: float, radius: float, allowed: npt.NDArray[np.bool_] | None = None) -> int:
        """Index of the nearest point within `radius` of (x, y), the lowest of equals; -1 when there is none.

        `allowed` (N,) leaves out the points where it is False. Everything in map units.
        """
        found = self.within(x - radius, y - radius, x + radius, y + radius)
        if allowed is not None:
            found = found[allowed[self._points[found]]]
        if not len(found):
            return -1
        offset = self._xy[found] - (x, y)
        distance = offset[:, 0] ** 2 + offset[:, 1] ** 2
        least = distance.min()
        if least > radius * radius:
            return -1
        return int(self._points[found[distance == least]].min())

    def within(self, left: float, bottom: float, right: float, top: float) -> npt.NDArray[np.int64]:
        """Places, in the grid's own order, of all points in the cells that touch a rectangle."""
        corners = np.array([[left, bottom], [right, top]])
        (first_column, first_row), (last_column, last_row) = self._cells_of(corners)
        rows = np.arange(first_row, last_row + 1) * self._slot
        begins, ends = self._starts[rows + first_column], self._starts[rows + last_column + 1]
        if begins[0] == 0 and ends[-1] == len(self._points) and first_column == 0 and last_column == self._slot - 1:
            return np.arange(len(self._points))
        runs = [np.arange(begin, end) for begin, end in zip(begins, ends, strict=True) if end > begin]
        return np.concatenate(runs) if runs else np.empty(0, np.int64)

    def _cells_of(self, xy: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
        """(N, 2) column and row; points outside belong to the border cells."""
        cells = np.floor((xy - self._low) / self._cell)
        return np.clip(cells, 0, self._slot - 1).astype(np.int64)
