"""What every frame of the map computes, compiled: discs into pixels, and how far points are apart.

Points are visited front to back, each blended under what is there already; the background comes last. Importing
this module imports numba (half a second); the window therefore does it off the GUI thread, through
`explorer.panels.map.kernels`. `python -m explorer.panels.map.raster` compiles everything into the cache and leaves the
ready mark.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core import paths
from explorer.panels.map.kernel_cache import mark_ready

# numba reads the variable when it is imported, once.
os.environ.setdefault("NUMBA_CACHE_DIR", str(paths.compiled()))

import numba

Pixels = npt.NDArray[np.uint32]

STEPS = 4  # a disc may sit on any quarter of a pixel; finer steps cannot be seen
LANES = 8  # mask rows are filled up to whole vectors of eight pixels

_u32 = np.uint32


@lru_cache(maxsize=64)
def disc_masks(radius: float) -> npt.NDArray[np.uint32]:
    """Coverage 0..256 of a disc at STEPS x STEPS places within its middle pixel.

    Returns (STEPS, STEPS, S, W): S rows, of which the middle one holds the disc's pixel in column S // 2, and W
    columns, S of them and zeros up to a multiple of LANES. Radius in pixels.
    """
    half = math.floor(radius + 1 - 0.5 / STEPS)
    pixel = np.arange(-half, half + 1) + 0.5
    within = (np.arange(STEPS) + 0.5) / STEPS
    dy = pixel[None, None, :, None] - within[:, None, None, None]
    dx = pixel[None, None, None, :] - within[None, :, None, None]
    masks = np.rint(np.clip(radius + 0.5 - np.hypot(dy, dx), 0, 1) * 256).astype(np.uint32)
    return np.pad(masks, [(0, 0)] * 3 + [(0, -masks.shape[-1] % LANES)])


@lru_cache(maxsize=64)
def mask_table(radii: tuple[float, ...]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The masks of L radii one after another, and (L, 3) where each begins, its rows and its columns."""
    masks = [disc_masks(radius) for radius in radii]
    starts = np.cumsum([0] + [mask.size for mask in masks[:-1]])
    shapes = [(start, *mask.shape[2:]) for start, mask in zip(starts, masks, strict=True)]
    return np.concatenate([mask.ravel() for mask in masks]), np.array(shapes, np.int64)


def draw(
    image: Pixels,
    xy: npt.NDArray[np.float32],
    colours: npt.NDArray[np.uint32],
    layers: npt.NDArray[np.uint8],
    radii: tuple[float, ...],
    view: tuple[float, float, float],
    background: int,
) -> None:
    """Draw N points into an (H, W) image of opaque 0xFFRRGGBB pixels, replacing what was there.

    xy (N, 2), colours (N,) 0xAARRGGBB not premultiplied, and layers (N,) are in drawing order, the frontmost
    first; reading them in sequence is what makes a million points affordable. A disc has the radius
    `radii[layer]` in pixels of the image. `view` is the map x and y in the middle of the image and the image
    pixels per map unit. All arrays are C-contiguous and of exactly the given types.

    A disc too near to the border to fit is left out, which spares all others a test of every pixel: the image
    needs a margin around what is shown, of the width that `explorer.panels.map.scene.margin` gives.
    """
    masks, shapes = mask_table(radii)
    x, y, scale = view
    image.fill(0)
    _splat(image.reshape(-1), image.shape[1], xy, colours, layers, masks, shapes, x, y, scale)
    _lay_under(image.reshape(-1), np.uint32(background | 0xFF000000))


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _splat(
    image: Any,
    width: int,
    xy: Any,
    colours: Any,
    layers: Any,
    masks: Any,
    shapes: Any,
    x: float,
    y: float,
    scale: float,
) -> None:
    """Blend every disc under what is already in the flat image (premultiplied, 0 where nothing is yet).

    The innermost loop has no branch and no number wider than 32 bits, so that the compiler turns it into vector
    instructions: three times as fast as skipping covered pixels one by one.
    """
    height = len(image) // width
    for point in range(len(xy)):
        layer = layers[point]
        start, mask_rows, mask_columns = shapes[layer, 0], shapes[layer, 1], shapes[layer, 2]
        half = mask_rows // 2
        px = (xy[point, 0] - x) * scale + width * 0.5
        py = height * 0.5 - (xy[point, 1] - y) * scale
        # Compared as floats first: a point far outside has no place among whole numbers.
        if not (half <= px < width - mask_columns and half <= py < height - mask_rows):
            continue
        column, row = math.floor(px), math.floor(py)
        colour = np.int64(colours[point])
        alpha = colour >> 24
        opacity = _u32(alpha + (alpha >> 7))  # 255 becomes 256, so that opaque stays opaque
        red_blue, green = _u32(colour & 0x00FF00FF), _u32((colour >> 8) & 0xFF)
        step_y, step_x = np.int64((py - row) * STEPS), np.int64((px - column) * STEPS)
        mask_start = start + (step_y * STEPS + step_x) * mask_rows * mask_columns
        for mask_row in range(mask_rows):
            first = (row - half + mask_row) * width + column - half
            first_mask = mask_start + mask_row * mask_columns
            for lane in range(mask_columns):
                # Unsigned indices spare numba's test for negative ones.
                below = image[np.uint64(first + lane)]
                covered = _u32(below >> 24)
                rest = _u32(256 - _u32(covered + _u32(covered >> 7)))
                mask = masks[np.uint64(first_mask + lane)]
                weight = _u32(_u32(_u32(mask * opacity) * rest) >> 16)
                added = _u32(_u32(_u32(weight * 255) << 16) & 0xFF000000)
                added = _u32(added | _u32(_u32(_u32(red_blue * weight) >> 8) & 0x00FF00FF))
                added = _u32(added | _u32(_u32(green * weight) & 0x0000FF00))
                image[np.uint64(first + lane)] = _u32(below + added)


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _lay_under(image: Any, background: Any) -> None:
    """Put an opaque colour under every pixel of the flat image."""
    red_blue, green = _u32(background & 0x00FF00FF), _u32((background >> 8) & 0xFF)
    for place in range(len(image)):
        pixel = image[place]
        covered = _u32(pixel >> 24)
        rest = _u32(256 - _u32(covered + _u32(covered >> 7)))
        under = _u32(_u32(_u32(_u32(red_blue * rest) >> 8) & 0x00FF00FF) | _u32(_u32(green * rest) & 0x0000FF00))
        image[place] = _u32(_u32(_u32(pixel & 0x00FFFFFF) + under) | 0xFF000000)


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def distance_to_nearest(places: Any) -> Any:
    """(M,) the larger of the two axes' distances from each of (M, 2) float64 places to its nearest other one.

    Infinite for a single place. Compares all with all: a third of a millisecond for 600.
    """
    nearest = np.full(len(places), np.inf)
    for one in range(len(places)):
        for other in range(one):
            across, up = abs(places[one, 0] - places[other, 0]), abs(places[one, 1] - places[other, 1])
            apart = max(across, up)
            nearest[one] = min(nearest[one], apart)
            nearest[other] = min(nearest[other], apart)
    return nearest


def compile_all() -> None:
    """Compile every kernel, or load it from the cache."""
    distance_to_nearest(np.zeros((1, 2)))
    draw(
        np.zeros((32, 32), np.uint32),
        np.zeros((1, 2), np.float32),
        np.full(1, 0xFFFFFFFF, np.uint32),
        np.zeros(1, np.uint8),
        (1.0,),
        (0.0, 0.0, 1.0),
        0,
    )


def _main() -> None:
    compile_all()
    mark_ready()


if __name__ == "__main__":
    # numba keys its cache by module; the window loads the module under its own name, not as __main__.
    from explorer.panels.map import raster

    raster._main()
