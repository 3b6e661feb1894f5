"""What the losses share: precision, unit length, who is a positive of whom, and nothing to learn from.

Letters: X (B, D) embeddings, S (B, B) similarities with the anchor as row, labels (B,) integer class codes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@contextlib.contextmanager
def full_precision(embeddings: Tensor) -> Iterator[Tensor]:
    """Yield the embeddings in float32 (float64 stays) with autocast off.

    A similarity times beta = 50 in bfloat16 is off by as much as the whole loss.
    """
    with torch.autocast(embeddings.device.type, enabled=False):
        yield embeddings if embeddings.dtype == torch.float64 else embeddings.float()


def unit_rows(X: Tensor) -> Tensor:
    """X with rows scaled to unit length; zero rows stay zero."""
    return functional.normalize(X, eps=1e-12)


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


def pair_masks(labels: Tensor, references: References | None = None) -> tuple[Tensor, Tensor]:
    """(positive, negative) (B, B) bool, or (B, M) for anchors among references.

    An anchor is removed from its positives by index, so duplicates stay.
    """
    rows = torch.arange(len(labels), device=labels.device)
    others, own = (labels, rows) if references is None else (references.labels, references.own)
    same = labels[:, None] == others
    positive = same.clone()
    positive[rows, own] = False
    return positive, ~same


def no_loss(*tensors: Tensor) -> Tensor:
    """Exactly 0, attached to `tensors` with zero gradients: what a batch with nothing to learn from gives."""
    # Adding 0 turns -0 into 0.
    return 0.0 * torch.stack([tensor.sum() for tensor in tensors]).sum() + 0.0
