"""Separation: proxies, or any directions, pushed away from each other."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.closed_form import in_closed_form
from core.losses.cosines import across, directions
from core.losses.settings import SeparationForm

# How many similarities are in memory at once: 64 MiB in single precision.
BLOCK = 1 << 24


def separation(
    proxies: Tensor, gamma: float, base: float, form: SeparationForm, block: int = BLOCK
) -> tuple[Tensor, Tensor]:
    """How close the proxies (C, D) are to each other, and its contribution mass, the sum of |d/dQ| (detached).

    With Q_cd the cosine similarity of proxies c and d,

        "lse"   mean over c of log(1 + sum over d != c of e^{gamma (Q_cd - base)}) / gamma
        "mean"  mean over c != d of Q_cd

    The mean only makes the proxies' sum short and hardly parts two that are close. "lse" takes rows in blocks of
    `block` similarities, gradient included, "mean" needs no similarities at all: a (C, C) matrix is never made. With
    fewer than two proxies both are 0.
    """
    with torch.no_grad():
        unit, inverse = directions(proxies)
        if len(proxies) < 2:
            value, mass, gradient = unit.new_zeros(()), unit.new_zeros(()), torch.zeros_like(unit)
        elif form == "mean":
            value, mass, gradient = _mean(unit)
        else:
            value, mass, gradient = _log_sum_exp(unit, gamma, base, max(1, block // len(unit)))
    return in_closed_form(value, [proxies], _gradients, [unit, inverse, gradient]), mass


def _mean(unit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    pairs = len(unit) * (len(unit) - 1)
    total = unit.sum(dim=0)
    value = (total.square().sum() - unit.square().sum()) / pairs
    return value, unit.new_ones(()), 2 * (total - unit) / pairs


def _log_sum_exp(unit: Tensor, gamma: float, base: float, rows: int) -> tuple[Tensor, Tensor, Tensor]:
    value, mass, gradient = unit.new_zeros(()), unit.new_zeros(()), torch.zeros_like(unit)
    for start in range(0, len(unit), rows):
        part = unit[start : start + rows]
        exponents = (part @ unit.T).sub_(base).mul_(gamma)
        exponents.diagonal(offset=start).fill_(-torch.inf)
        shift = exponents.amax(dim=1, keepdim=True).clamp_min_(0)
        grad = exponents.sub_(shift).exp_()
        sums = (-shift).exp_() + grad.sum(dim=1, keepdim=True)
        grad /= sums * len(unit)
        value += (sums.log() + shift).sum() / (gamma * len(unit))
        mass += grad.sum()
        gradient[start : start + rows].addmm_(grad, unit)
        gradient.addmm_(grad.T, part)
    return value, mass, gradient


def _gradients(outer: Tensor, unit: Tensor, inverse: Tensor, gradient: Tensor) -> tuple[Tensor]:
    return (across(unit, inverse * outer, gradient),)
