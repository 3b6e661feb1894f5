"""Columns of a table of which it is in question what they mean: a row for each."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QFormLayout

from explorer.appearance.elided import ElidedLabel
from explorer.appearance.widgets import choice

RECOGNISED, SET_ASIDE = "Detected by its name", "None: keep it as an attribute"
AS_RECOGNISED, CLASS, TARGET, IGNORED = "", "label", "target", "ignore"
WORDS = {
    AS_RECOGNISED: RECOGNISED,
    CLASS: "The class",
    TARGET: "A continuous target",
    IGNORED: SET_ASIDE,
}


class ColumnRows:
    """Rows of a form, each for one column."""

    def __init__(self, form: QFormLayout) -> None:
        self._form = form
        self._boxes: dict[str, QComboBox] = {}

    @property
    def chosen(self) -> dict[str, str]:
        """Each column that has a row -> a key of `WORDS`."""
        return {column: str(box.currentData()) for column, box in self._boxes.items()}

    def add(self, column: str, meaning: str) -> None:
        """Ask for a column; at first it means what is given, a key of `WORDS`."""
        box = choice(f"Column {column}")
        for key, words in WORDS.items():
            box.addItem(words, key)
        box.setCurrentIndex(box.findData(meaning))
        self._boxes[column] = box
        self._form.addRow(ElidedLabel(f"Column {column}"), box)

    def that_mean(self, meaning: str, before: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that mean this now: those of `before` that are not asked for, and those that were chosen to."""
        chosen = self.chosen
        unchanged = [column for column in before if chosen.get(column, meaning) == meaning]
        return tuple(dict.fromkeys([*unchanged, *(column for column, what in chosen.items() if what == meaning)]))
