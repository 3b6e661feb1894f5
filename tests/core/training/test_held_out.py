from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError
from core.training.held_out import hold_out
from core.training.settings import ValidationSettings

CODES = np.repeat(np.arange(10) * 3, 4)


def settings(share=0.3, seed=0):
    return ValidationSettings("held-out classes", share, seed)


def test_classes_are_kept_apart_whole():
    apart = hold_out(CODES, settings())
    assert len(np.unique(CODES[apart])) == 3
    assert not set(CODES[apart]) & set(CODES[~apart])


def test_which_ones_depends_on_the_seed_and_the_classes_alone():
    chosen = set(CODES[hold_out(CODES, settings())].tolist())
    fewer = CODES[np.random.default_rng(1).permutation(len(CODES))[:35]]
    assert set(fewer[hold_out(fewer, settings())].tolist()) == chosen
    assert any(set(CODES[hold_out(CODES, settings(seed=seed))].tolist()) != chosen for seed in (1, 2, 3))


@pytest.mark.parametrize(("share", "count"), [(0.1, 1), (0.9, 9)])
def test_a_share_that_leaves_a_side_too_small_is_refused(share, count):
    with pytest.raises(DataError, match=rf"validation\.share is {share}, which keeps {count} of 10 .*split"):
        hold_out(CODES, settings(share))
