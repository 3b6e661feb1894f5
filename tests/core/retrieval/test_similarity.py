"""Unit vectors and rankings against plain NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.retrieval import similarity
from core.retrieval.similarity import Gallery, lengths, rank, unit


def test_unit_vectors_have_length_one_and_zero_stays_zero():
    vectors = np.array([[3.0, 4.0], [0.0, 0.0], [1e30, 1e30], [1e-30, 0.0]], np.float32)
    np.testing.assert_allclose(np.linalg.norm(unit(vectors), axis=1), [1, 0, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(unit(vectors[0]), [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 300])
def test_similarities_are_cosines_and_padding_cannot_be_found(count):
    generator = np.random.default_rng(count)
    vectors = generator.standard_normal((count, 10)).astype(np.float32)
    gallery = Gallery.of(vectors)
    queries = unit(generator.standard_normal((7, 10)))
    values = gallery.similarities(queries)
    expected = queries @ (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).T
    np.testing.assert_allclose(values[:, :count], expected, atol=1e-6)
    assert np.isneginf(values[:, count:]).all()
    np.testing.assert_allclose(gallery.similarities_of_one(queries[0]), values[0, :count], atol=1e-6)


def test_equal_vectors_are_equally_similar_wherever_they_stand():
    generator = np.random.default_rng(1)
    vectors = generator.standard_normal((333, 37)).astype(np.float32)
    places = [0, 15, 63, 64, 200, 332]
    vectors[places] = vectors[7]
    values = Gallery.of(vectors).similarities(unit(vectors))[:, places]
    assert np.all(values == values[:, :1])


@pytest.mark.parametrize("k", [1, 3, 20, 150, 400])
def test_ranks_like_a_stable_sort(k):
    values = np.random.default_rng(k).integers(-5, 6, (9, 300)).astype(np.float32) / 4
    values[:, 290:] = -np.inf
    ranked = rank(values, k)
    order = np.argsort(-values, axis=1, kind="stable")[:, : min(k, 290)]
    np.testing.assert_array_equal(ranked[:, : min(k, 290)], order)
    assert np.all(ranked[:, 290:] == -1)


def test_negative_zero_ties_with_zero():
    values = np.array([[0.0, -0.0, 0.0, -0.0, -1.0]], np.float32)
    assert rank(values, 4).tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("k", [1, 7, 63])
def test_a_crowd_of_ties_goes_to_the_lowest_columns(k):
    values = np.zeros((3, 640), np.float32)
    values[1, 500:503] = 1
    values[2, :600] = -1
    values[:, 639] = -np.inf
    ranked = rank(values, k)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(ranked, order)


@pytest.mark.parametrize("k", [1, 5, 40])
def test_rows_that_tie_and_rows_that_do_not_are_ranked_together(k):
    """As where half of a set has collapsed."""
    generator = np.random.default_rng(k)
    values = generator.standard_normal((12, 2048)).astype(np.float32)
    values[:4, generator.permutation(2048)[:1500]] = 9
    values[4:6] = generator.integers(0, 2, (2, 2048))
    values[6, :1900] = -np.inf
    values[7, 30:] = -np.inf
    ranked = rank(values, k)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(values, order, axis=1) > -np.inf
    np.testing.assert_array_equal(ranked, np.where(found, order, -1))


@pytest.mark.parametrize("equal", [3, 90, 640])
def test_columns_of_equal_vectors_have_the_value_of_the_first(equal):
    """Few are exchanged in place, of many whole rows are made anew; the rest is the product's, bit by bit."""
    vectors = unit(np.random.default_rng(4).standard_normal((700, 48)))
    places = np.random.default_rng(5).permutation(700)[:equal]
    own = np.sort(places)[:2].repeat([equal // 2, equal - equal // 2])
    vectors[np.sort(places)] = vectors[own]
    gallery = Gallery.of(vectors)
    values = gallery.similarities(vectors)[:, :700]
    without = Gallery.of(vectors)
    without._equal = np.empty(0, np.int64), np.empty(0, np.int64)
    expected = without.similarities(vectors)[:, :700]
    first = [int(np.flatnonzero((vectors == vector).all(axis=1))[0]) for vector in vectors]
    np.testing.assert_array_equal(values, expected[:, first])


def test_deep_rankings_are_made_in_parts(monkeypatch):
    values = np.random.default_rng(2).integers(0, 2, (10, 500)).astype(np.float32)
    whole = rank(values, 5)
    monkeypatch.setattr(similarity, "_MOST_CANDIDATES", 300)
    parts = rank(values, 5)
    np.testing.assert_array_equal(parts, whole)


def test_lengths_are_those_of_each_row():
    vectors = np.random.default_rng(0).standard_normal((1000, 5), dtype=np.float32)
    exact = [math.sqrt(math.fsum(float(value) ** 2 for value in row)) for row in vectors]
    np.testing.assert_allclose(lengths(vectors), exact, rtol=1e-14)
    assert lengths(vectors[:0]).shape == (0,)
