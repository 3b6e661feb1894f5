"""A device beside the processor, for machines that have none: its tensors compute with one another alone.

They are called torch's "meta", and what they compute is the processor's arithmetic. Where a graphics card would refuse
tensors of two devices in one operation, so does this one; unlike on a card, autocast is off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from core.models.device import Device

PLACE = torch.device("meta")
COPYING = {"to", "_to_copy", "copy_"}
# A card's tensors may be indexed with the processor's.
INDEXING = {"index", "index_put_"}


class OtherDevice(Device):
    """The device as a learner takes it."""

    @property
    def torch(self) -> torch.device:
        return PLACE


class _There(torch.Tensor):
    """A tensor of the other device; `here` is the same on the processor."""

    here: torch.Tensor

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> _There:
        shape = torch.empty_strided(here.size(), here.stride(), dtype=here.dtype, device=PLACE)
        there = torch.Tensor._make_subclass(cls, shape)
        there.here = here
        return there

    @classmethod
    def __torch_dispatch__(cls, operation: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(operation, args, kwargs or {})


class _Everywhere(TorchDispatchMode):
    """Sees what makes a tensor of nothing, too."""

    def __torch_dispatch__(self, operation: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(operation, args, kwargs or {})


def _compute(operation: Any, args: Any, kwargs: Any) -> Any:
    given = tree_leaves((args, kwargs))
    there = [leaf for leaf in given if isinstance(leaf, _There)]
    here = [leaf for leaf in given if isinstance(leaf, torch.Tensor) and not isinstance(leaf, _There) and leaf.ndim]
    name = operation.overloadpacket.__name__
    indexed = name in INDEXING and isinstance(args[0], _There)
    if there and here and name not in COPYING and not indexed:
        raise RuntimeError(f"{name} of tensors on two devices: {[tuple(tensor.shape) for tensor in here]} are here.")
    named = [leaf for leaf in given if isinstance(leaf, torch.device)]
    is_there = named[0] == PLACE if named else bool(there)
    results = operation(*tree_map(_as_here, args), **tree_map(_as_here, kwargs))
    same = {id(tensor.here): tensor for tensor in there} | {id(tensor): tensor for tensor in here}
    return tree_map(lambda result: _as_given(result, same, is_there), results)


def _as_here(leaf: Any) -> Any:
    if isinstance(leaf, torch.device):
        return torch.device("cpu")
    return leaf.here if isinstance(leaf, _There) else leaf


def _as_given(result: Any, same: dict[int, torch.Tensor], is_there: bool) -> Any:
    """A result under its own name; what was changed in place is the tensor that was given."""
    if not isinstance(result, torch.Tensor) or id(result) in same:
        return same.get(id(result), result)
    return _There(result) if is_there else result


@contextlib.contextmanager
def beside_the_processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherDevice]:
    """The other device, which is there meanwhile."""
    make, listed, autocast = torch.tensor, torch.Tensor.tolist, torch.autocast
    # These do not ask a tensor what it is, or do not know the device.
    monkeypatch.setattr(torch, "tensor", lambda data, device="cpu", **how: make(data, **how).to(device))
    monkeypatch.setattr(torch.Tensor, "new_tensor", lambda like, data: make(data, dtype=like.dtype).to(like.device))
    monkeypatch.setattr(torch.Tensor, "tolist", lambda tensor: listed(_as_here(tensor)))
    monkeypatch.setattr(torch, "autocast", lambda kind, **how: autocast("cpu" if kind == PLACE.type else kind, **how))
    swapping = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        with _Everywhere():
            yield OtherDevice("cpu", "another device")
    finally:
        torch.__future__.set_swap_module_params_on_conversion(swapping)
