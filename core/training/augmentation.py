"""Random changes of a whole batch in one step, on the device that trains.

Letters: B images, P their side, S the side the network sees. All images of a batch are turned, scaled, slanted,
moved and mirrored by one `grid_sample` with a matrix each; with nothing asked for, it is the centre crop.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from core.models.inference import centre_crop
from core.training.recipe import AugmentationSettings


def augment(images: Tensor, settings: AugmentationSettings, size: int, quarters: Tensor | None = None) -> Tensor:
    """(B, 3, P, P) of values 0..1 to (B, 3, S, S), every image changed in its own way.

    `quarters` (B,) turns image b by that many right angles before anything else. Random numbers come from torch's
    generator on the processor, so that they do not depend on the device.
    """
    if quarters is None and not _moves(settings):
        cropped = centre_crop(images, size)
    else:
        matrices = _matrices(len(images), settings, quarters) * (size / images.shape[-1])
        grid = functional.affine_grid(matrices.to(images.device), [len(images), 3, size, size], align_corners=False)
        # Beyond the border its own colour goes on: black corners would be learnt as a feature.
        cropped = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    return _relit(cropped, settings)


def quarter_turned(codes: Tensor) -> tuple[Tensor, Tensor]:
    """(labels, quarters) (B,) each: every class of a batch is turned by a random quarter and becomes another class."""
    classes, position = torch.unique(codes, return_inverse=True)
    quarters = torch.randint(4, (len(classes),))[position]
    return codes * 4 + quarters, quarters


def _moves(settings: AugmentationSettings) -> bool:
    still = AugmentationSettings(brightness=settings.brightness, contrast=settings.contrast)
    return settings != still


def _matrices(count: int, settings: AugmentationSettings, quarters: Tensor | None) -> Tensor:
    """(B, 2, 3) from the network's picture to where each of its pixels is looked up, both spanning -1..1."""
    angle = torch.deg2rad(_either_way(count, settings.rotation))
    if quarters is not None:
        angle = angle + quarters * (math.pi / 2)
    slant = torch.tan(torch.deg2rad(_either_way(count, settings.shear)))
    low, high = settings.scale
    size = low + (high - low) * torch.rand(count)
    shape = torch.exp(_either_way(count, math.log(settings.stretch)) / 2)
    mirror = 1 - 2 * (torch.rand(count) < 0.5) * float(settings.flip)
    cos, sin = torch.cos(angle), torch.sin(angle)
    # Rotation times shear, its columns divided by the scales: what is enlarged is looked up closer together.
    across, down = mirror / (size * shape), shape / size
    rows = [
        torch.stack([cos * across, (cos * slant - sin) * down, 2 * _either_way(count, settings.translation)], dim=1),
        torch.stack([sin * across, (sin * slant + cos) * down, 2 * _either_way(count, settings.translation)], dim=1),
    ]
    return torch.stack(rows, dim=1)


def _relit(images: Tensor, settings: AugmentationSettings) -> Tensor:
    if settings.brightness:
        images = images * _factor(images, settings.brightness)
    if settings.contrast:
        middle = images.mean(dim=(1, 2, 3), keepdim=True)
        images = (images - middle) * _factor(images, settings.contrast) + middle
    return images


def _factor(images: Tensor, most: float) -> Tensor:
    return (1 + _either_way(len(images), most)).to(images.device).view(-1, 1, 1, 1)


def _either_way(count: int, most: float) -> Tensor:
    """(B,) uniform in -most..most."""
    return (2 * torch.rand(count) - 1) * most
