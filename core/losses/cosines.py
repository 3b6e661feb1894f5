"""Cosine similarities within a batch, differentiated in closed form."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.closed_form import in_closed_form
from core.losses.loss import Loss
from core.losses.pairs import References, full_precision, no_loss

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


class CosineLoss(Loss):
    """A loss of pairs by their cosine similarities: the mean over anchors of a term for either sign.

    Embeddings (B, D) are normalised inside. After a call `terms` holds the detached parts "positive" and "negative".
    """

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        with full_precision(embeddings) as X:
            return self._of(X, Cosines(X), labels, None)

    def cross_batch_loss(self, embeddings: Tensor, labels: Tensor, references: References) -> Tensor:
        """The loss of anchors (B, D) with labels (B,), paired with references."""
        with full_precision(embeddings) as X:
            return self._of(X, CosinesTo(X, references.embeddings.to(X.dtype)), labels, references)

    def weighed(self, S: Tensor, labels: Tensor, references: References | None) -> tuple[Tensor, Tensor, Tensor]:
        """Each anchor's two terms (B,) and (B,), and the gradients of their sum in S (B, M), which is overwritten."""
        raise NotImplementedError

    def _of(self, X: Tensor, cosines: Cosines | CosinesTo, labels: Tensor, references: References | None) -> Tensor:
        if not len(X):
            self.terms = {"positive": X.new_zeros(()), "negative": X.new_zeros(())}
            return no_loss(X)
        with torch.no_grad():
            positive_terms, negative_terms, grad = self.weighed(cosines.S, labels, references)
            self.terms = {"positive": positive_terms.mean(), "negative": negative_terms.mean()}
            value = self.terms["positive"] + self.terms["negative"]
        return cosines.with_gradient(value, grad.div_(len(X)))


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
