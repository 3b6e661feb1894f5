"""Triplet loss over dense mini-batches (the baseline of Kim et al., CVPR 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.log_ratio import RIDGE
from core.losses.loss import Loss
from core.losses.pairs import full_precision, no_loss
from core.losses.target_distances import to_anchor

# The official code's hinge never goes below this, so a batch without a violated triplet does not give quite 0.
HINGE_FLOOR = 1e-12


class DenseTripletLoss(Loss):
    """The nearer of two by label shall be the nearer of two by embedding, for all pairs of a dense mini-batch.

    Row 0 is the anchor a; the others are put in the order of their label distance to it, ties as they come. With
    s_i = |f_a - f_i|^2 + 1e-4 / D_dims,

        L = mean over i before j of max(s_i - s_j + margin, 1e-12)

    Embeddings f are taken as given; the authors train this loss, unlike log-ratio, on unit length, with margin 0.03.
    Others of equal label distance are compared in the order of the batch, as the authors' code does; the paper's
    strict inequality would drop them.

    A batch without a pair of others gives exactly 0 with zero gradients. After a call `terms` holds the share of
    triplets that still teach something as "active".
    """

    def __init__(self, margin: float = 0.03) -> None:
        super().__init__()
        self.margin = margin

    def forward(
        self, embeddings: Tensor, targets: Tensor | None = None, *, target_distances: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch of embeddings (B, D).

        Args:
            targets: (B, T) or (B,) continuous labels, compared by their Euclidean distance.
            target_distances: instead, (B - 1,) distances of the others to row 0, or (B, B) of all to all.
        """
        with full_precision(embeddings) as X:
            labels_apart = to_anchor(len(X), targets, target_distances)
            if len(X) < 3:
                self.terms = {"active": X.new_zeros(())}
                return no_loss(X)
            others = X[1:][labels_apart.argsort(stable=True)]
            s = (others - X[0]).square().sum(dim=1) + RIDGE / X.shape[1]
            i, j = torch.triu_indices(len(s), len(s), offset=1, device=X.device)
            hinges = (s[i] - s[j] + self.margin).clamp_min(HINGE_FLOOR)
            self.terms = {"active": (hinges.detach() > HINGE_FLOOR).to(X.dtype).mean()}
            return hinges.mean()
