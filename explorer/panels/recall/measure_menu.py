"""The menu beside the overall figures: which are shown, over what they are averaged, and copying."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from core.messages import Message
from explorer.appearance.plain import literal
from explorer.panels.recall.overall_measures import MOST_SHOWN, USUAL, overall_measures

# What `core.report.formats` calls a format -> what people do.
FORMATS = {"markdown": Message("markdown"), "latex": Message("latex"), "csv": "CSV", "plain": Message("plain-text")}


class MeasureMenu(QMenu):
    """Signals: changed(), read `names` and `macro`; copy_requested(str, str): "figures" or "classes", and format."""

    changed = Signal()
    copy_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._measures = {
            name: self._choice(name, one.explanation, name in USUAL) for name, one in overall_measures().items()
        }
        self.addSeparator()
        self._average = QActionGroup(self)
        self._micro = self._choice(Message("micro"), Message("micro-explained"), True)
        self._macro = self._choice(Message("macro"), Message("macro-explained"), False)
        for action in (self._micro, self._macro):
            self._average.addAction(action)
        self.addSeparator()
        for what, words in (("figures", Message("copy-measures-as")), ("classes", Message("copy-classes-as"))):
            copying = self.addMenu(literal(words))
            for key, title in FORMATS.items():
                copying.addAction(literal(title)).triggered.connect(partial(self.copy_requested.emit, what, key))
        self._limit()

    @property
    def names(self) -> list[str]:
        """The chosen measures, in their order."""
        return [name for name, action in self._measures.items() if action.isChecked()]

    @property
    def macro(self) -> bool:
        """Whether classes are averaged, not queries."""
        return self._macro.isChecked()

    def choose(self, names: Collection[str], macro: bool) -> None:
        """Show these measures; names that are not known, or too many, are passed over."""
        known = [name for name in self._measures if name in names][:MOST_SHOWN]
        if known:
            for name, action in self._measures.items():
                action.setChecked(name in known)
        (self._macro if macro else self._micro).setChecked(True)

    def set_compared(self, compared: bool) -> None:
        """A comparison has its own figures; there is nothing to choose among."""
        for action in (*self._measures.values(), self._micro, self._macro):
            action.setVisible(not compared)

    def _choice(self, words: str, explanation: str, checked: bool) -> QAction:
        action = self.addAction(literal(words))
        action.setToolTip(explanation)
        action.setCheckable(True)
        action.setChecked(checked)
        action.toggled.connect(self._on_toggled)
        return action

    def _limit(self) -> None:
        """One figure stays, and no more are offered than there is room for."""
        chosen = len(self.names)
        for action in self._measures.values():
            action.setEnabled(chosen > 1 if action.isChecked() else chosen < MOST_SHOWN)

    def _on_toggled(self, _on: bool) -> None:
        self._limit()
        self.changed.emit()
