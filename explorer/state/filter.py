"""Which images are shown: conditions on columns. A filter hides images in views and never changes a measure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.data.columns import Column, Mask
from core.data.conditions import Condition, InRows
from explorer.state.known_columns import KnownColumns


class Filter(QObject):
    """An image is shown that fulfils all conditions. Signal: changed(), of the conditions or of who fulfils them.

    A condition on a column that is not known, such as a measure of a model that is not measured yet, hides nothing.
    """

    changed = Signal()

    def __init__(self, columns: KnownColumns, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._conditions: tuple[Condition, ...] = ()
        self._masks: dict[Condition, Mask] = {}
        self._mask: Mask | None = None
        columns.changed.connect(self._on_columns_changed)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """In the order they were made."""
        return self._conditions

    @property
    def mask(self) -> Mask | None:
        """(N,) over catalog rows, which images are shown; None while nothing is hidden. Not to be written to."""
        return self._mask

    def is_in_force(self, condition: Condition) -> bool:
        """Whether the column of a condition is known."""
        return self._column_of(condition) is not None

    def shown(self, condition: Condition) -> int | None:
        """How many images of the data set fulfil one of the conditions by itself; None where it is not in force."""
        mask = self._masks.get(condition)
        return None if mask is None else int(np.count_nonzero(mask))

    def set_conditions(self, conditions: Iterable[Condition]) -> None:
        """Filter by these instead."""
        wanted = tuple(dict.fromkeys(conditions))
        if wanted != self._conditions:
            self._conditions = wanted
            self._apply()

    def put(self, condition: Condition, instead_of: Condition | None = None) -> None:
        """Add a condition, in the place of another where one is named."""
        if instead_of in self._conditions:
            self.set_conditions(condition if each == instead_of else each for each in self._conditions)
        else:
            self.set_conditions((*self._conditions, condition))

    def of_column(self, name: str) -> Condition | None:
        """The first condition on a column."""
        return next((condition for condition in self._conditions if condition.column == name), None)

    @property
    def of_rows(self) -> InRows | None:
        """The first condition on the images themselves."""
        return next((condition for condition in self._conditions if isinstance(condition, InRows)), None)

    def remove(self, condition: Condition) -> None:
        """Take one condition away."""
        self.set_conditions(each for each in self._conditions if each != condition)

    def clear(self) -> None:
        """Hide nothing."""
        self.set_conditions(())

    def _column_of(self, condition: Condition) -> Column | None:
        """What a condition looks at; that on the images themselves needs any column that has a cell for each."""
        if isinstance(condition, InRows):
            return next(iter(self._columns), None)
        return self._columns[condition.column]

    def _on_columns_changed(self) -> None:
        self._masks.clear()
        if self._conditions:
            self._apply()

    def _apply(self) -> None:
        known = {condition: self._column_of(condition) for condition in self._conditions}
        # Those that stay are not looked at again.
        self._masks = {
            condition: self._masks[condition] if condition in self._masks else condition.mask(column)
            for condition, column in known.items()
            if column is not None
        }
        self._mask = None
        if self._masks:
            self._mask = np.logical_and.reduce(list(self._masks.values()))
            self._mask.flags.writeable = False
        self.changed.emit()
