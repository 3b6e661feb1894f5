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
    its own slopes dL/dd puts itself into the graph with `attach`. Floored entries (coincident rows, and the diagonal)
    have no gradient.

    The squares come from one matrix product of the centred rows. It loses the digits of small distances, so near
    pairs are measured again from their differences.
    """

    def __init__(self, X: Tensor, offset: float = 0.0, ridge: float = 0.0, floor: float = 1e-12) -> None:
        self._X = X
        self._offset = offset
        with torch.no_grad():
            self._centred = X - X.mean(dim=0)
            squares, some_near = _squared_distances(self._centred)
            if offset:
                sums = self._centred.sum(dim=1)
                squares += 2 * offset * (sums[:, None] - sums) + X.shape[1] * offset**2
            if ridge:
                squares += ridge
            self.d = squares.clamp_min_(floor).sqrt_()
            # The small surplus is for the rounding of the root.
            self._smallest = floor**0.5 * (1 + 1e-6)
            self._all_move = ridge > floor or not some_near

    def attach(self, value: Tensor, slopes: Tensor) -> Tensor:
        """`value` as a function of X, given its slopes dL/dd (B, B) with the entries of d taken as independent."""
        with torch.no_grad():
            pulls = slopes / self.d
            if not self._all_move:
                pulls.masked_fill_(self.d <= self._smallest, 0)
            pulls.fill_diagonal_(0)
        gradients = partial(_gradients, self._offset)
        return in_closed_form(value, [self._X], gradients, [self._centred, pulls])


def _squared_distances(X: Tensor) -> tuple[Tensor, bool]:
    """(B, B) |x_i - x_j|^2 with an exactly zero diagonal, and whether there are near pairs."""
    lengths = torch.linalg.vector_norm(X, dim=1).square_()
    bounds = lengths[:, None] + lengths
    squares = torch.addmm(bounds, X, X.T, alpha=-2)
    near = (squares <= bounds.mul_(NEAR)).triu_(1).nonzero()
    for start in range(0, len(near), PAIRS_AT_ONCE):
        i, j = near[start : start + PAIRS_AT_ONCE].unbind(dim=1)
        squares[i, j] = squares[j, i] = (X[i] - X[j]).square().sum(dim=1)
    return squares.fill_diagonal_(0), len(near) > 0


def _gradients(offset: float, outer: Tensor, centred: Tensor, pulls: Tensor) -> tuple[Tensor]:
    # d_ij grows along (x_i - x_j + offset) / d_ij as x_i moves, and against it as x_j does.
    both = (pulls + pulls.T) * outer
    gradient = torch.addmm(both.sum(dim=1, keepdim=True) * centred, both, centred, alpha=-1)
    if offset:
        gradient += offset * outer * (pulls.sum(dim=1) - pulls.sum(dim=0))[:, None]
    return (gradient,)
