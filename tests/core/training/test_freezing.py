"""What does not move while training, to the last bit; and what does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.device import choose_device
from core.training.step import TrainingStep
from tests.core.training.tiny_data import tiny_recipe

CODES = np.array([0, 0, 1, 1])
OPTIMISERS = {
    "adam": ("optimizer.name=adam",),
    "adamw": ("optimizer.name=adamw",),
    "sgd": ("optimizer.name=sgd", "optimizer.momentum=0.5"),
}


def training_step_for(*settings):
    return TrainingStep(tiny_recipe("optimizer.weight_decay=0.1", *settings), choose_device("cpu"), CODES)


def learn(training_step, steps, epoch=1):
    images = np.random.default_rng(0).integers(0, 255, (4, 18, 18, 3), dtype=np.uint8)
    for step in range(steps):
        assert training_step.run(images, CODES, step, 0.05, epoch=epoch).finite


def snapshot(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def moved(before, module):
    """The names of parameters and buffers that are no longer what they were."""
    return {name for name, tensor in module.state_dict().items() if not torch.equal(before[name], tensor)}


STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def of_norm(names):
    """The second layer of each block is its batch norm."""
    return {name for name in names if name.split(".")[1] == "1"}


def test_statistics_follow_the_batches_unless_told_not_to():
    training_step = training_step_for()
    before = snapshot(training_step.embedder.backbone)
    learn(training_step, 2)
    assert moved(before, training_step.embedder.backbone) == set(before)


def test_frozen_statistics_stay_while_scale_and_shift_learn():
    training_step = training_step_for("training.batch_norm=statistics frozen")
    before = snapshot(training_step.embedder.backbone)
    for epoch in (1, 2):
        learn(training_step, 2, epoch)
        # Measuring switches to evaluation; the next step must not forget.
        training_step.embedder.eval()
    assert moved(before, training_step.embedder.backbone) == {name for name in before if not name.endswith(STATISTICS)}


def test_frozen_batch_norm_stays_wholly():
    training_step = training_step_for("training.batch_norm=frozen")
    before = snapshot(training_step.embedder.backbone)
    learn(training_step, 3)
    assert moved(before, training_step.embedder.backbone) == set(before) - of_norm(before)


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
def test_while_the_head_warms_up_the_backbone_does_not_move_by_a_bit(optimiser):
    settings = ("training.head_epochs=2", "training.batch_norm=statistics frozen", "loss.name=proxy-anchor", *optimiser)
    training_step = training_step_for("regularization.name=mdr", *settings)
    before, head = snapshot(training_step.embedder.backbone), snapshot(training_step.embedder.head)
    proxies, levels = (
        snapshot(training_step.objective.loss),
        training_step.objective.regularizer.levels.detach().clone(),
    )
    for epoch in (1, 2):
        learn(training_step, 2, epoch)
    assert not moved(before, training_step.embedder.backbone)
    assert moved(head, training_step.embedder.head) == {"weight", "bias"}
    assert "proxies" in moved(proxies, training_step.objective.loss)
    assert not torch.equal(levels, training_step.objective.regularizer.levels)
    learn(training_step, 1, epoch=3)
    assert moved(before, training_step.embedder.backbone) == {name for name in before if not name.endswith(STATISTICS)}


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
def test_a_backbone_that_is_let_go_begins_as_if_nothing_had_been(optimiser):
    """Its first step is the one of an optimiser that has never seen it: no momentum, no averages of the warm-up."""
    warmed = training_step_for("training.head_epochs=1", "training.batch_norm=statistics frozen", *optimiser)
    learn(warmed, 3)
    fresh = training_step_for("training.head_epochs=1", "training.batch_norm=statistics frozen", *optimiser)
    fresh.embedder.load_state_dict(warmed.embedder.state_dict())
    learn(warmed, 1, epoch=2)
    learn(fresh, 1, epoch=2)
    assert not moved(snapshot(warmed.embedder.backbone), fresh.embedder.backbone)


def test_a_backbone_without_a_rate_never_moves():
    settings = ("optimizer.backbone_lr_mult=0", "training.batch_norm=frozen", "optimizer.name=adamw")
    training_step = training_step_for(*settings)
    before = snapshot(training_step.embedder.backbone)
    learn(training_step, 3)
    assert not moved(before, training_step.embedder.backbone)
