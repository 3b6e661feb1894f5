"""General Pair Weighting (Wang et al., CVPR 2019): how hard a loss pulls and pushes each pair of a batch.

Letters: S (B, B) similarities with the anchor as row, P_i the positives of anchor i without itself, N_i its
negatives, L_i its loss. The weight of a pair is w_ij = |dL_i / dS_ij|: a positive is pulled, a negative pushed that
hard. Any loss of S has the gradient of sum_i (sum_{N_i} w_ij S_ij - sum_{P_i} w_ij S_ij) with the weights held fixed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from core.errors import TrainingError
from core.losses.multi_similarity import all_pairs, mined, weigh
from core.losses.pairs import full_precision, pair_masks, unit_rows
from core.messages import Message

PairLoss = Literal["contrastive", "triplet", "lifted", "npair", "binomial", "multi-similarity"]
# Each loss's own settings, at the values of the paper or of the authors' code.
DEFAULTS: dict[str, dict[str, float | None]] = {
    "contrastive": {"base": 0.5},
    "triplet": {"base": 0.1},
    "lifted": {"base": 0.5},
    "npair": {},
    "binomial": {"alpha": 2.0, "beta": 40.0, "base": 0.5},
    "multi-similarity": {"alpha": 2.0, "beta": 50.0, "base": 0.5, "epsilon": None},
}


@torch.no_grad()
def pair_weights(
    loss: PairLoss | Callable[[Tensor, Tensor], Tensor],
    similarity: Tensor,
    labels: Tensor,
    *,
    base: float | None = None,
    alpha: float | None = None,
    beta: float | None = None,
    epsilon: float | None = None,
) -> Tensor:
    """The weights |dL_i / dS_ij| (B, B), 0 where a pair does not count; row = anchor.

        "contrastive"       L_i = -sum_P S + sum_N [S - base]_+
        "triplet"           L_i = sum_{P, N} [S_in - S_ip + base]_+
        "lifted"            L_i = [log sum_P e^{base - S} + log sum_N e^{S - base}]_+
        "npair"             L_i = log(1 + sum_N e^{S_ik - S_ip}) with p the first positive
        "binomial"          L_i = mean_P log(1 + e^{alpha (base - S)}) + mean_N log(1 + e^{beta (S - base)})
        "multi-similarity"  L_i = log(1 + sum_P e^{-alpha (S - base)}) / alpha
                                + log(1 + sum_N e^{beta (S - base)}) / beta, over mined pairs if epsilon is given

    No 1/B is in them: divide by B for the mean over anchors. Lifted and N-pair give 0 where P_i or N_i is empty.

    Args:
        loss: one of these names, or a function of (similarity, labels) that gives each anchor's loss (B,); the
            weights of a function come from autograd.
        similarity: (B, B), in [-1, 1]; it is not changed.
        base, alpha, beta, epsilon: settings of the named loss; TrainingError for one that it does not have.
    """
    S = similarity.detach() if similarity.dtype == torch.float64 else similarity.detach().float()
    settings = {"base": base, "alpha": alpha, "beta": beta, "epsilon": epsilon}
    given = {name: value for name, value in settings.items() if value is not None}
    if callable(loss):
        _refuse_unknown(given, {}, Message("a-function"))
        return _by_autograd(loss, S, labels)
    if loss not in DEFAULTS:
        raise TrainingError(Message("pair-weights-unknown", name=loss, choices=DEFAULTS), loss)
    _refuse_unknown(given, DEFAULTS[loss], f"'{loss}'")
    return _FORMS[loss](S, labels, **(DEFAULTS[loss] | given))


def weighted_surrogate(similarity: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """sum_i (sum over negatives of w_ij S_ij - sum over positives of w_ij S_ij), weights (B, B) held fixed.

    Its gradient is that of the loss the weights are from, sum_i L_i; divide the weights by B for the mean.
    """
    positive, negative = pair_masks(labels)
    signed = weights.detach() * (negative.to(weights.dtype) - positive.to(weights.dtype))
    return (signed * similarity).sum()


def pair_gradients(loss: nn.Module, embeddings: Tensor, labels: Tensor) -> Tensor:
    """dL / dS_ij (B, B) of any loss called with (embeddings, labels): below 0 a pair is pulled, above it is pushed.

    For losses that see embeddings (B, D) through their inner products alone, such as all that use cosines or
    Euclidean distances within the batch, and not those to proxies. The batch is put in B dimensions with the same
    inner products, where nothing ties its rows together and the gradient in the embeddings determines that in the
    products. Both orders of a pair are one entry, which is the mean of the two; the diagonal is 0. The loss's own
    statistics stay as they are. A loss that draws random numbers gives the gradients of one draw.
    """
    with full_precision(embeddings.detach()) as X, torch.no_grad():
        unit = unit_rows(X.double())
        values, vectors = torch.linalg.eigh(unit @ unit.T)
        # Lifts coincident rows apart, far below what any loss notices.
        rows = vectors * values.clamp_min(0).add(1e-9).sqrt()
        back = vectors / values.clamp_min(0).add(1e-9).sqrt()
    probe = copy.deepcopy(loss).double()
    with torch.enable_grad():
        rows.requires_grad_()
        (gradient,) = torch.autograd.grad(probe(rows, labels), rows)
    grad: Tensor = gradient @ back.T / 2
    return ((grad + grad.T) / 2).fill_diagonal_(0).to(X.dtype)


def _refuse_unknown(given: Mapping[str, float], known: Mapping[str, float | None], name: str) -> None:
    for key in given:
        if key not in known:
            if not known:
                raise TrainingError(Message("pair-weights-without-settings", name=name, key=key), key)
            raise TrainingError(Message("pair-weights-setting-unknown", name=name, key=key, known=known), key)


def _by_autograd(loss: Callable[[Tensor, Tensor], Tensor], S: Tensor, labels: Tensor) -> Tensor:
    with torch.enable_grad():
        entries = S.clone().requires_grad_()
        per_anchor = loss(entries, labels)
        (grad,) = torch.autograd.grad(per_anchor.sum(), entries)
    return grad.abs().fill_diagonal_(0)


def _contrastive(S: Tensor, labels: Tensor, base: float) -> Tensor:
    positive, negative = pair_masks(labels)
    return (positive | (negative & (base < S))).to(S.dtype)


def _triplet(S: Tensor, labels: Tensor, base: float) -> Tensor:
    positive, negative = pair_masks(labels)
    negatives = S.masked_fill(~negative, -torch.inf)
    positives = S.masked_fill(~positive, torch.inf)
    # How many negatives are above S_ip - base, and how many positives below S_in + base: B searches in B sorted rows.
    above = len(S) - torch.searchsorted(negatives.sort(dim=1).values, S - base, right=True)
    below = torch.searchsorted(positives.sort(dim=1).values, S + base)
    return (above * positive + below * negative).to(S.dtype)


def _lifted(S: Tensor, labels: Tensor, base: float) -> Tensor:
    positive, negative = pair_masks(labels)
    positive_values = (base - S).masked_fill(~positive, -torch.inf)
    negative_values = (S - base).masked_fill(~negative, -torch.inf)
    total = positive_values.logsumexp(dim=1, keepdim=True) + negative_values.logsumexp(dim=1, keepdim=True)
    weights = _softmax(positive_values) + _softmax(negative_values)
    return weights.masked_fill_(~(total > 0), 0)


def _npair(S: Tensor, labels: Tensor) -> Tensor:
    positive, negative = pair_masks(labels)
    # argmax gives the first of equal entries.
    first = positive.to(torch.uint8).argmax(dim=1, keepdim=True)
    exponents = (S - S.gather(1, first)).masked_fill(~negative, -torch.inf).scatter(1, first, 0)
    weights = exponents.softmax(dim=1)
    # The positive's own share of the softmax is 1 / (1 + Z); it is pulled with the rest.
    weights.scatter_(1, first, 1 - weights.gather(1, first))
    counted = positive.any(dim=1, keepdim=True) & negative.any(dim=1, keepdim=True)
    return weights.masked_fill_(~counted, 0)


def _binomial(S: Tensor, labels: Tensor, alpha: float, beta: float, base: float) -> Tensor:
    return binomial_weights(S, *pair_masks(labels), alpha, beta, base)


def binomial_weights(S: Tensor, positive: Tensor, negative: Tensor, alpha: float, beta: float, base: float) -> Tensor:
    """The weights of binomial deviance for given masks of pairs, all of the shape of S."""
    positive_values = alpha * torch.sigmoid(alpha * (base - S)) / positive.sum(dim=1, keepdim=True)
    negative_values = beta * torch.sigmoid(beta * (S - base)) / negative.sum(dim=1, keepdim=True)
    return torch.where(positive, positive_values, torch.where(negative, negative_values, 0))


def _multi_similarity(
    S: Tensor, labels: Tensor, alpha: float, beta: float, base: float, epsilon: float | None
) -> Tensor:
    pairs = all_pairs(S.clone(), labels)
    pairs, hardest = (pairs, pairs.negatives.amax(dim=1)) if epsilon is None else mined(pairs, epsilon)
    _, _, grad = weigh(pairs, hardest, alpha, beta, base)
    return grad.abs_()


def _softmax(exponents: Tensor) -> Tensor:
    """Row-wise softmax; 0 in rows of nothing but -inf."""
    return exponents.softmax(dim=1).masked_fill_(exponents == -torch.inf, 0)


_FORMS: dict[str, Callable[..., Tensor]] = {
    "contrastive": _contrastive,
    "triplet": _triplet,
    "lifted": _lifted,
    "npair": _npair,
    "binomial": _binomial,
    "multi-similarity": _multi_similarity,
}
