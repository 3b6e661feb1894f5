"""What a run minimises: losses with and without proxies, the regulariser that joins them, and their learning rates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.errors import CheckpointError
from core.losses import MultiLevelDistanceRegularization, ProxyAnchorLoss, normalize_by_mean_distance
from core.models.device import choose_device
from core.training.objective import Objective
from core.training.optimizer import build_optimizer, parameter_group, set_learning_rate
from core.training.settings import OptimizerSettings
from core.training.step import TrainingStep
from tests.core.training.tiny_data import EVERY_LOSS, REMEMBERING, tiny_recipe

CODES = np.array([3, 7, 7, 4, 3, 4])


def batch(count=6):
    torch.manual_seed(0)
    return torch.randn(count, 8), torch.from_numpy(CODES[:count])


def test_there_is_a_proxy_for_each_class_of_the_training_images():
    objective = Objective(tiny_recipe("loss.name=proxy-anchor"), CODES)
    embeddings, labels = batch()
    alone = ProxyAnchorLoss(3, 8)
    alone.load_state_dict(objective.loss.state_dict())
    places = torch.tensor([0, 2, 2, 1, 0, 1])
    assert objective(embeddings, labels).item() == alone(embeddings, places).item()


def test_turned_classes_have_proxies_of_their_own():
    recipe = tiny_recipe("loss.name=proxy-anchor", "augmentation.rotation_classes=true")
    objective = Objective(recipe, CODES)
    assert len(objective.loss.proxies) == 12
    embeddings, labels = batch()
    turned = objective(embeddings, labels * 4 + torch.tensor([0, 1, 1, 3, 0, 3]))
    alone = ProxyAnchorLoss(12, 8)
    alone.load_state_dict(objective.loss.state_dict())
    assert turned.item() == alone(embeddings, torch.tensor([0, 9, 9, 7, 0, 7])).item()


@pytest.mark.parametrize("of_loss", EVERY_LOSS)
def test_every_loss_of_a_recipe_is_built_and_mdr_joins_it(of_loss):
    settings = ("regularization.name=mdr", "regularization.lambda=0.6", "regularization.nu=0.02")

    def computed(*assignments):
        torch.manual_seed(1)
        objective = Objective(tiny_recipe(*of_loss, *assignments), CODES)
        embeddings, labels = batch()
        value = objective(embeddings.requires_grad_(), labels, torch.rand(6, 2))
        value.backward()
        return value.item(), embeddings.grad, objective

    (joined, gradient, objective), (alone, gradient_alone, _) = computed(*settings), computed()
    assert gradient_alone.any()
    embeddings = batch()[0].requires_grad_()
    mdr = MultiLevelDistanceRegularization()(embeddings)
    mdr.backward()
    assert joined == pytest.approx(alone + 0.6 * mdr.item() + 0.02 * 18, rel=1e-5)
    torch.testing.assert_close(gradient, gradient_alone + 0.6 * embeddings.grad, rtol=1e-4, atol=1e-5)
    assert objective.regularizer.levels.grad.any()
    assert {"mdr", "mean distance", "level 1", "level 2", "level 3"} < set(objective.logged())


def test_mdr_takes_its_settings_from_the_recipe():
    recipe = tiny_recipe(
        "regularization.name=mdr",
        "regularization.levels=[-1, 0.5, 2]",
        "regularization.momentum=0.5",
        "regularization.zero_diagonal=false",
    )
    regularizer = Objective(recipe, CODES).regularizer
    assert regularizer.levels.tolist() == [-1.0, 0.5, 2.0]
    assert (regularizer.momentum, regularizer.zero_diagonal) == (0.5, False)


def test_embeddings_may_be_divided_by_their_mean_distance():
    settings = ("loss.name=triplet", "loss.sampling=all", "model.normalize=false")
    divided = Objective(tiny_recipe(*settings, "regularization.mean_distance=true"), CODES)
    embeddings, labels = batch()
    expected = Objective(tiny_recipe(*settings), CODES)(normalize_by_mean_distance(embeddings), labels)
    assert divided(embeddings, labels).item() == expected.item()


def test_proxies_and_levels_learn_at_their_own_rates():
    settings = ("loss.name=proxy-anchor", "loss.proxy_lr_mult=50", "regularization.name=mdr")
    objective = Objective(tiny_recipe(*settings, "regularization.level_lr_mult=3"), CODES)
    network = torch.nn.Linear(2, 2)
    groups = [parameter_group(network.parameters(), 1.0), *objective.parameter_groups()]
    optimizer = build_optimizer(OptimizerSettings(), groups)
    set_learning_rate(optimizer, 0.002)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.002, 0.1, 0.006])
    assert optimizer.param_groups[1]["params"][0] is objective.loss.proxies
    assert optimizer.param_groups[2]["params"][0] is objective.regularizer.levels


def test_a_loss_without_parameters_adds_no_group():
    assert Objective(tiny_recipe("loss.name=triplet"), CODES).parameter_groups() == []


def test_a_step_moves_proxies_and_levels():
    settings = ("loss.name=proxy-nca", "regularization.name=mdr", "optimizer.name=sgd", "optimizer.momentum=0")
    training_step = TrainingStep(tiny_recipe(*settings), choose_device("cpu"), np.array([0, 1]))
    before = {name: tensor.clone() for name, tensor in training_step.tensors().items()}
    images = np.random.default_rng(0).integers(0, 255, (4, 18, 18, 3), dtype=np.uint8)
    result = training_step.run(images, np.array([0, 0, 1, 1]), 0, 0.01)
    assert result.terms["level 1"] == pytest.approx(-3.0)
    for name in ("loss.proxies", "regularizer.levels", "regularizer.running_mean", "regularizer.num_updates"):
        assert not torch.equal(before[f"objective.{name}"], training_step.tensors()[f"objective.{name}"]), name


def test_the_contributions_of_multi_objective_are_logged():
    objective = Objective(tiny_recipe("loss.name=multi-objective", "loss.balanced=true"), CODES)
    objective(*batch())
    logged = objective.logged()
    assert set(logged) == {
        f"{term}{what}" for term in ("pair", "proxy", "separation") for what in ("", " mass", " weight")
    }
    expected = sum(logged[term] * logged[f"{term} weight"] for term in ("pair", "proxy", "separation"))
    objective.loss.num_updates.zero_()
    assert objective(*batch()).item() == pytest.approx(expected.item(), rel=1e-6)


def test_a_state_of_other_classes_is_refused():
    recipe, device = tiny_recipe("loss.name=proxy-anchor"), choose_device("cpu")
    saved = TrainingStep(recipe, device, np.array([0, 1, 2])).tensors()
    with pytest.raises(CheckpointError, match=r"loss\.proxies of the saved state is \(3, 8\), expected \(2, 8\)"):
        TrainingStep(recipe, device, np.array([0, 1])).restore(saved)


def test_proxies_that_are_not_finite_are_noticed():
    training_step = TrainingStep(tiny_recipe("loss.name=proxy-anchor"), choose_device("cpu"), np.array([0, 1]))
    assert training_step.weights_are_finite()
    with torch.no_grad():
        training_step.objective.loss.proxies[1, 2] = torch.nan
    assert not training_step.weights_are_finite()


def test_a_memory_joins_a_loss_of_pairs():
    objective = Objective(tiny_recipe("loss.name=contrastive", *REMEMBERING, "memory.weight=0.5"), CODES)
    embeddings, labels = batch()
    first = objective(embeddings, labels)
    # With nothing but the batch in it, the memory says what the batch does.
    assert first.item() == pytest.approx(1.5 * objective.loss.loss(embeddings, labels).item(), rel=1e-6)
    assert {"batch", "memory", "positive", "negative"} <= set(objective.logged())
    assert "loss.embeddings" in objective.state_dict()
