"""CKA of two spaces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.embedding_stats import agreement
from core.embedding_stats.agreement import linear_cka
from core.errors import EmbeddingsError


def by_definition(a: np.ndarray, b: np.ndarray) -> float:
    """HSIC of the centred Gram matrices (Kornblith et al. 2019), as (N, N) arrays."""
    centre = np.eye(len(a)) - 1 / len(a)
    gram_a, gram_b = centre @ a @ a.T @ centre, centre @ b @ b.T @ centre
    return float(np.sum(gram_a * gram_b) / np.sqrt(np.sum(gram_a**2) * np.sum(gram_b**2)))


def random_data(seed: int, images: int = 30) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    a = generator.standard_normal((images, 5)) + 2
    return a, a @ generator.standard_normal((5, 3)) + generator.standard_normal((images, 3))


@pytest.mark.parametrize("rows_at_once", [7, 4096])
def test_equals_the_definition(rows_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "_ROWS_AT_ONCE", rows_at_once)
    a, b = random_data(0)
    assert linear_cka(a, b) == pytest.approx(by_definition(a, b), rel=1e-10)


@given(seed=st.integers(0, 2**31), images=st.integers(2, 20), wide=st.tuples(st.integers(1, 30), st.integers(1, 5)))
def test_duplicates_ties_and_more_dimensions_than_images_equal_the_definition(
    seed: int, images: int, wide: tuple[int, int]
) -> None:
    generator = np.random.default_rng(seed)
    a, b = (generator.integers(0, 3, (images, dimensions)).astype(float) for dimensions in wide)
    if (a == a[0]).all() or (b == b[0]).all():
        assert linear_cka(a, b) is None
    else:
        assert linear_cka(a, b) == pytest.approx(by_definition(a, b), abs=1e-9)


@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100), shift=st.floats(-10, 10))
def test_rotation_scale_and_shift_change_nothing(seed: int, scale: float, shift: float) -> None:
    a, b = random_data(seed)
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((5, 5)))[0]
    assert linear_cka(a, scale * a @ rotation + shift) == pytest.approx(1, abs=1e-9)
    assert linear_cka(scale * a @ rotation + shift, b) == pytest.approx(linear_cka(a, b), abs=1e-9)


@given(seed=st.integers(0, 1000))
def test_symmetric_and_between_zero_and_one(seed: int) -> None:
    a, b = random_data(seed, images=8)
    assert linear_cka(a, b) == pytest.approx(linear_cka(b, a), rel=1e-12)
    assert 0 <= linear_cka(a, b) <= 1 + 1e-12


def test_a_space_without_spread_agrees_with_nothing() -> None:
    a, _ = random_data(1)
    assert linear_cka(a, np.full((30, 3), 0.1, np.float32)) is None
    assert linear_cka(np.zeros((30, 2)), a) is None
    assert linear_cka(a[:0], a[:0]) is None
    assert linear_cka(a[:1], a[:1]) is None


def test_other_images_are_refused() -> None:
    a, b = random_data(2)
    with pytest.raises(EmbeddingsError, match="30 of A and 29 of B"):
        linear_cka(a, b[1:])
