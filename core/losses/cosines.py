"""Cosine similarities within a batch, differentiated in closed form."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.closed_form import in_closed_form

# Rows shorter than this have no direction: they stay (almost) zero and get no gradient.
SHORTEST = 1e-12


class Cosines:
    """S (B, B), the cosine similarity of every two rows of the embeddings X (B, D), outside the graph.

    A loss that knows its own gradients dL/dS puts itself into the graph with `with_gradient`. S is symmetric, so its
    gradient then takes one matrix product where autograd makes two, and keeps one (B, B) matrix where autograd keeps
    each intermediate result.
    """

    def __init__(self, X: Tensor) -> None:
        self._X = X
        with torch.no_grad():
            self.unit, self._inverse = directions(X)
            self.S = self.unit @ self.unit.T

    def with_gradient(self, value: Tensor, grad: Tensor) -> Tensor:
        """`value` as a function of X, given its gradient dL/dS (B, B) with the entries of S taken as independent."""
        return in_closed_form(value, [self._X], _gradients, [self.unit, self._inverse, grad])


class CosinesTo:
    """S (B, M), the cosine similarity of every row of X (B, D) to every row of fixed references R (M, D)."""

    def __init__(self, X: Tensor, R: Tensor) -> None:
        self._X = X
        with torch.no_grad():
            self._unit, self._inverse = directions(X)
            self._others, _ = directions(R)
            self.S = self._unit @ self._others.T

    def with_gradient(self, value: Tensor, grad: Tensor) -> Tensor:
        """`value` as a function of X, given its gradient dL/dS (B, M)."""
        return in_closed_form(value, [self._X], _gradients_to, [self._unit, self._inverse, self._others, grad])


def directions(X: Tensor) -> tuple[Tensor, Tensor]:
    """Rows of X (B, D) at unit length, and what a gradient of them is multiplied by, (B, 1), on its way to X."""
    lengths = torch.linalg.vector_norm(X, dim=1, keepdim=True)
    inverse = lengths.clamp_min(SHORTEST).reciprocal()
    return X * inverse, inverse * (lengths > SHORTEST)


def across(unit: Tensor, inverse: Tensor, gradient: Tensor) -> Tensor:
    """The gradient with respect to X from that of its directions: what points along a row cannot turn it."""
    along = (gradient * unit).sum(dim=1, keepdim=True)
    return torch.addcmul(gradient, unit, along, value=-1).mul_(inverse)


def _gradients(outer: Tensor, unit: Tensor, inverse: Tensor, grad: Tensor) -> tuple[Tensor]:
    return (across(unit, inverse * outer, (grad + grad.T) @ unit),)


def _gradients_to(outer: Tensor, unit: Tensor, inverse: Tensor, others: Tensor, grad: Tensor) -> tuple[Tensor]:
    return (across(unit, inverse * outer, grad @ others),)
