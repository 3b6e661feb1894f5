"""The cloth of a garment: its pattern, drawn once and then cut into pieces."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from core.demo.garment import Colour, Garment, shade

# Half the cloth's side in garment units: a turned sleeve never reaches its border.
REACH = 1.3
# Drawn at twice the size, because Pillow's polygons have hard edges.
DRAFT = 2
LEAF_GREEN: Colour = (92, 128, 84)
POLLEN: Colour = (240, 200, 90)


@dataclass(frozen=True, eq=False)
class Bolt:
    """Cloth being printed: a square of `size` pixels, on which the pattern repeats every `step` pixels."""

    draw: ImageDraw.ImageDraw
    size: int
    step: float
    garment: Garment
    generator: np.random.Generator

    def repeats(self, step: float) -> npt.NDArray[np.float64]:
        """Places from before the start to the end of the cloth."""
        return np.arange(-step, self.size + step, step)

    def bar(self, start: float, thickness: float, colour: Colour, upright: bool = False) -> None:
        """A stripe from border to border."""
        end = start + thickness
        box = (start, 0, end, self.size) if upright else (0, start, self.size, end)
        self.draw.rectangle(box, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A round spot."""
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def shape(self, corners: npt.NDArray[np.float64], colour: Colour) -> None:
        """A filled polygon of (P, 2) corners."""
        self.draw.polygon(corners.ravel().tolist(), fill=colour)


def cloth(garment: Garment, unit: int) -> Image.Image:
    """RGB cloth; `unit` pixels are one garment unit, and the garment's origin is the middle."""
    size = round(2 * REACH * unit) * DRAFT
    image = Image.new("RGB", (size, size), garment.base_colour)
    if garment.pattern in PATTERNS:
        step = garment.pattern_size * unit * DRAFT
        generator = np.random.default_rng(garment.pattern_seed)
        PATTERNS[garment.pattern](Bolt(ImageDraw.Draw(image), size, step, garment, generator))
    return _woven(image.reduce(DRAFT), garment)


def _striped(bolt: Bolt) -> None:
    thickness = bolt.step * float(bolt.generator.uniform(0.3, 0.55))
    for y in bolt.repeats(bolt.step):
        bolt.bar(y, thickness, bolt.garment.accent)


def _pinstriped(bolt: Bolt) -> None:
    for x in bolt.repeats(bolt.step):
        bolt.bar(x, bolt.step * 0.2, bolt.garment.accent, upright=True)


def _checked(bolt: Bolt) -> None:
    """Gingham: where two half-tone bands cross, the full accent shows."""
    places, half = bolt.repeats(bolt.step), bolt.step / 2
    tone = _mix(bolt.garment.base_colour, bolt.garment.accent, 0.5)
    for at in places:
        bolt.bar(at, half, tone)
    for at in places:
        bolt.bar(at, half, tone, upright=True)
    for x in places:
        for y in places:
            bolt.draw.rectangle((x, y, x + half, y + half), fill=bolt.garment.accent)


def _tartan(bolt: Bolt) -> None:
    """Broad bands whose crossings are darker, and thin lines of two more colours."""
    garment, step = bolt.garment, bolt.step * 2.2
    places = bolt.repeats(step)
    broad = _mix(garment.base_colour, garment.accent, 0.45)
    for at in places:
        bolt.bar(at, 0.34 * step, broad)
    for at in places:
        bolt.bar(at, 0.34 * step, broad, upright=True)
    crossing = shade(_mix(garment.base_colour, garment.accent, 0.6), 0.8)
    for x in places:
        for y in places:
            bolt.draw.rectangle((x, y, x + 0.34 * step, y + 0.34 * step), fill=crossing)
    for at in places:
        for offset, thickness, colour in ((0.64, 0.07, garment.trim), (0.14, 0.05, garment.accent)):
            bolt.bar(at + offset * step, thickness * step, colour)
            bolt.bar(at + offset * step, thickness * step, colour, upright=True)


def _dotted(bolt: Bolt) -> None:
    radius = bolt.step * float(bolt.generator.uniform(0.2, 0.3))
    for row, y in enumerate(bolt.repeats(bolt.step * 0.87)):
        for x in bolt.repeats(bolt.step):
            bolt.disc(x + bolt.step / 2 * (row % 2), y, radius, bolt.garment.accent)


def _chevron(bolt: Bolt) -> None:
    xs = bolt.repeats(bolt.step / 2)
    zigzag = bolt.step * 0.7 * (np.arange(len(xs)) % 2)
    for y in bolt.repeats(bolt.step * 1.1):
        upper, lower = np.stack([xs, y + zigzag], 1), np.stack([xs, y + zigzag + bolt.step * 0.45], 1)
        bolt.shape(np.concatenate([upper, lower[::-1]]), bolt.garment.accent)


def _floral(bolt: Bolt) -> None:
    garment, step, generator = bolt.garment, bolt.step, bolt.generator
    petals = int(generator.integers(5, 8))
    leaf = _mix(LEAF_GREEN, garment.base_colour, 0.25)
    for row, y in enumerate(bolt.repeats(step * 1.05)):
        for x in bolt.repeats(step * 1.2):
            at = np.array([x + step * 0.6 * (row % 2), y]) + generator.uniform(-0.22, 0.22, 2) * step
            turn, size = float(generator.uniform(0, math.tau)), step * float(generator.uniform(0.3, 0.46))
            colour = garment.accent if generator.random() < 0.72 else garment.trim
            _leaves(bolt, at, turn, size, leaf)
            _flower(bolt, at, turn, size, petals, colour)


def _flower(bolt: Bolt, at: npt.NDArray[np.float64], turn: float, size: float, petals: int, colour: Colour) -> None:
    angles = np.linspace(0, math.tau, 48, endpoint=False)
    radius = size * (0.62 + 0.38 * np.abs(np.cos(petals / 2 * angles)))
    outline = np.stack([np.cos(angles + turn), np.sin(angles + turn)], 1) * radius[:, None]
    bolt.shape(at + outline, colour)
    bolt.shape(at + outline * 0.55, shade(colour, 0.86))
    bolt.disc(float(at[0]), float(at[1]), size * 0.2, _mix(bolt.garment.trim, POLLEN, 0.6))


def _leaves(bolt: Bolt, at: npt.NDArray[np.float64], turn: float, size: float, colour: Colour) -> None:
    for side in (0.9, -1.3):
        along = np.array([math.cos(turn + side), math.sin(turn + side)])
        across = np.array([-along[1], along[0]]) * size * 0.3
        tip = at + along * size * 1.7
        middle = (at + tip) / 2
        bolt.shape(np.array([at, middle + across, tip, middle - across]), colour)


def _colour_block(bolt: Bolt) -> None:
    unit, middle = bolt.size / (2 * REACH), bolt.size / 2
    first, second = sorted(bolt.generator.uniform(-0.45, 0.3, 2))
    bolt.bar(middle + first * unit, bolt.size, bolt.garment.accent)
    if bolt.generator.random() < 0.6:
        bolt.bar(middle + max(second, first + 0.18) * unit, bolt.size, bolt.garment.trim)


def _heathered(bolt: Bolt) -> None:
    """Yarn of several tones: many short, faint threads."""
    base_colour = bolt.garment.base_colour
    tones = [shade(base_colour, 0.84), shade(base_colour, 1.2), _mix(base_colour, bolt.garment.accent, 0.35)]
    count, unit = 7000, bolt.size / (2 * REACH)
    starts = bolt.generator.uniform(-0.05 * unit, bolt.size, (count, 2))
    lengths = bolt.generator.uniform(0.02, 0.06, count) * unit
    for (x, y), length, tone in zip(starts, lengths, bolt.generator.integers(0, 3, count), strict=True):
        bolt.draw.line((x, y, x + length, y), fill=tones[tone], width=2)


Painter = Callable[[Bolt], None]

PATTERNS: dict[str, Painter] = {
    "striped": _striped,
    "pinstriped": _pinstriped,
    "checked": _checked,
    "tartan": _tartan,
    "dotted": _dotted,
    "chevron": _chevron,
    "floral": _floral,
    "colour-block": _colour_block,
    "heathered": _heathered,
}


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _woven(image: Image.Image, garment: Garment) -> Image.Image:
    generator = np.random.default_rng(garment.pattern_seed + 1)
    grain = generator.integers(-5, 6, (image.height, image.width, 1), dtype=np.int16)
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
