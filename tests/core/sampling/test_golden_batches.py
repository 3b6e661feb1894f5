"""Batches of the authors' own samplers: what holds of theirs holds of ours, in the same words."""

from __future__ import annotations

import numpy as np
import pytest

from core.sampling.dense_batches import DenseBatches, nearest_by_target
from core.sampling.published_batches import GroupedBatches, IndependentBatches
from core.sampling.samplers import ClassBalancedBatches
from tests.core.losses.golden_cases import cases

GOLDEN = list(cases("samplers"))
DENSE = [case for case in cases("logratio") if case.name.startswith("batch_")]


def of(method):
    chosen = [case for case in GOLDEN if case.name.startswith(method)]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


def runs(batch, labels):
    """The batch cut where the class changes: (class, images)."""
    classes = labels[batch]
    starts = np.flatnonzero(np.diff(classes, prepend=-1))
    return [(int(classes[start]), part) for start, part in zip(starts, np.split(batch, starts[1:]), strict=True)]


def assert_of_mdr(batches, labels, size, images):
    """Classes in random order, each with min(K, its size) different images; the last one may be cut."""
    sizes = np.bincount(labels)
    for batch in batches:
        assert len(batch) == len(set(batch.tolist())) == size
        groups = runs(batch, labels)
        assert len({name for name, _ in groups}) == len(groups)
        for name, group in groups[:-1]:
            assert len(group) == min(images, sizes[name])
        name, last = groups[-1]
        assert 1 <= len(last) <= min(images, sizes[name])
    assert len({runs(batch, labels)[0][0] for batch in batches}) > 1


@of("mdr")
def test_independent_batches_are_those_of_mdr(case):
    labels = case["labels"].astype(np.int64)
    size, images, count = case.hyper["batch_size"], case.hyper["m"], case.hyper["iters"]
    ours = IndependentBatches(labels, size, images, seed=601, steps=40).epoch(1)
    assert_of_mdr(case["batches"].astype(np.int64), labels, size, images)
    assert_of_mdr(ours, labels, size, images)
    np.testing.assert_array_equal(labels[case["batches"]], case["batch_labels"])
    # What the note says of the cut: with 16 = 5 x 3 + 1 a batch may end in a single image.
    assert any(len(runs(batch, labels)[-1][1]) == 1 for batch in ours)
    assert count == len(case["batches"])


def assert_of_multi_similarity(batches, labels, classes, images):
    """P different classes with K places each; a class with fewer than K gives all it has, some of them again."""
    sizes = np.bincount(labels)
    for batch in batches:
        groups = [(name, part) for name, part in runs(batch, labels)]
        assert len(groups) == len({name for name, _ in groups}) == classes
        for name, group in groups:
            assert len(group) == images
            assert len(set(group.tolist())) == min(images, sizes[name])


@of("ms")
def test_grouped_batches_are_those_of_multi_similarity(case):
    labels = case["labels"].astype(np.int64)
    images = case.hyper["num_instances"]
    classes = case.hyper["batch_size"] // images
    assert_of_multi_similarity(case["batches"].astype(np.int64), labels, classes, images)
    passed = GroupedBatches(labels, classes, images, seed=601).epoch(1)
    assert_of_multi_similarity(passed, labels, classes, images)
    # Until the next shuffle no group comes again, images beyond a multiple of K stay out, and fewer than P classes
    # have a group left at the end.
    groups = np.maximum(np.bincount(labels) // images, 1)
    dealt = np.zeros_like(groups)
    for batch in passed:
        dealt[[name for name, _ in runs(batch, labels)]] += 1
    assert (dealt <= groups).all()
    assert (dealt < groups).sum() < classes


@of("pa")
def test_balanced_batches_have_the_classes_of_proxy_anchor(case):
    """Its balanced sampler draws an image twice even from a large class; ours shows each once before any again."""
    labels = case["labels"].astype(np.int64)
    images = case.hyper["images_per_class"]
    classes = case.hyper["batch_size"] // images
    for batch in case["batches"].astype(np.int64):
        assert len(set(labels[batch].tolist())) == classes
        assert (np.bincount(labels[batch])[labels[batch]] == images).all()
    sizes = np.bincount(labels)
    for batch in ClassBalancedBatches(labels, classes, images, seed=601).epoch(1):
        assert len(set(labels[batch].tolist())) == classes
        assert len(set(batch.tolist())) == len(batch)
        counts = np.bincount(labels[batch], minlength=len(sizes))
        np.testing.assert_array_equal(counts[counts > 0], np.minimum(images, sizes)[counts > 0])


def placed(distances):
    """Points (N, 3) with these distances (N, N), by classical scaling: the reference keeps only the distances."""
    count = len(distances)
    centring = np.eye(count) - 1 / count
    values, vectors = np.linalg.eigh(-0.5 * centring @ distances**2 @ centring)
    return (vectors[:, -3:] * np.sqrt(values[-3:])).astype(np.float32)


@pytest.mark.parametrize("case", DENSE, ids=lambda case: case.name)
def test_dense_batches_are_those_of_log_ratio(case):
    count, size, nearest = case.hyper["N"], case.hyper["batch_size"], case.hyper["num_NN"]
    lists = case["nn_list"].astype(np.int64)
    distances = np.zeros((count, count))
    np.put_along_axis(distances, lists, case["nn_dist"].astype(np.float64), axis=1)
    points = placed(distances)
    np.testing.assert_array_equal(nearest_by_target(points, nearest), lists[:, :nearest])
    theirs = case["batches"].astype(np.int64)
    ours = sorted(DenseBatches(points, size, nearest, seed=331).epoch(1), key=lambda batch: batch[0])
    for batches in (theirs, np.stack(ours)):
        np.testing.assert_array_equal(batches[:, 0], np.arange(count))
        np.testing.assert_array_equal(batches[:, 1 : nearest + 1], lists[:, :nearest])
        for batch in batches:
            assert len(set(batch.tolist())) == size
            assert (np.diff(distances[batch[0], batch[nearest + 1 :]]) >= -1e-5).all()
    np.testing.assert_allclose(np.take_along_axis(distances, theirs[:, 1:], axis=1), case["dists"], rtol=1e-6)
    if "naive_batches" in case:
        # What dense batches are compared with: five of the thirty nearest, in any order.
        for anchor, batch in enumerate(case["naive_batches"].astype(np.int64)):
            assert set(batch[1:6]) <= set(lists[anchor, : case.hyper["naive_num_nn_pos"]])
            assert not set(batch[6:]) & set(lists[anchor, : case.hyper["naive_num_nn_pos"]])
