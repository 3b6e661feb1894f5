"""Columns and conditions in words."""

from __future__ import annotations

import pytest

from core.data.catalog import texts
from core.data.columns import TextColumn
from core.data.conditions import Between, Condition, Contains, Missing, OneOf
from explorer.column_words import condition_words, number_text, title_of, word_of

DAY = 86_400
MARCH_5 = 19_787 * DAY


@pytest.mark.parametrize(
    ("condition", "words", "inverted"),
    [
        (OneOf("brand", words=("acme",)), "brand: acme", "brand: not acme"),
        (OneOf("brand", words=("a", "")), "brand: a, missing", "brand: not a, missing"),
        (OneOf("brand", words=tuple("abcdef")), "brand: a, b, c and 3 more", "brand: not a, b, c and 3 more"),
        (Contains("brand", text="ac"), "brand with “ac”", "brand without “ac”"),
        (Missing("brand"), "brand is missing", "brand is given"),
        (Between("price", low=2.5, high=10_000), "price 2.5 – 10,000", "price outside 2.5 – 10,000"),
        (Between("price", low=2), "price from 2", "price not from 2"),
        (Between("price", high=2), "price up to 2", "price not up to 2"),
        (Between("price", low=2, high=2), "price 2", "price not 2"),
        (Between("price"), "price is given", "price is missing"),
    ],
)
def test_conditions(condition: Condition, words: str, inverted: str) -> None:
    assert condition_words(condition) == words
    assert condition_words(condition.turned()) == inverted


def test_dates_are_days_unless_they_have_a_time() -> None:
    until = Between("taken", low=MARCH_5, high=MARCH_5 + DAY - 1)
    assert condition_words(until, "date") == "taken 2024-03-05"
    assert number_text(MARCH_5 + 3600 * 7 + 240, "date") == "2024-03-05 07:04"
    assert number_text(-DAY, "date") == "1969-12-31"
    assert number_text(MARCH_5 + 3600 * 7 + 30.5, "date") == "2024-03-05 07:00:30"


@pytest.mark.parametrize(
    ("cell", "words"),
    [("0000-01-01", "0000-01-01"), ("9999-12-31T20:00-08:00", "10000-01-01 04:00"), ("0812-03-04", "0812-03-04")],
)
def test_no_date_is_too_early_or_too_late_for_words(cell: str, words: str) -> None:
    column = TextColumn("taken", texts([cell]))
    assert column.range is not None and number_text(column.range[0], column.kind).lstrip("+") == words


@pytest.mark.parametrize(
    ("value", "text"), [(2024.0, "2024"), (12_345.0, "12,345"), (0.123456, "0.1235"), (-3.0, "-3"), (1e20, "1e+20")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number_text(value) == text


def test_titles_and_cells() -> None:
    assert [title_of(name) for name in ("class", "split", "role", "brand")] == ["class", "split", "role", "brand"]
    assert (word_of("a"), word_of("")) == ("a", "missing")
