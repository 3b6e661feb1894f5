"""The columns of a catalog as a person looks at them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.data.catalog import Catalog, texts
from core.data.columns import Column, NumberColumn, TextColumn, columns_of


def made_catalog(**attributes: list[str]) -> Catalog:
    count = 4
    nothing = texts([""] * count)
    return Catalog(
        "things",
        Path("/nowhere"),
        texts([f"{row}.png" for row in range(count)]),
        texts(["rose", "lily", "", "rose"]),
        texts(["train", "test", "test", ""]),
        nothing,
        nothing,
        targets=np.array([[0.1], [0.1], [np.nan], [2]], np.float32),
        target_names=("weight",),
        attributes={name: texts(cells) for name, cells in attributes.items()},
    )


def words_of(column: Column) -> list[str]:
    """Each cell again, None where it is missing."""
    return [None if code < 0 else column.words[code] for code in column.codes]


def test_every_column_of_a_catalog_is_there_by_name() -> None:
    catalog = made_catalog(brand=["b10", "b2", "", "b2"], **{"class": ["x"] * 4, "AP": ["1", "2", "3", "4"]})
    columns = {column.name: column for column in columns_of(catalog, reserved=("AP",))}
    assert list(columns) == ["class", "split", "weight", "brand", "class (2)", "AP (2)"]
    assert columns["class"].words.tolist() == ["lily", "rose"] and columns["class"].codes.tolist() == [1, 0, -1, 1]
    assert words_of(columns["split"]) == ["train", "test", "test", None]
    brand = columns["brand"]
    assert (brand.kind, brand.values, brand.missing) == ("text", 2, 1)
    assert brand.words.tolist() == ["b2", "b10"] and brand.counts.tolist() == [2, 1]
    assert brand.frequent(1) == [("b2", 2)]
    assert brand.numbers is None and brand.range is None


def test_a_target_is_a_number_as_it_was_written() -> None:
    (weight,) = (column for column in columns_of(made_catalog()) if column.name == "weight")
    assert (weight.kind, weight.values, weight.missing) == ("number", 2, 1)
    assert weight.words.tolist() == ["0.1", "2"] and weight.codes.tolist() == [0, 0, -1, 1]
    assert weight.range is not None and np.allclose(weight.range, (0.1, 2))


def test_numbers_are_in_the_order_of_their_values() -> None:
    column = TextColumn("price", texts(["10", "9.5", "nan", "", "-1", "10"]))
    assert column.kind == "number" and column.words.tolist() == ["-1", "9.5", "10"]
    assert column.codes.tolist() == [2, 1, -1, -1, 0, 2]
    np.testing.assert_array_equal(column.numbers, [10, 9.5, np.nan, np.nan, -1, 10])
    assert (column.missing, column.range) == (2, (-1.0, 10.0))


def test_a_column_without_any_cell_is_text_without_values() -> None:
    for column in (TextColumn("empty", texts(["", ""])), NumberColumn("none", np.full(2, np.nan))):
        assert (column.values, column.missing, column.range) == (0, 2, None)
        assert column.frequent(3) == [] and column.is_missing().all()


def test_words_too_many_to_be_read_stay_as_they_come() -> None:
    captions = [f"caption {number}" for number in range(30_000)][::-1]
    column = TextColumn("caption", texts(captions))
    assert column.values == 30_000 and column.words[0] == captions[0] and column.codes[-1] == 29_999
