"""Regression of continuous labels from embeddings: the baseline that compares no images at all."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.errors import TrainingError
from core.losses.loss import Loss
from core.losses.pairs import full_precision, no_loss
from core.messages import Message


class RegressionLoss(Loss):
    """A linear head tells the labels from the embedding, and only the embedding is kept.

        L = 1 / (B T) sum over images i and labels t of ((W f_i + b)_t - (y_it - mean_t) / deviation_t)^2

    Mean and deviation are those of all labels (B, T) seen in training so far, this batch included, so that every label
    counts alike whatever its unit. They are buffers; one that has not varied yet counts as 0.

    Embeddings f (B, D) are taken as given. An empty batch gives exactly 0 with zero gradients. After a call `terms`
    holds the share of the labels' variance that the head leaves unexplained as "unexplained", which is the loss.
    """

    seen: Tensor
    mean: Tensor
    squares: Tensor

    def __init__(self, embedding_size: int, targets: int = 1) -> None:
        super().__init__()
        self.head = nn.Linear(embedding_size, targets)
        # In double precision, since they sum over a whole training.
        self.register_buffer("seen", torch.zeros((), dtype=torch.float64))
        self.register_buffer("mean", torch.zeros(targets, dtype=torch.float64))
        self.register_buffer("squares", torch.zeros(targets, dtype=torch.float64))

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """The loss of embeddings (B, D) with continuous labels (B, T), or (B,) where there is one."""
        labels = targets[:, None] if targets.ndim == 1 else targets
        self._check(embeddings, labels)
        with full_precision(embeddings) as X:
            if len(X):
                self._follow(labels)
                predicted = nn.functional.linear(X, self.head.weight.to(X.dtype), self.head.bias.to(X.dtype))
                value = (predicted - self._standardised(labels).to(X.dtype)).square().mean()
            else:
                value = no_loss(X, *self.head.parameters())
        self.terms = {"unexplained": value.detach()}
        return value

    @torch.no_grad()
    def _follow(self, labels: Tensor) -> None:
        """Take labels (B, T) into mean and squared deviations, as Chan, Golub and LeVeque add two samples."""
        if not self.training:
            return
        exact = labels.to(self.mean.dtype)
        mean, count = exact.mean(dim=0), len(exact)
        apart, total = mean - self.mean, self.seen + count
        self.squares += (exact - mean).square().sum(dim=0) + apart.square() * self.seen * count / total
        self.mean += apart * count / total
        self.seen.copy_(total)

    def _standardised(self, labels: Tensor) -> Tensor:
        deviation = (self.squares / self.seen.clamp_min(1)).sqrt()
        return (labels - self.mean) * torch.where(deviation > 0, 1 / deviation, 0.0)

    def _check(self, embeddings: Tensor, labels: Tensor) -> None:
        expected = (len(embeddings), self.head.out_features)
        if tuple(labels.shape) != expected:
            raise TrainingError(
                Message("targets-of-other-width", shape=str(tuple(labels.shape)), expected=str(expected))
            )
