"""Optimisers by name, and their state as named tensors (never as a pickle)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from core.training.settings import OptimizerSettings


def parameter_group(parameters: Iterable[nn.Parameter], factor: float, decay: float = 1.0) -> dict[str, Any]:
    """Parameters that learn `factor` times as fast, and decay `decay` times as much, as the recipe says."""
    return {"params": list(parameters), "factor": factor, "decay": decay}


def build_optimizer(
    settings: OptimizerSettings, parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]]
) -> Optimizer:
    """The optimiser that `settings` describe, of parameters or of parameter groups."""
    optimizer: Optimizer
    if settings.name == "sgd":
        optimizer = SGD(parameters, lr=settings.learning_rate, momentum=settings.momentum)
    else:
        optimizer = (AdamW if settings.name == "adamw" else Adam)(parameters, lr=settings.learning_rate)
    for group in optimizer.param_groups:
        group["weight_decay"] = settings.weight_decay * group.get("decay", 1.0)
    return optimizer


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the rate of every parameter, times the factor of its group."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("factor", 1.0)


def clip_gradients(parameters: Iterable[nn.Parameter], settings: OptimizerSettings) -> Tensor:
    """Bound every entry of the gradient, then its length, where `settings` say so; returns its length before that.

    Only the length is looked at for numbers that are not finite: an infinite entry would be clipped out of sight.
    """
    moving = [parameter for parameter in parameters if parameter.grad is not None]
    length = nn.utils.get_total_norm([parameter.grad for parameter in moving if parameter.grad is not None])
    if settings.clip_value:
        nn.utils.clip_grad_value_(moving, settings.clip_value)
    if settings.clip_norm:
        nn.utils.clip_grad_norm_(moving, settings.clip_norm)
    return length


def state_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """The running averages of each parameter as "index.name" tensors; rates come from the recipe."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": torch.as_tensor(value)
        for index, entries in state.items()
        for name, value in entries.items()
        if value is not None
    }


def restore_state(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Inverse of `state_tensors`."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
