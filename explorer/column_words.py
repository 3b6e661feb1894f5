"""Columns, their cells and the conditions on them in words."""

from __future__ import annotations

import math

import numpy as np

from core.data.column_kinds import Kind
from core.data.columns import CLASS, ROLE, SPLIT
from core.data.conditions import MISSING, Between, Condition, Contains, InRows, Missing, OneOf
from core.messages import Message

DAY = 86_400
KINDS: dict[Kind, str] = {
    "text": Message("kind-text"),
    "number": Message("kind-number"),
    "yes/no": Message("kind-yes-no"),
    "date": Message("kind-date"),
}
_OWN = {
    CLASS: Message("by-class"),
    SPLIT: Message("column-split"),
    ROLE: Message("column-role"),
    "": Message("by-selection"),
}
# Of more words a chip names the first, and counts the others.
MOST_NAMED = 3


def title_of(name: str) -> str:
    """What a column is called."""
    return _OWN.get(name, name)


def word_of(word: str) -> str:
    """A cell, a missing one in words."""
    return word if word != MISSING else Message("value-missing")


def number_text(value: float, kind: Kind = "number") -> str:
    """A number as short as it can be told; a date, with its time where it has one."""
    if kind == "date":
        return _date_text(value)
    if abs(value) < 1e15 and float(value).is_integer():
        # Years and the like are read without a separator.
        return f"{value:.0f}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:.4g}"


def condition_words(condition: Condition, kind: Kind = "number") -> str:
    """A condition as a chip says it; `kind` is that of its column."""
    column, inverted = title_of(condition.column), condition.inverted
    match condition:
        case OneOf(words=words):
            named = [word_of(word) for word in words[:MOST_NAMED]]
            more = len(words) - len(named)
            if more:
                return Message("condition-one-of-many", column=column, inverted=inverted, words=named, more=more)
            return Message("condition-one-of", column=column, inverted=inverted, words=named)
        case Contains(text=text):
            return Message("condition-contains", column=column, inverted=inverted, text=text)
        case InRows(rows=rows):
            return Message("condition-in-rows", inverted=inverted, images=len(rows))
        case Missing():
            return Message("condition-missing", column=column, inverted=inverted)
        case Between(low=low, high=high):
            bounds = [None if bound is None else number_text(bound, kind) for bound in (low, high)]
            return _between(column, inverted, *bounds)
    raise TypeError(condition)


def _between(column: str, inverted: bool, low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        if low == high:
            return Message("condition-is", column=column, inverted=inverted, value=low)
        return Message("condition-between", column=column, inverted=inverted, low=low, high=high)
    if low is not None:
        return Message("condition-from", column=column, inverted=inverted, low=low)
    if high is not None:
        return Message("condition-to", column=column, inverted=inverted, high=high)
    return Message("condition-missing", column=column, inverted=not inverted)


def _date_text(seconds: float) -> str:
    # Years before the first and after 9999, which zones lead to, are none of Python's dates.
    day, _, time = str(np.datetime64(math.floor(seconds), "s")).partition("T")
    # A day's end is that day.
    within = seconds % DAY
    return day if within == 0 or within >= DAY - 1 else f"{day} {time.removesuffix(':00')}"
