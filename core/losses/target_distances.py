"""How far apart the targets of a batch are: what losses for continuous labels compare embeddings with."""

from __future__ import annotations

import torch
from torch import Tensor

from core.errors import TrainingError
from core.messages import Message


def to_anchor(count: int, targets: Tensor | None, target_distances: Tensor | None) -> Tensor:
    """(count - 1,) distances from row 0 of a batch to its other rows; see `between`."""
    given = _one_of(targets, target_distances)
    if targets is not None:
        rows = _rows(targets, count)
        return (rows[1:] - rows[:1]).square().sum(dim=1).sqrt()
    if given.ndim == 2 and given.shape == (count, count):
        return given[0, 1:]
    if given.ndim == 1 and len(given) in (count - 1, count):
        return given[len(given) - (count - 1) :]
    raise TrainingError(
        Message("target-distances-misshapen", shape=str(tuple(given.shape)), others=count - 1, count=count)
    )


def between(count: int, targets: Tensor | None, target_distances: Tensor | None) -> Tensor:
    """(count, count) distances between all rows of a batch.

    Exactly one is given: `targets` (count, T) or (count,), whose Euclidean distances are taken, or the distances
    themselves. TrainingError where their shape does not fit the batch.
    """
    given = _one_of(targets, target_distances)
    if targets is not None:
        rows = _rows(targets, count)
        # From the differences, so that equal targets are exactly 0 apart and ties stay ties.
        return torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    if given.shape != (count, count):
        raise TrainingError(Message("target-distances-not-square", shape=str(tuple(given.shape)), count=count))
    return given


def _one_of(targets: Tensor | None, target_distances: Tensor | None) -> Tensor:
    given = targets if target_distances is None else target_distances
    if given is None or (targets is not None and target_distances is not None):
        raise TrainingError(Message("targets-given-both-or-none", none=given is None))
    return given


def _rows(targets: Tensor, count: int) -> Tensor:
    if targets.ndim not in (1, 2) or len(targets) != count:
        raise TrainingError(Message("targets-misshapen", shape=str(tuple(targets.shape)), count=count))
    rows = targets[:, None] if targets.ndim == 1 else targets
    return rows if rows.dtype == torch.float64 else rows.float()
