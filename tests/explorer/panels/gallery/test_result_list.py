"""The list of results as pure values."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.panels.gallery.result_list import ResultItem, results_of
from explorer.results.neighbours import QueryResult
from tests.explorer.factories import made_catalog


def _retrieved(rows: list[int], right: list[bool] | None) -> QueryResult:
    similarities = np.linspace(0.9, 0.1, len(rows))
    marks = None if right is None else np.array(right)
    return QueryResult(0, np.array(rows), similarities, marks, None, None)


def test_results_carry_rank_class_and_verdict() -> None:
    results = results_of(_retrieved([2, 7], [True, False]), made_catalog())
    assert results == [ResultItem(2, 1, 0.9, "disc", True), ResultItem(7, 2, pytest.approx(0.1), "ring", False)]


def test_wrong_only_leaves_ranks_as_they_are() -> None:
    results = results_of(_retrieved([2, 7, 3, 12], [True, False, True, False]), made_catalog(), wrong_only=True)
    assert [(result.row, result.rank) for result in results] == [(7, 2), (12, 4)]


def test_without_a_class_nothing_is_wrong() -> None:
    assert results_of(_retrieved([2, 7], None), made_catalog(), wrong_only=True) == []


def test_changes_against_the_other_checkpoint() -> None:
    other = _retrieved([2, 7, 3], [True, False, True])
    results = results_of(_retrieved([3, 7, 9, 2], [True, False, False, True]), made_catalog(), other=other)
    assert [(result.row, result.moved, result.new) for result in results] == [
        (3, 2, False),
        (7, 0, False),
        (9, None, True),
        (2, -3, False),
    ]


def test_what_a_filter_hides_stays_where_it_is() -> None:
    mask = np.arange(15) != 7
    results = results_of(_retrieved([2, 7, 3], [True, False, True]), made_catalog(), mask=mask)
    assert [(result.row, result.rank, result.filtered_out) for result in results] == [
        (2, 1, False),
        (7, 2, True),
        (3, 3, False),
    ]


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (ResultItem(1, 3, 0.5, "disc", True), "rank 3: disc, similarity 0.500, right"),
        (ResultItem(1, 3, 0.5, "", None), "rank 3: no class, similarity 0.500"),
        (ResultItem(1, 3, -12.5, "disc", True, euclidean=True), "rank 3: disc, distance 12.5, right"),
        (ResultItem(1, 3, 0.5, "disc", False, 1), "rank 3: disc, similarity 0.500, wrong, 1 rank up"),
        (ResultItem(1, 3, 0.5, "disc", False, -2), "rank 3: disc, similarity 0.500, wrong, 2 ranks down"),
        (ResultItem(1, 3, 0.5, "disc", False, 0), "rank 3: disc, similarity 0.500, wrong"),
        (
            ResultItem(1, 3, 0.5, "disc", True, None, True),
            "rank 3: disc, similarity 0.500, right, not in the other's results",
        ),
        (
            ResultItem(1, 3, 0.5, "disc", True, filtered_out=True),
            "rank 3: disc, similarity 0.500, right, outside the filter",
        ),
    ],
)
def test_a_result_in_words(result: ResultItem, sentence: str) -> None:
    assert result.sentence == sentence
