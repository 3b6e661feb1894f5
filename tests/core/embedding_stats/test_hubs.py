"""k-occurrences and their skewness."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.data.catalog import texts
from core.embedding_stats.hubs import hubness, nearest_others, occurrences, thinned_moments
from core.embedding_stats.sample import asked
from core.retrieval.embeddings import Embeddings
from core.retrieval.similarity import unit


def embeddings_of(vectors: np.ndarray, roles: list[str] | None = None) -> Embeddings:
    names = texts([str(row) for row in range(len(vectors))])
    vectors = np.asarray(vectors, np.float32)
    return Embeddings(vectors, np.arange(len(vectors)), names, names, None if roles is None else texts(roles))


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_neighbours_equal_a_slow_loop_whatever_the_roles(distance: str) -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    vectors[20] = vectors[3]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if distance == "cosine" else vectors
    near = nearest_others(embeddings_of(vectors, ["query", "gallery"] * 20), 4)
    for query in range(40):
        others = [item for item in range(40) if item != query]
        ranked = sorted(
            others, key=lambda item: (round(float(np.linalg.norm(vectors[query] - vectors[item])), 5), item)
        )
        assert near[query].tolist() == ranked[:4]


@given(seed=st.integers(0, 2**31), images=st.integers(2, 20), k=st.integers(1, 25))
def test_hubs_among_ties_duplicates_and_zeros_equal_a_slow_loop(seed: int, images: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    # Corners of a cube in four dimensions: their cosines are exact.
    vectors = generator.choice([-0.5, 0.5], (images, 4)) * (generator.random((images, 1)) > 0.1)
    counts = [0] * images
    for query in range(images):
        others = [item for item in range(images) if item != query]
        for item in sorted(others, key=lambda item: (-float(vectors[query] @ vectors[item]), item))[:k]:
            counts[item] += 1
    near = nearest_others(embeddings_of(vectors), k)
    assert occurrences(near, images).tolist() == counts
    found = hubness(near, images)
    even = len(set(counts)) == 1
    assert found.skewness == (None if even else pytest.approx(stats.skew(counts), abs=1e-9))
    assert (found.antihubs, found.largest, found.k) == (counts.count(0) / images, max(counts), min(k, images - 1))


def test_a_star_has_one_hub() -> None:
    # Opposite arms are nearest to the centre, the centre to the first of them.
    arms = np.eye(5)[:, :5]
    vectors = np.concatenate([np.full((1, 5), 1.0), arms])
    near = nearest_others(embeddings_of(vectors), 1)
    found = hubness(near, 6)
    assert (found.largest, found.k) == (5, 1)
    assert found.antihubs == pytest.approx(4 / 6)


@given(seed=st.integers(0, 1000), k=st.integers(1, 6))
def test_sums_and_skewness(seed: int, k: int) -> None:
    near = nearest_others(embeddings_of(np.random.default_rng(seed).standard_normal((25, 3))), k)
    counts = occurrences(near, 25)
    assert counts.sum() == 25 * k
    found = hubness(near, 25)
    assert found.skewness == pytest.approx(stats.skew(counts), rel=1e-9, abs=1e-12)
    assert found.antihubs == np.mean(counts == 0)


def test_where_everyone_is_found_equally_often_there_is_no_skewness() -> None:
    found = hubness((np.arange(7)[:, None] + [1, 2, 4]) % 7, 7)
    assert (found.skewness, found.antihubs, found.largest) == (None, 0, 3)


def test_more_neighbours_than_there_are() -> None:
    assert nearest_others(embeddings_of(np.eye(3)), 10).shape == (3, 2)
    alone = nearest_others(embeddings_of(np.eye(1)), 10)
    assert alone.shape == (1, 0)
    assert hubness(alone, 1) is None
    assert nearest_others(embeddings_of(np.zeros((0, 2)))).shape == (0, 0)


def test_nobody_is_not_counted() -> None:
    assert occurrences(np.array([[1, -1], [0, -1], [1, 0]]), 3).tolist() == [2, 2, 0]


def test_a_part_finds_what_it_finds_among_all() -> None:
    embeddings = embeddings_of(np.random.default_rng(1).standard_normal((70, 4)))
    queries = asked(70, 25, seed=3)
    np.testing.assert_array_equal(nearest_others(embeddings, 6, queries), nearest_others(embeddings, 6)[queries])


@pytest.mark.parametrize("searches", [4, 5, 7, 9])
def test_the_mean_over_every_possible_draw_is_exact(searches: int) -> None:
    near = nearest_others(embeddings_of(np.random.default_rng(2).standard_normal((9, 3))), 3)
    everyone = occurrences(near, 9)
    moments = [[], []]
    for drawn in combinations(range(9), searches):
        for found, moment in zip(moments, thinned_moments(occurrences(near[list(drawn)], 9), searches), strict=True):
            found.append(moment)
    assert np.mean(moments[0]) == pytest.approx(np.mean((everyone - 3) ** 2), rel=1e-12)
    assert np.mean(moments[1]) == pytest.approx(np.mean((everyone - 3.0) ** 3), rel=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_a_part_of_the_searches_estimates_the_skewness_of_all(shift: float) -> None:
    vectors = unit(np.random.default_rng(0).standard_normal((3000, 40)) + shift)
    near = nearest_others(embeddings_of(vectors))
    whole = hubness(near, 3000)
    drawn = [near[asked(3000, 1000, seed)] for seed in range(30)]
    estimates = [hubness(part, 3000) for part in drawn]
    deviation = float(np.std([found.skewness for found in estimates]))
    assert np.mean([found.skewness for found in estimates]) == pytest.approx(whole.skewness, abs=0.5 * deviation)
    assert deviation < 0.3
    # The jackknife errs upwards: by up to the root of three where only chance makes an image found thrice.
    assert 0.9 < np.mean([found.error for found in estimates]) / deviation < 1.8
    assert (estimates[0].antihubs, estimates[0].largest, estimates[0].asked) == (None, None, 1000)
    assert whole.error is None


def test_two_searches_say_nothing_about_skewness() -> None:
    found = hubness(np.array([[1], [0]]), 4)
    assert (found.skewness, found.error) == (None, None)
