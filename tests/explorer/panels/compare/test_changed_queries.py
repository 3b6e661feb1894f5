from __future__ import annotations

from core.comparison import Comparison
from core.data.catalog import Catalog
from explorer.panels.compare.changed_queries import NOTHING, ChangedQueries, changed_queries


def test_fixed_queries_with_what_was_retrieved_first(comparison: Comparison) -> None:
    fixed = changed_queries(comparison, comparison.fixed)
    assert fixed.rows.tolist() == [7]  # the shirt that A puts beside the hat
    assert fixed.first_a.tolist() == [8]
    assert fixed.first_b.tolist() == [6]


def test_broken_queries_with_what_was_retrieved_first(comparison: Comparison) -> None:
    broken = changed_queries(comparison, comparison.broken)
    assert broken.rows.tolist() == [2, 3]  # the coats between which B puts a hat
    assert broken.first_a.tolist() == [3, 2]
    assert broken.first_b.tolist() == [9, 9]


def test_each_in_words(comparison: Comparison, catalog: Catalog) -> None:
    first, second = changed_queries(comparison, comparison.broken).listed(catalog)
    assert (first.rows, first.labels) == ((2, 3, 9), ("coat", "coat", "hat"))
    assert first.sentence == "coat, row 2: A retrieves coat first, B retrieves hat first"
    assert second.rows == (3, 2, 9)


def test_an_image_without_class_is_named_as_such(comparison: Comparison, catalog: Catalog) -> None:
    broken = changed_queries(comparison, comparison.broken)
    unlabelled = ChangedQueries(broken.rows, broken.first_a, broken.rows * 0)
    assert unlabelled.listed(catalog)[0].labels == ("coat", "coat", "unlabelled")


def test_of_one_class(comparison: Comparison, catalog: Catalog) -> None:
    broken = changed_queries(comparison, comparison.broken)
    coat, shirt = (catalog.classes.index(name) for name in ("coat", "shirt"))
    assert broken.of_class(None, catalog.codes).rows.tolist() == [2, 3]
    assert broken.of_class(coat, catalog.codes).first_b.tolist() == [9, 9]
    assert len(broken.of_class(shirt, catalog.codes)) == 0


def test_place_of_a_row(comparison: Comparison) -> None:
    broken = changed_queries(comparison, comparison.broken)
    assert broken.index_of(3) == 1
    assert broken.index_of(7) is None
    assert broken.index_of(None) is None
    assert NOTHING.index_of(0) is None
