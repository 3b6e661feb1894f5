"""Procrustes alignment finds the transformation that was hidden."""

from __future__ import annotations

import numpy as np
import pytest

from core.projection.alignment import align


@pytest.fixture
def points():
    return np.random.default_rng(0).standard_normal((30, 2)) * [3, 1]


@pytest.mark.parametrize("mirror", [1, -1])
def test_undoes_turning_mirroring_scaling_and_shifting(points, mirror):
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * [1, mirror]
    moved = 2.5 * points @ turn + [4, -7]
    np.testing.assert_allclose(align(moved, points), points, atol=1e-5)


def test_keeps_shapes(points):
    bent = points + 0.3 * np.random.default_rng(1).standard_normal(points.shape)
    aligned = align(bent, 5 * points).astype(np.float64)
    before = np.linalg.norm(bent[:, None] - bent[None], axis=2)
    after = np.linalg.norm(aligned[:, None] - aligned[None], axis=2)
    ratio = (after[before > 0] / before[before > 0]).astype(np.float64)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)


def test_no_other_rotation_is_nearer(points):
    bent = points + 0.5 * np.random.default_rng(2).standard_normal(points.shape)
    best = np.sum((align(bent, points) - points) ** 2)
    for angle in (-0.05, 0.05):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert np.sum((align(bent, points) @ turn - points) ** 2) > best


def test_a_map_unlike_the_other_is_as_wide_all_the_same(points):
    unlike = np.random.default_rng(3).permutation(points)
    aligned = align(0.1 * unlike, points)
    assert np.square(aligned - aligned.mean(0)).sum() == pytest.approx(np.square(points - points.mean(0)).sum())


def test_unknown_references_do_not_pull_but_are_moved_along(points):
    moved = points + np.array([10, 0])
    reference = points.copy()
    reference[5:] = np.nan
    np.testing.assert_allclose(align(moved, reference), points, atol=1e-5)


@pytest.mark.parametrize("known", [0, 1])
def test_too_few_references_do_not_distort(points, known):
    reference = np.full_like(points, np.nan)
    reference[:known] = 100
    aligned = align(points, reference)
    np.testing.assert_allclose(aligned - aligned[0], points - points[0], atol=1e-4)


def test_one_spot_is_only_shifted():
    np.testing.assert_allclose(align(np.zeros((4, 2)), np.arange(8.0).reshape(4, 2)), [[3, 4]] * 4)
