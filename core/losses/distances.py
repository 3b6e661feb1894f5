"""Euclidean distances within a batch, differentiated in closed form."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from core.losses.closed_form import in_closed_form

# Squared distances below this share of the squared lengths lose digits in |x|^2 + |y|^2 - 2 x.y.
NEAR = 0.02
PAIRS_AT_ONCE = 8192


class Distances:
    """d (B, B), the distance of every two rows of the embeddings X (B, D), outside the graph.

    d_ij = sqrt(max(|x_i - x_j + offset|^2 + ridge, floor)); `offset` is added to every coordinate. A loss that knows
    its own gradients dL/dd puts itself into the graph with `with_gradient`. Floored entries (coincident rows) have no
    gradient, and the diagonal, whose value is that of coincident rows, has none either.

    The squares come from one matrix product of the centred rows. It loses the digits of small distances, so near
    pairs are measured again from their differences.
    """

    def __init__(self, X: Tensor, offset: float = 0.0, ridge: float = 0.0, floor: float = 1e-12) -> None:
        self._X = X
        self._offset = offset
        # The small surplus is for the rounding of the root.
        self._smallest = floor**0.5 * (1 + 1e-6)
        with torch.no_grad():
            self._centred = X - X.mean(dim=0)
            squares, some_near = _squares(self._centred, offset, ridge)
            self._all_move = ridge > floor or not some_near
            if some_near:
                squares.clamp_min_(floor)
            apart = max(ridge + X.shape[1] * offset**2, floor)
            self.d = squares.sqrt_().fill_diagonal_(apart**0.5)

    def with_gradient(self, value: Tensor, grad: Tensor, symmetric: bool = False) -> Tensor:
        """`value` as a function of X, given its gradient dL/dd (B, B) with the entries of d taken as independent."""
        with torch.no_grad():
            scaled_grad = grad / self.d
            if not self._all_move:
                scaled_grad.masked_fill_(self.d <= self._smallest, 0)
            scaled_grad.fill_diagonal_(0)
        gradients = partial(_gradients, self._offset, symmetric)
        return in_closed_form(value, [self._X], gradients, [self._centred, scaled_grad])


def _squares(X: Tensor, offset: float, ridge: float) -> tuple[Tensor, bool]:
    """(B, B) |x_i - x_j + offset|^2 + ridge, and whether there are near pairs; what is on the diagonal is undefined."""
    lengths = torch.linalg.vector_norm(X, dim=1).square_()
    constant = ridge + X.shape[1] * offset**2
    ours = theirs = lengths
    if offset:
        sums = X.sum(dim=1)
        ours, theirs = lengths + 2 * offset * sums, lengths - 2 * offset * sums
    squares = torch.addmm((ours + constant)[:, None] + theirs, X, X.T, alpha=-2).fill_diagonal_(torch.inf)
    # One look for all spares the search where there is nothing to find.
    some_near = bool(squares.amin() <= 2 * NEAR * lengths.amax() + constant)
    if some_near:
        near = (squares <= NEAR * (lengths[:, None] + lengths) + constant).nonzero()
        for start in range(0, len(near), PAIRS_AT_ONCE):
            i, j = near[start : start + PAIRS_AT_ONCE].unbind(dim=1)
            squares[i, j] = (X[i] - X[j] + offset).square().sum(dim=1) + ridge
    return squares, some_near


def _gradients(offset: float, symmetric: bool, outer: Tensor, centred: Tensor, scaled_grad: Tensor) -> tuple[Tensor]:
    # d_ij grows along (x_i - x_j + offset) / d_ij as x_i moves, and against it as x_j does.
    both = scaled_grad * (2 * outer) if symmetric else (scaled_grad + scaled_grad.T).mul_(outer)
    gradient = torch.addmm(both.sum(dim=1, keepdim=True) * centred, both, centred, alpha=-1)
    if offset:
        gradient += offset * outer * (scaled_grad.sum(dim=1) - scaled_grad.sum(dim=0))[:, None]
    return (gradient,)
