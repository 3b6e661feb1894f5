from __future__ import annotations

import numpy as np
import pytest

from core.retrieval.equal_vectors import equal_vectors
from core.retrieval.similarity import Gallery, cosines, unit


@pytest.mark.parametrize("count", [0, 1, 300, 900])
def test_every_repeat_is_found_with_the_first_of_its_kind(count: int) -> None:
    generator = np.random.default_rng(count)
    vectors = generator.integers(0, 3, (count, 4)).astype(np.float32)
    places, first = equal_vectors(lambda start, stop: vectors[start:stop], count, 4)
    seen: dict[bytes, int] = {}
    expected = [
        (place, seen[key]) for place, key in enumerate(map(bytes, vectors)) if seen.setdefault(key, place) < place
    ]
    assert list(zip(places.tolist(), first.tolist(), strict=True)) == expected


def test_repeats_of_vectors_far_in_front_are_found() -> None:
    vectors = np.random.default_rng(6).standard_normal((4000, 3)).astype(np.float32)
    vectors[3000:3400:2] = vectors[np.random.default_rng(7).permutation(3000)[:200]]
    places, first = equal_vectors(lambda start, stop: vectors[start:stop], 4000, 3)
    assert places.tolist() == list(range(3000, 3400, 2))
    np.testing.assert_array_equal(vectors[first], vectors[places])
    assert first.max() < 3000


def test_minus_zero_equals_zero() -> None:
    vectors = np.array([[1, 0.0], [1, -0.0]], np.float32)
    assert equal_vectors(lambda start, stop: vectors[start:stop], 2, 2)[0].tolist() == [1]


def test_vectors_of_one_mark_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.retrieval.equal_vectors._marks", lambda part, _factors: np.zeros(len(part), np.uint64))
    vectors = np.array([[1.0], [2.0], [1.0]], np.float32)
    assert equal_vectors(lambda start, stop: vectors[start:stop], 3, 1)[0].tolist() == [2]


@pytest.mark.parametrize("dimensions", [24, 37, 64, 128, 512])
def test_equal_images_tie_in_every_row_of_every_block(dimensions: int) -> None:
    vectors = unit(np.random.default_rng(0).standard_normal((400, dimensions)))
    vectors[200:] = vectors[:200]
    gallery = Gallery.of(vectors)
    for rows in (1, 5, 17, 400):
        values = gallery.similarities(vectors[:rows])[:, :400]
        assert np.array_equal(values[:, :200], values[:, 200:])
    one = gallery.similarities_of_one(vectors[7])
    assert np.array_equal(one[:200], one[200:])


def test_cosines_are_right_to_the_last_bit() -> None:
    generator = np.random.default_rng(1)
    vectors = generator.standard_normal((300, 40)).astype(np.float32)
    vectors[5] = 0
    pairs = generator.integers(0, 300, (2, 500))
    one, other = (vectors[places].astype(np.longdouble) for places in pairs)
    lengths = np.sqrt((one**2).sum(1) * (other**2).sum(1))
    expected = ((one * other).sum(1) / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    np.testing.assert_array_max_ulp(cosines(vectors, vectors, (pairs[0], pairs[1])), expected, 1)
