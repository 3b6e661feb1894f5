from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.losses import MultiObjectiveLoss, MultiSimilarityLoss, ProxyAnchorLoss
from tests.core.losses.golden_cases import assert_matches, cases

GOLDEN = list(cases("multi_objective"))
SETTINGS = {
    "alpha": "alpha",
    "beta": "beta",
    "lam": "base",
    "eps": "epsilon",
    "alpha_p": "proxy_alpha",
    "beta_p": "proxy_beta",
    "delta": "proxy_margin",
    "gamma": "separation_gamma",
    "lam_pp": "separation_base",
    "pp_form": "separation",
    "comb": "mining",
    "weights": "weights",
}
STATIC = [case for case in GOLDEN if case.hyper["weights"] != "balanced"]
LABELS = torch.tensor([0, 0, 2, 2, 2, 3, 0, 5])


def loss_of(case):
    proxies = torch.tensor(case["proxies"], dtype=torch.float64)
    settings = {ours: case.hyper[theirs] for theirs, ours in SETTINGS.items()}
    loss = MultiObjectiveLoss(*proxies.shape, **settings).double()
    loss.proxies.data.copy_(proxies)
    return loss


def made(classes=7, dimensions=5, seed=0, **settings):
    torch.manual_seed(seed)
    loss = MultiObjectiveLoss(classes, dimensions, **settings).double()
    return loss, torch.randn(len(LABELS), dimensions, dtype=torch.float64)


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_equals_the_reference_of_our_reading(case):
    loss = loss_of(case)
    embeddings = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    labels = torch.tensor(case["labels"])
    value = loss(embeddings, labels)
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9)
    terms = [loss.terms[name] for name in ("pair", "proxy", "separation")]
    np.testing.assert_allclose(terms, case["terms"], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(loss.gradient_masses, case["mass"], rtol=1e-9)
    assert_matches(case, "grad_X", embeddings.grad.numpy())
    assert_matches(case, "grad_proxies", loss.proxies.grad.numpy())
    to_samples, to_proxies = loss.mined_pairs(embeddings, labels)
    if "kept_pair" in case:
        assert to_samples.tolist() == case["kept_pair"].reshape(-1, 2).tolist()
        assert to_proxies.tolist() == case["kept_proxy"].reshape(-1, 2).tolist()
    if "n_kept" in case:
        assert [len(to_samples), len(to_proxies)] == case["n_kept"].tolist()


@pytest.mark.parametrize("case", [case for case in GOLDEN if case.name == "balanced_sequence"])
def test_balanced_weights_follow_the_reference(case):
    loss = loss_of(case)
    for step, weights in enumerate(case["weights"]):
        value = loss(torch.tensor(case[f"X{step}"], dtype=torch.float64), torch.tensor(case["labels"]))
        assert value.item() == pytest.approx(float(case["loss"][step]), rel=1e-9)
        np.testing.assert_allclose(loss.applied_weights, weights, rtol=1e-9)
        np.testing.assert_allclose(loss.gradient_masses, case["mass"][step], rtol=1e-9)


def slow_mined(A, S, labels, epsilon, mining):
    """The kept relations as sets, by the definition of each view."""
    count, classes = len(labels), len(S)
    samples = range(count)

    def keeps(row, own, other, j):
        if not own or not other:
            return False
        if j in other:
            return row[j] + epsilon > min(row[k] for k in own)
        return row[j] - epsilon < max(row[k] for k in other)

    def own_of(c):
        return [j for j in samples if labels[j] == c]

    def by_sample(i, j):
        own, other = [k for k in own_of(labels[i]) if k != i], [k for k in samples if labels[k] != labels[i]]
        return j != i and keeps(A[i], own, other, j)

    def by_proxy(c, j):
        own = own_of(c)
        return keeps(S[c], own, [k for k in samples if k not in own], j)

    def combine(one, two):
        return {"union": one or two, "intersection": one and two, "separate": one, "none": True}[mining]

    to_samples = {
        (i, j) for i in samples for j in samples if i != j and combine(by_sample(i, j), by_proxy(labels[i], j))
    }
    to_proxies = {
        (c, j)
        for c in range(classes)
        for j in samples
        if not own_of(c) or combine(by_proxy(c, j), any(by_sample(i, j) for i in own_of(c)))
    }
    return to_samples, to_proxies


def slow_terms(A, S, Q, labels, kept, loss):
    """pair, proxy and separation as plain sums."""
    to_samples, to_proxies = kept
    samples, classes, present = range(len(labels)), range(len(S)), set(labels)

    def term(values):
        return math.log(1 + sum(math.exp(value) for value in values))

    pair = sum(
        term(-loss.alpha * (A[i][j] - loss.base) for j in samples if (i, j) in to_samples and labels[j] == labels[i])
        / loss.alpha
        + term(loss.beta * (A[i][j] - loss.base) for j in samples if (i, j) in to_samples and labels[j] != labels[i])
        / loss.beta
        for i in samples
    ) / len(labels)
    a, b, d = loss.proxy_alpha, loss.proxy_beta, loss.proxy_margin
    positive_terms = [
        term(-a * (S[c][j] - d) for j in samples if (c, j) in to_proxies and labels[j] == c) / a for c in present
    ]
    negative_terms = [
        term(b * (S[c][j] + d) for j in samples if (c, j) in to_proxies and labels[j] != c) / b for c in classes
    ]
    g, base = loss.separation_gamma, loss.separation_base
    apart = [term(g * (Q[c][d] - base) for d in classes if d != c) / g for c in classes]
    return [pair, sum(positive_terms) / len(present) + sum(negative_terms) / len(S), sum(apart) / len(S)]


def cosines(one, other):
    return [[torch.cosine_similarity(a, b, dim=0).item() for b in other.detach()] for a in one.detach()]


@pytest.mark.parametrize("mining", ["union", "intersection", "separate", "none"])
@pytest.mark.parametrize("seed", range(2))
def test_equals_a_slow_loop(mining, seed):
    loss, embeddings = made(seed=seed, beta=12, epsilon=0.15, separation_base=0.1, mining=mining, weights=(1, 0.5, 2))
    value = loss(embeddings, LABELS)
    A, S = cosines(embeddings, embeddings), cosines(loss.proxies, embeddings)
    labels = LABELS.tolist()
    kept = slow_mined(A, S, labels, 0.15, mining)
    assert [set(map(tuple, pairs.tolist())) for pairs in loss.mined_pairs(embeddings, LABELS)] == list(kept)
    terms = slow_terms(A, S, cosines(loss.proxies, loss.proxies), labels, kept, loss)
    assert [term.item() for term in loss.terms.values()] == pytest.approx(terms, rel=1e-9)
    assert value.item() == pytest.approx(terms[0] + 0.5 * terms[1] + 2 * terms[2], rel=1e-9)


def test_mined_separately_its_pair_term_is_multi_similarity():
    loss, embeddings = made(mining="separate")
    loss(embeddings, LABELS)
    expected = MultiSimilarityLoss(2.0, 40.0, 0.5, 0.1)(embeddings, LABELS)
    assert loss.terms["pair"].item() == pytest.approx(expected.item(), rel=1e-12)


def test_without_mining_its_proxy_term_is_proxy_anchor():
    loss, embeddings = made(mining="none")
    loss(embeddings, LABELS)
    anchor = ProxyAnchorLoss(7, 5).double()
    anchor.load_state_dict({"proxies": loss.proxies})
    assert 32 * loss.terms["proxy"].item() == pytest.approx(anchor(embeddings, LABELS).item(), rel=1e-12)


def test_a_class_with_a_single_image_is_seen_by_its_proxy_alone():
    """The image of class 5 has no positive; the paper's first figure shows such a one."""
    joint, embeddings = made(mining="union", epsilon=2.0)
    separate, _ = made(mining="separate", epsilon=2.0)
    lonely = int((LABELS == 5).nonzero())
    assert (joint.mined_pairs(embeddings, LABELS)[0][:, 0] == lonely).any()
    assert not (separate.mined_pairs(embeddings, LABELS)[0][:, 0] == lonely).any()


def test_pooled_thresholds_see_samples_and_proxies_at_once():
    loss, embeddings = made(mining="pooled", epsilon=0.05)
    A, S = cosines(embeddings, embeddings), cosines(loss.proxies, embeddings)
    labels, samples, classes = LABELS.tolist(), range(len(LABELS)), range(7)
    to_samples, to_proxies = set(), set()
    for i in samples:
        own = [A[i][j] for j in samples if j != i and labels[j] == labels[i]] + [S[labels[i]][i]]
        other = [A[i][j] for j in samples if labels[j] != labels[i]]
        other += [S[c][i] for c in classes if c != labels[i]]
        for similarity, is_own, pair, chosen in [
            *((A[i][j], labels[j] == labels[i], (i, j), to_samples) for j in samples if j != i),
            *((S[c][i], c == labels[i], (c, i), to_proxies) for c in classes),
        ]:
            if (is_own and similarity - 0.05 < max(other)) or (not is_own and similarity + 0.05 > min(own)):
                chosen.add(pair)
    assert [set(map(tuple, pairs.tolist())) for pairs in loss.mined_pairs(embeddings, LABELS)] == [
        to_samples,
        to_proxies,
    ]


def test_the_nca_term_is_a_softmax_over_kept_proxies():
    loss, embeddings = made(mining="pooled", epsilon=0.05, proxy_term="nca", proxy_alpha=4)
    loss(embeddings, LABELS)
    S = cosines(loss.proxies, embeddings)
    kept = set(map(tuple, loss.mined_pairs(embeddings, LABELS)[1].tolist()))
    expected = [
        math.log(1 + sum(math.exp(4 * (S[c][i] - S[y][i])) for c in range(7) if c != y and (c, i) in kept)) / 4
        for i, y in enumerate(LABELS.tolist())
    ]
    assert loss.terms["proxy"].item() == pytest.approx(sum(expected) / len(expected), rel=1e-9)


def test_separation_may_be_of_the_classes_in_the_batch():
    loss, embeddings = made(separation_of="batch")
    value = loss(embeddings, LABELS)
    value.backward()
    present = LABELS.unique()
    alone = MultiObjectiveLoss(len(present), 5).double()
    alone.load_state_dict({**alone.state_dict(), "proxies": loss.proxies[present]})
    alone(embeddings[:0], LABELS[:0])
    assert loss.terms["separation"].item() == pytest.approx(alone.terms["separation"].item(), rel=1e-12)


def test_masses_are_the_summed_slopes():
    """Against autograd through similarities that are independent variables."""
    loss, embeddings = made(mining="none", separation="lse")
    loss(embeddings, LABELS)
    Q = torch.tensor(cosines(loss.proxies, loss.proxies), requires_grad=True)
    others = (32 * Q).masked_fill(torch.eye(7, dtype=torch.bool), -torch.inf)
    (torch.logsumexp(torch.nn.functional.pad(others, (1, 0)), dim=1).mean() / 32).backward()
    assert loss.gradient_masses[2].item() == pytest.approx(Q.grad.abs().sum().item(), rel=1e-6)


def test_balanced_weights_stay_within_their_bounds():
    loss, embeddings = made(weights="balanced")
    loss(embeddings, torch.tensor([0, 1, 2, 3, 4, 5, 6, 0]))
    loss.average_masses.copy_(torch.tensor([1e-9, 1.0, 1e9]))
    loss(embeddings[:1], LABELS[:1])
    assert loss.applied_weights[0] == 1
    assert loss.applied_weights[1:].tolist() == pytest.approx([0.1, 0.1])


def test_an_empty_batch_still_separates_the_proxies():
    loss, embeddings = made()
    value = loss(embeddings[:0], LABELS[:0])
    value.backward()
    assert value.item() == loss.terms["separation"].item() > 0
    assert loss.proxies.grad.any()


@pytest.mark.parametrize(
    ("embeddings", "labels", "words"),
    [
        (torch.zeros(2, 4), [0, 1], r"shape \(2, 4\); expected \(B, 5\)"),
        (torch.zeros(2, 5), [0, 7], "labels are 0 to 7; expected 0 to 6"),
        (torch.zeros(2, 5), [-1, 3], "labels are -1 to 3; expected 0 to 6"),
    ],
)
def test_what_does_not_fit_the_proxies_is_refused(embeddings, labels, words):
    with pytest.raises(TrainingError, match=words):
        MultiObjectiveLoss(7, 5)(embeddings, torch.tensor(labels))
