"""k-occurrences and their skewness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.data.catalog import texts
from core.retrieval.embeddings import Embeddings
from core.space.hubs import hubness, nearest_others, occurrences


def embeddings_of(vectors: np.ndarray, roles: list[str] | None = None) -> Embeddings:
    names = texts([str(row) for row in range(len(vectors))])
    vectors = np.asarray(vectors, np.float32)
    return Embeddings(vectors, np.arange(len(vectors)), names, names, None if roles is None else texts(roles))


def test_neighbours_equal_a_slow_loop_whatever_the_roles() -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    vectors[20] = vectors[3]
    near = nearest_others(embeddings_of(vectors, ["query", "gallery"] * 20), 4)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for query in range(40):
        others = [item for item in range(40) if item != query]
        ranked = sorted(others, key=lambda item: (-round(float(unit[query] @ unit[item]), 5), item))
        assert near[query].tolist() == ranked[:4]


def test_a_star_has_one_hub() -> None:
    # Opposite arms are nearest to the centre, the centre to the first of them.
    arms = np.eye(5)[:, :5]
    vectors = np.concatenate([np.full((1, 5), 1.0), arms])
    near = nearest_others(embeddings_of(vectors), 1)
    found = hubness(occurrences(near, 6), 1)
    assert (found.largest, found.k) == (5, 1)
    assert found.antihubs == pytest.approx(4 / 6)


@given(seed=st.integers(0, 1000), k=st.integers(1, 6))
def test_sums_and_skewness(seed: int, k: int) -> None:
    near = nearest_others(embeddings_of(np.random.default_rng(seed).standard_normal((25, 3))), k)
    counts = occurrences(near, 25)
    assert counts.sum() == 25 * k
    found = hubness(counts, k)
    assert found.skewness == pytest.approx(stats.skew(counts), rel=1e-9, abs=1e-12)
    assert found.antihubs == np.mean(counts == 0)


def test_where_everyone_is_found_equally_often_there_is_no_skewness() -> None:
    found = hubness(np.full(7, 3), 3)
    assert (found.skewness, found.antihubs, found.largest) == (None, 0, 3)


def test_more_neighbours_than_there_are() -> None:
    assert nearest_others(embeddings_of(np.eye(3)), 10).shape == (3, 2)
    alone = nearest_others(embeddings_of(np.eye(1)), 10)
    assert alone.shape == (1, 0)
    assert hubness(occurrences(alone, 1), 0) is None
    assert nearest_others(embeddings_of(np.zeros((0, 2)))).shape == (0, 0)


def test_nobody_is_not_counted() -> None:
    assert occurrences(np.array([[1, -1], [0, -1], [1, 0]]), 3).tolist() == [2, 2, 0]
