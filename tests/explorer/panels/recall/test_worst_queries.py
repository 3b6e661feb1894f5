from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation
from explorer.panels.recall.worst_queries import worst_queries


def test_the_worst_image_is_first(evaluation: Evaluation, embeddings: Embeddings) -> None:
    worst = worst_queries(evaluation, embeddings, "a2")
    assert worst.queries[0].row == 5  # the one at 181 degrees, among the hats
    assert (worst.wrong, worst.measured, len(worst.queries)) == (1, 3, 3)
    assert worst.queries[0].retrieved == "hat"
    assert worst.describe == "Worst of a2 · 1 of 3 wrong in top 1"
    assert np.all(np.diff([query.average_precision for query in worst.queries]) >= 0)


def test_among_equals_the_latest_hit_is_worse_and_none_worst(evaluation: Evaluation, embeddings: Embeddings) -> None:
    found = replace(
        evaluation.found,
        precision_sum=np.zeros(len(embeddings)),
        first_hit=np.array([3, 0, 9, 1, 1, 1, 1, 1, 1, 1, -1]),
    )
    alike = replace(evaluation, found=found)
    assert [query.first_hit for query in worst_queries(alike, embeddings, "a10").queries] == [0, 9, 3]
    assert [query.row for query in worst_queries(alike, embeddings, "a10", most=1).queries] == [1]


def test_a_class_that_is_not_measured_has_none(evaluation: Evaluation, embeddings: Embeddings) -> None:
    assert not worst_queries(evaluation, embeddings, "single").queries
    assert not worst_queries(evaluation, embeddings, "no such class").queries


def test_rows_are_catalog_rows_not_positions(evaluation: Evaluation, embeddings: Embeddings) -> None:
    elsewhere = replace(embeddings, rows=embeddings.rows + 100)
    assert worst_queries(evaluation, elsewhere, "a2").queries[0].row == 105


def test_a_filter_hides_queries_and_changes_no_figure(evaluation: Evaluation, embeddings: Embeddings) -> None:
    mask = np.ones(len(embeddings), bool)
    mask[5] = False
    worst = worst_queries(evaluation, embeddings, "a2", mask=mask)
    assert 5 not in [query.row for query in worst.queries] and len(worst.queries) == 2
    assert worst.describe == "Worst of a2 · 1 of 3 wrong in top 1 · 1 outside the filter"
