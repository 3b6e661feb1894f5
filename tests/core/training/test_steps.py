"""The small parts of a step: learning rate, optimiser, seeds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import CheckpointError
from core.models.device import choose_device
from core.training.optimizer import build_optimizer, restore_state, set_learning_rate, state_tensors
from core.training.saved_state import TrainerProgress, read_state, save_state
from core.training.schedule import rate_factor
from core.training.settings import OptimizerSettings, ScheduleSettings
from core.training.step import TrainingStep
from tests.core.training.tiny_data import tiny_recipe


def factors(schedule, steps_per_epoch=10, epochs=4):
    return [rate_factor(schedule, step, steps_per_epoch, epochs) for step in range(steps_per_epoch * epochs)]


def test_a_cosine_falls_from_one_to_zero():
    course = factors(ScheduleSettings("cosine"))
    assert course[0] == 1.0
    assert course[20] == pytest.approx(0.5)
    assert 0 < course[-1] < 0.01
    assert course == sorted(course, reverse=True)


def test_steps_multiply_again_and_again():
    course = factors(ScheduleSettings("step", step_epochs=2, step_factor=0.1))
    assert course == pytest.approx([1.0] * 20 + [0.1] * 20)


def test_constant_stays():
    assert set(factors(ScheduleSettings("constant"))) == {1.0}


@pytest.mark.parametrize("name", ["constant", "cosine"])
def test_warming_up_rises_evenly_to_the_start_of_the_course(name):
    course = factors(ScheduleSettings(name, warmup_epochs=1.0))
    assert course[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert course[10] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_an_optimiser_goes_on_from_its_tensors(name):
    def steps(layer, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            layer(torch.ones(1, 3)).square().sum().backward()
            optimizer.step()

    settings = OptimizerSettings(name, learning_rate=0.1, weight_decay=0.01)
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    optimizer = build_optimizer(settings, layer.parameters())
    steps(layer, optimizer, 3)
    twin = nn.Linear(3, 2)
    twin.load_state_dict(layer.state_dict())
    resumed = build_optimizer(settings, twin.parameters())
    restore_state(resumed, {key: tensor.clone() for key, tensor in state_tensors(optimizer).items()})
    steps(layer, optimizer, 2)
    steps(twin, resumed, 2)
    assert torch.equal(layer.weight, twin.weight)


def test_the_learning_rate_reaches_every_parameter():
    optimizer = build_optimizer(OptimizerSettings(), nn.Linear(1, 1).parameters())
    set_learning_rate(optimizer, 0.125)
    assert [group["lr"] for group in optimizer.param_groups] == [0.125]


def test_two_learners_of_one_seed_are_twins_and_of_two_seeds_are_not():
    images = np.random.default_rng(0).integers(0, 255, (4, 18, 18, 3), dtype=np.uint8)
    codes = np.array([0, 0, 1, 1])

    def trained(seed):
        training_step = TrainingStep(tiny_recipe(f"training.seed={seed}"), choose_device("cpu"), codes)
        return [training_step.run(images, codes, step, 1e-3).loss for step in range(3)]

    assert trained(1) == trained(1)
    assert trained(1) != trained(2)


def test_gradients_are_shortened_where_asked():
    images = np.random.default_rng(0).integers(0, 255, (4, 18, 18, 3), dtype=np.uint8)
    settings = ("optimizer.name=sgd", "optimizer.clip_norm=1e-6")
    training_step = TrainingStep(tiny_recipe(*settings), choose_device("cpu"), np.array([0, 1]))
    before = training_step.embedder.head.weight.clone()
    result = training_step.run(images, np.array([0, 0, 1, 1]), 0, 1.0)
    assert result.gradient_norm > 1e-6
    assert (training_step.embedder.head.weight - before).norm() <= 1.01e-6


def test_a_state_comes_back_and_older_ones_go(tmp_path):
    save_state(tmp_path, TrainerProgress(1, 2, 3, 0.1, "a"), {"x": torch.ones(2)}, "data")
    progress = TrainerProgress(2, 0, 4, 0.25, "b", "a")
    save_state(tmp_path, progress, {"x": torch.arange(3)}, "data")
    loaded = read_state(tmp_path)
    assert loaded is not None
    loaded.check_data(tmp_path, "data")
    assert loaded.progress == progress
    assert torch.equal(loaded.tensors["x"], torch.arange(3))
    assert len(list((tmp_path / "state").glob("*.safetensors"))) == 1


def test_a_damaged_state_is_refused_and_none_is_none(tmp_path):
    assert read_state(tmp_path) is None
    save_state(tmp_path, TrainerProgress(), {"x": torch.ones(2)}, "data")
    with pytest.raises(CheckpointError, match="data are not what they were"):
        read_state(tmp_path).check_data(tmp_path, "other data")
    path = next((tmp_path / "state").glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="hash mismatch"):
        read_state(tmp_path)
    (tmp_path / "state" / "state.json").write_text("{}")
    with pytest.raises(CheckpointError, match="is damaged"):
        read_state(tmp_path)
