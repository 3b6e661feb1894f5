"""Undo and redo of what is filtered, in focus and selected."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.data.catalog import Rows
from core.data.conditions import Condition
from core.messages import Message
from explorer.column_words import title_of
from explorer.state.filter import Filter
from explorer.state.selection import Selection

MOST = 100
# Selections of a million images are not kept a hundred times.
MOST_ROWS = 10_000_000
# Typing and dragging change a filter many times: what follows so soon on the same column is one step.
TOGETHER_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class _Moment:
    conditions: tuple[Condition, ...]
    focus: int | None
    rows: Rows


@dataclass(frozen=True, eq=False)
class _Step:
    """What was before, and what was done then in words."""

    before: _Moment
    words: str


class Steps(QObject):
    """Remembers the last steps. Signal: changed(), of what can be undone or done again.

    A click selects its image as the query, which has a way back of its own: one image is no selection here.
    """

    changed = Signal()

    def __init__(self, filtering: Filter, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filter, self._selection = filtering, selection
        self._undone: list[_Step] = []
        self._done: list[_Step] = []
        self._now = self._moment()
        self._going = False
        self._last = ("", 0.0)
        filtering.changed.connect(self._on_changed)
        selection.focus_changed.connect(self._on_changed)
        selection.rows_changed.connect(self._on_changed)

    @property
    def undo_words(self) -> str:
        """What would be undone, "" for nothing."""
        return self._done[-1].words if self._done else ""

    @property
    def redo_words(self) -> str:
        """What would be done again, "" for nothing."""
        return self._undone[-1].words if self._undone else ""

    def undo(self) -> None:
        """Take the last step back."""
        self._go(self._done, self._undone)

    def redo(self) -> None:
        """Do again what was undone last."""
        self._go(self._undone, self._done)

    def clear(self) -> None:
        """Forget all: other images are shown."""
        self._done, self._undone, self._last = [], [], ("", 0.0)
        self._now = self._moment()
        self.changed.emit()

    def _moment(self) -> _Moment:
        rows = self._selection.rows
        return _Moment(self._filter.conditions, self._selection.focus, rows if len(rows) > 1 else rows[:0])

    def _on_changed(self) -> None:
        if self._going:
            return
        before, self._now = self._now, self._moment()
        words, about = _described(before, self._now)
        if not words:
            return
        # A condition that is changed, not one that is made or ended.
        is_changed = bool(about) and len(before.conditions) == len(self._now.conditions)
        together = about == self._last[0] and time.monotonic() - self._last[1] < TOGETHER_SECONDS
        self._last = (about, time.monotonic())
        if is_changed and together and self._done:
            self._done[-1] = _Step(self._done[-1].before, words)
        else:
            self._done = _recent([*self._done, _Step(before, words)])
        self._undone = []
        self.changed.emit()

    def _go(self, there: list[_Step], back: list[_Step]) -> None:
        if not there:
            return
        step = there.pop()
        back.append(_Step(self._now, step.words))
        self._going, self._last = True, ("", 0.0)
        self._filter.set_conditions(step.before.conditions)
        self._selection.set_focus(step.before.focus)
        if not np.array_equal(step.before.rows, self._now.rows):
            self._selection.select(step.before.rows)
        self._going, self._now = False, step.before
        self.changed.emit()


def _recent(steps: list[_Step]) -> list[_Step]:
    """The last steps, as far as they are to be kept; the very last in any case."""
    kept = steps[-MOST:]
    while len(kept) > 1 and sum(len(step.before.rows) for step in kept) > MOST_ROWS:
        kept = kept[1:]
    return kept


def _described(before: _Moment, now: _Moment) -> tuple[str, str]:
    """What was done between two moments, "" for nothing; and the column that it is about, where it is a filter."""
    if before.conditions != now.conditions:
        others = [each for each in now.conditions if each not in before.conditions]
        others = others or [each for each in before.conditions if each not in now.conditions]
        columns = list(dict.fromkeys(each.column for each in others))
        return Message("step-filter", columns=[title_of(name) for name in columns]), " ".join(columns)
    if before.focus != now.focus:
        return Message("step-focus") if now.focus is not None else Message("step-no-focus"), ""
    if not np.array_equal(before.rows, now.rows):
        return Message("step-select", images=len(now.rows)) if len(now.rows) else Message("step-select-nothing"), ""
    return "", ""
