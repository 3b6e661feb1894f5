"""What the losses share: precision, unit length, who is a positive of whom, and nothing to learn from.

Letters: X (B, D) embeddings, S (B, B) similarities with the anchor as row, labels (B,) integer class codes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

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


def pair_masks(labels: Tensor) -> tuple[Tensor, Tensor]:
    """(positive, negative) (B, B) bool; an anchor is removed from its positives by index, so duplicates stay."""
    same = labels[:, None] == labels[None, :]
    positive = same.clone()
    positive.fill_diagonal_(False)
    return positive, ~same


def no_loss(*tensors: Tensor) -> Tensor:
    """Exactly 0, attached to `tensors` with zero gradients: what a batch with nothing to learn from gives."""
    # Adding 0 turns -0 into 0.
    return 0.0 * torch.stack([tensor.sum() for tensor in tensors]).sum() + 0.0
