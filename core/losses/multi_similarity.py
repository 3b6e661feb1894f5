"""Multi-Similarity loss (Wang et al., CVPR 2019, "Multi-Similarity Loss with General Pair Weighting")."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from core.losses.cosines import CosineLoss
from core.losses.pairs import References, full_precision, unit_rows

# The official code takes a positive this close for the anchor itself.
SELF_SIMILARITY = 1 - 1e-5


class MinedPairs(NamedTuple):
    """The pairs of a batch that count.

    Attributes:
        anchors, others: (P,) the positive pairs, row by row.
        similarities: (P,) theirs.
        negatives: (B, B) similarities of the negative pairs with the anchor as row, -inf at all others; (B, M) where
            anchors are paired with M references.
    """

    anchors: Tensor
    others: Tensor
    similarities: Tensor
    negatives: Tensor


class MultiSimilarityLoss(CosineLoss):
    """Mining by relative similarity, then weighting by self- and relative similarity.

    With S the cosine similarities and anchor i (the paper's equation 15),

        mined negatives N_i = {k: S_ik + epsilon > min over positives S_ij}      (strict)
        mined positives P_i = {j: S_ij - epsilon < max over negatives S_ik}      (strict)
        L = 1/B sum_i [ log(1 + sum_{P_i} e^{-alpha (S_ij - base)}) / alpha
                      + log(1 + sum_{N_i} e^{ beta  (S_ik - base)}) / beta ]

    Mining is not differentiated. An anchor without a positive or without a
    negative contributes 0; a batch of such anchors gives exactly 0 with zero gradients.

    The paper's values are alpha 2, beta 50, base 1, epsilon 0.1 (`paper()`); the authors' code has beta 40 and base
    0.5 (`official_code()`). The default, beta 50 and base 0.5, is what most reimplementations settled on.

    Departures: the anchor is removed from its positives by index. The authors' code removes it by value
    (S < 1 - 1e-5) and exact duplicates with it; `legacy_self_pair` does the same. Two options are for comparisons:
    without `mining` every pair is kept; without `weighting` all kept pairs of an anchor that are of one sign weigh
    the same, with the term mean over P_i of (1 - S_ij) + mean over N_i of (1 + S_ik).
    """

    def __init__(
        self,
        alpha: float = 2.0,
        beta: float = 50.0,
        base: float = 0.5,
        epsilon: float = 0.1,
        legacy_self_pair: bool = False,
        mining: bool = True,
        weighting: bool = True,
    ) -> None:
        super().__init__()
        self.alpha = alpha
        self.beta = beta
        self.base = base
        self.epsilon = epsilon
        self.legacy_self_pair = legacy_self_pair
        self.mining = mining
        self.weighting = weighting

    @classmethod
    def paper(cls) -> MultiSimilarityLoss:
        """With the values the paper names."""
        return cls(alpha=2.0, beta=50.0, base=1.0, epsilon=0.1)

    @classmethod
    def official_code(cls) -> MultiSimilarityLoss:
        """With the values of the authors' code, and what it takes for the anchor itself."""
        return cls(alpha=2.0, beta=40.0, base=0.5, epsilon=0.1, legacy_self_pair=True)

    def weighed(self, S: Tensor, labels: Tensor, references: References | None) -> tuple[Tensor, Tensor, Tensor]:
        """The terms of mined pairs and their gradients."""
        pairs, hardest = self._pairs(S, labels, references)
        return weigh(pairs, hardest, self.alpha, self.beta, self.base) if self.weighting else weigh_equally(pairs)

    @torch.no_grad()
    def mine(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The mined pairs as (P, 2) and (Q, 2) indices (anchor, other), row by row."""
        with full_precision(embeddings) as X:
            if not len(X):
                return labels.new_empty((0, 2)), labels.new_empty((0, 2))
            unit = unit_rows(X)
            pairs, _ = self._pairs(unit @ unit.T, labels)
        return torch.stack([pairs.anchors, pairs.others], dim=1), (pairs.negatives > -torch.inf).nonzero()

    def _pairs(self, S: Tensor, labels: Tensor, references: References | None = None) -> tuple[MinedPairs, Tensor]:
        """The pairs to learn from, and each anchor's hardest kept negative (B,); S is overwritten."""
        pairs = all_pairs(S, labels, references)
        if self.legacy_self_pair:
            pairs = only(pairs, pairs.similarities < SELF_SIMILARITY)
        return mined(pairs, self.epsilon) if self.mining else (pairs, pairs.negatives.amax(dim=1))


def all_pairs(S: Tensor, labels: Tensor, references: References | None = None) -> MinedPairs:
    """Every pair of a batch, or of it with references, with similarities S, overwritten by those of its negatives.

    There are far fewer positive than negative pairs in a batch, so only the negatives are worth a matrix.
    """
    rows = torch.arange(len(labels), device=labels.device)
    others, own = (labels, rows) if references is None else (references.labels, references.own)
    same = labels[:, None] == others
    same[rows, own] = False
    anchors, positives = same.nonzero(as_tuple=True)
    similarities = S[anchors, positives]
    same[rows, own] = True
    return MinedPairs(anchors, positives, similarities, S.masked_fill_(same, -torch.inf))


def only(pairs: MinedPairs, selected: Tensor) -> MinedPairs:
    """The same pairs with but those positives where `kept` (P,) holds."""
    return MinedPairs(pairs.anchors[selected], pairs.others[selected], pairs.similarities[selected], pairs.negatives)


def mined(pairs: MinedPairs, epsilon: float) -> tuple[MinedPairs, Tensor]:
    """The pairs that relative similarity keeps, and each anchor's hardest kept negative (B,), -inf where none is.

    Negatives are dropped in place.
    """
    anchors, _, similarities, negatives = pairs
    # Where there is none of a sign the bound is +-inf, which no comparison passes: such anchors mine nothing.
    nearest_negative = negatives.amax(dim=1)
    farthest_positive = nearest_negative.new_full((len(negatives),), torch.inf)
    farthest_positive.scatter_reduce_(0, anchors, similarities, "amin")
    negatives.masked_fill_(negatives + epsilon <= farthest_positive[:, None], -torch.inf)
    hardest = nearest_negative.masked_fill(nearest_negative + epsilon <= farthest_positive, -torch.inf)
    return only(pairs, similarities - epsilon < nearest_negative[anchors]), hardest


def weigh(pairs: MinedPairs, hardest: Tensor, alpha: float, beta: float, base: float) -> tuple[Tensor, Tensor, Tensor]:
    """Each anchor's two terms (B,) and (B,), and their gradients d(positive_i + negative_i) / dS_ij (B, B).

    The gradients are the paper's weights of pairs, with a sign. `hardest` (B,) is the most similar kept negative; the
    matrix of negatives is overwritten.
    """
    anchors, others, similarities, negatives = pairs
    count = len(negatives)
    # Exponents are shifted by each row's largest, or by the 0 of log(1 + ...), so that none overflows.
    exponents = -alpha * (similarities - base)
    positive_shift = exponents.new_zeros(count).scatter_reduce_(0, anchors, exponents, "amax")
    negative_shift = (beta * (hardest - base)).clamp_min_(0)
    positive_exp = (exponents - positive_shift[anchors]).exp_()
    negative_exp = negatives.sub_(base).mul_(beta).sub_(negative_shift[:, None]).exp_()
    positive_sum = (-positive_shift).exp_().index_add_(0, anchors, positive_exp)
    negative_sum = (-negative_shift).exp_() + negative_exp.sum(dim=1)
    negative_exp /= negative_sum[:, None]
    negative_exp[anchors, others] = -positive_exp / positive_sum[anchors]
    return (positive_sum.log() + positive_shift) / alpha, (negative_sum.log() + negative_shift) / beta, negative_exp


def weigh_equally(pairs: MinedPairs) -> tuple[Tensor, Tensor, Tensor]:
    """As `weigh`, with the same weight for all kept pairs of an anchor that are of one sign."""
    anchors, others, similarities, negatives = pairs
    selected = negatives > -torch.inf
    positive_count = torch.bincount(anchors, minlength=len(negatives)).clamp_min_(1)
    negative_count = selected.sum(dim=1).clamp_min_(1)
    positive_terms = similarities.new_zeros(len(negatives)).index_add_(0, anchors, 1 - similarities) / positive_count
    negative_terms = (1 + negatives).masked_fill_(~selected, 0).sum(dim=1) / negative_count
    grad = selected / negative_count[:, None].to(negatives.dtype)
    grad[anchors, others] = -1 / positive_count[anchors].to(negatives.dtype)
    return positive_terms, negative_terms, grad
