"""Losses with a learnable proxy for every class, and their similarities in closed form."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.errors import TrainingError
from core.losses.closed_form import in_closed_form
from core.losses.cosines import across, directions
from core.losses.loss import Loss
from core.messages import Message


class ProxyLoss(Loss):
    """A loss with `proxies` (C, D), one for each class; they are compared by direction, so their length is free.

    The authors let proxies learn faster than the network; a trainer gives them a learning rate of their own.
    """

    def __init__(self, num_classes: int, embedding_size: int, deviation: float) -> None:
        super().__init__()
        self.proxies = nn.Parameter(torch.randn(num_classes, embedding_size) * deviation)

    def checked(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings and labels (as indices), if they fit the proxies and every label has one; else TrainingError."""
        check_fit(embeddings, labels, *self.proxies.shape)
        return embeddings, labels.long()


def check_fit(embeddings: Tensor, labels: Tensor, classes: int, dimensions: int) -> None:
    """TrainingError unless embeddings are (B, `dimensions`) and labels are from 0 to `classes` - 1."""
    if embeddings.ndim != 2 or embeddings.shape[1] != dimensions:
        raise TrainingError(
            Message("proxies-of-other-dimensions", shape=str(tuple(embeddings.shape)), dimensions=dimensions)
        )
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise TrainingError(
            Message(
                "proxies-of-other-classes",
                low=int(labels.min()),
                high=int(labels.max()),
                most=classes - 1,
                count=classes,
            )
        )


class ProxyCosines:
    """S (C, B), the cosine similarity of every proxy P (C, D) to every embedding X (B, D), outside the graph.

    A loss that knows its own gradients dL/dS puts itself into the graph with `with_gradient`. No second (C, D) matrix
    of unit proxies is made, which with many thousand classes would cost more than the similarities: lengths are divided
    out of S, and the part of the gradient that points along a proxy is known from S and its gradients.
    """

    def __init__(self, X: Tensor, proxies: Tensor) -> None:
        self._X, self._proxies = X, proxies.to(X.dtype)
        with torch.no_grad():
            self._unit, self._inverse = directions(X)
            lengths = torch.linalg.vector_norm(self._proxies, dim=1, keepdim=True)
            self._proxy_inverse = lengths.reciprocal().masked_fill_(lengths == 0, 0)
            self.S = (self._proxies @ self._unit.T).mul_(self._proxy_inverse)

    def with_gradient(self, value: Tensor, grad: Tensor) -> Tensor:
        """`value` as a function of embeddings and proxies, given its gradient dL/dS (C, B), which are overwritten."""
        with torch.no_grad():
            along = torch.einsum("cb,cb->c", grad, self.S)[:, None] * self._proxy_inverse.square()
            grad *= self._proxy_inverse
        saved = [self._proxies, self._unit, self._inverse, grad, along]
        return in_closed_form(value, [self._X, self._proxies], _gradients, saved)


def _gradients(
    outer: Tensor, proxies: Tensor, unit: Tensor, inverse: Tensor, grad: Tensor, along: Tensor
) -> tuple[Tensor, Tensor]:
    to_embeddings = across(unit, inverse * outer, grad.T @ proxies)
    return to_embeddings, (proxies * (-outer * along)).addmm_(grad, unit * outer)
