"""Trustworthiness and continuity: scikit-learn's, a slow loop, the rules they follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness

from core.embedding_stats.map_quality import map_quality
from core.errors import EmbeddingsError


def random_data(seed: int, images: int = 80, dimensions: int = 6) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((images, dimensions))
    return vectors, vectors[:, :2] + 0.5 * generator.standard_normal((images, 2))


def slow(vectors: np.ndarray, points: np.ndarray, k: int) -> float:
    """Trustworthiness by Venna and Kaski's definition, ties by position."""
    count, penalty = len(vectors), 0

    def ranking(places: np.ndarray, item: int) -> list[int]:
        others = [other for other in range(count) if other != item]
        return sorted(others, key=lambda other: (round(float(np.sum((places[item] - places[other]) ** 2)), 9), other))

    for item in range(count):
        there, here = ranking(vectors, item), ranking(points, item)
        penalty += sum(there.index(other) + 1 - k for other in here[:k] if other not in there[:k])
    return 1 - 2 * penalty / (count * k * (2 * count - 3 * k - 1))


@pytest.mark.parametrize("k", [1, 5, 12])
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_equals_scikit_learn(k: int, distance: str) -> None:
    vectors, points = random_data(0)
    found = map_quality(vectors, points, k, distance=distance)
    there = vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if distance == "cosine" else vectors
    assert found.trustworthiness == pytest.approx(trustworthiness(there, points, n_neighbors=k), rel=1e-12)
    assert found.continuity == pytest.approx(trustworthiness(points, there, n_neighbors=k), rel=1e-12)
    assert (found.k, found.asked, found.images) == (k, 80, 80)


@given(seed=st.integers(0, 2**31), images=st.integers(3, 24), k=st.integers(1, 11), values=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_ties_and_duplicates_equal_a_slow_loop(seed: int, images: int, k: int, values: int) -> None:
    generator = np.random.default_rng(seed)
    vectors, points = (generator.integers(0, values, (images, wide)).astype(float) for wide in (3, 2))
    found = map_quality(vectors, points, k, distance="euclidean")
    if 2 * k >= images:
        assert (found.trustworthiness, found.continuity) == (None, None)
        return
    assert found.trustworthiness == pytest.approx(slow(vectors, points, k), abs=1e-12)
    assert found.continuity == pytest.approx(slow(points, vectors, k), abs=1e-12)


def test_block_sizes_change_nothing() -> None:
    vectors, points = random_data(2, images=200)
    assert map_quality(vectors, points, block_bytes=1) == map_quality(vectors, points)


def test_a_sample_estimates_the_whole_and_says_how_large_it_is() -> None:
    vectors, points = random_data(3, images=600)
    whole, part = map_quality(vectors, points), map_quality(vectors, points, sample=200)
    assert (part.asked, part.images) == (200, 600)
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.02)
    assert part.trustworthiness != whole.trustworthiness


def test_a_random_map_is_about_a_half() -> None:
    vectors, _ = random_data(4, images=400)
    points = np.random.default_rng(5).standard_normal((400, 2))
    found = map_quality(vectors, points)
    assert found.trustworthiness == pytest.approx(0.5, abs=0.03)
    assert found.continuity == pytest.approx(0.5, abs=0.03)


@given(seed=st.integers(0, 1000), k=st.integers(1, 9), scale=st.floats(0.1, 10))
def test_rotated_and_scaled_planes_are_perfect_maps(seed: int, k: int, scale: float) -> None:
    points = np.random.default_rng(seed).standard_normal((20, 2))
    turned = scale * points @ np.array([[0.6, 0.8], [-0.8, 0.6]]) + 3
    found = map_quality(points, turned, k, distance="euclidean")
    assert (found.trustworthiness, found.continuity) == (1, 1)


@given(seed=st.integers(0, 1000), k=st.integers(1, 9))
def test_both_stay_between_zero_and_one(seed: int, k: int) -> None:
    vectors, points = random_data(seed, images=20)
    found = map_quality(vectors, -points, k)
    assert 0 <= found.trustworthiness <= 1
    assert 0 <= found.continuity <= 1


def test_too_few_images_have_no_figure() -> None:
    vectors, points = random_data(6, images=20)
    assert map_quality(vectors, points, 10).trustworthiness is None
    assert map_quality(vectors, points, 9).trustworthiness is not None


def test_what_does_not_fit_is_refused() -> None:
    vectors, points = random_data(7)
    with pytest.raises(EmbeddingsError, match="79 images was held against 80"):
        map_quality(vectors, points[:-1])
    with pytest.raises(EmbeddingsError, match="k from 1"):
        map_quality(vectors, points, 0)
