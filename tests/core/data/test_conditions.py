"""Conditions on columns, against a loop over the cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np
import pytest

from core.data.catalog import texts
from core.data.columns import NumberColumn, TextColumn
from core.data.conditions import Between, Condition, Contains, InRows, Missing, OneOf

BRANDS = ["Acme", "acme co", "", "양말", unicodedata.normalize("NFD", "양말"), "a.me", "Zeta"]
PRICES = ["1", "2.5", "", "10", "-3", "nan", "2.5"]


@pytest.mark.parametrize(
    ("condition", "fulfils"),
    [
        (OneOf("brand", words=("Acme", "Zeta", "gone")), lambda cell: cell in ("Acme", "Zeta")),
        (OneOf("brand", words=("Acme", "")), lambda cell: cell in ("Acme", "")),
        (OneOf("brand"), lambda _: False),
        (Contains("brand", text="ACME"), lambda cell: "acme" in cell.lower()),
        # No pattern, and Hangul however it is stored.
        (Contains("brand", text="a.m"), lambda cell: "a.m" in cell),
        (Contains("brand", text="말"), lambda cell: "말" in unicodedata.normalize("NFC", cell)),
        (
            Contains("brand", text=unicodedata.normalize("NFD", "말")),
            lambda cell: "양말" in unicodedata.normalize("NFC", cell),
        ),
        (Missing("brand"), lambda cell: not cell),
        (Between("brand", low=0), lambda _: False),
    ],
)
@pytest.mark.parametrize("inverted", [False, True])
def test_conditions_on_text(condition: Condition, fulfils: Callable[[str], bool], inverted: bool) -> None:
    condition = condition.turned() if inverted else condition
    mask = condition.mask(TextColumn("brand", texts(BRANDS)))
    assert mask.dtype == bool and mask.tolist() == [fulfils(cell) != inverted for cell in BRANDS]


@pytest.mark.parametrize(
    ("low", "high"), [(None, None), (2.5, None), (None, 2.5), (2.5, 2.5), (0, 5), (5, 0), (-np.inf, np.inf)]
)
@pytest.mark.parametrize("inverted", [False, True])
def test_a_range_holds_its_ends_and_no_missing_number(low: float | None, high: float | None, inverted: bool) -> None:
    values = np.array([float(price or "nan") for price in PRICES])
    within = [
        bool((low is None or value >= low) and (high is None or value <= high) and not np.isnan(value))
        for value in values
    ]
    condition = Between("price", inverted, low, high)
    for column in (TextColumn("price", texts(PRICES)), NumberColumn("price", values)):
        assert condition.mask(column).tolist() == [each != inverted for each in within]
        assert Missing("price").mask(column).tolist() == np.isnan(values).tolist()


@pytest.mark.parametrize("word", ["ΟΔΟΣ", "İstanbul", "ẞ", "caf\udce9", "양말"])
def test_a_text_is_found_by_itself_in_any_language(word: str) -> None:
    column = TextColumn("name", texts([word, "other"]))
    assert Contains("name", text=word).mask(column).tolist() == [True, False]


def test_conditions_are_values() -> None:
    assert OneOf("brand", words=("a",)) == OneOf("brand", words=("a",)) != OneOf("brand", True, ("a",))
    assert Contains("brand", text="a").turned().turned() == Contains("brand", text="a")


def test_chosen_rows_fulfil_it_whatever_their_cells_are() -> None:
    column, chosen = TextColumn("brand", texts(BRANDS)), InRows.of(np.array([5, 2, 0]))
    assert np.flatnonzero(chosen.mask(column)).tolist() == [0, 2, 5]
    assert np.flatnonzero(chosen.turned().mask(column)).tolist() == [1, 3, 4, 6]
    assert chosen == InRows.of(np.array([5, 2, 0])) != InRows.of(np.array([5, 2])), "conditions are told apart by rows"
    assert chosen.rows.tolist() == [5, 2, 0] and not InRows().mask(column).any()
