from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError
from core.sampling.samplers import ClassBalancedBatches


def codes_of(*sizes, seed=0):
    """Shuffled class codes with `sizes[c]` images of class c."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(seed).permutation(codes)


def test_a_batch_has_p_classes_with_k_different_images_each():
    codes = codes_of(*[20] * 12)
    for batch in ClassBalancedBatches(codes, classes=5, images=4, seed=1).epoch(1):
        assert len(set(batch.tolist())) == 20
        classes, counts = np.unique(codes[batch], return_counts=True)
        assert len(classes) == 5
        assert counts.tolist() == [4] * 5


def test_an_epoch_shows_every_image():
    codes = codes_of(7, 1, 30, 12, 5, 2)
    batches = ClassBalancedBatches(codes, classes=3, images=4, seed=3).epoch(2)
    assert set(np.concatenate(batches).tolist()) == set(range(len(codes)))


def test_equal_classes_need_no_image_twice():
    codes = codes_of(*[20] * 12)
    shown = np.concatenate(ClassBalancedBatches(codes, classes=4, images=5, seed=0).epoch(1))
    assert sorted(shown.tolist()) == list(range(240))


def test_small_classes_never_repeat_an_image_within_a_batch():
    codes = codes_of(1, 2, 3, 40)
    for batch in ClassBalancedBatches(codes, classes=3, images=5, seed=0).epoch(1):
        assert len(set(batch.tolist())) == len(batch)
        assert len(np.unique(codes[batch])) == 3


def test_fewer_classes_than_asked_for_are_all_taken():
    codes = codes_of(10, 10)
    for batch in ClassBalancedBatches(codes, classes=24, images=5, seed=0).epoch(1):
        assert len(batch) == 10
        assert len(np.unique(codes[batch])) == 2


def test_the_number_of_steps_can_be_chosen():
    codes = codes_of(*[6] * 8)
    for steps in (1, 3, 50):
        batches = ClassBalancedBatches(codes, classes=4, images=2, seed=0, steps=steps).epoch(1)
        assert [len(batch) for batch in batches] == [8] * steps


def test_an_epoch_depends_on_seed_and_number_alone():
    codes = codes_of(*[9] * 10)

    def drawn(seed, epoch):
        return [batch.tolist() for batch in ClassBalancedBatches(codes, 4, 3, seed).epoch(epoch)]

    assert drawn(1, 3) == drawn(1, 3)
    assert drawn(1, 3) != drawn(1, 4)
    assert drawn(1, 3) != drawn(2, 3)


def test_classes_meet_in_ever_new_company():
    codes = codes_of(*[10] * 10)
    batches = ClassBalancedBatches(codes, classes=2, images=5, seed=0)
    pairs = {frozenset(codes[batch].tolist()) for epoch in range(20) for batch in batches.epoch(epoch)}
    assert len(pairs) == 45


def test_gaps_in_the_codes_do_not_matter():
    codes = np.array([7, 3, 7, 3, 100, 100])
    batches = ClassBalancedBatches(codes, classes=3, images=2, seed=0).epoch(1)
    assert [sorted(codes[batch].tolist()) for batch in batches] == [[3, 3, 7, 7, 100, 100]]


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        ([0, 0, 0], "at least two classes; the images have 1"),
        ([], "at least two classes; the images have 0"),
        ([0, 1, 2], "every class has one"),
    ],
)
def test_refuses_what_nothing_can_be_learnt_from(codes, sentence):
    with pytest.raises(DataError, match=sentence):
        ClassBalancedBatches(np.array(codes, dtype=np.int64), 4, 2, seed=0)
