"""Joint mining: which pairs to learn from, as seen by the sample that is an anchor and by the proxy of its class.

Letters: A (B, B) cosine similarities of the samples with the anchor as row, S (C, B) of the proxies to the samples.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from core.losses.pairs import pair_masks
from core.losses.settings import JointMining


class MinedRelations(NamedTuple):
    """The mined relations.

    Attributes:
        samples: (B, B) samples to samples, never to themselves.
        rows: (R,) the classes whose relations were mined; of all others every relation is kept.
        proxies: (R, B) proxies of these classes to samples.
    """

    samples: Tensor
    rows: Tensor
    proxies: Tensor


def jointly_mined(A: Tensor, S: Tensor, labels: Tensor, epsilon: float, mining: JointMining) -> MinedRelations:
    """The mined relations: those to learn from.

        sample view  h_A  k is kept if A_ik + epsilon > min over own A_i. ; j if A_ij - epsilon < max over other A_i.
        proxy view   h_B  the same in the row S_c. of a class c in the batch, with its samples as the own ones
        "union"           (i, j) if h_A(i, j) or h_B(y_i, j);  (c, j) if h_B(c, j) or h_A(i, j) for an i of class c
        "intersection"    and in place of or
        "separate"        each relation by its own view
        "none"            all
        "pooled"          the sample is the only anchor; both relations share its thresholds over A_i. and S_.i

    All inequalities are strict. A view is blind, and keeps nothing, where it has no own or no other similarity. A
    class that is absent from the batch has no anchor to mine with: all its relations are kept, but if pooled.
    """
    positive, negative = pair_masks(labels)
    if mining == "none":
        return MinedRelations(positive | negative, labels[:0], S[:0].bool())
    if mining == "pooled":
        return _pooled(A, S, positive, negative, labels, epsilon)
    present, classes = torch.unique(labels, return_inverse=True)
    own = labels == present[:, None]
    by_sample = _view(A, positive, negative, epsilon)
    by_proxy = _view(S[present], own, ~own, epsilon)
    by_own_samples = torch.zeros_like(S[present]).index_add_(0, classes, by_sample.to(S.dtype)) > 0
    if mining == "union":
        to_samples, to_proxies = by_sample | by_proxy[classes], by_proxy | by_own_samples
    elif mining == "intersection":
        to_samples, to_proxies = by_sample & by_proxy[classes], by_proxy & by_own_samples
    else:
        to_samples, to_proxies = by_sample, by_proxy
    return MinedRelations(to_samples.fill_diagonal_(False), present, to_proxies)


def _view(similarities: Tensor, own: Tensor, other: Tensor, epsilon: float) -> Tensor:
    """What each row keeps: others nearer than its farthest own, own farther than its nearest other, give or take."""
    farthest_own = _least(similarities, own, 1)
    nearest_other = _greatest(similarities, other, 1)
    # Where there is none the bound is +-inf, which no comparison passes.
    return (other & (similarities + epsilon > farthest_own)) | (own & (similarities - epsilon < nearest_other))


def _pooled(A: Tensor, S: Tensor, positive: Tensor, negative: Tensor, labels: Tensor, epsilon: float) -> MinedRelations:
    classes = torch.arange(len(S), device=S.device)
    own = labels == classes[:, None]
    farthest_own = torch.minimum(_least(A, positive, 1), _least(S, own, 0).T)
    nearest_other = torch.maximum(_greatest(A, negative, 1), _greatest(S, ~own, 0).T)
    to_samples = (negative & (A + epsilon > farthest_own)) | (positive & (A - epsilon < nearest_other))
    to_proxies = (~own & (S + epsilon > farthest_own.T)) | (own & (S - epsilon < nearest_other.T))
    return MinedRelations(to_samples, classes, to_proxies)


def _least(similarities: Tensor, mask: Tensor, dim: int) -> Tensor:
    return similarities.masked_fill(~mask, torch.inf).amin(dim=dim, keepdim=True)


def _greatest(similarities: Tensor, mask: Tensor, dim: int) -> Tensor:
    return similarities.masked_fill(~mask, -torch.inf).amax(dim=dim, keepdim=True)
