"""Smooth random fields and the way back from numbers to pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[np.float32]


def smooth_noise(size: int, blur: tuple[float, float], generator: np.random.Generator, turn: float = 0.0) -> Field:
    """(size, size) noise of unit variance that tiles, blurred by so many pixels down and across and then turned."""
    spectrum = np.fft.rfft2(generator.standard_normal((size, size)))
    down, across = np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij")
    cosine, sine = np.cos(turn), np.sin(turn)
    first, second = cosine * down + sine * across, cosine * across - sine * down
    keep = np.exp(-2 * np.pi**2 * ((first * blur[0]) ** 2 + (second * blur[1]) ** 2))
    field = np.fft.irfft2(spectrum * keep, s=(size, size))
    return np.asarray(field / max(float(field.std()), 1e-9), dtype=np.float32)


def to_image(pixels: npt.NDArray[np.floating]) -> Image.Image:
    """RGB picture of (H, W, 3) values 0..255; beyond is clipped."""
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))
