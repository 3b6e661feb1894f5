"""Learning rate and weight decay of each part, and the bounds of gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.models.device import choose_device
from core.training.optimizer import build_optimizer, clip_gradients, parameter_group
from core.training.schedule import rate_factor
from core.training.settings import OptimizerSettings, ScheduleSettings
from core.training.step import TrainingStep
from tests.core.training.tiny_data import tiny_recipe

CODES = np.array([0, 0, 1, 1])


def test_every_part_has_its_own_rate_and_decay_at_every_step():
    recipe = tiny_recipe(
        "loss.name=proxy-anchor",
        "loss.proxy_lr_mult=100",
        "regularization.name=mdr",
        "regularization.level_lr_mult=2",
        "optimizer.learning_rate=0.001",
        "optimizer.weight_decay=0.01",
        "optimizer.backbone_lr_mult=0.1",
        "optimizer.head_lr_mult=5",
        "optimizer.backbone_decay_mult=0.5",
        "optimizer.head_decay_mult=2",
        "optimizer.proxy_decay_mult=0",
        "optimizer.level_decay_mult=3",
        "schedule.name=milestones",
        "schedule.milestones=[1, 2]",
        "schedule.step_factor=0.1",
    )
    training_step = TrainingStep(recipe, choose_device("cpu"), CODES)
    images = np.zeros((4, 18, 18, 3), dtype=np.uint8)
    table = []
    for step in range(6):
        rate = recipe.optimizer.learning_rate * rate_factor(recipe.schedule, step, 2, 3)
        training_step.run(images, CODES, step, rate)
        table.append([group["lr"] for group in training_step._optimizer.param_groups])
    # Backbone, head, proxies, levels; two steps an epoch, a tenth after each.
    expected = [[1e-4, 5e-3, 1e-1, 2e-3], [1e-5, 5e-4, 1e-2, 2e-4], [1e-6, 5e-5, 1e-3, 2e-5]]
    assert np.allclose(table, np.repeat(expected, 2, axis=0), rtol=1e-12)
    decays = [group["weight_decay"] for group in training_step._optimizer.param_groups]
    assert decays == pytest.approx([0.005, 0.02, 0.0, 0.03])


def test_the_groups_hold_every_parameter_once_in_the_order_of_old_states():
    """What a run saved before parts had rates of their own is told apart by the place of its parameter."""
    training_step = TrainingStep(tiny_recipe("loss.name=proxy-anchor"), choose_device("cpu"), CODES)
    grouped = [parameter for group in training_step._optimizer.param_groups for parameter in group["params"]]
    known = [*training_step.embedder.parameters(), *training_step.objective.parameters()]
    assert [id(parameter) for parameter in grouped] == [id(parameter) for parameter in known]


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_a_factor_of_the_decay_is_that_much_more_decay(name):
    def after(decay, factor):
        layer = nn.Linear(2, 1, bias=False)
        nn.init.ones_(layer.weight)
        settings = OptimizerSettings(name, learning_rate=0.1, weight_decay=decay)
        optimizer = build_optimizer(settings, [parameter_group(layer.parameters(), 1.0, factor)])
        layer.weight.grad = torch.tensor([[0.25, -0.5]])
        optimizer.step()
        return layer.weight.detach()

    assert torch.equal(after(0.2, 3.0), after(0.2 * 3.0, 1.0))
    if name != "adam":
        assert not torch.equal(after(0.2, 3.0), after(0.2, 1.0))


def gradients(*values):
    layers = [nn.Parameter(torch.zeros(len(value))) for value in values]
    for layer, value in zip(layers, values, strict=True):
        layer.grad = torch.tensor(value)
    return layers


def test_clipping_by_value_bounds_each_entry_alone():
    parameters = gradients([3.0, -40.0], [10.5, 0.25])
    length = clip_gradients(parameters, OptimizerSettings(clip_value=10))
    assert [parameter.grad.tolist() for parameter in parameters] == [[3.0, -10.0], [10.0, 0.25]]
    assert length == pytest.approx((9 + 1600 + 110.25 + 0.0625) ** 0.5), "as it was before"


def test_clipping_by_norm_shortens_all_together():
    parameters = gradients([3.0], [4.0])
    clip_gradients(parameters, OptimizerSettings(clip_norm=1.0))
    assert [parameter.grad.item() for parameter in parameters] == pytest.approx([0.6, 0.8], rel=1e-5)


def test_both_bounds_hold_together():
    parameters = gradients([30.0], [4.0])
    clip_gradients(parameters, OptimizerSettings(clip_norm=2.5, clip_value=3))
    assert [parameter.grad.item() for parameter in parameters] == pytest.approx([2.5 / 2**0.5] * 2, rel=1e-5)


def test_an_infinite_entry_is_not_clipped_out_of_sight():
    assert clip_gradients(gradients([torch.inf, 1.0]), OptimizerSettings(clip_value=10)) == torch.inf


def course(schedule, steps, steps_per_epoch=2, epochs=4):
    return [rate_factor(schedule, step, steps_per_epoch, epochs) for step in range(steps)]


def test_milestones_may_lie_within_an_epoch():
    schedule = ScheduleSettings("milestones", milestones=(1.0, 2.5), step_factor=0.2)
    assert course(schedule, 8) == pytest.approx([1, 1, 0.2, 0.2, 0.2, 0.04, 0.04, 0.04])


def test_the_inverse_course_is_the_log_ratio_papers():
    schedule = ScheduleSettings("inverse", decay=0.5)
    assert course(schedule, 4) == pytest.approx([1, 1 / 1.5, 1 / 2, 1 / 2.5])


def test_an_epochs_rate_is_that_of_its_first_step():
    by_batch = course(ScheduleSettings("cosine"), 8)
    assert course(ScheduleSettings("cosine", every="epoch"), 8) == [by_batch[step - step % 2] for step in range(8)]
