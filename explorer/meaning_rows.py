"""What names stand for, of columns, values or folders: a row of a form for each that is in question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QComboBox, QFormLayout

from core.messages import Message
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.widgets import choice

RECOGNISED, SET_ASIDE = Message("detected-by-its-name"), Message("keep-as-attribute")
AS_RECOGNISED, CLASS, TARGET, IGNORED = "", "label", "target", "ignore"
COLUMN_WORDS = {
    AS_RECOGNISED: RECOGNISED,
    CLASS: Message("the-class"),
    TARGET: Message("a-continuous-target"),
    IGNORED: SET_ASIDE,
}


class MeaningRows:
    """Rows of a form, each for one name, which is said as `named` has it; `on_chosen` hears of a choice."""

    def __init__(
        self, form: QFormLayout, named: Callable[[str], str], on_chosen: Callable[..., object] = lambda: None
    ) -> None:
        self._form, self._named, self._on_chosen = form, named, on_chosen
        self._boxes: dict[str, QComboBox] = {}

    @property
    def chosen(self) -> dict[str, str]:
        """Each name that has a row -> the key of its meaning."""
        return {name: str(box.currentData()) for name, box in self._boxes.items()}

    def add(self, name: str, words: Mapping[str, str], meaning: str, label: str = "", place: int = -1) -> QComboBox:
        """Ask for a name; `words` are all meanings by their keys, `meaning` the one at first, `place` -1 the end."""
        named = self._named(name)
        box = choice(named)
        for key, text in words.items():
            box.addItem(text, key)
        box.setCurrentIndex(box.findData(meaning))
        box.activated.connect(self._on_chosen)
        self._boxes[name] = box
        self._form.insertRow(place, ElidedLabel(label or named), box)
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
