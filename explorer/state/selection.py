"""What is selected and asked: rows, the query and the way back to former ones, the class in focus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.data.catalog import Rows
from explorer.state.derived import Derived
from explorer.state.results import ResultStore

HISTORY = 200


class Selection(QObject):
    """Images are catalog rows. Signals say what changed; `query_image_requested` carries the file to be searched, and
    `gathered` tells that several images were selected at once where they are seen as points alone.

    `neighbours` is the result of the query among `results`; another query has none yet.
    """

    rows_changed = Signal()
    gathered = Signal()
    query_changed = Signal()
    focus_changed = Signal()
    k_changed = Signal()
    query_image_requested = Signal(object)

    def __init__(self, results: ResultStore, neighbours: Derived[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: Rows = np.empty(0, dtype=np.int64)
        self.query: int | None = None
        self.query_image: Path | None = None
        self.focus: int | None = None
        self.k = 20
        self._results, self._neighbours = results, neighbours
        self._history: list[int | Path] = []
        self._history_index = -1

    def select(self, rows: Rows | list[int], query: int | None = None) -> None:
        """Select catalog rows; with `query` also make one of them the query."""
        chosen = np.array(rows, dtype=np.int64)
        # What is in order already, as from a lasso, needs no second look: of 200,000 rows that takes 70 ms.
        if (chosen[1:] <= chosen[:-1]).any():
            chosen = np.unique(chosen)
        if not np.array_equal(chosen, self.rows):
            self.rows = chosen
            self.rows_changed.emit()
        if query is not None:
            self.set_query(query)

    def gather(self, rows: Rows) -> None:
        """Select what was gathered on a map."""
        self.select(rows)
        if len(self.rows) > 1:
            self.gathered.emit()

    def set_query(self, row: int | None) -> None:
        """Ask what an image retrieves; the step is remembered for back and forward."""
        if row == self.query and self.query_image is None:
            return
        if row is not None:
            self._remember(row)
        self._show(row)

    def set_query_image(self, path: Path) -> None:
        """Ask what an image file outside the data set retrieves; remembered as rows are."""
        self._remember(Path(path))
        self._show(Path(path))

    def set_row_of_query_image(self, row: int) -> None:
        """The query's file is this row of the data: the row takes its place, on the way back too."""
        if self._history_index >= 0 and self._history[self._history_index] == self.query_image is not None:
            self._history[self._history_index] = row
        self.select([row], query=row)

    @property
    def holds_images(self) -> bool:
        """Whether images are selected. A click selects its image as the query; that alone is no selection."""
        return len(self.rows) > 1 or (len(self.rows) == 1 and self.rows[0] != self.query)

    @property
    def can_go_back(self) -> bool:
        """Whether there was a query before this one."""
        return self._history_index > 0 or (not self._is_asked and self._history_index >= 0)

    @property
    def can_go_forward(self) -> bool:
        """Whether `back` was called."""
        return self._history_index < len(self._history) - 1

    def back(self) -> None:
        """Return to the query before this one."""
        if self.can_go_back:
            if self._is_asked:
                self._history_index -= 1
            self._show(self._history[self._history_index])

    def forward(self) -> None:
        """Undo `back`."""
        if self.can_go_forward:
            self._history_index += 1
            self._show(self._history[self._history_index])

    def set_focus(self, code: int | None) -> None:
        """Bring one class (an index into catalog.classes) to the fore."""
        if code != self.focus:
            self.focus = code
            self.focus_changed.emit()

    def set_k(self, k: int) -> None:
        """How many neighbours are shown."""
        if k != self.k:
            self.k = k
            self.k_changed.emit()

    def clear(self) -> None:
        """Nothing is selected, asked or remembered: other images are shown."""
        self._history, self._history_index = [], -1
        self.select([])
        self.set_query(None)

    @property
    def _is_asked(self) -> bool:
        return self.query is not None or self.query_image is not None

    def _remember(self, asked: int | Path) -> None:
        if self._history_index < 0 or self._history[self._history_index] != asked:
            self._history = [*self._history[: self._history_index + 1], asked][-HISTORY:]
            self._history_index = len(self._history) - 1

    def _show(self, asked: int | Path | None) -> None:
        self.query, self.query_image = (None, asked) if isinstance(asked, Path) else (asked, None)
        self._results[self._neighbours].entries.clear()
        self._results.drop_outdated()
        self.query_changed.emit()
        if self.query_image is not None:
            self.query_image_requested.emit(self.query_image)
