"""Principal components against the singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest

from core.projection.pca import principal_components


@pytest.mark.parametrize("shape", [(200, 12), (12, 200), (50, 50)])
def test_equals_the_singular_value_decomposition(shape):
    vectors = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    points, shares = principal_components(vectors)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs(left[:, :2] * singular[:2]), atol=1e-3)
    np.testing.assert_allclose(shares, (singular**2 / np.sum(singular**2))[:2], rtol=1e-4)


def test_is_the_same_every_time():
    vectors = np.random.default_rng(1).standard_normal((40, 7)).astype(np.float32)
    np.testing.assert_array_equal(principal_components(vectors)[0], principal_components(vectors.copy())[0])


@pytest.mark.parametrize("vectors", [np.ones((1, 4)), np.ones((5, 4)), np.empty((0, 3))])
def test_what_has_no_spread_lies_on_one_spot(vectors):
    points, shares = principal_components(vectors.astype(np.float32))
    assert points.shape == (len(vectors), 2)
    np.testing.assert_allclose(points, 0, atol=1e-6)
    assert shares == [0.0, 0.0]


def test_one_dimension_fills_one_axis():
    points, shares = principal_components(np.array([[1.0], [3.0], [5.0]], np.float32))
    np.testing.assert_allclose(points, [[-2, 0], [0, 0], [2, 0]], atol=1e-6)
    assert shares == [1.0, 0.0]
