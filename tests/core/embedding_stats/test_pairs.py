"""Distances within and between classes, against slow loops and the rules they must follow."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.embedding_stats import pairs
from core.embedding_stats.pairs import PairMeasures, pair_measures
from core.retrieval import distances


def random_data(seed: int, images: int = 60, dimensions: int = 6, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((images, dimensions)), generator.integers(0, classes, images)


def mean_of(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def slow(vectors: np.ndarray, codes: np.ndarray) -> PairMeasures:
    """By loops over pairs."""
    unit = [vector / (np.linalg.norm(vector) or 1) for vector in vectors]
    everyone = range(len(unit))
    squared = {(i, j): float(np.sum((unit[i] - unit[j]) ** 2)) for i, j in permutations(everyone, 2)}
    inside, directions = [], []
    for code in sorted(set(codes[codes >= 0].tolist())):
        own = [item for item in everyone if codes[item] == code]
        if len(own) > 1:
            inside.append(np.mean([1 - unit[i] @ unit[j] for i, j in permutations(own, 2)]))
        mean = sum(unit[item] for item in own)
        directions.append(mean / (np.linalg.norm(mean) or 1))
    intra, inter = mean_of(inside), mean_of([1 - a @ b for a, b in combinations(directions, 2)])
    return PairMeasures(
        alignment=mean_of([d for (i, j), d in squared.items() if codes[i] == codes[j] >= 0]),
        uniformity=float(np.log(np.mean(np.exp([-2 * d for d in squared.values()])))),
        intra=intra,
        inter=inter,
        density=intra / inter if intra is not None and inter else None,
        asked=len(vectors),
    )


def assert_alike(found: PairMeasures, expected: PairMeasures, tolerance: float = 1e-9) -> None:
    for name in ("alignment", "uniformity", "intra", "inter", "density"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=tolerance), name
    assert found.asked == expected.asked


@pytest.mark.parametrize("seed", range(3))
def test_equals_a_slow_loop(seed: int) -> None:
    vectors, codes = random_data(seed)
    codes[:4] = -1
    codes[4] = 99  # a class of one image
    assert_alike(pair_measures(vectors, codes), slow(vectors, codes))


@given(seed=st.integers(0, 2**31), images=st.integers(2, 14), classes=st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_duplicates_zeros_singletons_and_lonely_classes_equal_a_slow_loop(seed: int, images: int, classes: int) -> None:
    generator = np.random.default_rng(seed)
    # Corners of a cube in four dimensions: copies and opposites abound, and their lengths are exact.
    vectors = generator.choice([-1.0, 1.0], (images, 4)) * (generator.random((images, 1)) > 0.1)
    codes = generator.integers(-1, classes, images)
    assert_alike(pair_measures(vectors.astype(np.float32), codes), slow(vectors, codes))


def test_block_sizes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, codes = random_data(4, images=300, classes=20)
    whole = pair_measures(vectors, codes)
    monkeypatch.setattr(distances, "_COLUMNS_AT_ONCE", 64)
    monkeypatch.setattr(pairs, "_ROWS_AT_ONCE", 7)
    assert_alike(pair_measures(vectors, codes, block_bytes=1), whole, 1e-12)


def test_a_sample_estimates_uniformity_and_says_how_large_it_is() -> None:
    vectors, codes = random_data(5, images=900, classes=9)
    whole, part = pair_measures(vectors, codes), pair_measures(vectors, codes, sample=300)
    assert (whole.asked, part.asked) == (900, 300)
    assert part.alignment == whole.alignment
    assert part.uniformity == pytest.approx(whole.uniformity, rel=0.02)
    assert part.uniformity != whole.uniformity
    assert part == pair_measures(vectors, codes, sample=300)
    assert part != pair_measures(vectors, codes, sample=300, seed=1)


def test_a_collapsed_space() -> None:
    found = pair_measures(np.ones((10, 4)), np.arange(10) % 2)
    assert found.uniformity == pytest.approx(0, abs=1e-12)
    assert found.alignment == pytest.approx(0, abs=1e-12)
    assert found.inter == pytest.approx(0, abs=1e-12)


def test_two_opposite_classes() -> None:
    vectors = np.array([[1.0, 0], [2, 0], [-1, 0], [-3, 0]])
    found = pair_measures(vectors, np.array([0, 0, 1, 1]))
    assert (found.alignment, found.intra, found.inter, found.density) == pytest.approx((0, 0, 2, 0))
    # Of six pairs, two coincide and four are 2 apart.
    assert found.uniformity == pytest.approx(np.log((2 + 4 * np.exp(-8)) / 6))


def test_what_is_not_defined_is_none() -> None:
    vectors, _ = random_data(6, images=5)
    alone = pair_measures(vectors, np.arange(5))
    assert (alone.alignment, alone.intra, alone.density) == (None, None, None)
    assert alone.inter is not None
    unlabelled = pair_measures(vectors, np.full(5, -1))
    assert (unlabelled.inter, unlabelled.alignment) == (None, None)
    assert unlabelled.uniformity is not None
    assert pair_measures(vectors[:1], np.zeros(1, int)).uniformity is None
    assert pair_measures(vectors[:0], np.zeros(0, int)).asked == 0


@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
def test_rotation_scale_and_order_change_nothing(seed: int, scale: float) -> None:
    vectors, codes = random_data(seed, images=20)
    generator = np.random.default_rng(seed)
    rotation = np.linalg.qr(generator.standard_normal((6, 6)))[0]
    order = generator.permutation(20)
    assert_alike(pair_measures(scale * (vectors @ rotation)[order], codes[order]), pair_measures(vectors, codes), 1e-7)


@given(seed=st.integers(0, 1000))
def test_measures_stay_in_their_ranges(seed: int) -> None:
    found = pair_measures(*random_data(seed, images=15, dimensions=2))
    assert 0 <= found.alignment <= 4
    assert -8 <= found.uniformity <= 0
    assert 0 <= found.intra <= 2
    assert 0 <= found.inter <= 2


def test_zero_vectors_are_like_nothing() -> None:
    found = pair_measures(np.array([[1.0, 0], [0, 0], [0, 0]]), np.zeros(3, int))
    # Squared distances 1, 1 and 0.
    assert found.alignment == pytest.approx(2 / 3)
    assert found.intra == pytest.approx(1)
