"""Singular values in blocks, effective rank and spectral decay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.embedding_stats import spectrum as module
from core.embedding_stats.spectrum import singular_values, spectrum


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("rows_at_once", [3, 40, 4096])
@pytest.mark.parametrize("shape", [(100, 7), (5, 9), (1, 4), (8, 8)])
def test_singular_values_equal_those_of_the_whole(
    shape: tuple[int, int], rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", rows_at_once)
    vectors = np.random.default_rng(0).standard_normal(shape)
    expected = np.linalg.svd(unit(vectors), compute_uv=False)
    np.testing.assert_allclose(singular_values(vectors), expected, rtol=1e-10, atol=1e-7)


def test_a_direction_of_rounding_is_not_used() -> None:
    vectors = np.random.default_rng(1).standard_normal((500, 4))
    assert spectrum(vectors * [1, 1, 1, 1e-5]).spectral_decay is not None
    flat = spectrum(vectors * [1, 1, 1, 1e-9])
    assert (flat.spectral_decay, flat.used, flat.dimensions) == (None, 3, 4)


def test_the_definitions() -> None:
    vectors = np.random.default_rng(2).standard_normal((50, 5)) * [3, 2, 1, 1, 0.2]
    shares = np.linalg.svd(unit(vectors), compute_uv=False)
    shares /= shares.sum()
    found = spectrum(vectors)
    assert found.effective_rank == pytest.approx(np.exp(-sum(p * np.log(p) for p in shares)), rel=1e-10)
    assert found.spectral_decay == pytest.approx(sum(0.2 * np.log(0.2 / p) for p in shares), rel=1e-10)
    assert found.used == found.dimensions == 5


def test_evenly_used_directions() -> None:
    found = spectrum(np.tile(np.eye(6), (3, 1)))
    assert found.effective_rank == pytest.approx(6, rel=1e-12)
    assert found.spectral_decay == pytest.approx(0, abs=1e-12)


def test_a_collapsed_space_has_rank_one_and_no_decay() -> None:
    found = spectrum(np.ones((40, 3), np.float32))
    assert found.effective_rank == pytest.approx(1, abs=1e-6)
    assert found.spectral_decay is None


def test_without_enough_images_or_length_there_is_no_figure() -> None:
    assert spectrum(np.random.default_rng(3).standard_normal((3, 5))).spectral_decay is None
    assert spectrum(np.zeros((4, 3))).effective_rank is None
    assert spectrum(np.zeros((0, 3))).effective_rank is None


@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100), images=st.integers(6, 30))
def test_rotation_and_scale_change_nothing(seed: int, scale: float, images: int) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((images, 4)) * [4, 2, 1, 0.5]
    rotation = np.linalg.qr(generator.standard_normal((4, 4)))[0]
    plain, turned = spectrum(vectors), spectrum(scale * vectors @ rotation)
    assert turned.effective_rank == pytest.approx(plain.effective_rank, rel=1e-9)
    assert turned.spectral_decay == pytest.approx(plain.spectral_decay, rel=1e-7)
    assert 1 <= plain.effective_rank <= 4 + 1e-9
    assert plain.spectral_decay >= 0
