"""Binomial deviance (Yi et al., ICPR 2014), in the form that General Pair Weighting gives it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.losses.cosines import Cosines, CosinesTo
from core.losses.loss import Loss
from core.losses.pair_weighting import binomial_weights
from core.losses.pairs import full_precision, no_loss, pair_masks
from core.losses.references import References


class BinomialDevianceLoss(Loss):
    """Pairs are weighted by their own similarity alone, smoothly where the contrastive loss has a step.

    With S the cosine similarities of unit rows, P_i the positives of anchor i without itself and N_i its negatives,

        L = 1/B sum_i [ mean over P_i of log(1 + e^{alpha (base - S_ij)})
                      + mean over N_i of log(1 + e^{beta  (S_ik - base)}) ]

    Embeddings (B, D) are normalised inside. alpha 2 and base 0.5 are Yi et al.'s; Wang et al.'s code of 2019 has beta
    40. A mean over nothing is 0, so an anchor without positives still pushes its negatives.

    After a call `terms` holds the detached parts "positive" and "negative".
    """

    def __init__(self, alpha: float = 2.0, beta: float = 40.0, base: float = 0.5) -> None:
        super().__init__()
        self.alpha = alpha
        self.beta = beta
        self.base = base

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (B, D), labels (B,)."""
        with full_precision(embeddings) as X:
            return self._of(Cosines(X), len(X), *pair_masks(labels)) if len(X) else self._nothing(X)

    def cross_batch_loss(self, embeddings: Tensor, labels: Tensor, references: References) -> Tensor:
        """The loss of anchors (B, D) with labels (B,) among references."""
        with full_precision(embeddings) as X:
            if not len(X):
                return self._nothing(X)
            cosines = CosinesTo(X, references.embeddings.to(X.dtype))
            return self._of(cosines, len(X), *references.pair_masks(labels))

    def _nothing(self, X: Tensor) -> Tensor:
        self.terms = {"positive": X.new_zeros(()), "negative": X.new_zeros(())}
        return no_loss(X)

    def _of(self, cosines: Cosines | CosinesTo, anchors: int, positive: Tensor, negative: Tensor) -> Tensor:
        with torch.no_grad():
            S = cosines.S
            positive_terms = _mean(_softplus(self.alpha * (self.base - S)), positive)
            negative_terms = _mean(_softplus(self.beta * (S - self.base)), negative)
            weights = binomial_weights(S, positive, negative, self.alpha, self.beta, self.base)
            grad = torch.where(positive, -weights, weights) / anchors
            self.terms = {"positive": positive_terms.mean(), "negative": negative_terms.mean()}
            value = self.terms["positive"] + self.terms["negative"]
        return cosines.with_gradient(value, grad)


def _softplus(exponents: Tensor) -> Tensor:
    """log(1 + e^x), also where torch's softplus becomes linear."""
    return functional.relu(exponents) + torch.log1p(torch.exp(-exponents.abs()))


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """The mean (B,) of each row of `values` (B, B) over what is `counted`; 0 where nothing is."""
    return (values * counted).sum(dim=1) / counted.sum(dim=1).clamp_min(1)
