"""Where a model runs: the graphics card when there is one, else the processor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal

import torch

from core.errors import DeviceError
from core.messages import Message, Remedy
from core.models.processor import processor_name

CHOICES = ("auto", "cpu", "cuda")
Precision = Literal["auto", "float32", "bf16"]


@dataclass(frozen=True)
class Device:
    """A device as torch and as a person call it: `kind` "cpu" or "cuda", `name` such as "CPU (2 cores)"."""

    kind: str
    name: str

    @property
    def torch(self) -> torch.device:
        """The torch device."""
        return torch.device(self.kind)

    def autocast(self, precision: Precision = "auto") -> AbstractContextManager[object]:
        """What a network learns in: "bf16", "float32", or "auto", bfloat16 on a graphics card that computes in it.

        Cards before Ampere imitate it, and on a processor it is 8 to 24 times slower than float32: not by "auto".
        "float32" leaves the convolutions of a card as torch has them, in TF32 where there is that.
        """
        return torch.autocast(self.kind, dtype=torch.bfloat16, enabled=self.learns_in(precision) == "bf16")

    def learns_in(self, precision: Precision) -> Literal["float32", "bf16"]:
        """What `precision` means on this device."""
        if precision == "bf16" and self.kind == "cuda" and not torch.cuda.is_bf16_supported():
            raise DeviceError(Message("bf16-not-of-device", device=self.name), "training.precision")
        if precision != "auto":
            return precision
        native = self.kind == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return "bf16" if native else "float32"

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Float32 in full, so that an embedding does not depend on the card: neither bfloat16 nor TF32."""
        before = torch.backends.cudnn.allow_tf32
        torch.backends.cudnn.allow_tf32 = False
        try:
            with torch.autocast(self.kind, enabled=False):
                yield
        finally:
            torch.backends.cudnn.allow_tf32 = before


def choose_device(wish: str = "auto") -> Device:
    """The device for "auto", "cpu" or "cuda"; DeviceError when CUDA is asked for and none can compute."""
    if wish not in CHOICES:
        raise DeviceError(Message("device-unknown", device=wish, choices=CHOICES), wish)
    if wish != "cpu":
        trouble = _trouble_with_cuda()
        if trouble is None:
            return Device("cuda", torch.cuda.get_device_name())
        if wish == "cuda":
            raise DeviceError(trouble.with_remedies(Remedy("--device auto", Message("takes-what-there-is"), "")), wish)
    return Device("cpu", processor_name())


def _trouble_with_cuda() -> Message | None:
    """Why no graphics card can be used, None where one can."""
    if not torch.cuda.is_available():
        return Message("cuda-missing")
    try:
        torch.ones(1, device="cuda").sum().item()
    except RuntimeError as error:
        # torch counts cards that it has no code for, and those whose memory others have taken.
        return Message("cuda-not-computing", reason=str(error).splitlines()[0].rstrip("."))
    return None
