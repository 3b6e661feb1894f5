"""The images that a measure over all pairs asks: everyone, or as many as can be afforded."""

from __future__ import annotations

import numpy as np

from core.data.catalog import Rows

SAMPLE = 5_000


def asked(count: int, sample: int = SAMPLE, seed: int = 0) -> Rows:
    """Positions, ascending: all of 0..count-1, or `sample` of them drawn without replacement.

    A drawn image is still held against all others, so a mean over the sample estimates the mean over everyone.
    """
    if count <= sample:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, sample, replace=False))
