"""Small pictures for tests, no two alike unless asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def noise(seed: int = 0, width: int = 12, height: int = 8) -> Image.Image:
    """Random coloured pixels."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def gradient(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards: what is where can be told from a colour."""
    red = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    green = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return Image.fromarray(np.stack([red, green, np.zeros_like(red)], axis=2).astype(np.uint8))


def put(path: Path, seed: int | None = None) -> Path:
    """Write a small picture, another one for every path, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise(sum(bytes(path)) if seed is None else seed).save(path, "PNG")
    return path
