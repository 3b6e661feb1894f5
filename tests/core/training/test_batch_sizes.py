"""What is said where the data cannot fill the batches of a recipe."""

from __future__ import annotations

import pytest

from core.data.catalog_opening import open_catalog
from core.progress import Reporter
from core.training.batches import batches_of, too_small
from core.training.training_data import open_training_data
from tests.core.training.tiny_data import tiny_recipe, tiny_source


@pytest.fixture
def put_together(tmp_path):
    """The sentence, and how many images the fullest batch has, of 4 classes with 3 images and a recipe."""
    catalog = open_catalog(tiny_source(tmp_path / "data", train_classes=4, images=3, targets=True))

    def answer(*assignments):
        recipe = tiny_recipe("training.steps_per_epoch=5", *assignments)
        data = open_training_data(catalog, recipe, Reporter(), lambda: False)
        return too_small(recipe, data), max(map(len, batches_of(recipe, data).epoch(1)))

    return answer


@pytest.mark.parametrize(
    "assignments",
    [
        ["batch.classes=4", "batch.images=3"],
        ["batch.classes=4", "batch.images=3", "batch.sampling=random"],
        ["batch.classes=4", "batch.images=3", "batch.sampling=independent"],
        ["batch.classes=4", "batch.images=5", "batch.sampling=grouped"],
    ],
)
def test_nothing_is_said_where_batches_are_as_large_as_asked(put_together, assignments):
    said, fullest = put_together(*assignments)
    assert said is None
    assert fullest == int(assignments[0][-1]) * int(assignments[1][-1])


@pytest.mark.parametrize("sampling", ["covering", "grouped", "independent", "random"])
def test_a_batch_need_not_be_a_product(put_together, sampling):
    said, fullest = put_together("batch.classes=4", "batch.images=3", "batch.total=10", f"batch.sampling={sampling}")
    assert said is None
    assert fullest == 10


@pytest.mark.parametrize(
    "assignments",
    [
        ["batch.classes=500"],
        ["batch.images=7"],
        ["batch.classes=5", "batch.images=3", "batch.sampling=random"],
        ["batch.classes=2", "batch.images=7", "batch.sampling=independent"],
        ["batch.classes=4", "batch.images=3", "loss.name=log-ratio"],
    ],
)
def test_batches_that_the_data_cannot_fill_are_told(put_together, assignments):
    said, fullest = put_together(*assignments)
    assert said.startswith(f"Batches hold {fullest} images at most, not batch.classes x batch.images = ")


def test_the_sentence_names_what_is_asked_for_and_what_is_there(put_together):
    assert put_together("batch.classes=500")[0] == (
        "Batches hold 8 images at most, not batch.classes x batch.images = 500 x 2 = 1,000: there are 12 to train on,"
        " of 4 classes."
    )
