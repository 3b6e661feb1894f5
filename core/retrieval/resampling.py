"""Sums over resamples: n values drawn with replacement, thousands of times, compiled.

A resample of 60,000 values is 60,000 random numbers; NumPy's take four nanoseconds each to draw and look up, and
10,000 resamples half a minute. Here it is 0.7 ns: one step of SplitMix64 (Steele, Lea and Flood 2014) gives two
places, each of 32 bits scaled to 0..n-1 (a place's chance is then 1/n to within n / 2^32).

Importing this module imports numba (half a second).
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from core import paths

# numba reads the variable when it is imported, once.
os.environ.setdefault("NUMBA_CACHE_DIR", str(paths.compiled()))

import numba

from core.retrieval.parallel import parallel_rows

Sums = npt.NDArray[np.float64]


def resampled_sums(values: npt.NDArray[np.floating], resamples: int, seed: int) -> Sums:
    """(R,) sums of n draws with replacement from (n,) `values`.

    Resample r draws the same places for the same n and seed, whatever the values and the number of threads: sums of
    two columns with one seed belong together.
    """
    exact = np.ascontiguousarray(values, dtype=np.float64)
    starts = np.random.SeedSequence(seed).generate_state(resamples, np.uint64)
    sums = np.empty(resamples)
    parallel_rows(lambda part: _draw(exact, starts[part], sums[part]), resamples, fewest=1)
    return sums


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _draw(values: Sums, starts: npt.NDArray[np.uint64], sums: Sums) -> None:
    count = np.uint64(values.size)
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    for resample in range(starts.size):
        state = starts[resample]
        first, second = 0.0, 0.0
        for draw in range(values.size // 2 + values.size % 2):
            state += np.uint64(0x9E3779B97F4A7C15)
            bits = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            bits = bits ^ (bits >> np.uint64(31))
            first += values[((bits >> half) * count) >> half]
            if 2 * draw + 1 < values.size:
                second += values[((bits & low) * count) >> half]
        sums[resample] = first + second
