"""Quick look: a picture described by histograms of its colours and gradients. No network, no training, no torch.

What trained embeddings must beat. D = 236 numbers of a square of 64 x 64 pixels, whose aspect is ignored so that
all of the picture counts:

- *Gradients*, 128 numbers: the lengths of the gradients of the grey picture by 8 directions (without sign) in 4 x 4
  cells, each gradient shared between its nearest two directions and nearest four cells (Dalal and Triggs: Histograms of
  Oriented Gradients for Human Detection, CVPR 2005; the grid of 4 x 4 x 8 is that of Lowe's SIFT, IJCV 2004).
- *Colours*, 108 numbers: in each quarter of the picture, 3 x 3 x 3 colours of CIE L*a*b* (1976), in which equal
  distances look about equally large; each pixel is shared between its nearest eight (Swain and Ballard: Color Indexing,
  IJCV 1991).

Each histogram is a distribution over the whole picture; its square roots are taken, so that the inner product of two is
their Bhattacharyya coefficient (Arandjelovic and Zisserman: Three Things Everyone Should Know, CVPR 2012, section 4).
Gradients count for two thirds and colours for one: chosen on photographs of clothing, where it finds more than halves.
Vectors therefore have unit length, and the cosine of two pictures is from 0 to 1, larger for what is more alike.

Departures: no blocks normalised by themselves and no Gaussian window as in HOG and SIFT, since whole pictures are
compared; colours are first rounded to 16 steps a channel, so that a table has their L*a*b* (a colour moves by 8 of 255
at most, a bin is 50 wide of 100). Every direction in every cell gets a little more than was found, as much as
compression leaves in flat pictures: these are alike then, and have no direction by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.errors import CheckpointError
from core.messages import Message
from core.settings import from_values, setting, to_values

Pixels = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]
Fit = Literal["crop", "squash"]

# Raise it whenever the numbers change, and make the shipped file anew (`benchmarks.make_quick_look`).
VERSION = 1
SIDE = 64
CELLS, DIRECTIONS = 4, 8
QUARTERS, LEVELS = 2, 3
DIMENSIONS = CELLS * CELLS * DIRECTIONS + QUARTERS * QUARTERS * LEVELS**3
SHARE_OF_GRADIENTS = 2 / 3
# Mean length of the gradients that compression leaves in a flat picture, in grey levels.
NOISE = 1.0
# Lightness from 0 to 100; red to green and yellow to blue beyond this are as strong as colours of photographs get.
STRONGEST = 50.0
STEPS = 16

_LUMA = (0.299, 0.587, 0.114)
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))


@dataclass(frozen=True)
class HistogramDescription:
    """What a checkpoint says that has no network; stands where others describe theirs. Unit length, D = 236."""

    descriptor: str = setting("histograms", "What the pictures are described by.")
    version: int = setting(VERSION, "By which version of it.")

    prepared_size: ClassVar[int] = SIDE
    fit: ClassVar[Fit] = "squash"
    embedding_size: ClassVar[int] = DIMENSIONS

    def __post_init__(self) -> None:
        if (self.descriptor, self.version) != ("histograms", VERSION):
            raise CheckpointError(
                Message("descriptor-unknown", descriptor=self.descriptor, version=self.version, expected=VERSION)
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return to_values(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> HistogramDescription:
        """Inverse of `as_dict`; CheckpointError for another descriptor, version or key."""
        return from_values(cls, values, "model", CheckpointError)


def describe(pixels: Pixels) -> Values:
    """(B, 64, 64, 3) uint8 to (B, 236) float32 of unit length, B >= 1; never NaN, of flat pictures neither."""
    parts = ((SHARE_OF_GRADIENTS, gradients(pixels)), (1 - SHARE_OF_GRADIENTS, colours(pixels)))
    return np.hstack([np.sqrt(share * histogram) for share, histogram in parts]).astype(np.float32)


def gradients(pixels: Pixels) -> Values:
    """(B, 128) lengths of gradients by cell (rows first) and direction; each row sums to 1."""
    grey = pixels @ np.array(_LUMA, np.float32)
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    length = np.hypot(across, down)
    place = np.arctan2(down, across) * np.float32(DIRECTIONS / np.pi) % DIRECTIONS
    near = _shares_of_cells()
    cells = np.empty((len(pixels), CELLS, CELLS, DIRECTIONS), np.float32)
    for direction in range(DIRECTIONS):
        apart = np.abs(place - direction)
        share = np.maximum(0, 1 - np.minimum(apart, DIRECTIONS - apart))
        cells[..., direction] = near @ (length * share) @ near.T
    found = cells.reshape(len(pixels), -1)
    found /= SIDE**2
    found += NOISE / (CELLS * CELLS * DIRECTIONS)
    found /= found.sum(axis=1, keepdims=True)
    return found


def colours(pixels: Pixels) -> Values:
    """(B, 108) shares of colours by quarter (rows first), lightness, red to green, yellow to blue; a row sums to 1."""
    steps = (pixels // (256 // STEPS)).astype(np.int64)
    code = (steps[..., 0] * STEPS + steps[..., 1]) * STEPS + steps[..., 2]
    half = np.arange(SIDE) * QUARTERS // SIDE
    quarter = half[:, None] * QUARTERS + half
    codes, quarters = STEPS**3, QUARTERS**2
    bins = (np.arange(len(pixels))[:, None, None] * quarters + quarter) * codes + code
    counts = np.bincount(bins.ravel(), minlength=len(pixels) * quarters * codes).reshape(-1, codes)
    found: Values = counts.astype(np.float32) @ _shares_of_colours()
    found /= SIDE**2
    return found.reshape(len(pixels), -1)


def to_lab(colour: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(..., 3) sRGB from 0 to 1 to L*a*b* under D65: L* from 0 to 100, a* and b* about -100 to 100."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    matrix = np.array(_TO_XYZ)
    ratio = linear @ matrix.T / matrix.sum(axis=1)
    edge = 6 / 29
    curved = np.where(ratio > edge**3, np.cbrt(ratio), ratio / (3 * edge**2) + 4 / 29)
    x, y, z = np.moveaxis(curved, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@cache
def _shares_of_cells() -> Values:
    """(4, 64): how much of a row of pixels counts for each row of cells; the outermost halves for one alone."""
    return _shares((np.arange(SIDE) + 0.5) / SIDE, CELLS).T.astype(np.float32)


@cache
def _shares_of_colours() -> Values:
    """(4096, 27): how much a colour, rounded to 16 steps a channel, counts for each of the histogram's."""
    middle = (np.arange(STEPS) + 0.5) / STEPS
    lab = to_lab(np.stack(np.meshgrid(middle, middle, middle, indexing="ij"), axis=-1).reshape(-1, 3))
    lightness = _shares(lab[:, 0] / 100, LEVELS)
    red, yellow = (_shares((lab[:, axis] + STRONGEST) / (2 * STRONGEST), LEVELS) for axis in (1, 2))
    together: Values = np.einsum("ci,cj,ck->cijk", lightness, red, yellow).astype(np.float32)
    return together.reshape(len(lab), -1)


def _shares(values: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.float64]:
    """(V, bins): how much each value, from 0 to 1, counts for the nearest two of so many bins; a row sums to 1."""
    place = np.clip(values * bins - 0.5, 0, bins - 1)
    shares: npt.NDArray[np.float64] = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(bins)))
    return shares
