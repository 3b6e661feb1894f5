"""Cross-batch memory (Wang et al., CVPR 2020): pairs that reach into past batches."""

from __future__ import annotations

import torch
from torch import Tensor

from core.errors import TrainingError
from core.losses.loss import Loss
from core.losses.pairs import References, full_precision
from core.messages import Message


class CrossBatchMemory(Loss):
    """loss within the batch + weight * loss of the batch's images among the last `size` embeddings.

    Embeddings drift slowly once training has settled, so those of past steps stand in for what the network would make
    of their images now, and a small batch meets thousands of negatives. From step `start` on each batch enters the
    memory, pushing the oldest out, and is then paired with all that is in it, its own images included (the paper's
    algorithm 1); an image and its own copy are no pair. The gradient reaches the batch alone.

    The paper's algorithm has the second loss only; the authors' code adds the first, as here. Their code leaves an
    anchor's copy out by its similarity (above 1 - 1e-5) and exact duplicates with it; here it is known by its place.

    A batch with embeddings that are not finite is not remembered, and neither is one in evaluation mode.

    The memory, and how many embeddings and steps it has seen, are in the state, in buffers of fixed size. After a call
    `terms` holds the wrapped loss's of the batch, and "batch" and "memory", the two losses.
    """

    embeddings: Tensor
    labels: Tensor
    remembered: Tensor
    steps: Tensor

    def __init__(self, loss: Loss, embedding_size: int, size: int, start: int = 1000, weight: float = 1.0) -> None:
        super().__init__()
        self.loss = loss
        self.size = size
        self.start = start
        self.weight = weight
        self.register_buffer("embeddings", torch.zeros(size, embedding_size))
        self.register_buffer("labels", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("remembered", torch.zeros((), dtype=torch.int64))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (B, D) and labels (B,); TrainingError for more than the memory's size."""
        value: Tensor = self.loss(embeddings, labels)
        terms = dict(self.loss.logged())
        references = self._references(embeddings.detach(), labels)
        with full_precision(embeddings) as X:
            cross_batch_loss = (
                X.new_zeros(()) if references is None else self.loss.cross_batch_loss(X, labels, references)
            )
        self.terms = terms | {"batch": value.detach(), "memory": cross_batch_loss.detach()}
        return value + self.weight * cross_batch_loss

    def _references(self, embeddings: Tensor, labels: Tensor) -> References | None:
        """What is in the memory once the batch is; None before it begins, or for a batch that is not remembered."""
        if not self.training:
            return None
        self.steps += 1
        if int(self.steps) <= self.start or not len(labels) or not bool(embeddings.isfinite().all()):
            return None
        if len(labels) > self.size:
            raise TrainingError(Message("memory-smaller-than-batch", size=self.size, images=len(labels)))
        positions = (int(self.remembered) + torch.arange(len(labels), device=labels.device)) % self.size
        self.embeddings[positions] = embeddings.to(self.embeddings.dtype)
        self.labels[positions] = labels
        self.remembered += len(labels)
        filled = min(self.size, int(self.remembered))
        return References(self.embeddings[:filled].clone(), self.labels[:filled].clone(), positions)
