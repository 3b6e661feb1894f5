"""A step, and going on after one, where the model is not on the processor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models import checkpoint
from core.models.device import choose_device
from core.training.saved_state import TrainerProgress, read_state, save_state
from core.training.step import TrainingStep
from tests.core.training.other_device import PLACE
from tests.core.training.tiny_data import EVERY_LOSS, REMEMBERING, tiny_recipe

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 255, (6, 18, 18, 3), dtype=np.uint8)
CODES = np.array([3, 7, 7, 4, 3, 4])
TARGETS = RANDOM.normal(size=(6, 2)).astype(np.float32)


def learn(training_step, step):
    result = training_step.run(IMAGES, CODES, step, 0.01, TARGETS)
    return [result.loss, result.gradient_norm, *result.terms.values()]


@pytest.mark.parametrize(
    "settings",
    [
        *EVERY_LOSS,
        ("loss.name=proxy-anchor", "augmentation.rotation_classes=true", "regularization.name=mdr"),
        ("loss.name=triplet", "loss.sampling=distance-weighted", "optimizer.name=sgd", "optimizer.clip_norm=1"),
        ("loss.name=margin", "loss.learn_beta=true", "training.batch_norm=frozen", "optimizer.clip_value=0.1"),
        ("loss.name=log-ratio", "loss.anchors=all", "optimizer.name=adamw"),
    ],
)
def test_a_learner_does_the_same_there(other_device, settings):
    recipe = tiny_recipe(*settings)
    here, there = (TrainingStep(recipe, device, CODES) for device in (choose_device("cpu"), other_device))
    assert {tensor.device for tensor in there.embedder.state_dict().values()} == {PLACE}
    for step in range(2):
        assert learn(there, step) == pytest.approx(learn(here, step), rel=1e-4, abs=1e-6)
    assert there.weights_are_finite()


@pytest.mark.filterwarnings("ignore:.*is a no-op")  # of torch, for its own "meta"
@pytest.mark.parametrize("settings", [("loss.name=proxy-anchor", "regularization.name=mdr"), REMEMBERING])
def test_a_learner_goes_on_there(other_device, tmp_path, settings):
    recipe = tiny_recipe(*settings)
    first, second = (TrainingStep(recipe, other_device, CODES) for _ in range(2))
    learn(first, 0)
    save_state(tmp_path, TrainerProgress(), first.tensors(), "data")
    checkpoint.save(tmp_path / "c.safetensors", first.embedder, "c", 1, 1, True, {}, recipe.as_dict())
    checkpoint.restore(second.embedder, tmp_path / "c.safetensors")
    second.restore(read_state(tmp_path).tensors)
    assert learn(second, 1) == learn(first, 1)


def test_two_devices_do_not_mix(other_device):
    there = torch.arange(3.0).to(PLACE)
    assert (there + 1).cpu().tolist() == [1, 2, 3]
    with pytest.raises(RuntimeError, match="add of tensors on two devices"):
        there + torch.ones(3)
