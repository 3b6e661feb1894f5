"""Which pictures of a grid are selected, asked about, or answered wrongly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows

Mask = npt.NDArray[np.bool_]
NO_ROWS: Rows = np.empty(0, np.int64)


class Marks:
    """Of catalog rows; whether one has a mark is known at once, however many there are.

    Attributes:
        selected: the rows, ascending.
        query: the row that is asked about, or None.
        wrong: (N,) whether the nearest image of a row is of another class; None where that is not known.
    """

    def __init__(self) -> None:
        self.selected = NO_ROWS
        self.query: int | None = None
        self.wrong: Mask | None = None
        self._is_selected: Mask = np.empty(0, bool)

    def select(self, rows: Rows) -> None:
        """These are selected, and no others; ascending, each once."""
        self.selected = np.asarray(rows, np.int64)
        self._is_selected = np.zeros(int(self.selected.max(initial=-1)) + 1, bool)
        self._is_selected[self.selected] = True

    def is_selected(self, row: int) -> bool:
        """Whether a row is selected."""
        return row < len(self._is_selected) and bool(self._is_selected[row])

    def is_wrong(self, row: int) -> bool:
        """Whether it is known that the nearest image of a row is of another class."""
        return self.wrong is not None and row < len(self.wrong) and bool(self.wrong[row])
