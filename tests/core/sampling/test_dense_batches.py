from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError
from core.sampling.dense_batches import DenseBatches, nearest_by_target


def targets(count=40, dimensions=3, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)


def distances_from(points, anchor):
    return np.linalg.norm(points.astype(np.float64) - points[anchor], axis=1)


def test_a_batch_is_the_anchor_its_nearest_in_order_and_others_in_order():
    points = targets()
    batches = DenseBatches(points, size=12, nearest=5, seed=1).epoch(1)
    for batch in batches:
        assert batch.shape == (12,)
        assert len(set(batch.tolist())) == 12
        distances = distances_from(points, batch[0])
        assert batch[1:6].tolist() == np.argsort(distances)[1:6].tolist()
        assert (np.diff(distances[batch[6:]]) >= 0).all()


def test_every_image_is_an_anchor_once_an_epoch():
    batches = DenseBatches(targets(), 12, 5, seed=1).epoch(3)
    assert sorted(batch[0] for batch in batches) == list(range(40))


def test_others_are_drawn_anew_from_all_the_rest():
    sampler = DenseBatches(targets(), 12, 5, seed=1)
    of_first = [next(batch for batch in sampler.epoch(number) if batch[0] == 0) for number in range(1, 60)]
    drawn = {image for batch in of_first for image in batch[6:].tolist()}
    assert len({tuple(batch) for batch in of_first}) > 50
    assert drawn == set(range(40)) - {0, *of_first[0][1:6].tolist()}


def test_an_epoch_depends_on_seed_and_number_alone():
    one, twin, other = (DenseBatches(targets(), 12, 5, seed) for seed in (1, 1, 2))
    one.epoch(1)
    assert np.array_equal(one.epoch(2), twin.epoch(2))
    assert not np.array_equal(one.epoch(2), one.epoch(1))
    assert not np.array_equal(one.epoch(2), other.epoch(2))


@pytest.mark.parametrize("steps", [7, 95])
def test_an_epoch_may_have_fewer_or_more_batches_than_images(steps):
    batches = DenseBatches(targets(), 12, 5, seed=1, steps=steps).epoch(1)
    assert len(batches) == steps
    anchors = np.bincount([batch[0] for batch in batches], minlength=40)
    assert anchors.max() - anchors.min() <= 1


def test_a_batch_is_no_larger_than_the_data():
    batches = DenseBatches(targets(9), size=150, nearest=3, seed=1).epoch(1)
    assert all(sorted(batch.tolist()) == list(range(9)) for batch in batches)


def test_without_nearest_all_others_are_random():
    batches = DenseBatches(targets(), 6, 0, seed=1).epoch(1)
    assert all(len(set(batch.tolist())) == 6 for batch in batches)


def test_equal_targets_do_not_bring_an_image_twice():
    points = np.zeros((20, 2), dtype=np.float32)
    points[15:] = 3
    batches = DenseBatches(points, 8, 4, seed=1).epoch(1)
    for batch in batches:
        assert len(set(batch.tolist())) == 8
        assert not distances_from(points, batch[0])[batch[1:5]].any()


def test_nearest_are_exact():
    points = targets(300, 4)
    expected = [np.argsort(distances_from(points, row))[1:7].tolist() for row in range(300)]
    assert nearest_by_target(points, 6).tolist() == expected


@pytest.mark.parametrize(("count", "size", "nearest"), [(2, 10, 0), (30, 2, 0), (30, 6, 5), (4, 10, 3)])
def test_no_room_for_a_comparison_is_refused(count, size, nearest):
    with pytest.raises(DataError, match=rf"its {nearest} nearest .* there are {count} images"):
        DenseBatches(targets(count), size, nearest, seed=1)
