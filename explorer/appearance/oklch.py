"""The OKLCH colour space (Ottosson 2020): equal steps look equal, and hue does not drift with lightness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

# From linear sRGB to the cone-like space, and from its cube roots to Lab.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES = np.linalg.inv(_TO_CONES)
_FROM_LAB = np.linalg.inv(_TO_LAB)


def to_srgb(lightness: npt.ArrayLike, chroma: npt.ArrayLike, hue: npt.ArrayLike) -> Bytes:
    """(N, 3) bytes for lightness 0..1, chroma, and hue in degrees; chroma is reduced to what sRGB can show."""
    light, strong, angle = np.broadcast_arrays(
        np.asarray(lightness, float).ravel(), np.asarray(chroma, float).ravel(), np.asarray(hue, float).ravel()
    )
    linear = _linear(light, strong, angle)
    # Halving is for the few that do not fit: tens of thousands of colours are made while somebody waits.
    beyond = np.flatnonzero(~_shown(linear))
    light, high, angle = light[beyond], strong[beyond], angle[beyond]
    low = np.zeros(len(beyond))
    for _ in range(12):
        middle = (low + high) / 2
        within = _shown(_linear(light, middle, angle))
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    linear[beyond] = _linear(light, low, angle)
    return _encoded(linear)


def from_srgb(colours: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Lightness, chroma and hue in degrees of (N, 3) bytes."""
    lab = to_oklab(colours)
    return lab[:, 0], np.hypot(lab[:, 1], lab[:, 2]), np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360


def to_oklab(colours: npt.ArrayLike) -> Floats:
    """(N, 3) OKLab of (N, 3) bytes; distances in it are differences as seen."""
    lab: Floats = np.cbrt(_decoded(colours) @ _TO_CONES.T) @ _TO_LAB.T
    return lab


def _linear(lightness: Floats, chroma: Floats, hue: Floats) -> Floats:
    angle = np.radians(hue)
    lab = np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=1)
    linear: Floats = (lab @ _FROM_LAB.T) ** 3 @ _FROM_CONES.T
    return linear


def _shown(linear: Floats) -> npt.NDArray[np.bool_]:
    shown: npt.NDArray[np.bool_] = np.all((linear > -1e-4) & (linear < 1 + 1e-4), axis=1)
    return shown


def _encoded(linear: Floats) -> Bytes:
    clipped = np.clip(linear, 0, 1)
    encoded = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    rounded: Bytes = np.rint(encoded * 255).astype(np.uint8)
    return rounded


def _decoded(colours: npt.ArrayLike) -> Floats:
    share = np.asarray(colours, float).reshape(-1, 3) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
