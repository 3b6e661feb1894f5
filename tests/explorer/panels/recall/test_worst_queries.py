from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation
from explorer.panels.recall.worst_queries import worst_queries


def test_the_worst_image_is_first(evaluation: Evaluation, embeddings: Embeddings) -> None:
    worst = worst_queries(evaluation, embeddings, "a2")
    assert worst.rows[0] == 5  # the one at 181 degrees, among the hats
    assert (worst.wrong, worst.measured, len(worst)) == (1, 3, 3)
    assert worst.retrieved[0] == "hat"
    assert worst.describe == "Worst of a2 · 1 of 3 wrong in top 1"
    assert np.all(np.diff(worst.average_precisions) >= 0)


def test_among_equals_the_latest_hit_is_worse_and_none_worst(evaluation: Evaluation, embeddings: Embeddings) -> None:
    found = replace(
        evaluation.found,
        precision_sum=np.zeros(len(embeddings)),
        first_hit=np.array([3, 0, 9, 1, 1, 1, 1, 1, 1, 1, -1]),
    )
    alike = replace(evaluation, found=found)
    assert worst_queries(alike, embeddings, "a10").first_hits.tolist() == [0, 9, 3]
    assert worst_queries(alike, embeddings, "a10", most=1).rows.tolist() == [1]


def test_a_class_that_is_not_measured_has_none(evaluation: Evaluation, embeddings: Embeddings) -> None:
    assert not worst_queries(evaluation, embeddings, "single")
    assert not worst_queries(evaluation, embeddings, "no such class")


def test_rows_are_catalog_rows_not_positions(evaluation: Evaluation, embeddings: Embeddings) -> None:
    elsewhere = replace(embeddings, rows=embeddings.rows + 100)
    assert worst_queries(evaluation, elsewhere, "a2").rows[0] == 105
