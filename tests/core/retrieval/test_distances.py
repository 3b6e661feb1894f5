"""Blocked squared distances and the K nearest, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from core.retrieval import distances
from core.retrieval.distances import DistanceTable, nearest, rows_at_once


@pytest.mark.parametrize(("queries", "gallery", "dimensions"), [(1, 1, 1), (5, 130, 3), (70, 200, 17)])
def test_equals_the_definition(queries: int, gallery: int, dimensions: int) -> None:
    generator = np.random.default_rng(0)
    asked = generator.standard_normal((queries, dimensions)).astype(np.float32)
    there = generator.standard_normal((gallery, dimensions)).astype(np.float32)
    expected = np.square(asked[:, None].astype(float) - there[None].astype(float)).sum(axis=2)
    np.testing.assert_allclose(DistanceTable(there).of(asked), expected, rtol=1e-12, atol=1e-12)


def test_equal_vectors_are_equally_far_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "_COLUMNS_AT_ONCE", 128)
    vectors = np.random.default_rng(1).standard_normal((300, 33)).astype(np.float32)
    vectors[[40, 127, 128, 255, 256, 299]] = vectors[0]
    rows = DistanceTable(vectors).of(vectors)
    assert len(np.unique(rows[:, [0, 40, 127, 128, 255, 256, 299]], axis=1)[0]) == 1
    np.testing.assert_array_equal(rows[0], rows[299])


@pytest.mark.parametrize("directions", [False, True])
@pytest.mark.parametrize("dimensions", [2, 31, 512])
def test_equal_vectors_are_not_apart_by_rounding(dimensions: int, directions: bool) -> None:
    vectors = 100 * np.random.default_rng(3).standard_normal((90, dimensions)).astype(np.float32) + 7
    vectors[1] = np.nextafter(vectors[0], np.inf)  # apart by the last bit of every value: further than rounding
    rows = DistanceTable(vectors, directions).of(vectors)
    np.testing.assert_array_equal(np.diag(rows), 0)
    assert np.count_nonzero(rows) >= 90 * 89 - 2


def test_the_nearest_are_ordered_by_distance_then_column() -> None:
    rows = np.array([[3.0, 1.0, 1.0, 0.0, 1.0], [2.0, 2.0, 2.0, 2.0, np.inf]])
    columns, values = nearest(rows, 3)
    assert columns.tolist() == [[3, 1, 2], [0, 1, 2]]
    assert values.tolist() == [[0.0, 1.0, 1.0], [2.0, 2.0, 2.0]]


@pytest.mark.parametrize("k", [1, 7, 30])
def test_the_nearest_equal_a_stable_sort(k: int) -> None:
    rows = np.random.default_rng(2).integers(0, 6, (40, 30)).astype(float)
    columns, values = nearest(rows, k)
    np.testing.assert_array_equal(columns, np.argsort(rows, axis=1, kind="stable")[:, :k])
    np.testing.assert_array_equal(values, np.sort(rows, axis=1)[:, :k])


@pytest.mark.parametrize("k", [1, 4, 30])
def test_a_crowd_of_ties_is_ordered_by_column(k: int) -> None:
    """Rows of a collapsed network, of one collapsed in part, and of a gallery with few to be found."""
    rows = np.random.default_rng(3).random((5, 1500))
    rows[0] = 0
    rows[1, 200:1400] = 0.001
    rows[2, 2:] = np.inf
    rows[3, ::2] = rows[3].max()
    columns, values = nearest(rows, k)
    np.testing.assert_array_equal(columns, np.argsort(rows, axis=1, kind="stable")[:, :k])
    np.testing.assert_array_equal(values, np.sort(rows, axis=1)[:, :k])


def test_blocks_are_whole_tiles() -> None:
    assert rows_at_once(60_000, 64 << 20) == 128
    assert rows_at_once(10**9) == 64
    assert rows_at_once(0) % 64 == 0
