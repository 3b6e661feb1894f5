"""The library's losses: its own published values, slow loops of the papers' formulas, and what the adapter adds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.losses import PMLLoss
from core.losses.pml_settings import (
    LIBRARY,
    ArcFaceSettings,
    CircleSettings,
    ContrastiveCosineSettings,
    ContrastiveSettings,
    CosFaceSettings,
    FastAPSettings,
    GeneralizedLiftedSettings,
    LiftedStructureSettings,
    MarginSettings,
    NormalizedSoftmaxSettings,
    NPairSettings,
    NTXentSettings,
    SoftTripleSettings,
    SubCenterArcFaceSettings,
    SupConSettings,
)
from tests.core.losses.golden_cases import assert_matches, cases

PUBLISHED = {
    "contrastive_dist": ContrastiveSettings(),
    "contrastive_cos": ContrastiveCosineSettings(),
    "lifted": LiftedStructureSettings(),
    "gen_lifted": GeneralizedLiftedSettings(),
    "npairs": NPairSettings(),
    "npairs_raw": NPairSettings(normalize=False),
    "ntxent": NTXentSettings(),
}
GOLDEN = [case for case in cases("pml_pairs") if case.name.split("__")[1] in PUBLISHED]
LABELS = (0, 0, 1, 1, 1, 2, 3, 3)
CLASSES, DIMENSIONS = 4, 5


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.name)
def test_has_the_librarys_published_values(case):
    embeddings = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    value = PMLLoss(PUBLISHED[case.name.split("__")[1]])(embeddings, torch.tensor(case["labels"]))
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9, abs=1e-15)
    if "dup" not in case.name:  # where rows are equal a distance has no gradient, and any will do
        assert_matches(case, "grad_X", embeddings.grad.numpy())


class Batch:
    """A small batch as plain numbers: cosines S, distances d of unit rows, inner products, weights' cosines."""

    def __init__(self, seed=0, labels=LABELS):
        random = torch.Generator().manual_seed(seed)
        self.embeddings = torch.randn(len(labels), DIMENSIONS, generator=random, dtype=torch.float64)
        self.labels = torch.tensor(labels)
        X = self.embeddings.numpy()
        unit = X / np.linalg.norm(X, axis=1, keepdims=True)
        self.S, self.products = unit @ unit.T, X @ X.T
        self.d = np.array([[np.linalg.norm(one - other) for other in unit] for one in unit])
        self.unit, self.y, self.rows = unit, list(labels), range(len(labels))

    def own(self, i):
        return [j for j in self.rows if j != i and self.y[j] == self.y[i]]

    def other(self, i):
        return [k for k in self.rows if self.y[k] != self.y[i]]

    def pairs(self):
        return [(i, j) for i in self.rows for j in self.own(i)]

    def cosines_to(self, weights):
        columns = weights.detach().numpy()
        return self.unit @ (columns / np.linalg.norm(columns, axis=0))


def mean_of_positive(values):
    above = [value for value in values if value > 0]
    return sum(above) / len(above) if above else 0.0


def cross_entropy(logits, labels):
    return np.mean([np.log(np.exp(row).sum()) - row[label] for row, label in zip(logits, labels, strict=True)])


def contrastive(b, loss):
    negative_terms = [max(0, 1 - b.d[i, k]) for i in b.rows for k in b.other(i)]
    return mean_of_positive([b.d[i, j] for i, j in b.pairs()]) + mean_of_positive(negative_terms)


def contrastive_cosine(b, loss):
    negative_terms = [max(0, b.S[i, k] - 0.5) for i in b.rows for k in b.other(i)]
    return mean_of_positive([1 - b.S[i, j] for i, j in b.pairs()]) + mean_of_positive(negative_terms)


def lifted(b, loss):
    values = []
    for i, j in b.pairs():
        negative_terms = [math.exp(1 - b.d[end, k]) for end in (i, j) for k in b.other(end)]
        values.append(max(0, math.log(sum(negative_terms)) + b.d[i, j]) ** 2 / 2)
    return np.mean(values)


def generalized_lifted(b, loss):
    def log_sum(values):
        return math.log(sum(map(math.exp, values))) if values else 0.0

    positive_terms = [log_sum([b.d[i, j] for j in b.own(i)]) for i in b.rows]
    negative_terms = [log_sum([1 - b.d[i, k] for k in b.other(i)]) for i in b.rows]
    return np.mean([max(0, pull + push) for pull, push in zip(positive_terms, negative_terms, strict=True)])


def n_pair(b, loss, similarities=None):
    similarities = b.S if similarities is None else similarities
    first = {}
    for i, j in b.pairs():
        first.setdefault(b.y[i], (i, j))
    anchors, positives = zip(*first.values(), strict=True)
    return cross_entropy(similarities[np.ix_(anchors, positives)], range(len(anchors)))


def margin(b, loss):
    positive_terms, negative_terms = [], []
    for i, j in b.pairs():
        for k in b.other(i):
            positive_terms.append(max(0, b.d[i, j] - 1.2 + 0.2))
            negative_terms.append(max(0, 1.2 - b.d[i, k] + 0.2))
    return sum(positive_terms + negative_terms) / sum(value > 0 for value in positive_terms + negative_terms)


def supcon(b, loss):
    values = []
    for i in b.rows:
        total = sum(math.exp(b.S[i, j] / 0.1) for j in b.rows if j != i)
        shares = [-math.log(math.exp(b.S[i, j] / 0.1) / total) for j in b.own(i)]
        values.append(np.mean(shares) if shares else 0.0)
    return mean_of_positive(values)


def nt_xent(b, loss):
    values = []
    for i, j in b.pairs():
        own = math.exp(b.S[i, j] / 0.1)
        values.append(-math.log(own / (own + sum(math.exp(b.S[i, k] / 0.1) for k in b.other(i)))))
    return np.mean(values)


def circle(b, loss):
    values = []
    for i in b.rows:
        positive_terms = sum(math.exp(-8 * max(0, 1.4 - b.S[i, j]) * (b.S[i, j] - 0.6)) for j in b.own(i))
        negative_terms = sum(math.exp(8 * max(0, b.S[i, k] + 0.4) * (b.S[i, k] - 0.4)) for k in b.other(i))
        values.append(math.log(1 + positive_terms * negative_terms))
    return mean_of_positive(values)


def fast_ap(b, loss):
    values = []
    for i in b.rows:
        if not b.own(i):
            continue
        bins = {sign: np.zeros(11) for sign in ("own", "other")}
        for sign, members in (("own", b.own(i)), ("other", b.other(i))):
            for j in members:
                bins[sign] += np.maximum(0, 1 - np.abs(b.d[i, j] ** 2 - np.linspace(0, 4, 11)) / 0.4)
        ahead = np.cumsum(bins["own"])
        everything = ahead + np.cumsum(bins["other"])
        counted = everything > 0
        precision = (bins["own"] * ahead)[counted] / everything[counted]
        values.append(1 - precision.sum() / len(b.own(i)))
    return np.mean(values)


def arcface(b, loss):
    cosines = b.cosines_to(loss.library.W)
    for i in b.rows:
        cosines[i, b.y[i]] = math.cos(math.acos(cosines[i, b.y[i]]) + math.radians(28.6))
    return cross_entropy(8 * cosines, b.y)


def sub_center_arcface(b, loss):
    nearest = b.cosines_to(loss.library.W).reshape(len(b.y), CLASSES, 3).max(axis=2)
    for i in b.rows:
        nearest[i, b.y[i]] = math.cos(math.acos(nearest[i, b.y[i]]) + math.radians(28.6))
    return cross_entropy(8 * nearest, b.y)


def cosface(b, loss):
    cosines = b.cosines_to(loss.library.W)
    cosines[b.rows, b.y] -= 0.35
    return cross_entropy(8 * cosines, b.y)


def normalized_softmax(b, loss):
    return cross_entropy(b.cosines_to(loss.library.W) / 0.05, b.y)


def soft_triple(b, loss):
    cosines = b.cosines_to(loss.library.fc).reshape(len(b.y), CLASSES, 10)
    shares = np.exp(cosines / 0.1) / np.exp(cosines / 0.1).sum(axis=2, keepdims=True)
    similarities = (shares * cosines).sum(axis=2)
    similarities[b.rows, b.y] -= 0.01
    return cross_entropy(20 * similarities, b.y)


SLOW = {
    ContrastiveSettings(): contrastive,
    ContrastiveCosineSettings(): contrastive_cosine,
    LiftedStructureSettings(): lifted,
    GeneralizedLiftedSettings(): generalized_lifted,
    NPairSettings(): n_pair,
    NPairSettings(normalize=False): lambda b, loss: n_pair(b, loss, b.products),
    MarginSettings(sampling="all"): margin,
    SupConSettings(): supcon,
    NTXentSettings(): nt_xent,
    CircleSettings(gamma=8.0): circle,
    FastAPSettings(): fast_ap,
    ArcFaceSettings(scale=8.0): arcface,
    SubCenterArcFaceSettings(scale=8.0): sub_center_arcface,
    CosFaceSettings(scale=8.0): cosface,
    NormalizedSoftmaxSettings(): normalized_softmax,
    SoftTripleSettings(): soft_triple,
}


def test_every_loss_of_the_library_has_a_slow_loop():
    assert {type(settings) for settings in SLOW} == set(LIBRARY)


@pytest.mark.parametrize("settings", SLOW, ids=lambda settings: settings.name)
@pytest.mark.parametrize("seed", range(2))
def test_equals_a_slow_loop(settings, seed):
    torch.manual_seed(seed)
    loss, batch = PMLLoss(settings, CLASSES, DIMENSIONS).double(), Batch(seed)
    # The library keeps the margin loss's boundary in single precision.
    tolerance = 1e-7 if settings.name == "margin" else 1e-9
    assert loss(batch.embeddings, batch.labels).item() == pytest.approx(SLOW[settings](batch, loss), rel=tolerance)


def test_the_margin_loss_draws_its_negatives_by_distance():
    batch = Batch()
    loss = PMLLoss(MarginSettings())
    values = {loss(batch.embeddings, batch.labels).item() for _ in range(20)}
    assert len(values) > 1
    assert all(math.isfinite(value) and value > 0 for value in values)


def test_learned_boundaries_are_one_for_each_class():
    batch = Batch()
    settings = MarginSettings(sampling="all", learn_beta=True, nu=0.5, beta_lr_mult=7.0)
    loss = PMLLoss(settings, CLASSES, DIMENSIONS).double()
    assert settings.proxy_lr_mult == 7.0
    assert loss.library.beta.shape == (CLASSES,)
    loss(batch.embeddings, batch.labels).backward()
    # Class 2 has a single image, so no triplet of its own.
    assert (loss.library.beta.grad != 0).tolist() == [True, True, False, True]
    assert loss.terms["boundaries"].item() > 0


def test_stored_weights_keep_their_type():
    """The library would convert them in place, and the optimiser's averages would not follow."""
    batch = Batch()
    loss = PMLLoss(ArcFaceSettings(), CLASSES, DIMENSIONS)
    value = loss(batch.embeddings, batch.labels)
    value.backward()
    assert value.dtype == torch.float64
    assert loss.library.W.dtype == loss.library.W.grad.dtype == torch.float32


def test_terms_are_the_parts_of_the_loss():
    batch = Batch()
    loss = PMLLoss(ContrastiveSettings())
    value = loss(batch.embeddings, batch.labels)
    assert set(loss.terms) == {"positive", "negative"}
    assert sum(loss.terms.values()).item() == pytest.approx(value.item())
    loss(batch.embeddings, torch.zeros(len(LABELS), dtype=torch.int64))
    assert loss.terms["negative"].item() == 0.0


def test_labels_without_weights_are_refused():
    batch = Batch()
    with pytest.raises(TrainingError, match="labels are 0 to 3; expected 0 to 2"):
        PMLLoss(CosFaceSettings(), 3, DIMENSIONS)(batch.embeddings, batch.labels)
    with pytest.raises(TrainingError, match=r"shape \(8, 5\); expected \(B, 6\)"):
        PMLLoss(CosFaceSettings(), CLASSES, 6)(batch.embeddings, batch.labels)
