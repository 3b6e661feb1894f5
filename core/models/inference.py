"""From prepared images to embeddings: the one path that training, measuring and searching share.

Letters: B images, P the prepared side, S the side the network sees, D dimensions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.models.description import ModelDescription
from core.models.device import Device
from core.models.embedder import Embedder

Pixels = npt.NDArray[np.uint8]


def to_float(images: Pixels, device: Device) -> Tensor:
    """(B, P, P, 3) uint8 to (B, 3, P, P) float32 in 0..1 on the device, in channels_last order."""
    # Permuting what is stored pixel by pixel is channels_last; nothing is copied but the conversion.
    pixels = torch.from_numpy(np.ascontiguousarray(images)).to(device.torch, non_blocking=True)
    return pixels.permute(0, 3, 1, 2).float().div_(255)


def centre_crop(images: Tensor, size: int) -> Tensor:
    """The middle (B, 3, S, S) of (B, 3, P, P)."""
    start = (images.shape[-1] - size) // 2
    return images[:, :, start : start + size, start : start + size]


def standardise(images: Tensor, description: ModelDescription) -> Tensor:
    """(value - mean) / std by channel, in the memory order the network likes."""
    mean = torch.tensor(description.mean, device=images.device).view(1, 3, 1, 1)
    std = torch.tensor(description.std, device=images.device).view(1, 3, 1, 1)
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


def preprocess(images: Pixels, description: ModelDescription, device: Device) -> Tensor:
    """(B, P, P, 3) uint8 to what the network takes, (B, 3, S, S), for measuring: the centre of each image."""
    return standardise(centre_crop(to_float(images, device), description.input_size), description)


@torch.inference_mode()
def embed_batch(embedder: Embedder, images: Pixels, device: Device) -> npt.NDArray[np.float32]:
    """(B, D) float32 embeddings of (B, P, P, 3) uint8 images, computed in float32.

    The embedder must be in eval mode and on the device.
    """
    inputs = preprocess(images, embedder.description, device)
    with device.measuring():
        vectors: Tensor = embedder(inputs)
    return vectors.cpu().numpy()
