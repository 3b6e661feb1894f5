from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError
from core.sampling.published_batches import GroupedBatches, IndependentBatches, RandomBatches

SIZES = (7, 4, 12, 4, 9, 5)
CODES = np.random.default_rng(0).permutation(np.repeat(np.arange(len(SIZES)), SIZES))


def grouped(codes=CODES, classes=3, images=4, seed=0, steps=0):
    return GroupedBatches(codes, classes, images, seed, steps)


def test_grouped_batches_have_p_classes_with_k_images_each():
    batches = grouped().epoch(1)
    assert batches
    for batch in batches:
        classes, counts = np.unique(CODES[batch], return_counts=True)
        assert len(classes) == 3
        assert counts.tolist() == [4] * 3
        assert (CODES[batch].reshape(3, 4) == CODES[batch].reshape(3, 4)[:, :1]).all(), "side by side"


def test_groups_are_whole_and_shown_once_until_too_few_classes_are_left():
    shown = np.concatenate(grouped().epoch(1))
    assert len(set(shown.tolist())) == len(shown)
    # 1 + 1 + 3 + 1 + 2 + 1 groups; three classes a batch.
    assert len(shown) <= 4 * 9
    left = [size // 4 - int(np.sum(CODES[shown] == code)) // 4 for code, size in enumerate(SIZES)]
    assert min(left) >= 0
    assert sum(count > 0 for count in left) < 3


def test_grouped_batches_shuffle_anew_for_more_steps():
    batches = grouped(steps=20).epoch(1)
    assert len(batches) == 20
    assert len(np.unique(np.concatenate(batches))) > len(np.unique(np.concatenate(grouped().epoch(1))))


def test_a_class_that_is_too_small_gives_all_it_has_and_fills_its_group_with_repeats():
    codes = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3])
    for epoch in range(1, 30):
        for batch in grouped(codes, classes=4, images=5).epoch(epoch):
            small = batch[codes[batch] == 0]
            assert len(small) == 5
            assert set(small.tolist()) == {0, 1, 2}
            assert batch[codes[batch] == 3].tolist() == [13] * 5


def test_a_grouped_batch_that_is_no_product_cuts_its_last_class():
    for batch in GroupedBatches(CODES, 3, 4, seed=0, size=10).epoch(1):
        assert len(batch) == 10
        assert sorted(np.unique(CODES[batch], return_counts=True)[1].tolist()) == [2, 4, 4]


def test_grouped_batches_need_as_many_classes():
    with pytest.raises(DataError, match=r"batch\.classes is 7, but the training images have 6 classes"):
        grouped(classes=7)


def test_independent_batches_are_full_and_cut_their_last_class():
    batches = IndependentBatches(CODES, size=10, images=3, seed=0, steps=30).epoch(1)
    assert len(batches) == 30
    for batch in batches:
        assert len(set(batch.tolist())) == 10, "no image twice"
        _, starts, counts = np.unique(CODES[batch], return_index=True, return_counts=True)
        assert counts[np.argsort(starts)].tolist() == [3, 3, 3, 1]


def test_independent_batches_take_all_of_a_small_class():
    codes = np.array([0, 1, 1, 1, 1])
    for batch in IndependentBatches(codes, size=4, images=3, seed=0, steps=10).epoch(1):
        assert sorted(np.unique(codes[batch], return_counts=True)[1].tolist()) == [1, 3]


def test_random_batches_show_an_image_once_and_drop_what_is_left_over():
    batches = RandomBatches(41, size=10, seed=0).epoch(1)
    assert [len(batch) for batch in batches] == [10] * 4
    assert len(np.unique(np.concatenate(batches))) == 40
    assert len(RandomBatches(41, size=10, seed=0, steps=9).epoch(1)) == 9
    assert [len(batch) for batch in RandomBatches(4, size=10, seed=0).epoch(1)] == [4]


@pytest.mark.parametrize(
    "batches",
    [
        grouped(),
        IndependentBatches(CODES, size=10, images=3, seed=0, steps=5),
        RandomBatches(len(CODES), size=10, seed=0),
    ],
    ids=["grouped", "independent", "random"],
)
def test_an_epoch_is_a_function_of_seed_and_number(batches):
    once, again, other = (np.concatenate(batches.epoch(number)) for number in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


@pytest.mark.parametrize("kind", [GroupedBatches, IndependentBatches])
def test_one_class_is_refused(kind):
    with pytest.raises(DataError, match="at least two classes; the images have 1"):
        kind(np.zeros(5, dtype=np.int64), 2, 2, 0, 1)
