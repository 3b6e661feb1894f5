"""What a batch is compared with beside itself."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class References:
    """Embeddings that the anchors of a batch (B, D) are compared with: a memory of past batches and of this one.

    Attributes:
        embeddings: (M, D), raw as the batch's, outside the graph.
        labels: (M,) class codes.
        own: (B,) where each anchor's own copy is; it is no pair of its own.
    """

    embeddings: Tensor
    labels: Tensor
    own: Tensor

    def pair_masks(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """(positive, negative) (B, M) bool for anchors of classes `labels` (B,)."""
        same = labels[:, None] == self.labels
        positive = same.clone()
        positive[torch.arange(len(labels), device=labels.device), self.own] = False
        return positive, ~same
