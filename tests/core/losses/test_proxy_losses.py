from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.losses import ProxyAnchorLoss, ProxyNCALoss
from tests.core.losses.golden_cases import assert_matches, cases

LABELS = [0, 3, 3, 1, 0, 0]


def with_proxies(loss, proxies):
    loss.double().proxies.data.copy_(torch.as_tensor(proxies))
    return loss


def nca_of(case):
    hyper, classes, dimensions = case.hyper, *case["proxies"].shape
    if "classic" in case.name:
        return ProxyNCALoss(classes, dimensions, hyper["scale"])
    if "dichotomies" in case.name:
        return SmoothedInSinglePrecision(classes, dimensions, math.sqrt(hyper["sx"] * hyper["sp"]), hyper["smoothing"])
    # pytorch-metric-learning multiplies the squared distance of unit vectors by its scale.
    scale = math.sqrt(hyper["scale"]) if "pml" in case.name else hyper["scale"]
    return ProxyNCALoss(classes, dimensions, scale, "softmax")


class SmoothedInSinglePrecision(ProxyNCALoss):
    """That code keeps its smoothed labels in single precision; the loss is linear in the labels."""

    def __init__(self, classes, dimensions, scale, smoothing):
        super().__init__(classes, dimensions, scale, "softmax")
        self.own = float(np.float32(1 - smoothing))
        self.rest = float(np.float32(smoothing / (classes - 1))) * (classes - 1)

    def forward(self, embeddings, labels):
        self.smoothing = 0.0
        own = super().forward(embeddings, labels)
        self.smoothing = 1.0
        return self.own * own + self.rest * super().forward(embeddings, labels)


def anchor_of(case):
    return ProxyAnchorLoss(*case["proxies"].shape, case.hyper["mrg"], case.hyper["alpha"])


GOLDEN = [(case, anchor_of) for case in cases("proxy_anchor")] + [(case, nca_of) for case in cases("proxy_nca")]


@pytest.mark.parametrize(("case", "make"), GOLDEN, ids=lambda item: getattr(item, "name", ""))
def test_equals_the_official_code(case, make):
    loss = with_proxies(make(case), case["proxies"])
    embeddings = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    value = loss(embeddings, torch.tensor(case["labels"]))
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9)
    assert_matches(case, "grad_X", embeddings.grad.numpy())
    assert_matches(case, "grad_proxies", loss.proxies.grad.numpy())


def batch(classes=5, dimensions=4, seed=0):
    random = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(len(LABELS), dimensions, generator=random, dtype=torch.float64)
    proxies = torch.randn(classes, dimensions, generator=random, dtype=torch.float64)
    cosines = torch.nn.functional.normalize(proxies) @ torch.nn.functional.normalize(embeddings).T
    return embeddings, proxies, cosines.tolist()


@pytest.mark.parametrize("classes", [4, 5])
def test_proxy_anchor_equals_a_slow_loop(classes):
    embeddings, proxies, s = batch(classes)
    positive_terms, negative_terms = [], []
    for c in range(classes):
        own = [s[c][i] for i, label in enumerate(LABELS) if label == c]
        other = [s[c][i] for i, label in enumerate(LABELS) if label != c]
        if own:
            positive_terms.append(math.log(1 + sum(math.exp(-6 * (value - 0.2)) for value in own)))
        negative_terms.append(math.log(1 + sum(math.exp(6 * (value + 0.2)) for value in other)))
    loss = with_proxies(ProxyAnchorLoss(classes, 4, margin=0.2, alpha=6), proxies)
    value = loss(embeddings, torch.tensor(LABELS))
    assert value.item() == pytest.approx(np.mean(positive_terms) + np.mean(negative_terms), rel=1e-12)
    assert loss.terms["positive"].item() == pytest.approx(np.mean(positive_terms), rel=1e-12)


def test_two_classes_are_no_exception_to_proxy_anchor():
    """The official code loses one of two columns of labels."""
    embeddings, proxies, s = batch(2)
    labels = [0, 1, 1, 0, 1, 1]
    expected = 0.0
    for c in range(2):
        own = sum(math.exp(-32 * (s[c][i] - 0.1)) for i in range(6) if labels[i] == c)
        other = sum(math.exp(32 * (s[c][i] + 0.1)) for i in range(6) if labels[i] != c)
        expected += (math.log(1 + own) + math.log(1 + other)) / 2
    loss = with_proxies(ProxyAnchorLoss(2, 4), proxies)
    assert loss(embeddings, torch.tensor(labels)).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("form", ["classic", "softmax"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_proxy_nca_equals_a_slow_loop(form, smoothing):
    embeddings, proxies, s = batch()
    losses = []
    for i, label in enumerate(LABELS):
        d = [2 * 2.5**2 * (1 - s[c][i]) for c in range(5)]
        counted = [c for c in range(5) if form == "softmax" or c != label]
        expected = (1 - smoothing) * d[label] + sum(smoothing / 4 * d[c] for c in range(5) if c != label)
        losses.append(expected + math.log(sum(math.exp(-d[c]) for c in counted)))
    loss = with_proxies(ProxyNCALoss(5, 4, 2.5, form, smoothing), proxies)
    assert loss(embeddings, torch.tensor(LABELS)).item() == pytest.approx(np.mean(losses), rel=1e-9)


@pytest.mark.parametrize("form", ["classic", "softmax"])
def test_a_single_class_teaches_proxy_nca_nothing(form):
    loss = ProxyNCALoss(1, 4, form=form)
    value = loss(torch.randn(3, 4), torch.zeros(3, dtype=torch.int64))
    value.backward()
    assert value.item() == 0.0
    assert not loss.proxies.grad.any()


def test_steep_similarities_do_not_overflow():
    embeddings, proxies, _ = batch()
    for loss in (ProxyAnchorLoss(5, 4, alpha=2000), ProxyNCALoss(5, 4, scale=60), ProxyNCALoss(5, 4, 60, "softmax")):
        double = with_proxies(loss, proxies)(embeddings, torch.tensor(LABELS))
        single = loss.float()(embeddings.float(), torch.tensor(LABELS))
        assert single.item() == pytest.approx(double.item(), rel=1e-4)
        single.backward()
        assert loss.proxies.grad.isfinite().all()


def test_the_length_of_a_proxy_does_not_matter():
    embeddings, proxies, _ = batch()
    values = [
        with_proxies(ProxyAnchorLoss(5, 4), factor * proxies)(embeddings, torch.tensor(LABELS)).item()
        for factor in (1e-6, 1.0, 1e6)
    ]
    assert values == pytest.approx([values[1]] * 3, rel=1e-12)


def test_labels_may_be_of_any_whole_type():
    embeddings, proxies, _ = batch()
    for loss in (ProxyAnchorLoss(5, 4), ProxyNCALoss(5, 4)):
        with_proxies(loss, proxies)
        values = {loss(embeddings, torch.tensor(LABELS, dtype=kind)).item() for kind in (torch.int64, torch.uint8)}
        assert len(values) == 1


@pytest.mark.parametrize("loss", [ProxyAnchorLoss(5, 4), ProxyNCALoss(5, 4)], ids=["anchor", "nca"])
def test_what_does_not_fit_the_proxies_is_refused(loss):
    with pytest.raises(TrainingError, match=r"shape \(6, 3\); expected \(B, 4\)"):
        loss(torch.zeros(6, 3), torch.tensor(LABELS))
    with pytest.raises(TrainingError, match="labels are 0 to 5; expected 0 to 4, one for each of the 5 proxies"):
        loss(torch.zeros(2, 4), torch.tensor([0, 5]))
