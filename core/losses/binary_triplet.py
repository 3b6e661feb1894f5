"""Triplet loss that knows continuous labels only as near or far (the naive baseline of Kim et al., CVPR 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.dense_triplet import HINGE_FLOOR
from core.losses.log_ratio import RIDGE
from core.losses.loss import Loss
from core.losses.pairs import full_precision, no_loss
from core.losses.target_distances import to_anchor


class BinaryTripletLoss(Loss):
    """The others that are nearest to the anchor by label are its positives, all the rest its negatives.

    Row 0 is the anchor a, the `positives` others nearest to it by label are P and the rest are N. With
    s_i = |f_a - f_i|^2 + 1e-4 / D_dims,

        L = mean over p in P and n in N of max(s_p - s_n + margin, 1e-12)

    What log-ratio is to be better than: how near is forgotten. The authors use margin 0.2 and 5 positives, drawn from
    the 30 nearest of the whole data, on embeddings of unit length; embeddings (B, D) are taken as given here.

    A batch without a negative gives exactly 0 with zero gradients. After a call `terms` holds the share of triplets
    that still teach something as "active".
    """

    def __init__(self, margin: float = 0.2, positives: int = 5) -> None:
        super().__init__()
        self.margin = margin
        self.positives = positives

    def forward(
        self, embeddings: Tensor, targets: Tensor | None = None, *, target_distances: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch of embeddings (B, D).

        Args:
            targets: (B, T) or (B,) continuous labels, compared by their Euclidean distance.
            target_distances: instead, (B - 1,) distances of the others to row 0, or (B, B) of all to all.
        """
        order = to_anchor(len(embeddings), targets, target_distances).argsort(stable=True)
        anchor, others = embeddings[:1], embeddings[1:][order]
        near, far = others[: self.positives, None], others[None, self.positives :]
        return self.of_triplets(anchor[None], near, far)

    def of_triplets(self, anchors: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
        """The loss of given triplets of embeddings (..., D), whose leading shapes are broadcast."""
        with full_precision(anchors):
            kind = torch.promote_types(anchors.dtype, torch.float32)
            anchors, positives, negatives = (rows.to(kind) for rows in (anchors, positives, negatives))
            if not len(anchors) or not positives.numel() or not negatives.numel():
                self.terms = {"active": anchors.new_zeros(())}
                return no_loss(anchors, positives, negatives)
            ridge = RIDGE / anchors.shape[-1]
            near = (positives - anchors).square().sum(dim=-1) + ridge
            far = (negatives - anchors).square().sum(dim=-1) + ridge
            hinges = (near - far + self.margin).clamp_min(HINGE_FLOOR)
            self.terms = {"active": (hinges.detach() > HINGE_FLOOR).to(kind).mean()}
            return hinges.mean()
