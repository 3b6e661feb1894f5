"""Vectors that are all but equal are told from those that are not, whatever their scale."""

from __future__ import annotations

import numpy as np
import pytest

from core.retrieval.collapse import spread_of


def noisy(noise, images=300, dimensions=16, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=dimensions) + noise * rng.normal(size=(images, dimensions))).astype(np.float32)


@pytest.mark.parametrize("scale", [1.0, 1e-20, 1e20])
@pytest.mark.parametrize(
    ("noise", "words"),
    [(0.0, "collapsed: all 300 vectors are equal"), (1e-7, "collapsed: all directions"), (1e-4, "nearly collapsed"),
     (0.1, ""), (100.0, "")],
)  # fmt: skip
def test_how_far_vectors_are_from_one_is_said_whatever_their_scale(noise, words, scale):
    spread = spread_of(noisy(noise) * np.float32(scale), "cosine")
    told = spread.describe()
    assert told.startswith(words) and bool(told) == bool(words)
    assert spread.word == words.partition(":")[0]


def test_the_spread_is_one_minus_the_mean_cosine():
    vectors = noisy(0.7)
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert spread_of(vectors, "cosine").spread == pytest.approx(1 - (directions @ directions.T).mean(), rel=1e-5)
    few = noisy(1e-3)
    exact = few / np.linalg.norm(few.astype(np.float64), axis=1, keepdims=True)
    assert spread_of(few, "cosine").spread == pytest.approx(1 - (exact @ exact.T).mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("apart", "words"),
    [(1.0, ""), (3e-3, "nearly collapsed: all vectors nearly equal, their variance is "), (0, "collapsed: all 300")],
)
def test_by_euclidean_distance_vectors_count_as_they_are(apart, words):
    """Of one direction and of many lengths, or far from zero and near to each other."""
    generator = np.random.default_rng(0)
    lengths = (1 + apart * generator.random((300, 1))) * np.full((1, 4), 0.5)
    told = spread_of(lengths.astype(np.float32), "euclidean")
    assert told.describe().startswith(words) and bool(told.describe()) == bool(words)
    centred = lengths - lengths.mean(axis=0)
    expected = np.square(centred).sum() / np.square(lengths).sum()
    assert told.spread == pytest.approx(expected, rel=1e-3, abs=1e-15)
    assert spread_of(lengths.astype(np.float32), "cosine").describe() != ""


def test_zeros_among_others_are_named_by_euclidean_distance_too():
    vectors = noisy(1.0)
    vectors[7] = 0
    told = spread_of(vectors, "euclidean", [f"{row}.jpg" for row in range(300)]).describe()
    assert told == "1 of 300 vectors (7.jpg) is all zeros, as embeddings that failed are"


def test_copies_of_few_vectors_are_counted():
    vectors = noisy(1.0, images=7)[np.arange(300) % 7]
    assert spread_of(vectors, "cosine").different == 7
    assert spread_of(vectors, "cosine").describe() == "only 7 of 300 vectors are different"
    assert spread_of(noisy(1.0)[np.arange(300) % 200], "cosine").describe() == ""


@pytest.mark.parametrize("images", [0, 1, 2])
def test_of_very_few_nothing_is_said(images):
    assert spread_of(np.ones((images, 3), np.float32), "cosine").describe() == ""


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([7], "1 of 300 vectors (7.jpg) is all zeros: it has no direction, so its neighbours mean nothing"),
        ([2, 5, 9, 250], "4 of 300 vectors (2.jpg, 5.jpg, 9.jpg, ...) are all zeros: they have no direction"),
    ],
)
def test_zeros_among_other_vectors_are_counted_and_named(places, said):
    vectors = noisy(1.0)
    vectors[places] = 0
    assert spread_of(vectors, "cosine").zeros == len(places)
    assert (
        spread_of(vectors, "cosine").word
        == f"{len(places)} of 300 vectors {'is' if places == [7] else 'are'} all zeros"
    )
    assert spread_of(vectors, "cosine", [f"{row}.jpg" for row in range(300)]).describe().startswith(said)
    assert (
        spread_of(vectors, "cosine")
        .describe()
        .startswith(said.replace(said[said.index(" (") : said.index(")") + 1], ""))
    )


def test_vectors_of_length_zero_are_equal():
    assert spread_of(np.zeros((5, 3), np.float32), "cosine").describe() == "collapsed: all 5 vectors are equal"
