"""What garments lie on or hang before: backgrounds larger than the picture, so that views cut out different parts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from core.demo.garment import Colour, shade
from core.demo.noise import Field, smooth_noise, to_image

SIZE = 224


@dataclass(frozen=True, eq=False)
class Background:
    """A background: RGB of SIZE x SIZE, and whether the garment hangs (then it is never turned upside down)."""

    image: Image.Image
    hanging: bool = False


def scenes(seed: int) -> tuple[Background, ...]:
    """All backgrounds of a wardrobe."""
    generator = np.random.default_rng([seed, 1])
    return tuple(
        Background(paint(colour, generator), hanging=paint is _wall) for paint, colours in SCENES for colour in colours
    )


def _floorboards(colour: Colour, generator: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (SIZE * 2, SIZE * 2), colour)
    draw = ImageDraw.Draw(image)
    height = 78
    for row, y in enumerate(range(0, SIZE * 2, height)):
        x = -int(generator.integers(0, 260))
        while x < SIZE * 2:
            width = int(generator.integers(200, 340))
            draw.rectangle((x, y, x + width, y + height), fill=shade(colour, float(generator.uniform(0.86, 1.08))))
            draw.line((x, y, x, y + height), fill=shade(colour, 0.55), width=3)
            x += width
        draw.line((0, y, SIZE * 2, y), fill=shade(colour, 0.5), width=3 + row % 2)
    grain = smooth_noise(SIZE, (0.6, 9.0), generator) * 7 + smooth_noise(SIZE, (2.0, 30.0), generator) * 7
    return _textured(image.reduce(2), grain)


def _parquet(colour: Colour, generator: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (SIZE * 2, SIZE * 2), colour)
    draw = ImageDraw.Draw(image)
    long, short = 120, 30
    for row in range(-2, 18):
        for column in range(-2, 6):
            x, y = column * 2 * long * 0.7071, row * short * 1.4142
            for turn in (1, -1):
                corner = np.array([x + (long * 0.7071 if turn < 0 else 0), y + (long * 0.7071 if turn < 0 else 0)])
                along = np.array([0.7071, 0.7071 * turn]) * long
                across = np.array([-0.7071 * turn, 0.7071]) * short
                corners = [corner, corner + along, corner + along + across, corner + across]
                tone = shade(colour, float(generator.uniform(0.84, 1.1)))
                draw.polygon([tuple(p) for p in corners], fill=tone, outline=shade(colour, 0.6), width=2)
    return _textured(image.reduce(2), smooth_noise(SIZE, (1.5, 6.0), generator) * 5)


def _carpet(colour: Colour, generator: np.random.Generator) -> Image.Image:
    fuzz = generator.normal(0, 9, (SIZE, SIZE)).astype(np.float32) + smooth_noise(SIZE, (1.2, 1.2), generator) * 9
    return _textured(Image.new("RGB", (SIZE, SIZE), colour), fuzz + smooth_noise(SIZE, (30.0, 30.0), generator) * 5)


def _rug(colour: Colour, generator: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (SIZE * 2, SIZE * 2), colour)
    draw = ImageDraw.Draw(image)
    second, third = shade(colour, 0.62), shade(colour, 1.45)
    for x in range(0, SIZE * 2 + 1, 56):
        for y in range(0, SIZE * 2 + 1, 56):
            for radius, tone in ((25, second), (17, colour), (10, third)):
                draw.polygon([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], fill=tone)
            draw.ellipse((x + 24, y + 24, x + 32, y + 32), fill=third)
    return _textured(image.reduce(2), generator.normal(0, 7, (SIZE, SIZE)).astype(np.float32))


def _wall(colour: Colour, generator: np.random.Generator) -> Image.Image:
    plaster = smooth_noise(SIZE, (1.0, 1.0), generator) * 2.5 + smooth_noise(SIZE, (24.0, 24.0), generator) * 5
    return _textured(Image.new("RGB", (SIZE, SIZE), colour), plaster)


def _linen(colour: Colour, generator: np.random.Generator) -> Image.Image:
    ridges = 1 - np.abs(smooth_noise(SIZE, (10.0, 34.0), generator, turn=0.6))
    weave = generator.normal(0, 3, (SIZE, SIZE)).astype(np.float32)
    return _textured(Image.new("RGB", (SIZE, SIZE), colour), ridges * 13 - 8 + weave)


def _tiles(colour: Colour, generator: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (SIZE * 2, SIZE * 2), shade(colour, 0.72))
    draw = ImageDraw.Draw(image)
    step = 90
    for x in range(0, SIZE * 2, step):
        for y in range(0, SIZE * 2, step):
            tone = shade(colour, float(generator.uniform(0.93, 1.06)))
            draw.rounded_rectangle((x + 3, y + 3, x + step - 3, y + step - 3), 6, fill=tone)
    return _textured(image.reduce(2), smooth_noise(SIZE, (9.0, 9.0), generator) * 5)


def _paper(colour: Colour, generator: np.random.Generator) -> Image.Image:
    ramp = np.linspace(14, -22, SIZE, dtype=np.float32)[:, None] + np.zeros((SIZE, SIZE), np.float32)
    return _textured(Image.new("RGB", (SIZE, SIZE), colour), ramp + generator.normal(0, 1.2, (SIZE, SIZE)))


def _terrazzo(colour: Colour, generator: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (SIZE * 2, SIZE * 2), colour)
    draw = ImageDraw.Draw(image)
    tones = ((176, 120, 96), (96, 104, 112), (206, 188, 150), (122, 142, 128), (238, 232, 224))
    for _ in range(420):
        centre = generator.uniform(0, SIZE * 2, 2)
        turns = np.sort(generator.uniform(0, math.tau, 6))
        radius = generator.uniform(3, 11)
        corners = [(centre[0] + radius * math.cos(t), centre[1] + radius * 0.8 * math.sin(t)) for t in turns]
        draw.polygon(corners, fill=tones[generator.integers(len(tones))])
    return image.reduce(2)


Painter = Callable[[Colour, np.random.Generator], Image.Image]

SCENES: tuple[tuple[Painter, tuple[Colour, ...]], ...] = (
    (_floorboards, ((178, 136, 96), (126, 92, 66), (206, 190, 168))),
    (_parquet, ((188, 146, 100), (118, 84, 60))),
    (_carpet, ((170, 164, 156), (96, 104, 112), (150, 128, 112))),
    (_rug, ((168, 84, 70), (84, 106, 128))),
    (_wall, ((226, 222, 214), (188, 198, 196), (214, 196, 180), (120, 134, 138))),
    (_linen, ((232, 228, 220), (176, 186, 198))),
    (_tiles, ((220, 222, 220), (128, 148, 150))),
    (_paper, ((224, 220, 214), (176, 182, 190), (206, 176, 160))),
    (_terrazzo, ((222, 216, 208),)),
)


def _textured(image: Image.Image, relief: Field | npt.NDArray[np.float64]) -> Image.Image:
    return to_image(np.asarray(image, dtype=np.float32) + relief[:, :, None])
