"""What columns make groups of, against the values themselves."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import numpy as np
import pytest

from core.data.catalog import texts
from core.data.columns import NumberColumn, TextColumn
from explorer.appearance.colouring import MOST_CATEGORIES, class_palette
from explorer.panels.grid import partings
from explorer.panels.grid.partings import MOST_DATES, MOST_RANGES, parting_of


def test_few_values_are_groups_of_their_own() -> None:
    parting = parting_of(TextColumn("brand", texts(["x", "b", "", "a10", "a9", "b"])))
    assert [parting.title(code) for code in parting.codes] == ["x", "b", "no brand", "a10", "a9", "b"]
    assert list(parting.titles) == ["a9", "a10", "b", "x"]
    assert [parting.colour(code) for code in range(4)] == [
        "#" + bytes(each).hex() for each in class_palette(4, "dark")[:4]
    ]
    assert parting.colour(-1) == ""
    numbers = parting_of(TextColumn("size", texts(["10", "9", "", "9"])))
    assert [numbers.title(code) for code in numbers.codes] == ["10", "9", "no size", "9"] and numbers.colour(0) == ""


def test_of_many_values_the_less_frequent_share_a_colour() -> None:
    cells = [f"v{number}" for number in range(40) for _ in range(1 + (number < 10))]
    light = parting_of(TextColumn("source", texts(cells)), "light")
    own = [light.colour(light.titles.index(f"v{number}")) for number in range(10)]
    assert len(set(own)) == 10 and len(set(light.colours)) == MOST_CATEGORIES


def test_the_largest_numbers_are_put_together_too() -> None:
    values = np.append(np.linspace(0, 1, 30), [-1.7e308, 1.7e308])
    parting = parting_of(NumberColumn("x", values))
    assert parting.codes[30] == 0 and parting.codes[31] == len(parting.titles) - 1


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3.7, 250.0), (1e-9, 4e-9), (1000.0, 1000.5), (-1e12, 1e12), (0.1, 0.7)]
)
def test_many_numbers_are_put_together_in_ranges(low: float, high: float) -> None:
    values = np.random.default_rng(3).uniform(low, high, 500)
    values[:4] = low, high, np.nan, (low + high) / 2
    parting = parting_of(NumberColumn("AP", values))
    assert 3 <= len(parting.titles) <= MOST_RANGES + 2 and parting.title(int(parting.codes[2])) == "no AP"
    edges = [[float(edge) for edge in title.split(" to ")] for title in parting.titles]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(edges))
    slack = 1e-6 * (high - low)
    for value, code in zip(values, parting.codes, strict=True):
        assert np.isnan(value) or edges[code][0] - slack <= value <= edges[code][1] + slack
    assert low < edges[0][1] + slack and high > edges[-1][0] - slack


@pytest.mark.parametrize(("days", "first"), [(30, "2023-12-30"), (400, "2023-12"), (4000, "2023")])
def test_dates_are_put_together_by_day_month_or_year(days: int, first: str) -> None:
    dates = [date(2023, 12, 30) + timedelta(days=number) for number in range(days)]
    parting = parting_of(TextColumn("taken", texts([*(each.isoformat() for each in dates), ""])))
    assert parting.titles[0] == first and len(parting.titles) <= MOST_DATES
    assert all(
        each.isoformat().startswith(parting.title(code)) for each, code in zip(dates, parting.codes, strict=False)
    )
    assert parting.title(int(parting.codes[-1])) == "no taken"


def test_of_too_many_texts_the_most_frequent_are_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partings, "MOST_TEXTS", 2)
    parting = parting_of(TextColumn("sender", texts(["c", "a", "c", "b", "a", "", "d"])))
    assert [parting.title(code) for code in parting.codes] == [
        *("c", "a", "c", "2 others", "a", "no sender", "2 others")
    ]
