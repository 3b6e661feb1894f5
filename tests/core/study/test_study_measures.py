"""The measures against loops in plain Python and against the program's own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.study.measures import measure

COUNT, DIMENSIONS = 40, 3


def made(labels: list[str], seed: int = 0, unit: bool = False, roles: list[str] | None = None) -> Embeddings:
    vectors = np.random.default_rng(seed).normal(size=(len(labels), DIMENSIONS)).astype(np.float32)
    if unit:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Embeddings(
        vectors,
        np.arange(len(labels), dtype=np.int64),
        texts(labels),
        texts([f"{row}.png" for row in range(len(labels))]),
        None if roles is None else texts(roles),
    )


def labels_of(seed: int = 1) -> list[str]:
    return [f"class {number}" for number in np.random.default_rng(seed).integers(0, 6, COUNT)]


def ranked(embeddings: Embeddings, query: int, gallery: list[int]) -> list[int]:
    def distance(other: int) -> float:
        pairs = zip(embeddings.vectors[query].tolist(), embeddings.vectors[other].tolist(), strict=True)
        return sum((a - b) ** 2 for a, b in pairs)

    return sorted((other for other in gallery if other != query), key=distance)


def slow(embeddings: Embeddings, k: int, queries: list[int], gallery: list[int]) -> tuple[float, float]:
    """Recall@k and MAP@R of the queries that have a positive."""
    found, precisions = [], []
    for query in queries:
        hits = [embeddings.labels[other] == embeddings.labels[query] for other in ranked(embeddings, query, gallery)]
        positives = sum(hits)
        if not positives or not embeddings.labels[query]:
            continue
        found.append(any(hits[:k]))
        reached = [sum(hits[: rank + 1]) / (rank + 1) for rank in range(positives) if hits[rank]]
        precisions.append(sum(reached) / positives)
    return sum(found) / len(found), sum(precisions) / len(precisions)


def test_classes_equal_a_loop_by_euclidean_distance():
    labels = labels_of()
    labels[3], labels[5] = "", "alone"
    embeddings = made(labels)
    everything = list(range(COUNT))
    recall, map_at_r = slow(embeddings, 2, everything, everything)
    found = measure(["map@r", "recall@2"], embeddings, None)
    assert list(found) == ["map@r", "recall@2"]
    assert found["recall@2"] == pytest.approx(recall, abs=1e-12)
    assert found["map@r"] == pytest.approx(map_at_r, abs=1e-12)


def test_unit_length_gives_what_cosine_similarity_gives():
    embeddings = made(labels_of(), unit=True)
    expected = evaluate(embeddings, (1, 4))
    found = measure(["recall@1", "recall@4", "map@r"], embeddings, None)
    assert found["recall@1"] == pytest.approx(expected.recall[1])
    assert found["recall@4"] == pytest.approx(expected.recall[4])
    assert found["map@r"] == pytest.approx(expected.map_at_r)


def test_roles_say_who_searches_whom():
    roles = ["query" if row < 10 else "gallery" for row in range(COUNT)]
    embeddings = made(labels_of(), roles=roles)
    recall, map_at_r = slow(embeddings, 1, list(range(10)), list(range(10, COUNT)))
    assert measure(["recall@1", "map@r"], embeddings, None) == pytest.approx({"recall@1": recall, "map@r": map_at_r})


def test_targets_equal_a_loop():
    embeddings = made(labels_of())
    targets = np.random.default_rng(3).random((COUNT, 2)).astype(np.float32)
    distances, gains = [], []
    for query in range(COUNT):
        apart = [math.dist(targets[query].tolist(), targets[other].tolist()) for other in range(COUNT)]
        order = ranked(embeddings, query, list(range(COUNT)))
        distances.append(sum(apart[other] for other in order[:5]) / 5)
        best = sorted(distance for other, distance in enumerate(apart) if other != query)
        gain = [
            sum(1 / (1 + distance) / math.log2(rank + 2) for rank, distance in enumerate(some[:10]))
            for some in ([apart[other] for other in order], best)
        ]
        gains.append(gain[0] / gain[1])
    found = measure(["target-distance@5", "ndcg@10"], embeddings, targets)
    assert found["target-distance@5"] == pytest.approx(sum(distances) / COUNT, rel=1e-6)
    assert found["ndcg@10"] == pytest.approx(sum(gains) / COUNT, rel=1e-6)


def test_what_cannot_be_measured_is_said():
    with pytest.raises(EmbeddingsError, match="No query has another image of its class"):
        measure(["recall@1"], made(["a", "b", ""]), None)
    with pytest.raises(EmbeddingsError, match=r"ndcg@3 cannot be measured: the data have no continuous targets"):
        measure(["ndcg@3"], made(["a", "b"]), None)
    with pytest.raises(EmbeddingsError, match=r"target-distance@9 cannot be measured: only 3 images are there"):
        measure(["target-distance@9"], made(["a"] * 3), np.zeros((3, 1), np.float32))
