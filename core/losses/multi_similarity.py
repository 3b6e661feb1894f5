"""Multi-Similarity loss (Wang et al., CVPR 2019, "Multi-Similarity Loss with General Pair Weighting")."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.loss import Loss
from core.losses.pairs import full_precision, log_one_plus_sum_exp, pair_masks, unit_rows

# The official code takes a positive this close for the anchor itself.
SELF_SIMILARITY = 1 - 1e-5


class MultiSimilarityLoss(Loss):
    """Mining by relative similarity, then weighting by self- and relative similarity.

    With S the cosine similarities and anchor i,

        mined negatives N_i = {k: S_ik + epsilon > min over positives S_ij}      (strict)
        mined positives P_i = {j: S_ij - epsilon < max over negatives S_ik}      (strict)
        L = 1/B sum_i [ log(1 + sum_{P_i} e^{-alpha (S_ij - base)}) / alpha
                      + log(1 + sum_{N_i} e^{ beta  (S_ik - base)}) / beta ]

    Embeddings (B, D) are normalised inside. Mining is not differentiated. An anchor without a positive or without a
    negative contributes 0; a batch of such anchors gives exactly 0 with zero gradients.

    The paper's values are alpha 2, beta 50, base 1, epsilon 0.1; the authors' code has beta 40 and base 0.5. Here
    beta 50 and base 0.5 are the default, which is what most reimplementations settled on.

    Departure: the anchor is removed from its positives by index. The authors' code removes it by value
    (S < 1 - 1e-5) and exact duplicates with it; `legacy_self_pair` does the same.

    After a call `terms` holds the detached parts "positive" and "negative".
    """

    def __init__(
        self,
        alpha: float = 2.0,
        beta: float = 50.0,
        base: float = 0.5,
        epsilon: float = 0.1,
        legacy_self_pair: bool = False,
    ) -> None:
        super().__init__()
        self.alpha = alpha
        self.beta = beta
        self.base = base
        self.epsilon = epsilon
        self.legacy_self_pair = legacy_self_pair

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (B, D), labels (B,)."""
        with full_precision(embeddings) as X:
            if not len(X):
                return X.sum()
            unit = unit_rows(X)
            S = unit @ unit.T
            positive, negative = self._mined(S.detach(), labels)
            centred = S - self.base
            pulls = log_one_plus_sum_exp(-self.alpha * centred, positive).mean() / self.alpha
            pushes = log_one_plus_sum_exp(self.beta * centred, negative).mean() / self.beta
            self.terms = {"positive": pulls.detach(), "negative": pushes.detach()}
            return pulls + pushes

    @torch.no_grad()
    def mine(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The mined pairs as (P, 2) and (Q, 2) indices (anchor, other), row by row."""
        with full_precision(embeddings) as X:
            unit = unit_rows(X)
            positive, negative = self._mined(unit @ unit.T, labels)
        return positive.nonzero(), negative.nonzero()

    def _mined(self, S: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """(B, B) masks of the mined positives and negatives."""
        positive, negative = pair_masks(labels)
        if self.legacy_self_pair:
            positive &= SELF_SIMILARITY > S
        # An empty row becomes +-inf, which no comparison passes: such anchors mine nothing.
        farthest_positive = S.masked_fill(~positive, torch.inf).amin(dim=1, keepdim=True)
        nearest_negative = S.masked_fill(~negative, -torch.inf).amax(dim=1, keepdim=True)
        return positive & (S - self.epsilon < nearest_negative), negative & (S + self.epsilon > farthest_positive)
