"""What a click shows: equal to brute force, and judged rightly."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.index import Index, judge
from core.retrieval.protocol import Protocol


def embeddings_of(vectors, labels, roles=None):
    names, paths = texts([str(label) for label in labels]), texts([f"{row}.png" for row in range(len(vectors))])
    roles = None if roles is None else texts(list(roles))
    return Embeddings(np.asarray(vectors, np.float32), np.arange(len(vectors)) * 3, names, paths, roles)


def by_cosine(embeddings):
    return Protocol.of(embeddings, "cosine")


@pytest.fixture
def clustered():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 9, 200)
    vectors = generator.standard_normal((9, 16))[labels] + generator.standard_normal((200, 16))
    vectors[150:160] = vectors[:10]
    return embeddings_of(vectors, labels)


def brute_force(embeddings, position, gallery):
    vectors = embeddings.vectors.astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = np.round(vectors @ vectors[position], 9)
    others = [item for item in gallery if item != position]
    order = sorted(others, key=lambda item: (-cosine[item], item))
    return order, cosine[order]


@pytest.mark.parametrize("k", [1, 10, 199, 500])
def test_neighbours_equal_brute_force(clustered, k):
    index = Index(clustered, by_cosine(clustered))
    for position in (0, 7, 63, 64, 155, 199):
        order, cosine = brute_force(clustered, position, range(200))
        found = index.neighbours(position, k)
        assert found.positions.tolist() == order[:k]
        np.testing.assert_allclose(found.similarities, cosine[:k], atol=1e-5)
        assert position not in found.positions


def test_a_duplicate_is_found_and_the_image_itself_is_not(clustered):
    index = Index(clustered, by_cosine(clustered))
    assert index.neighbours(3, 1).positions.tolist() == [153]
    assert index.neighbours(153, 1).positions.tolist() == [3]


def test_neighbours_agree_with_the_measures(clustered):
    index, evaluation = Index(clustered, by_cosine(clustered)), evaluate(clustered, protocol=by_cosine(clustered))
    for position in range(200):
        found = index.neighbours(position, 1)
        assert found.positions[0] == evaluation.nearest[position]
        assert found.similarities[0] == evaluation.found.nearest_similarity[position]


def test_identical_images_come_in_order_of_position():
    index = Index(embeddings_of(np.ones((100, 5)), range(100)))
    assert index.neighbours(2, 5).positions.tolist() == [0, 1, 3, 4, 5]
    assert index.neighbours(2, 99).positions.tolist() == [item for item in range(100) if item != 2]


def test_only_gallery_images_are_found_for_queries(clustered):
    roles = ["query" if position % 4 == 0 else "gallery" for position in range(200)]
    embeddings = Embeddings(clustered.vectors, clustered.rows, clustered.labels, clustered.paths, texts(roles))
    index = Index(embeddings, by_cosine(embeddings))
    gallery = [position for position in range(200) if position % 4]
    for position in (0, 5, 8):  # an image of the gallery may be clicked too
        order, cosine = brute_force(embeddings, position, gallery)
        found = index.neighbours(position, 20)
        assert found.positions.tolist() == order[:20]
        np.testing.assert_allclose(found.similarities, cosine[:20], atol=1e-5)


def test_a_vector_is_searched_among_all_but_the_excluded(clustered):
    index = Index(clustered, by_cosine(clustered))
    vector = 5 * clustered.vectors[20].astype(np.float64)
    assert index.neighbours_of_vector(vector, 1).positions.tolist() == [20]
    assert index.neighbours_of_vector(vector, 1, exclude=20).positions.tolist() == (
        index.neighbours(20, 1).positions.tolist()
    )


@pytest.mark.parametrize("vector", [np.ones(3), np.full(16, np.nan)])
def test_a_vector_that_does_not_fit_is_refused(clustered, vector):
    with pytest.raises(EmbeddingsError, match="expected 16 finite values"):
        Index(clustered, by_cosine(clustered)).neighbours_of_vector(vector, 5)


def test_verdict_equals_the_measures_for_every_image(clustered):
    index, evaluation = (
        Index(clustered, by_cosine(clustered)),
        evaluate(clustered, (1, 199), protocol=by_cosine(clustered)),
    )
    for position in range(200):
        shown = index.neighbours(position, 12)
        outcome = judge(clustered, position, shown, index)
        order, _ = brute_force(clustered, position, range(200))
        hits = [clustered.labels[item] == clustered.labels[position] for item in order]
        assert outcome.right_at_1 == hits[0] == (evaluation.first_hit[position] == 1)
        assert outcome.first_hit == (hits.index(True) + 1 if any(hits[:12]) else None)
        assert outcome.first_miss == (hits.index(False) + 1 if not all(hits[:12]) else None)
        assert outcome.average_precision == pytest.approx(evaluation.of_queries("MAP@R")[position], abs=1e-12)
        missed = [rank for rank, hit in enumerate(hits, start=1) if hit and rank > 12]
        assert outcome.missed == ((missed[0], order[missed[0] - 1]) if missed else None)


def test_verdict_on_an_image_without_a_positive_or_a_class():
    embeddings = embeddings_of(np.random.default_rng(3).standard_normal((6, 4)), ["a", "b", "b", "b", "", ""])
    index = Index(embeddings, by_cosine(embeddings))
    alone = judge(embeddings, 0, index.neighbours(0, 3), index)
    assert (alone.right_at_1, alone.first_hit, alone.first_miss) == (False, None, 1)
    assert (alone.average_precision, alone.missed) == (None, None)
    unlabelled = judge(embeddings, 4, index.neighbours(4, 3), index)
    assert (unlabelled.right_at_1, unlabelled.first_hit, unlabelled.missed) == (None, None, None)


def test_hits_beyond_the_number_of_positives_are_not_in_the_average_precision():
    angle = np.deg2rad([0, 10, 20, 30])
    embeddings = embeddings_of(np.stack([np.cos(angle), np.sin(angle)], 1), ["a", "b", "a", "b"])
    index = Index(embeddings, by_cosine(embeddings))
    outcome = judge(embeddings, 0, index.neighbours(0, 3), index)
    assert (outcome.first_hit, outcome.average_precision) == (2, 0.0)


def test_a_missed_image_stands_behind_strangers_as_near():
    embeddings = embeddings_of(np.ones((6, 4)), ["a", "b", "b", "b", "a", "a"])
    index = Index(embeddings, by_cosine(embeddings))
    assert judge(embeddings, 0, index.neighbours(0, 1), index).missed == (4, 4)


def test_verdict_on_the_only_image():
    embeddings = embeddings_of([[1.0, 0.0]], ["a"])
    index = Index(embeddings, by_cosine(embeddings))
    shown = index.neighbours(0, 5)
    assert len(shown) == 0
    assert judge(embeddings, 0, shown, index).right_at_1 is None


def test_an_index_of_other_embeddings_is_refused(clustered):
    other = Index(embeddings_of(clustered.vectors, clustered.labels))
    with pytest.raises(EmbeddingsError, match="other embeddings"):
        judge(clustered, 0, other.neighbours(0, 3), other)
