from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.losses import BinaryTripletLoss, DenseTripletLoss, LogRatioLoss
from tests.core.losses.golden_cases import assert_matches, cases

GOLDEN = list(cases("logratio"))
OF_LOSSES = [case for case in GOLDEN if case.name.startswith("lr_")]
PAPER = [case for case in GOLDEN if case.name.startswith("paper_")]


def named(chosen):
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


def has_triplets(case):
    return not np.isnan(case["loss"])


def batch(seed=0, count=8, dimensions=5, labels=2):
    random = torch.Generator().manual_seed(seed)
    rows = torch.randn(count, dimensions, generator=random, dtype=torch.float64)
    return rows, torch.randn(count, labels, generator=random, dtype=torch.float64)


def loss_of(case):
    return DenseTripletLoss(case.hyper["margin"]) if "densetriplet" in case.name else LogRatioLoss()


def prepared(case):
    rows = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    taken = rows / (rows.square().sum(dim=1, keepdim=True) + 1e-10).sqrt() if case.hyper["l2norm"] else rows
    return rows, taken


@named(list(filter(has_triplets, OF_LOSSES)))
def test_equals_the_official_code(case):
    rows, taken = prepared(case)
    apart = torch.tensor(case["gt"], dtype=torch.float64)
    value = loss_of(case)(taken, target_distances=apart)
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9)
    assert_matches(case, "grad_X", rows.grad.numpy())


@named(list(filter(has_triplets, OF_LOSSES)))
def test_targets_give_the_same_as_their_distances(case):
    """The stored targets are rounded to single precision."""
    _, taken = prepared(case)
    value = loss_of(case)(taken, torch.tensor(case["Y"], dtype=torch.float64))
    if "zero" in case.name or "densetriplet" in case.name:
        return  # the logarithm of a rounded zero, and the order of rounded ties, are something else
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-4)


@named([case for case in OF_LOSSES if not has_triplets(case)])
def test_two_embeddings_make_no_triplet(case):
    """The official code divides 0 by 0 there."""
    rows, taken = prepared(case)
    value = loss_of(case)(taken, target_distances=torch.ones(1))
    value.backward()
    assert value.item() == 0.0
    assert not rows.grad.any()


@named(PAPER)
def test_the_paper_form_equals_loops_over_its_formula(case):
    rows = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    value = LogRatioLoss("paper")(rows, torch.tensor(case["Y"], dtype=torch.float64))
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9)
    assert_matches(case, "grad_X", rows.grad.numpy())


def slow(rows, labels, anchors, form):
    """The definition, triplet by triplet, in plain Python."""
    rows, labels = rows.tolist(), labels.tolist()
    ridge = 1e-4 / len(rows[0])

    def logarithms(a, i):
        apart, labels_apart = math.dist(rows[a], rows[i]), math.dist(labels[a], labels[i])
        if form == "paper":
            return math.log(apart**2), math.log(labels_apart**2)
        return math.log(math.sqrt(apart**2 + ridge) + 1e-6), math.log(labels_apart + 1e-6)

    terms = []
    for a in anchors:
        others = [i for i in range(len(rows)) if i != a and (form == "official" or labels[i] != labels[a])]
        for position, i in enumerate(others):
            for j in others if form == "paper" else others[position + 1 :]:
                if form == "paper" and not math.dist(labels[a], labels[i]) < math.dist(labels[a], labels[j]):
                    continue
                (f_i, y_i), (f_j, y_j) = logarithms(a, i), logarithms(a, j)
                terms.append(((f_i - f_j) - (y_i - y_j)) ** 2)
    return sum(terms) / len(terms)


@pytest.mark.parametrize("form", ["official", "paper"])
@pytest.mark.parametrize("anchors", ["first", "all"])
@pytest.mark.parametrize("seed", range(2))
def test_equals_a_slow_loop(form, anchors, seed):
    rows, labels = batch(seed)
    chosen = range(len(rows)) if anchors == "all" else [0]
    value = LogRatioLoss(form, anchors)(rows, labels)
    assert value.item() == pytest.approx(slow(rows, labels, chosen, form), rel=1e-9)


@pytest.mark.parametrize("anchors", ["first", "all"])
def test_the_paper_form_leaves_out_ties(anchors):
    rows, _ = batch(seed=3)
    labels = torch.tensor([0.0, 1.0, -1.0, 2.0, 2.0, -2.0, 5.0, 7.0], dtype=torch.float64)[:, None]
    chosen = range(len(rows)) if anchors == "all" else [0]
    value = LogRatioLoss("paper", anchors)(rows, labels)
    assert value.item() == pytest.approx(slow(rows, labels, chosen, "paper"), rel=1e-9)


def test_others_that_coincide_with_the_anchor_are_left_out_of_the_paper_form():
    rows, labels = batch(seed=4)
    rows[2], labels[3] = rows[0], labels[0]
    rows.requires_grad_()
    value = LogRatioLoss("paper")(rows, labels)
    value.backward()
    kept = [0, 1, 4, 5, 6, 7]
    assert value.item() == pytest.approx(slow(rows.detach()[kept], labels[kept], [0], "paper"), rel=1e-9)
    assert not rows.grad[[2, 3]].any()


def test_a_matrix_of_distances_serves_first_and_all():
    rows, labels = batch(seed=5)
    matrix = torch.cdist(labels, labels, compute_mode="donot_use_mm_for_euclid_dist")
    for anchors in ("first", "all"):
        loss = LogRatioLoss(anchors=anchors)
        assert loss(rows, target_distances=matrix).item() == pytest.approx(loss(rows, labels).item(), rel=1e-12)
    first = LogRatioLoss()
    assert first(rows, target_distances=matrix[0]).item() == first(rows, target_distances=matrix[0, 1:]).item()


def test_preserved_ratios_cost_nothing():
    _, labels = batch(seed=6)
    rows = torch.cat([3 * labels, torch.zeros(len(labels), 2, dtype=torch.float64)], dim=1)
    assert LogRatioLoss("paper", "all")(rows, labels).item() == pytest.approx(0.0, abs=1e-20)
    assert LogRatioLoss("official", "all")(rows, labels).item() < 1e-5


def test_one_number_a_label_is_a_column():
    rows, labels = batch(seed=7, labels=1)
    assert LogRatioLoss()(rows, labels[:, 0]).item() == LogRatioLoss()(rows, labels).item()


@pytest.mark.parametrize(
    ("anchors", "arguments", "words"),
    [
        ("first", {}, "none were given"),
        ("first", {"targets": torch.ones(8, 2), "target_distances": torch.ones(7)}, "both were given"),
        ("first", {"targets": torch.ones(7, 2)}, r"shape \(7, 2\); expected \(8, T\)"),
        ("first", {"target_distances": torch.ones(6)}, r"shape \(6,\); expected \(7,\)"),
        ("all", {"target_distances": torch.ones(7)}, r"expected \(8, 8\)"),
    ],
)
def test_what_does_not_fit_the_batch_is_refused(anchors, arguments, words):
    rows, _ = batch()
    with pytest.raises(TrainingError, match=words):
        LogRatioLoss(anchors=anchors)(rows, **arguments)


def slow_dense_triplet(rows, apart, margin):
    order = sorted(range(1, len(rows)), key=lambda row: apart[row - 1])
    ridge = 1e-4 / len(rows[0])
    s = [math.dist(rows[0], rows[row]) ** 2 + ridge for row in order]
    hinges = [max(s[i] - s[j] + margin, 1e-12) for i in range(len(s)) for j in range(i + 1, len(s))]
    return sum(hinges) / len(hinges)


@pytest.mark.parametrize("seed", range(3))
def test_dense_triplets_equal_a_slow_loop(seed):
    rows, labels = batch(seed)
    apart = (labels[1:] - labels[0]).norm(dim=1)
    expected = slow_dense_triplet(rows.tolist(), apart.tolist(), 0.4)
    loss = DenseTripletLoss(0.4)
    assert loss(rows, labels).item() == pytest.approx(expected, rel=1e-12)
    assert 0 < loss.terms["active"].item() < 1


@named([case for case in GOLDEN if case.name == "naive_triplet"])
def test_binary_triplets_equal_the_official_code(case):
    triplets = torch.tensor(case["triplets"], dtype=torch.float64, requires_grad=True)
    value = BinaryTripletLoss(case.hyper["margin"]).of_triplets(*triplets)
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9)
    assert_matches(case, "grad", triplets.grad.numpy())


@pytest.mark.parametrize("seed", range(3))
def test_binary_triplets_equal_a_slow_loop(seed):
    rows, labels = batch(seed)
    apart = (labels[1:] - labels[0]).norm(dim=1).tolist()
    order = sorted(range(1, len(rows)), key=lambda row: apart[row - 1])
    s = [math.dist(rows[0].tolist(), rows[row].tolist()) ** 2 + 1e-4 / 5 for row in order]
    hinges = [max(near - far + 2.5, 1e-12) for near in s[:3] for far in s[3:]]
    loss = BinaryTripletLoss(2.5, positives=3)
    assert loss(rows, labels).item() == pytest.approx(sum(hinges) / len(hinges), rel=1e-12)
