"""How many neighbours two embeddings share, against a loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.retrieval.neighbour_overlap import neighbour_overlap, shared_neighbours


@given(seed=st.integers(0, 2**31), images=st.integers(1, 12), k=st.integers(1, 5))
def test_overlap_equals_a_loop(seed: int, images: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    near_a, near_b = (np.array([generator.permutation(np.arange(-1, 15))[:k] for _ in range(images)]) for _ in range(2))
    shares = []
    for left, right in zip(near_a.tolist(), near_b.tolist(), strict=True):
        there = set(left) - {-1}
        shares += [len(there & set(right)) / len(there)] if there else []
    assert neighbour_overlap(near_a, near_b) == (pytest.approx(np.mean(shares)) if shares else None)


def test_overlap_counts_whom_both_have() -> None:
    near_a, near_b = np.array([[1, 2], [0, 2], [0, -1], [-1, -1]]), np.array([[2, 1], [2, 3], [1, -1], [0, 1]])
    np.testing.assert_array_equal(shared_neighbours(near_a, near_b), [1, 0.5, 0, np.nan])
    assert neighbour_overlap(near_a, near_b) == 0.5
    assert neighbour_overlap(near_a[3:], near_b[3:]) is None
    assert neighbour_overlap(near_a[:, :0], near_b[:, :0]) is None
