"""UMAP's graph against plain loops."""

from __future__ import annotations

import numpy as np

from core.projection.neighbour_graph import neighbour_graph
from core.retrieval.similarity import unit


def slow_graph(vectors, k):
    """{(head, tail): weight} by loops: nearest, bisection, both directions joined."""
    count = len(vectors)
    directed = {}
    for head in range(count):
        distances = 1 - vectors @ vectors[head]
        others = [tail for tail in np.argsort(distances, kind="stable") if tail != head][: k - 1]
        least = min(distances[tail] for tail in others)
        low, high = 1e-9, 1e3
        for _ in range(200):
            width = np.sqrt(low * high)
            if sum(np.exp(-(distances[tail] - least) / width) for tail in others) > np.log2(k):
                high = width
            else:
                low = width
        for tail in others:
            directed[head, int(tail)] = np.exp(-(distances[tail] - least) / width)
    return {
        pair: directed.get(pair, 0) + directed.get(pair[::-1], 0) - directed.get(pair, 0) * directed.get(pair[::-1], 0)
        for pair in {*directed, *(pair[::-1] for pair in directed)}
    }


def test_equals_a_slow_loop():
    vectors = unit(np.random.default_rng(0).standard_normal((40, 6)))
    graph = neighbour_graph(vectors, 8)
    expected = slow_graph(vectors.astype(np.float64), 8)
    found = dict(zip(zip(graph.heads.tolist(), graph.tails.tolist(), strict=True), graph.weights, strict=True))
    assert set(found) == set(expected)
    for pair, weight in expected.items():
        np.testing.assert_allclose(found[pair], weight, atol=2e-4)


def test_duplicates_are_neighbours_and_nobody_is_its_own():
    vectors = unit(np.random.default_rng(1).standard_normal((30, 5)))
    vectors[20:] = vectors[0]  # eleven equal images: more than the list holds
    graph = neighbour_graph(vectors, 5)
    assert not np.any(graph.heads == graph.tails)
    assert np.all((graph.weights > 0) & (graph.weights <= 1))
    assert set(graph.heads) == set(range(30))
    assert set(graph.tails[graph.heads == 0]) <= set(range(30))
