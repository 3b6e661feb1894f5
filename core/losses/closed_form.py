"""Values whose gradient is known in closed form, put into autograd's graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def in_closed_form(
    value: Tensor,
    inputs: Sequence[Tensor],
    gradients: Callable[..., tuple[Tensor, ...]],
    saved: Sequence[Tensor],
) -> Tensor:
    """`value`, computed outside the graph, as a function of `inputs`.

    On the way back `gradients(outer, *saved)` gives one gradient for each input, `outer` being the scalar that
    arrives at the value, with autocast off. It can be differentiated once.
    """
    attached: Tensor = _ClosedForm.apply(gradients, value, len(inputs), *inputs, *saved)
    return attached


class _ClosedForm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, gradients: Callable[..., tuple[Tensor, ...]], value: Tensor, inputs: int, *tensors: Tensor
    ) -> Tensor:
        ctx.gradients = gradients
        ctx.save_for_backward(*tensors[inputs:])
        return value.view_as(value)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
        # A gradient taken while autocast is still on would pass through products in half precision.
        with torch.autocast(outer.device.type, enabled=False):
            gradients = ctx.gradients(outer, *ctx.saved_tensors)
        return (None, None, None, *gradients, *(None for _ in ctx.saved_tensors))
