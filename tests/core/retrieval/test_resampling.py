"""Drawing with replacement, against a slow loop and the multinomial distribution."""

from __future__ import annotations

import numpy as np
import pytest

from core.retrieval import parallel
from core.retrieval.resampling import resampled_sums


def slow(values: list[float], resamples: int, seed: int) -> list[float]:
    """SplitMix64 with Python's whole numbers."""
    mask, sums = (1 << 64) - 1, []
    for start in np.random.SeedSequence(seed).generate_state(resamples, np.uint64).tolist():
        state, places = start, []
        while len(places) < len(values):
            state = (state + 0x9E3779B97F4A7C15) & mask
            bits = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & mask
            bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & mask
            bits ^= bits >> 31
            places += [(bits >> 32) * len(values) >> 32, (bits & 0xFFFFFFFF) * len(values) >> 32]
        sums.append(sum(values[place] for place in places[: len(values)]))
    return sums


def counts(units: int, resamples: int, seed: int = 0) -> np.ndarray:
    """(R, n) how often each resample drew each place."""
    return np.stack([resampled_sums(column, resamples, seed) for column in np.eye(units)], axis=1)


@pytest.mark.parametrize("units", [1, 2, 5, 64])
def test_equals_a_slow_loop(units: int) -> None:
    values = np.random.default_rng(units).standard_normal(units)
    np.testing.assert_allclose(resampled_sums(values, 7, 3), slow(values.tolist(), 7, 3), rtol=1e-12, atol=1e-12)


def test_every_resample_draws_as_many_as_there_are() -> None:
    np.testing.assert_array_equal(counts(9, 50).sum(axis=1), 9)


def test_draws_are_multinomial() -> None:
    drawn = counts(8, 40_000)
    chance, error = 1 / 8, 1 / np.sqrt(40_000)
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=5 * error)
    covariance = 8 * (np.diag(np.full(8, chance)) - chance**2)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=10 * error)


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random(101)
    sums = []
    for threads in (1, 3):
        monkeypatch.setattr(parallel, "CORES", threads)
        sums.append(resampled_sums(values, 10, 5))
    np.testing.assert_array_equal(*sums)


def test_another_seed_draws_others() -> None:
    values = np.arange(50.0)
    assert not np.intersect1d(resampled_sums(values, 4, 0), resampled_sums(values, 4, 1)).size
