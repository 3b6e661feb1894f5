"""Binomial deviance (Yi et al., ICPR 2014), in the form that General Pair Weighting gives it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.losses.cosines import CosineLoss
from core.losses.pair_weighting import binomial_weights
from core.losses.pairs import References, pair_masks


class BinomialDevianceLoss(CosineLoss):
    """Pairs are weighted by their own similarity alone, smoothly where the contrastive loss has a step.

    With S the cosine similarities of unit rows, P_i the positives of anchor i without itself and N_i its negatives,

        L = 1/B sum_i [ mean over P_i of log(1 + e^{alpha (base - S_ij)})
                      + mean over N_i of log(1 + e^{beta  (S_ik - base)}) ]

    alpha 2 and base 0.5 are Yi et al.'s; Wang et al.'s code of 2019 has beta
    40. A mean over nothing is 0, so an anchor without positives still pushes its negatives.
    """

    def __init__(self, alpha: float = 2.0, beta: float = 40.0, base: float = 0.5) -> None:
        super().__init__()
        self.alpha = alpha
        self.beta = beta
        self.base = base

    def weighed(self, S: Tensor, labels: Tensor, references: References | None) -> tuple[Tensor, Tensor, Tensor]:
        """The terms of all pairs and their gradients."""
        positive, negative = pair_masks(labels, references)
        weights = binomial_weights(S, positive, negative, self.alpha, self.beta, self.base)
        return (
            _mean(_softplus(self.alpha * (self.base - S)), positive),
            _mean(_softplus(self.beta * (S - self.base)), negative),
            torch.where(positive, -weights, weights),
        )


def _softplus(exponents: Tensor) -> Tensor:
    """log(1 + e^x), also where torch's softplus becomes linear."""
    return functional.relu(exponents) + torch.log1p(torch.exp(-exponents.abs()))


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """The mean (B,) of each row of `values` (B, B) over what is `counted`; 0 where nothing is."""
    return (values * counted).sum(dim=1) / counted.sum(dim=1).clamp_min(1)
