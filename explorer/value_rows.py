"""What each value of a column stands for that divides a table's images or gives them roles: a row for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from core.data.readers.split_values import proposed, understood
from core.data.readers.table_columns import TableColumn
from core.data.source import LEFT_OUT
from core.messages import Message
from explorer.meaning_rows import MeaningRows

MEANING_WORDS = {
    "train": Message("split-train"),
    "val": Message("split-val"),
    "test": Message("split-test"),
    "query": Message("split-test-queries"),
    "gallery": Message("split-test-gallery"),
    "both": Message("split-test-queries-gallery"),
    "none": Message("in-no-split"),
    LEFT_OUT: Message("leave-out"),
}


class ValueRows(MeaningRows):
    """Rows of a form below the `column_box` that chooses the column; none where its values explain themselves."""

    def __init__(
        self, form: QFormLayout, column_box: QComboBox, of_roles: bool, on_chosen: Callable[..., object]
    ) -> None:
        super().__init__(form, lambda value: Message("value-named", value=value), on_chosen)
        self._column_box, self._of_roles = column_box, of_roles

    def show(self, column: TableColumn, chosen_meanings: Mapping[str, str]) -> None:
        """Ask for the values of a column, with what was `said` of them before; else what they may mean."""
        self.clear()
        known = understood(column.name, list(column.values), self._of_roles)
        if all(value in known and value not in chosen_meanings for value in column.values):
            return
        meanings = proposed(column.name, column.values, self._of_roles) | {
            value: meaning for value, meaning in chosen_meanings.items() if value in column.values
        }
        # Its stub knows no tuple.
        place, _ = cast("tuple[int, QFormLayout.ItemRole]", self._form.getWidgetPosition(self._column_box))
        before = self._column_box
        for value, count in column.values.items():
            place += 1
            label = Message("value-with-rows", value=value, rows=count)
            box = self.add(value, MEANING_WORDS, meanings[value], label, place)
            QWidget.setTabOrder(before, box)
            before = box
