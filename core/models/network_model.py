"""A network on its device, as `core.models.image_model` has it; what loads torch is here."""

from __future__ import annotations

import torch

from core.errors import DeviceError
from core.messages import Message, Remedy
from core.models.checkpoint import load_intact
from core.models.checkpoint_files import CheckpointInfo
from core.models.device import choose_device
from core.models.histograms import Pixels, Values
from core.models.inference import embed_batch

_LARGEST_BATCH = 256
_PIXELS_AT_ONCE = 1 << 22  # keeps the activations of the largest backbones within 2 GB


class NetworkModel:
    """The network of a checkpoint; see `core.models.image_model.ImageModel`."""

    def __init__(self, info: CheckpointInfo, device: str) -> None:
        self._device = choose_device(device)
        loaded = load_intact(info, self._device)
        self._network, self.info = loaded.model, info
        side = self._network.description.input_size
        self.batch_size = max(8, min(_LARGEST_BATCH, _PIXELS_AT_ONCE // (side * side)))
        self.device_name = self._device.name

    def vectors(self, pixels: Pixels) -> Values:
        """Embed a batch; DeviceError when the device has too little memory for it."""
        try:
            return embed_batch(self._network, pixels, self._device)
        except torch.OutOfMemoryError as error:
            raise DeviceError(
                Message(
                    "out-of-memory-embedding",
                    Remedy("--device cpu", Message("does-without-it"), ""),
                    device=self.device_name,
                    count=len(pixels),
                )
            ) from error
