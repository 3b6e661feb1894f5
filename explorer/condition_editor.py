"""Changing the filter of one column in place: which values, which part of a text, or which range of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from core.data.catalog import texts
from core.data.column_kinds import Kind, encoded, kind_of
from core.data.columns import Column
from core.data.conditions import Between, Condition, Contains, Missing, OneOf
from core.messages import Message
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import literal
from explorer.appearance.widgets import Segmented, button, quiet_label, restyle
from explorer.column_words import DAY, number_text, title_of
from explorer.range_bar import RangeBar
from explorer.state.filter import Filter
from explorer.value_list import ROW_HEIGHT, ValueList

SHOW, HIDE = "show", "hide"
WIDTH, MOST_ROWS, SEARCH_FROM = 280, 8, 8
# Of a field: neither a number nor nothing.
_WRONG = float("inf")


class ConditionEditor(QWidget):
    """Edits one condition on a column, or makes the first; each change is in force at once."""

    def __init__(self, filtering: Filter, column: Column, condition: Condition | None = None) -> None:
        super().__init__()
        self._filter, self._column, self._condition = filtering, column, condition
        self._changing = False
        self.setAccessibleName(Message("filter-by", column=title_of(column.name)))
        self.how = Segmented({SHOW: Message("show-only"), HIDE: Message("hide-those")}, Message("how-to-filter"))
        self._shown = quiet_label(small=True)
        self._end = button(Message("remove-filter"), "quiet")
        self._end.clicked.connect(partial(self._apply, None))
        self.how.chosen.connect(self._on_how_chosen)
        is_number = column.kind in ("number", "date") and column.range is not None
        self._part = _RangePart(column, self._apply) if is_number else _ValuesPart(column, self._apply)
        title = ElidedLabel(title_of(column.name), Qt.TextElideMode.ElideRight)
        top = in_row((title, 1), self.how, spacing=8)
        bottom = in_row((self._shown, 1), self._end, spacing=8)
        in_column(top, self._part, bottom, on=self, margins=(12, 10, 12, 8), spacing=8)
        self.setMinimumWidth(WIDTH)
        self.setFocusProxy(self._part)
        filtering.changed.connect(self._on_filter_changed)
        self._show()

    @property
    def condition(self) -> Condition | None:
        """What is in force of it."""
        return self._condition

    def _apply(self, condition: Condition | None) -> None:
        """Let another condition be in force, None for none."""
        if condition is not None and self.how.value == HIDE:
            condition = replace(condition, inverted=True)
        former, self._condition = self._condition, condition
        self._changing = True
        if condition is not None:
            self._filter.put(condition, instead_of=former)
        elif former is not None:
            self._filter.remove(former)
        self._changing = False
        self._show_count()
        if condition is None:
            self._part.show_condition(None)

    def _on_how_chosen(self, how: str) -> None:
        if self._condition is not None and self._condition.inverted != (how == HIDE):
            self._apply(replace(self._condition, inverted=False))

    def _on_filter_changed(self) -> None:
        if not self._changing and self._condition not in self._filter.conditions:
            # Undone, or ended by its chip.
            self._condition = self._filter.of_column(self._column.name)
            self._show()

    def _show(self) -> None:
        self.how.choose(HIDE if self._condition is not None and self._condition.inverted else SHOW)
        self._part.show_condition(self._condition)
        self._show_count()

    def _show_count(self) -> None:
        shown = None if self._condition is None else self._filter.shown(self._condition)
        self._shown.setText("" if shown is None else Message("condition-shows", images=shown))
        self._end.setVisible(self._condition is not None)


class _ValuesPart(QWidget):
    """Values to check, a search among many, and all with a text in them."""

    def __init__(self, column: Column, apply: Callable[[Condition | None], None]) -> None:
        super().__init__()
        self._column, self._apply = column, apply
        self.values = ValueList(column, Message("values-of", column=title_of(column.name)))
        rows = self.values.values.rowCount()
        self.values.setFixedHeight(max(1, min(rows, MOST_ROWS)) * ROW_HEIGHT + 2)
        self.search = QLineEdit()
        self.search.setPlaceholderText(Message("find-a-value"))
        self.search.setAccessibleName(Message("find-a-value"))
        self.search.setClearButtonEnabled(True)
        self.search.setVisible(rows > SEARCH_FROM)
        self.with_text = button("", "link")
        self.with_text.hide()
        self.search.textChanged.connect(self._on_search_changed)
        self.values.changed.connect(self._on_checked)
        self.with_text.clicked.connect(self._on_with_text)
        in_column(self.search, self.with_text, self.values, on=self, spacing=4)
        self.setFocusProxy(self.search if rows > SEARCH_FROM else self.values)

    def show_condition(self, condition: Condition | None) -> None:
        match condition:
            case OneOf(words=words):
                self.values.values.bring_up(set(words))
            case Missing():
                self.values.values.set_checked({""})
            case Contains(text=text):
                self.values.values.set_checked(set())
                self.search.setText(text)
            case _:
                self.values.values.set_checked(set())

    def _on_search_changed(self, text: str) -> None:
        self.values.values.search(text.strip())
        self.with_text.setText(literal(Message("all-with-text", text=text.strip())))
        self.with_text.setVisible(bool(text.strip()))

    def _on_checked(self) -> None:
        checked = self.values.values.checked
        # In the order of the column, whatever the order of the clicks.
        words = sorted(checked, key=lambda word: self._column.places.get(word, -1))
        self._apply(OneOf(self._column.name, words=tuple(words)) if words else None)

    def _on_with_text(self) -> None:
        self.values.values.set_checked(set())
        self._apply(Contains(self._column.name, text=self.search.text().strip()))


class _RangePart(QWidget):
    """The ends of a range, as handles and as fields, or only what is missing."""

    def __init__(self, column: Column, apply: Callable[[Condition | None], None]) -> None:
        super().__init__()
        self._column, self._apply = column, apply
        assert column.numbers is not None and column.range is not None
        self.bar = RangeBar(column.numbers, column.range)
        self.fields = (QLineEdit(), QLineEdit())
        self.bar.setAccessibleName(Message("values-of", column=title_of(column.name)))
        names = (Message("from-value"), Message("to-value"))
        for field, name, end in zip(self.fields, names, column.range, strict=True):
            field.setAccessibleName(name)
            field.setPlaceholderText(number_text(end, column.kind))
            field.setToolTip(name)
            field.textEdited.connect(self._on_typed)
        self.missing = QCheckBox(literal(Message("only-missing", count=column.missing)))
        self.missing.setVisible(column.missing > 0)
        self.missing.toggled.connect(self._on_missing)
        self.bar.dragged.connect(self._on_dragged)
        ends = in_row((self.fields[0], 1), quiet_label("–"), (self.fields[1], 1), spacing=8)
        in_column(self.bar, ends, self.missing, on=self, spacing=6)
        self.setFocusProxy(self.fields[0])

    def show_condition(self, condition: Condition | None) -> None:
        low, high = (condition.low, condition.high) if isinstance(condition, Between) else (None, None)
        self.missing.blockSignals(True)
        self.missing.setChecked(isinstance(condition, Missing))
        self.missing.blockSignals(False)
        self.bar.set_range(low, high)
        self._write(low, high)

    def _write(self, low: float | None, high: float | None) -> None:
        for field, value in zip(self.fields, (low, high), strict=True):
            restyle(field, "wrong", False)
            field.setText("" if value is None else _typed(value, self._column.kind))

    def _on_dragged(self, low: float, high: float) -> None:
        first, last = self._column.range or (low, high)
        ends = None if low <= first else self._rounded(low), None if high >= last else self._rounded(high, is_high=True)
        self._write(*ends)
        self._put(*ends)

    def _rounded(self, value: float, is_high: bool = False) -> float:
        """To what one would type: a day, or four digits of the whole range."""
        if self._column.kind == "date":
            return value // DAY * DAY + (DAY - 1 if is_high else 0)
        first, last = self._column.range or (0.0, 1.0)
        step = 10.0 ** _magnitude(last / 1000 - first / 1000)
        # Without the digits by which a multiple of the step misses it.
        return float(f"{round(value / step) * step:.15g}")

    def _on_typed(self) -> None:
        read = [self._read(field.text(), field is self.fields[1]) for field in self.fields]
        for field, value in zip(self.fields, read, strict=True):
            restyle(field, "wrong", value is _WRONG)
            field.setToolTip(Message("expected-like", value=field.placeholderText()) if value is _WRONG else "")
        if _WRONG not in read:
            low, high = read
            self.bar.set_range(low, high)
            self._put(low, high)

    def _read(self, text: str, is_high: bool) -> float | None:
        """The number of a field, None where it is empty, `_WRONG` where it is none."""
        if not (plain := text.strip()):
            return None
        if self._column.kind == "date":
            kind, numbers = kind_of(encoded(texts([plain]))[0])
            if kind != "date" or numbers is None:
                return _WRONG
            # All of the last day.
            return float(numbers[0]) + (DAY - 1 if is_high and numbers[0] % DAY == 0 else 0)
        try:
            number = float(plain.replace(",", ""))
        except ValueError:
            return _WRONG
        return number if math.isfinite(number) else _WRONG

    def _on_missing(self, checked: bool) -> None:
        if checked:
            self._write(None, None)
            self.bar.set_range(None, None)
        self._apply(Missing(self._column.name) if checked else None)

    def _put(self, low: float | None, high: float | None) -> None:
        is_range = low is not None or high is not None
        self.missing.blockSignals(True)
        self.missing.setChecked(False)
        self.missing.blockSignals(False)
        self._apply(Between(self._column.name, low=low, high=high) if is_range else None)


def _magnitude(value: float) -> int:
    return math.floor(math.log10(value)) if value > 0 else 0


def _typed(value: float, kind: Kind) -> str:
    """A number as one would type it."""
    return number_text(value, kind) if kind == "date" else f"{value:.15g}"
