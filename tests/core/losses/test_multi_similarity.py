from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.losses import MultiSimilarityLoss
from tests.core.losses.golden_cases import assert_matches, cases

GOLDEN = list(cases("ms"))


def batch(seed=0, classes=4, images=3, dimensions=6):
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(classes).repeat_interleave(images)
    return torch.randn(len(labels), dimensions, generator=random, dtype=torch.float64), labels


def slow_loss(embeddings, labels, alpha, beta, base, epsilon):
    """The definition, pair by pair, in plain Python."""
    unit = [row / max(float(np.linalg.norm(row)), 1e-12) for row in embeddings.numpy()]
    count = len(unit)
    total, mined = 0.0, (set(), set())
    for i in range(count):
        positives = {j: float(unit[i] @ unit[j]) for j in range(count) if j != i and labels[j] == labels[i]}
        negatives = {j: float(unit[i] @ unit[j]) for j in range(count) if labels[j] != labels[i]}
        if not positives or not negatives:
            continue
        kept_positives = {j: s for j, s in positives.items() if s - epsilon < max(negatives.values())}
        kept_negatives = {j: s for j, s in negatives.items() if s + epsilon > min(positives.values())}
        mined[0].update((i, j) for j in kept_positives)
        mined[1].update((i, j) for j in kept_negatives)
        total += math.log(1 + sum(math.exp(-alpha * (s - base)) for s in kept_positives.values())) / alpha
        total += math.log(1 + sum(math.exp(beta * (s - base)) for s in kept_negatives.values())) / beta
    return total / count, mined


@pytest.mark.parametrize("seed", range(4))
def test_equals_a_slow_loop(seed):
    embeddings, labels = batch(seed)
    loss = MultiSimilarityLoss(alpha=3.0, beta=20.0, base=0.3, epsilon=0.2)
    expected, (positive, negative) = slow_loss(embeddings, labels, 3.0, 20.0, 0.3, 0.2)
    assert loss(embeddings, labels).item() == pytest.approx(expected, rel=1e-12)
    mined = loss.mine(embeddings, labels)
    assert {tuple(pair) for pair in mined[0].tolist()} == positive
    assert {tuple(pair) for pair in mined[1].tolist()} == negative
    assert mined[0].tolist() == sorted(mined[0].tolist())


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.name)
def test_equals_the_official_code(case):
    hyper = case.hyper
    loss = MultiSimilarityLoss(
        hyper["scale_pos"], hyper["scale_neg"], hyper["thresh"], hyper["margin_eps"], legacy_self_pair=True
    )
    embeddings = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    labels = torch.tensor(case["labels"])
    value = loss(embeddings, labels)
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9, abs=1e-15)
    assert_matches(case, "grad_X", embeddings.grad.numpy())
    mined = loss.mine(embeddings, labels)
    for key, pairs in zip(("mined_pos", "mined_neg"), mined, strict=True):
        assert pairs.tolist() == case[key].reshape(-1, 2).tolist()


def has_no_ties(case):
    """Exact ties are decided by rounding, which float32 does differently."""
    return not case.name.startswith("lattice") and "dup" not in case.name


@pytest.mark.parametrize("case", list(filter(has_no_ties, GOLDEN)), ids=lambda case: case.name)
def test_float32_is_close_to_the_official_code(case):
    hyper = case.hyper
    loss = MultiSimilarityLoss(hyper["scale_pos"], hyper["scale_neg"], hyper["thresh"], hyper["margin_eps"])
    value = loss(torch.tensor(case["X"], dtype=torch.float32), torch.tensor(case["labels"]))
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-5, abs=1e-7)


def test_duplicates_are_positives_of_each_other():
    """The official code drops the pair because it looks like the anchor itself; an independent library keeps it."""
    case = next(case for case in GOLDEN if case.name == "duphard__code")
    loss = MultiSimilarityLoss(2.0, 40.0, 0.5, 0.1)
    value = loss(torch.tensor(case["X"], dtype=torch.float64), torch.tensor(case["labels"]))
    assert value.item() == pytest.approx(0.90493943615, rel=1e-9)


def test_gradient_is_that_of_the_value():
    embeddings, labels = batch(seed=5)
    assert torch.autograd.gradcheck(MultiSimilarityLoss(2.0, 10.0), (embeddings.requires_grad_(), labels))


def test_order_of_the_batch_does_not_matter():
    embeddings, labels = batch(seed=6)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))
    loss = MultiSimilarityLoss()
    assert loss(embeddings[order], labels[order]).item() == pytest.approx(loss(embeddings, labels).item(), rel=1e-12)


def test_rotation_and_length_do_not_matter():
    embeddings, labels = batch(seed=7)
    rotation, _ = torch.linalg.qr(batch(seed=8, classes=2, images=3)[0])
    loss = MultiSimilarityLoss()
    assert loss(3 * embeddings @ rotation, labels).item() == pytest.approx(loss(embeddings, labels).item(), rel=1e-9)


@pytest.mark.parametrize(
    "labels",
    [[0, 0, 0, 0], [0, 1, 2, 3], [0], []],
    ids=["one class", "no positive", "single image", "empty"],
)
def test_nothing_to_learn_from_is_zero_and_stays_attached(labels):
    embeddings = torch.randn(len(labels), 5, requires_grad=True)
    value = MultiSimilarityLoss()(embeddings, torch.tensor(labels, dtype=torch.int64))
    value.backward()
    assert value.item() == 0.0
    assert torch.equal(embeddings.grad, torch.zeros_like(embeddings))


def test_identical_and_zero_embeddings_give_finite_gradients():
    for embeddings in (torch.ones(4, 3), torch.zeros(4, 3)):
        embeddings.requires_grad_()
        value = MultiSimilarityLoss()(embeddings, torch.tensor([0, 0, 1, 1]))
        value.backward()
        assert value.isfinite()
        assert embeddings.grad.isfinite().all()


def test_is_computed_in_float32_under_autocast():
    embeddings, labels = batch(seed=9)
    single = embeddings.float()
    expected = MultiSimilarityLoss()(single, labels)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = MultiSimilarityLoss()(single, labels)
    assert value.dtype == torch.float32
    assert value.item() == expected.item()


def test_terms_add_up_to_the_loss():
    embeddings, labels = batch(seed=10)
    loss = MultiSimilarityLoss()
    value = loss(embeddings, labels)
    assert (loss.terms["positive"] + loss.terms["negative"]).item() == pytest.approx(value.item())
    assert not loss.terms["positive"].requires_grad
