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
from core.training.settings import AugmentationSettings

# How often a random part is drawn before the largest one is taken.
TRIES = 10


def augment(images: Tensor, settings: AugmentationSettings, size: int, quarters: Tensor | None = None) -> Tensor:
    """(B, 3, P, P) of values 0..1 to (B, 3, S, S), every image changed in its own way.

    `quarters` (B,) turns image b by that many right angles before anything else. Random numbers come from torch's
    generator on the processor, so that they do not depend on the device.
    """
    if quarters is None and not _moves(settings):
        cropped = centre_crop(images, size)
    else:
        matrices = _placed(_matrices(len(images), settings, quarters), images.shape[-1], settings, size)
        grid = functional.affine_grid(matrices.to(images.device), [len(images), 3, size, size], align_corners=False)
        # Beyond the border its own colour goes on: black corners would be learnt as a feature.
        cropped = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    return _relit(cropped, settings)


def with_rotation_classes(codes: Tensor) -> tuple[Tensor, Tensor]:
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
    mirror = 1 - 2 * (torch.rand(1 if settings.flip_together else count) < 0.5) * float(settings.flip)
    cos, sin = torch.cos(angle), torch.sin(angle)
    # Rotation times shear, its columns divided by the scales: what is enlarged is looked up closer together.
    across, down = mirror / (size * shape), shape / size
    rows = [
        torch.stack([cos * across, (cos * slant - sin) * down, 2 * _either_way(count, settings.translation)], dim=1),
        torch.stack([sin * across, (sin * slant + cos) * down, 2 * _either_way(count, settings.translation)], dim=1),
    ]
    return torch.stack(rows, dim=1)


def _placed(matrices: Tensor, side: int, settings: AugmentationSettings, size: int) -> Tensor:
    """`matrices` (B, 2, 3) within the window that is looked at, of pictures of `side` pixels."""
    if settings.crop == "centre":
        return matrices * (size / side)
    share, middle = random_windows(len(matrices), settings)
    placed = matrices * share[:, :, None]
    placed[:, :, 2] += middle
    return placed


def random_windows(count: int, settings: AugmentationSettings) -> tuple[Tensor, Tensor]:
    """(width and height as shares of the side (B, 2), middles (B, 2) in -1..1) of random parts that lie inside.

    Area uniform and aspect log-uniform between their bounds, drawn again up to ten times until the part fits, else
    the largest that has an allowed aspect: the random resized crop of published code, without rounding to pixels.
    """
    low, high = settings.crop_area
    area = low + (high - low) * torch.rand(count, TRIES)
    narrow, wide = (math.log(bound) for bound in settings.crop_aspect)
    aspect = torch.exp(narrow + (wide - narrow) * torch.rand(count, TRIES))
    shares = torch.stack([torch.sqrt(area * aspect), torch.sqrt(area / aspect)], dim=2)
    fits = (shares <= 1).all(dim=2)
    first = fits.int().argmax(dim=1)
    nearest_to_square = min(max(1.0, settings.crop_aspect[0]), settings.crop_aspect[1])
    largest = torch.tensor([min(1.0, nearest_to_square), min(1.0, 1 / nearest_to_square)])
    share = torch.where(fits.any(dim=1, keepdim=True), shares[torch.arange(count), first], largest)
    return share, (1 - share) * (2 * torch.rand(count, 2) - 1)


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
