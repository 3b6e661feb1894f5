"""What names stand for, of columns, values or folders: a row of a form for each that is in question."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QComboBox, QFormLayout

from explorer.appearance.elided import ElidedLabel
from explorer.appearance.widgets import choice

RECOGNISED, SET_ASIDE = "Detected by its name", "None: keep it as an attribute"
AS_RECOGNISED, CLASS, TARGET, IGNORED = "", "label", "target", "ignore"
COLUMN_WORDS = {
    AS_RECOGNISED: RECOGNISED,
    CLASS: "The class",
    TARGET: "A continuous target",
    IGNORED: SET_ASIDE,
}


class MeaningRows:
    """Rows of a form, each for one name of a `kind` ("Column", "Value", "Folder")."""

    def __init__(self, form: QFormLayout, kind: str) -> None:
        self._form, self._kind = form, kind
        self._boxes: dict[str, QComboBox] = {}

    @property
    def chosen(self) -> dict[str, str]:
        """Each name that has a row -> the key of its meaning."""
        return {name: str(box.currentData()) for name, box in self._boxes.items()}

    def add(self, name: str, words: Mapping[str, str], meaning: str, label: str = "", place: int = -1) -> QComboBox:
        """Ask for a name; `words` are all meanings by their keys, `meaning` the one at first, `place` -1 the end."""
        box = choice(f"{self._kind} {name}")
        for key, text in words.items():
            box.addItem(text, key)
        box.setCurrentIndex(box.findData(meaning))
        self._boxes[name] = box
        self._form.insertRow(place, ElidedLabel(label or f"{self._kind} {name}"), box)
        return box

    def clear(self) -> None:
        """Ask for none."""
        for box in self._boxes.values():
            self._form.removeRow(box)
        self._boxes.clear()

    def that_mean(self, meaning: str, before: tuple[str, ...]) -> tuple[str, ...]:
        """The names that mean this now: those of `before` that are not asked for, and those that were chosen to."""
        chosen = self.chosen
        unchanged = [name for name in before if chosen.get(name, meaning) == meaning]
        return tuple(dict.fromkeys([*unchanged, *(name for name, what in chosen.items() if what == meaning)]))
