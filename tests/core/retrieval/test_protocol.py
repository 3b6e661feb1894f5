from __future__ import annotations

import numpy as np
import pytest

from core.data.catalog import texts
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.embeddings import Embeddings, Origin
from core.retrieval.evaluation import evaluate
from core.retrieval.index import Index
from core.retrieval.protocol import Protocol

ROLES = ["query", "query & gallery", "gallery", "query & gallery", "gallery", "", "query", "query & gallery"]


@pytest.fixture
def embeddings() -> Embeddings:
    """Eight images of two classes, three of which ask and are found."""
    vectors = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    labels = texts(list("ababbaab"))
    return Embeddings(vectors, np.arange(8), labels, texts(list("12345678")), texts(ROLES), Origin())


def test_an_image_may_ask_and_be_found(embeddings):
    protocol = Protocol.of(embeddings)
    assert protocol.queries.tolist() == [0, 1, 3, 6, 7] and protocol.gallery.tolist() == [1, 2, 3, 4, 7]
    assert protocol.own_columns(protocol.queries).tolist() == [-1, 0, 2, -1, 4]
    assert protocol.overlaps and not protocol.leave_one_out


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_no_image_is_its_own_answer(embeddings, distance):
    vectors = embeddings.vectors.astype(np.float64)
    if distance == "cosine":
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    protocol, hits = Protocol.of(embeddings), []
    for query in protocol.queries:
        others = protocol.gallery[protocol.gallery != query]
        if (embeddings.labels[others] == embeddings.labels[query]).any():
            nearest = others[np.argmin(np.linalg.norm(vectors[others] - vectors[query], axis=1))]
            hits.append(embeddings.labels[nearest] == embeddings.labels[query])
    evaluation = evaluate(embeddings, (1,), distance=distance)
    assert evaluation.recall[1] == pytest.approx(np.mean(hits))
    assert "self excluded by row" in evaluation.protocol and "query to gallery" in evaluation.protocol


def test_the_window_never_shows_an_image_as_its_own_neighbour(embeddings):
    index = Index(embeddings)
    for query in Protocol.of(embeddings).queries.tolist():
        assert query not in index.neighbours(query, 5).positions


def test_label_distances_leave_the_query_out(embeddings):
    targets = np.arange(8, dtype=np.float32)[:, None]
    found = evaluate_continuous(embeddings, targets, (4,), (1,))
    expected = []
    for query in (0, 1, 3, 6, 7):
        others = np.array([row for row in (1, 2, 3, 4, 7) if row != query])
        near = np.linalg.norm(embeddings.vectors[others] - embeddings.vectors[query], axis=1).argsort()[:4]
        expected.append(np.abs(others[near] - query).mean())
    assert found.mean_distance[4] == pytest.approx(np.mean(expected))
