"""Discs into pixels, compiled.

Points are visited front to back: a pixel that is already covered is skipped, so a pile of a thousand discs costs
little more than its top ones. Importing this module imports numba (half a second); the window therefore does it
off the GUI thread, through `explorer.map.kernels`. `python -m explorer.map.raster` compiles everything into the
cache and leaves the ready mark.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.map.kernel_cache import folder, mark_ready

# numba reads the variable when it is imported, once.
os.environ.setdefault("NUMBA_CACHE_DIR", str(folder()))

import numba

Pixels = npt.NDArray[np.uint32]

STEPS = 4  # a disc may sit on any quarter of a pixel; finer steps cannot be seen
COVERED = 251  # of 255: what shines through the rest cannot be seen either


@lru_cache(maxsize=64)
def disc_masks(radii: tuple[float, ...]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int16]]:
    """Coverage of discs of L radii at STEPS x STEPS places within a pixel.

    Returns masks (L, STEPS, STEPS, S, S) of 0..256, and for every mask row the columns that are not empty as
    (L, STEPS, STEPS, S, 2) first and end. The disc's pixel is the middle one. Radii in device pixels.
    """
    half = math.ceil(max(radii) + 0.5)
    pixel = np.arange(-half, half + 1) + 0.5
    within = (np.arange(STEPS) + 0.5) / STEPS
    dy = pixel[None, None, :, None] - within[:, None, None, None]
    dx = pixel[None, None, None, :] - within[None, :, None, None]
    distance = np.hypot(dy, dx)
    masks = np.stack([np.clip(radius + 0.5 - distance, 0, 1) for radius in radii])
    masks = np.rint(masks * 256).astype(np.uint16)
    filled = masks > 0
    any_filled = filled.any(axis=-1)
    first = np.where(any_filled, filled.argmax(axis=-1), 0)
    end = np.where(any_filled, masks.shape[-1] - filled[..., ::-1].argmax(axis=-1), 0)
    return masks, np.stack([first, end], axis=-1).astype(np.int16)


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
    """
    masks, spans = disc_masks(radii)
    x, y, scale = view
    image.fill(0)
    _splat(image, xy, colours, layers, masks, spans, float(x), float(y), float(scale))
    _lay_under(image, np.uint32(background | 0xFF000000))


@numba.njit(nogil=True, cache=True)
def _splat(
    image: Any, xy: Any, colours: Any, layers: Any, masks: Any, spans: Any, x: float, y: float, scale: float
) -> None:
    """Blend every disc under what is already in the image (premultiplied, 0 where nothing is yet)."""
    height, width = image.shape
    size = masks.shape[3]
    half = size // 2
    for point in range(len(xy)):
        px = (xy[point, 0] - x) * scale + width * 0.5
        py = height * 0.5 - (xy[point, 1] - y) * scale
        if not (-half <= px < width + half and -half <= py < height + half):
            continue
        column, row = math.floor(px), math.floor(py)
        colour = np.int64(colours[point])
        opacity = colour >> 24
        opacity += opacity >> 7  # 255 becomes 256, so that opaque stays opaque
        red_blue, green = colour & 0x00FF00FF, (colour >> 8) & 0xFF
        # Unsigned indices spare numba's test for negative ones: a fifth of the time.
        layer = np.uint64(layers[point])
        step_y, step_x = np.uint64((py - row) * STEPS), np.uint64((px - column) * STEPS)
        top, left = row - half, column - half
        for i in range(max(0, -top), min(size, height - top)):
            mask_row, image_row = np.uint64(i), np.uint64(top + i)
            first = max(np.int64(spans[layer, step_y, step_x, mask_row, np.uint64(0)]), -left)
            end = min(np.int64(spans[layer, step_y, step_x, mask_row, np.uint64(1)]), width - left)
            for j in range(first, end):
                image_column = np.uint64(left + j)
                below = np.int64(image[image_row, image_column])
                covered = below >> 24
                if covered >= COVERED:
                    continue
                covered += covered >> 7
                mask = np.int64(masks[layer, step_y, step_x, mask_row, np.uint64(j)])
                weight = (mask * opacity * (256 - covered)) >> 16
                added = ((weight * 255) >> 8) << 24
                added |= ((red_blue * weight) >> 8) & 0x00FF00FF
                added |= ((green * weight) >> 8) << 8
                image[image_row, image_column] = np.uint32(below + added)


@numba.njit(nogil=True, cache=True)
def _lay_under(image: Any, background: Any) -> None:
    """Put an opaque colour under every pixel."""
    red_blue = background & 0x00FF00FF
    green = (background >> 8) & 0xFF
    height, width = image.shape
    for row in range(height):
        for column in range(width):
            pixel = image[row, column]
            if pixel == 0:
                image[row, column] = background
                continue
            covered = pixel >> 24
            rest = 256 - (covered + (covered >> 7))
            under = ((red_blue * rest) >> 8) & 0x00FF00FF | (((green * rest) >> 8) << 8)
            image[row, column] = ((pixel & 0x00FFFFFF) + under) | 0xFF000000


def compile_all() -> None:
    """Compile every kernel, or load it from the cache."""
    draw(
        np.zeros((4, 4), np.uint32),
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
    from explorer.map import raster

    raster._main()
