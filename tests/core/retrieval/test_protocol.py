from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from core.data.catalog import texts
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.embeddings import Embeddings, Origin
from core.retrieval.evaluation import evaluate
from core.retrieval.index import Index, judge
from core.retrieval.protocol import Protocol
from core.retrieval.similarity import unit

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
    block = np.zeros((5, 6))
    protocol.hide(protocol.queries, block)
    assert [np.flatnonzero(row).tolist() for row in block] == [[], [0], [2], [], [4]]
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
    evaluation = evaluate(embeddings, (1,), protocol=Protocol.of(embeddings, distance))
    assert evaluation.recall[1] == pytest.approx(np.mean(hits))
    fields = evaluation.protocol
    assert (fields.kind, fields.distance, fields.self_excluded) == ("query to gallery", distance, True)


@dataclass(frozen=True, eq=False)
class OfAnotherCamera(Protocol):
    """As Market-1501 asks: pictures of a query's class by its own camera are neither right nor wrong."""

    codes: np.ndarray
    cameras: np.ndarray

    def hide(self, queries, block, hidden=-np.inf):
        super().hide(queries, block, hidden)
        same = [self.codes[queries][:, None] == self.codes[self.gallery]]
        same.append(self.cameras[queries][:, None] == self.cameras[self.gallery])
        block[:, : len(self.gallery)][np.logical_and(*same)] = hidden


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_a_rule_of_what_is_hidden_is_a_value_that_all_heed(distance):
    generator = np.random.default_rng(0)
    codes, cameras = generator.integers(0, 6, 60), generator.integers(0, 3, 60)
    vectors = generator.normal(size=(60, 4)) + generator.normal(size=(6, 4))[codes]
    labels = texts([str(code) for code in codes])
    embeddings = Embeddings(vectors.astype(np.float32), np.arange(60), labels, labels)
    plain = Protocol.of(embeddings, distance)
    protocol = OfAnotherCamera(plain.queries, plain.gallery, True, distance, codes, cameras)
    found, index = evaluate(embeddings, protocol=protocol), Index(embeddings, protocol)
    vectors = unit(vectors) if distance == "cosine" else vectors
    for query in range(60):
        seen = [other for other in range(60) if codes[other] != codes[query] or cameras[other] != cameras[query]]
        order = sorted(seen, key=lambda other: np.linalg.norm(vectors[other] - vectors[query]))
        hits = [rank for rank, other in enumerate(order, 1) if codes[other] == codes[query]]
        inside = [rank for rank in hits if rank <= len(hits)]
        precision = sum(count / rank for count, rank in enumerate(inside, 1)) / len(hits)
        assert (found.first_hit[query], found.found.positives[query]) == (hits[0], len(hits))
        assert found.of_queries("MAP@R")[query] == pytest.approx(precision)
        near = index.neighbours(query, 20)
        assert near.positions.tolist() == found.neighbours[query].tolist() == order[:20]
        assert judge(embeddings, query, near, index).average_precision == pytest.approx(precision)


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
