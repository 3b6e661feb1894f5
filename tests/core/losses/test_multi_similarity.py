from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.losses import MultiSimilarityLoss
from tests.core.losses.golden_cases import assert_matches, cases

GOLDEN = list(cases("ms"))
PAIRS = list(cases("pml_pairs"))


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


def published(suffix):
    """Cases of pytorch-metric-learning."""
    chosen = [case for case in PAIRS if case.name.endswith(f"__{suffix}")]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


@published("ms_nominer")
def test_without_mining_equals_another_library(case):
    embeddings = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    value = MultiSimilarityLoss(mining=False)(embeddings, torch.tensor(case["labels"]))
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9, abs=1e-15)
    if "grad_X" in case:
        assert_matches(case, "grad_X", embeddings.grad.numpy())


@published("miner_ms_miner")
def test_mines_what_another_library_mines(case):
    loss = MultiSimilarityLoss(epsilon=case.hyper["epsilon_or_margin"])
    positive, negative = loss.mine(torch.tensor(case["X"], dtype=torch.float64), torch.tensor(case["labels"]))
    for pairs, (anchors, others) in ((positive, ("i0", "i1")), (negative, ("i2", "i3"))):
        expected = zip(case[anchors].tolist(), case[others].tolist(), strict=True)
        assert pairs.tolist() == sorted(map(list, expected))


@pytest.mark.parametrize(
    "case", [case for case in GOLDEN if case.name.endswith(("__paper", "__code"))], ids=lambda case: case.name
)
def test_presets_have_the_values_of_their_names(case):
    preset = MultiSimilarityLoss.paper() if case.name.endswith("__paper") else MultiSimilarityLoss.official_code()
    preset.legacy_self_pair = True
    value = preset(torch.tensor(case["X"], dtype=torch.float64), torch.tensor(case["labels"]))
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9, abs=1e-15)


def test_only_the_official_preset_drops_duplicates():
    assert MultiSimilarityLoss.official_code().legacy_self_pair
    assert not MultiSimilarityLoss.paper().legacy_self_pair


def test_without_weighting_all_mined_pairs_of_an_anchor_weigh_the_same():
    embeddings, labels = batch(seed=11)
    loss = MultiSimilarityLoss(weighting=False)
    value = loss(embeddings, labels)
    unit = torch.nn.functional.normalize(embeddings)
    S = unit @ unit.T
    positive, negative = loss.mine(embeddings, labels)
    expected = 0.0
    for i in range(len(labels)):
        own, other = S[i, positive[positive[:, 0] == i, 1]], S[i, negative[negative[:, 0] == i, 1]]
        expected += ((1 - own).mean() if len(own) else 0) + ((1 + other).mean() if len(other) else 0)
    assert value.item() == pytest.approx(float(expected) / len(labels), rel=1e-12)


def test_steep_weights_do_not_overflow():
    embeddings, labels = batch(seed=12)
    expected = MultiSimilarityLoss(300.0, 400.0, -0.5)(embeddings, labels)
    single = embeddings.float().requires_grad_()
    value = MultiSimilarityLoss(300.0, 400.0, -0.5)(single, labels)
    value.backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    assert single.grad.isfinite().all()


def test_mining_an_empty_batch_finds_nothing():
    positive, negative = MultiSimilarityLoss().mine(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    assert positive.shape == negative.shape == (0, 2)


def test_duplicates_are_positives_of_each_other():
    """The official code drops the pair because it looks like the anchor itself; an independent library keeps it."""
    case = next(case for case in GOLDEN if case.name == "duphard__code")
    loss = MultiSimilarityLoss(2.0, 40.0, 0.5, 0.1)
    value = loss(torch.tensor(case["X"], dtype=torch.float64), torch.tensor(case["labels"]))
    assert value.item() == pytest.approx(0.90493943615, rel=1e-9)


def test_the_length_of_an_embedding_does_not_matter():
    embeddings, labels = batch(seed=7)
    lengths = torch.linspace(0.1, 9, len(labels), dtype=torch.float64)[:, None]
    loss = MultiSimilarityLoss()
    assert loss(lengths * embeddings, labels).item() == pytest.approx(loss(embeddings, labels).item(), rel=1e-9)


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


def test_terms_add_up_to_the_loss():
    embeddings, labels = batch(seed=10)
    loss = MultiSimilarityLoss()
    value = loss(embeddings, labels)
    assert (loss.terms["positive"] + loss.terms["negative"]).item() == pytest.approx(value.item())
    assert not loss.terms["positive"].requires_grad
