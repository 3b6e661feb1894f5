from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.losses import MultiLevelDistanceRegularization, TripletLoss, normalize_by_mean_distance
from tests.core.losses.golden_cases import assert_matches, cases

GOLDEN = list(cases("mdr"))


def of_kind(prefix):
    chosen = [case for case in GOLDEN if case.name.startswith(prefix)]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


def embeddings(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def random_rows(count=7, dimensions=4, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, dimensions, generator=random, dtype=torch.float64)


class SlowMDR:
    """The definition, pair by pair, in plain Python."""

    def __init__(self, levels, zero_diagonal):
        self.levels, self.zero_diagonal, self.mean, self.deviation = levels, zero_diagonal, None, None

    def __call__(self, rows):
        count = len(rows)
        pairs = [(i, j) for i in range(count) for j in range(count) if i != j]
        distances = [max(math.dist(rows[i], rows[j]), 1e-6) for i, j in pairs]
        measured = distances + [0.0] * (count if self.zero_diagonal else 0)
        mean, deviation = float(np.mean(measured)), float(np.std(measured, ddof=1))
        first = self.mean is None
        self.mean = mean if first else 0.9 * self.mean + 0.1 * mean
        self.deviation = deviation if first else 0.9 * self.deviation + 0.1 * deviation
        nearest = [min(abs((d - self.mean) / self.deviation - level) for level in self.levels) for d in distances]
        return sum(nearest) / len(nearest)


@pytest.mark.parametrize("zero_diagonal", [True, False])
def test_equals_a_slow_loop_over_several_batches(zero_diagonal):
    levels = (1.0, -2.0, 0.3, 2.5)
    loss = MultiLevelDistanceRegularization(levels, zero_diagonal=zero_diagonal)
    slow = SlowMDR(levels, zero_diagonal)
    for seed in range(4):
        rows = random_rows(5 + seed, seed=seed) * (1 + seed)
        assert loss(rows).item() == pytest.approx(slow(rows.tolist()), rel=1e-6)
        assert loss.running_mean.item() == pytest.approx(slow.mean, rel=1e-12)
        assert loss.running_std.item() == pytest.approx(slow.deviation, rel=1e-12)
    assert loss.num_updates == 4


@of_kind("seq")
def test_equals_the_official_code_step_by_step(case):
    loss = MultiLevelDistanceRegularization(case.hyper["levels"], case.hyper["momentum"])
    for step in range(case.hyper["steps"]):
        rows = embeddings(case[f"X{step}"])
        loss.zero_grad()
        value = loss(rows)
        value.backward()
        assert value.item() == pytest.approx(float(case[f"loss{step}"]), rel=1e-9)
        np.testing.assert_allclose([loss.running_mean, loss.running_std], case[f"stat{step}"][2:], rtol=1e-9)
        assert_matches(case, f"grad_X{step}", rows.grad.numpy())
        np.testing.assert_allclose(loss.levels.grad, case[f"grad_levels{step}"], rtol=1e-6, atol=1e-9)


@of_kind("one")
def test_equals_the_official_code_on_one_batch(case):
    loss = MultiLevelDistanceRegularization(case.hyper["levels"], case.hyper["momentum"])
    rows = embeddings(case["X"])
    value = loss(rows)
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9)
    np.testing.assert_allclose([loss.running_mean, loss.running_std], case["stat"], rtol=1e-9)
    assert_matches(case, "grad_X", rows.grad.numpy())
    np.testing.assert_allclose(loss.levels.grad, case["grad_levels"], rtol=1e-6, atol=1e-9)


@of_kind("embnorm")
def test_division_by_the_mean_distance_equals_the_official_code(case):
    rows = embeddings(case["X"])
    divided = normalize_by_mean_distance(rows)
    (divided * torch.arange(rows.numel(), dtype=torch.float64).cos().view_as(rows)).sum().backward()
    assert_matches(case, "out", divided.detach().numpy())
    assert_matches(case, "grad_X", rows.grad.numpy())
    distances = torch.cdist(rows.detach(), rows.detach())
    assert distances.sum().item() / (len(rows) * (len(rows) - 1)) == pytest.approx(float(case["mean_d"]), rel=1e-9)


@of_kind("full")
def test_objective_and_levels_follow_the_official_code(case):
    """Triplet loss + lambda * MDR + nu * sum of squared levels on embeddings divided by their mean distance."""
    hyper = case.hyper
    triplet = TripletLoss(hyper["margin"])
    regularizer = MultiLevelDistanceRegularization().double()
    optimizer = torch.optim.Adam(regularizer.parameters(), hyper["lr"], weight_decay=hyper["weight_decay"])
    steps = len(case["levels_traj"]) - 1
    for step in range(steps):
        np.testing.assert_allclose(regularizer.levels.detach(), case["levels_traj"][step], rtol=1e-9)
        output = embeddings(case[f"X{step}"])
        rows = normalize_by_mean_distance(output)
        triplets = torch.tensor(case[f"triplets{step}"], dtype=torch.int64)
        parts = triplet.of_triplets(rows, triplets), regularizer(rows)
        value = parts[0] + hyper["lambda_mdr"] * parts[1] + hyper["nu_mdr"] * regularizer.penalty()
        optimizer.zero_grad()
        value.backward()
        np.testing.assert_allclose([*(part.item() for part in parts), value.item()], case[f"loss{step}"], rtol=1e-9)
        assert_matches(case, f"grad_X{step}", output.grad.numpy())
        np.testing.assert_allclose(regularizer.levels.grad, case[f"grad_levels{step}"], rtol=1e-9)
        optimizer.step()
    np.testing.assert_allclose(regularizer.levels.detach(), case["levels_traj"][steps], rtol=1e-9)


def test_the_zero_diagonal_makes_the_deviation_depend_on_the_batch_size():
    def deviation(count, **options):
        loss = MultiLevelDistanceRegularization(**options)
        loss(random_rows(count, 512))
        return loss.running_std.item()

    assert deviation(32) > 1.7 * deviation(128)
    off_diagonal = [deviation(count, zero_diagonal=False) for count in (32, 128)]
    assert off_diagonal[0] == pytest.approx(off_diagonal[1], rel=0.15)


def test_without_the_diagonal_two_embeddings_do_not_spread():
    rows = random_rows(2).requires_grad_()
    value = MultiLevelDistanceRegularization(zero_diagonal=False)(rows)
    value.backward()
    assert value.item() == 0.0
    assert not rows.grad.any()


def test_identical_embeddings_are_pulled_nowhere():
    rows = torch.ones(6, 3, dtype=torch.float64, requires_grad=True)
    value = MultiLevelDistanceRegularization()(rows)
    value.backward()
    assert value.item() == pytest.approx(0.44, abs=0.01)
    assert not rows.grad.any()


def test_a_batch_of_one_is_not_counted():
    loss = MultiLevelDistanceRegularization()
    loss(random_rows(1))
    assert loss.num_updates == 0
    assert loss.running_mean == 0


def test_a_distance_halfway_between_two_levels_belongs_to_the_lower():
    loss = MultiLevelDistanceRegularization((1.0, -1.0), momentum=1.0)
    loss.running_mean.fill_(2.0)
    loss.running_std.fill_(1.0)
    loss.num_updates.fill_(1)
    loss(torch.tensor([[0.0], [2.0]], dtype=torch.float64)).backward()
    assert loss.levels.grad.tolist() == [0.0, -1.0]


def test_levels_take_any_order():
    rows = random_rows(9)
    shuffled = MultiLevelDistanceRegularization((3.0, -3.0, 0.0))
    ordered = MultiLevelDistanceRegularization((-3.0, 0.0, 3.0))
    assert shuffled(rows).item() == ordered(rows).item()
    shuffled(rows).backward()
    ordered(rows).backward()
    assert shuffled.levels.grad[[1, 2, 0]].tolist() == ordered.levels.grad.tolist()


def test_division_gives_a_mean_distance_of_one_and_leaves_a_single_row():
    rows = normalize_by_mean_distance(random_rows(6))
    assert torch.pdist(rows).mean().item() == pytest.approx(1.0, rel=1e-12)
    single = random_rows(1)
    assert torch.equal(normalize_by_mean_distance(single), single)
