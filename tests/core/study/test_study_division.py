"""What a run may see: never the test split, and on held-out classes nothing it has learnt from."""

from __future__ import annotations

import pytest

from core.data.catalog_opening import open_catalog
from core.errors import DataError
from core.study.division import held_out, training_only
from tests.core.training.tiny_data import tiny_source


@pytest.fixture
def catalog(tmp_path):
    return open_catalog(tiny_source(tmp_path, train_classes=8, test_classes=3))


def classes(catalog, split):
    return {str(label) for label in catalog.labels[catalog.rows(split)]}


def test_a_trainer_sees_no_test_split(catalog):
    seen = training_only(catalog)
    assert seen.split_counts() == [("train", 16)]
    assert seen.paths.tolist() == catalog.paths.tolist()
    assert seen.fingerprint != catalog.fingerprint


def test_whole_training_classes_are_held_out(catalog):
    divided = held_out(catalog, 0.25)
    assert len(classes(divided, "test")) == 2
    assert len(classes(divided, "train")) == 6
    assert not classes(divided, "test") & classes(divided, "train")
    assert not (classes(divided, "test") | classes(divided, "train")) & classes(catalog, "test")


def test_the_same_classes_every_time(catalog):
    assert held_out(catalog, 0.5).splits.tolist() == held_out(catalog, 0.5).splits.tolist()


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_too_few_classes_on_a_side_are_refused(catalog, share):
    with pytest.raises(DataError, match=r"has 8 training classes.*at least two on either side"):
        held_out(catalog, share)
