from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.losses import MultiObjectiveLoss, MultiSimilarityLoss, PMLLoss, TripletLoss
from core.losses.pair_weighting import DEFAULTS, pair_gradients, pair_weights, weighted_surrogate
from core.losses.pml_settings import ContrastiveCosineSettings
from tests.core.losses.golden_cases import assert_matches, cases

GOLDEN = list(cases("gpw"))
PAIRS = list(cases("pml_pairs"))
NAMES = {"ms": "multi-similarity"}
SETTINGS = {"lam": "base", "eps": "epsilon"}
LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 3])


def similarities(seed=0, count=8):
    random = torch.Generator().manual_seed(seed)
    unit = torch.nn.functional.normalize(torch.randn(count, 4, generator=random, dtype=torch.float64))
    return unit @ unit.T


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.name)
def test_weights_equal_the_closed_forms(case):
    name = case.name.split("__")[1].split("_")[0]
    settings = {SETTINGS.get(key, key): value for key, value in case.hyper.items()}
    similarity = torch.tensor(case["S"], dtype=torch.float64)
    weights = pair_weights(NAMES.get(name, name), similarity, torch.tensor(case["labels"]), **settings)
    assert_matches(case, "W", weights.numpy())


def slow_losses(form, S, labels, base=0.5, alpha=2.0, beta=40.0):
    """Each anchor's loss L_i with plain sums over its pairs."""
    losses = []
    for i in range(len(S)):
        own = [S[i, j] for j in range(len(S)) if j != i and labels[j] == labels[i]]
        other = [S[i, k] for k in range(len(S)) if labels[k] != labels[i]]
        total = 0 * S[i].sum()
        if form == "contrastive":
            total = total - sum(own) + sum((s - base).clamp_min(0) for s in other)
        elif form == "triplet":
            total = total + sum((n - p + base).clamp_min(0) for p in own for n in other)
        elif form == "lifted" and own and other:
            positive_terms, negative_terms = sum((base - s).exp() for s in own), sum((s - base).exp() for s in other)
            total = total + (positive_terms.log() + negative_terms.log()).clamp_min(0)
        elif form == "npair" and own and other:
            total = total + (1 + sum((s - own[0]).exp() for s in other)).log()
        elif form == "binomial":
            total = total + sum((1 + (alpha * (base - s)).exp()).log() for s in own) / max(1, len(own))
            total = total + sum((1 + (beta * (s - base)).exp()).log() for s in other) / max(1, len(other))
        elif form == "multi-similarity":
            total = total + (1 + sum((alpha * (base - s)).exp() for s in own)).log() / alpha if own else total
            total = total + (1 + sum((beta * (s - base)).exp() for s in other)).log() / beta if other else total
        losses.append(total)
    return torch.stack(losses)


FORMS = {
    "contrastive": {"base": 0.1},
    "triplet": {"base": 0.3},
    "lifted": {"base": 0.2},
    "npair": {},
    "binomial": {"base": 0.4, "alpha": 3.0, "beta": 9.0},
    "multi-similarity": {"base": 0.4, "alpha": 3.0, "beta": 9.0},
}


@pytest.mark.parametrize("form", FORMS)
def test_weights_are_the_slopes_of_the_definition(form):
    similarity = similarities(seed=1)
    expected = pair_weights(lambda S, labels: slow_losses(form, S, labels, **FORMS[form]), similarity, LABELS)
    weights = pair_weights(form, similarity, LABELS, **FORMS[form])
    torch.testing.assert_close(weights, expected, rtol=1e-10, atol=1e-12)
    assert weights.any()


@pytest.mark.parametrize("form", FORMS)
def test_the_surrogate_has_the_gradient_of_the_loss(form):
    random = torch.Generator().manual_seed(2)
    embeddings = torch.randn(len(LABELS), 5, generator=random, dtype=torch.float64)

    def gradient(of):
        rows = embeddings.clone().requires_grad_()
        unit = torch.nn.functional.normalize(rows)
        of(unit @ unit.T).backward()
        return rows.grad

    expected = gradient(lambda S: slow_losses(form, S, LABELS, **FORMS[form]).sum())
    given = gradient(lambda S: weighted_surrogate(S, LABELS, pair_weights(form, S, LABELS, **FORMS[form])))
    torch.testing.assert_close(given, expected, rtol=1e-9, atol=1e-12)


def test_the_surrogate_of_multi_similarity_is_its_loss_module():
    random = torch.Generator().manual_seed(3)
    embeddings = torch.randn(len(LABELS), 5, generator=random, dtype=torch.float64)
    rows = [embeddings.clone().requires_grad_() for _ in range(2)]
    MultiSimilarityLoss(3.0, 9.0, 0.4, 0.2)(rows[0], LABELS).backward()
    unit = torch.nn.functional.normalize(rows[1])
    weights = pair_weights("multi-similarity", unit @ unit.T, LABELS, alpha=3.0, beta=9.0, base=0.4, epsilon=0.2)
    weighted_surrogate(unit @ unit.T, LABELS, weights / len(LABELS)).backward()
    torch.testing.assert_close(rows[1].grad, rows[0].grad, rtol=1e-10, atol=1e-12)


def masks(labels):
    same = labels[:, None] == labels
    return same & ~torch.eye(len(labels), dtype=torch.bool), ~same


def mean_over(values, counted):
    return (values * counted).sum(dim=1) / counted.sum(dim=1).clamp_min(1)


def older_lifted(S, labels):
    """log sum_P e^{-2 S} + (1 / 20) log sum_N e^{40 S} of each anchor that has both."""
    positive, negative = masks(labels)
    positive_terms = (-2 * S).masked_fill(~positive, -torch.inf).logsumexp(dim=1)
    negative_terms = (40 * S).masked_fill(~negative, -torch.inf).logsumexp(dim=1) / 20
    return positive_terms + negative_terms


def older_mined_binomial(S, labels):
    """Of the pairs that relative similarity keeps, mean_P log(1 + e^{-2 (S - 0.5)}) and 1 / 20 of mean_N's."""
    positive, negative = masks(labels)
    nearest = S.masked_fill(~negative, -torch.inf).amax(dim=1, keepdim=True)
    farthest = S.masked_fill(~positive, torch.inf).amin(dim=1, keepdim=True)
    positive, negative = positive & (nearest > S - 0.1), negative & (farthest < S + 0.1)
    positive_terms = torch.log1p(torch.exp(-2 * (S - 0.5)))
    negative_terms = torch.log1p(torch.exp(40 * (S - 0.5)))
    return mean_over(positive_terms, positive) + mean_over(negative_terms, negative) / 20


SURROGATES = {
    "dm_contrastive": ("contrastive", {"base": 0.5}),
    "dm_binomial": ("binomial", {"alpha": 2.0, "beta": 40.0, "base": 0.5}),
    "dm_lifted": (older_lifted, {}),
    "dm_binomial_mined": (older_mined_binomial, {}),
    "ms_nominer": ("multi-similarity", {"alpha": 2.0, "beta": 50.0, "base": 0.5}),
}
WITH_SURROGATE = [case for case in PAIRS if case.name.split("__")[1] in SURROGATES and "dup" not in case.name]


@pytest.mark.parametrize("case", WITH_SURROGATE, ids=lambda case: case.name)
def test_surrogates_have_the_gradients_of_published_code(case):
    form, settings = SURROGATES[case.name.split("__")[1]]
    rows = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    labels = torch.tensor(case["labels"])
    unit = torch.nn.functional.normalize(rows)
    weights = pair_weights(form, unit @ unit.T, labels, **settings)
    weighted_surrogate(unit @ unit.T, labels, weights / len(labels)).backward()
    assert_matches(case, "grad_X", rows.grad.numpy())


@pytest.mark.parametrize("count", [6, 12])
def test_slopes_of_a_loss_module_are_its_weights(count):
    """With fewer and with more embeddings than dimensions."""
    random = torch.Generator().manual_seed(4)
    embeddings = torch.randn(count, 8, generator=random, dtype=torch.float64)
    labels = torch.arange(count) // 3
    unit = torch.nn.functional.normalize(embeddings)
    weights = pair_weights("multi-similarity", unit @ unit.T, labels, epsilon=0.1) / count
    signed = torch.where(labels[:, None] == labels, -weights, weights)
    grad = pair_gradients(MultiSimilarityLoss(), embeddings, labels)
    torch.testing.assert_close(grad, (signed + signed.T) / 2, rtol=1e-4, atol=1e-7)


def test_slopes_of_distances_follow_the_chain_rule():
    """d |x_i - x_j| / dS_ij is -1 / |x_i - x_j| on the unit sphere."""

    class MeanDistance(torch.nn.Module):
        def forward(self, embeddings, labels):
            return torch.pdist(embeddings).sum()

    unit = torch.nn.functional.normalize(torch.randn(5, 7, dtype=torch.float64))
    distances = torch.cdist(unit, unit, compute_mode="donot_use_mm_for_euclid_dist")
    expected = (-1 / distances / 2).fill_diagonal_(0)
    grad = pair_gradients(MeanDistance(), unit, torch.zeros(5))
    torch.testing.assert_close(grad, expected, rtol=1e-5, atol=1e-7)


def test_looking_at_slopes_leaves_the_loss_as_it_was():
    loss = TripletLoss(sampling="all")
    loss.terms = {"active": torch.tensor(0.5)}
    pair_gradients(loss, torch.randn(6, 3), torch.arange(6) // 2)
    assert loss.terms["active"] == 0.5


@pytest.mark.parametrize("form", DEFAULTS)
@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0]], ids=["one class", "no positive", "single"])
def test_odd_batches_give_finite_weights(form, labels):
    labels = torch.tensor(labels)
    weights = pair_weights(form, similarities(count=len(labels)), labels)
    assert weights.isfinite().all()
    assert not weights.diagonal().any()


def test_large_exponents_do_not_overflow():
    weights = pair_weights("multi-similarity", similarities().float(), LABELS, alpha=500.0, beta=500.0, base=-1.0)
    assert weights.isfinite().all()
    sums = weights.masked_fill(LABELS[:, None] == LABELS, 0).sum(dim=1)
    assert sums.numpy() == pytest.approx(np.ones(len(LABELS)), abs=1e-5)


def test_similarities_are_left_as_they_are():
    similarity = similarities()
    before = similarity.clone()
    for form in DEFAULTS:
        pair_weights(form, similarity, LABELS)
    assert torch.equal(similarity, before)


def test_unknown_names_and_settings_are_refused():
    with pytest.raises(TrainingError, match="'cubic'; expected one of: contrastive"):
        pair_weights("cubic", similarities(), LABELS)
    with pytest.raises(TrainingError, match="'npair' have no base; it has no settings"):
        pair_weights("npair", similarities(), LABELS, base=0.5)
    with pytest.raises(TrainingError, match="'triplet' have no beta; its settings are: base"):
        pair_weights("triplet", similarities(), LABELS, beta=math.pi)


def test_slopes_of_proxies_are_refused():
    with pytest.raises(TrainingError, match="proxies"):
        pair_gradients(MultiObjectiveLoss(4, 5), torch.randn(8, 5), torch.arange(8) // 2)


def test_slopes_of_the_librarys_losses_are_their_weights():
    """The mean of 1 - S over positives and that of S - base over the negatives above it; terms stay as they are."""
    embeddings, labels = torch.randn(8, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64), LABELS
    loss = PMLLoss(ContrastiveCosineSettings(base=0.1))
    loss(embeddings * 0 + torch.eye(8, 9, dtype=torch.float64), labels)
    terms = dict(loss.terms)
    unit = torch.nn.functional.normalize(embeddings)
    positive, negative = masks(labels)
    above = (negative & (unit @ unit.T > 0.1)).double()
    assert above.any()
    expected = above / above.sum() - positive.double() / positive.sum()
    torch.testing.assert_close(pair_gradients(loss, embeddings, labels), expected, rtol=1e-6, atol=1e-8)
    assert loss.terms == terms
