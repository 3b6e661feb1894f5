"""What a garment of the demo wardrobe is: a value that decides everything about it but the way it is photographed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = tuple[int, int, int]
Pattern = Literal[
    "plain", "striped", "pinstriped", "checked", "tartan", "dotted", "floral", "chevron", "colour-block", "heathered"
]
Neckline = Literal["none", "round", "v", "boat", "collar", "hood", "lapel"]

COLOURS: dict[str, Colour] = {
    "navy": (38, 54, 96),
    "sky": (134, 178, 219),
    "teal": (32, 118, 124),
    "sage": (146, 168, 136),
    "forest": (46, 88, 64),
    "mustard": (212, 162, 52),
    "rust": (184, 92, 50),
    "red": (190, 48, 52),
    "burgundy": (110, 32, 50),
    "rose": (220, 142, 156),
    "lilac": (168, 148, 200),
    "plum": (94, 56, 104),
    "camel": (190, 150, 106),
    "brown": (98, 68, 52),
    "ivory": (236, 228, 210),
    "grey": (140, 144, 150),
    "charcoal": (58, 60, 66),
}


@dataclass(frozen=True)
class Garment:
    """One class of the demo data.

    Lengths and widths are in garment units: the upright drawing reaches from -1 to 1 both ways.
    """

    label: str  # the class name, unique in its wardrobe
    split: str  # "train" or "test"
    cut: str  # kind of garment, a key of `core.demo.cuts.CUTS`
    colour: str  # name of the cloth's colour
    base_colour: Colour  # RGB of the cloth
    accent: Colour  # of its pattern
    trim: Colour  # of bands, buttons and piping
    pattern: Pattern  # how cloth and accent are arranged
    pattern_size: float  # spacing of the pattern
    pattern_seed: int  # decides what is random within the pattern (where flowers lie)
    sleeve: float  # 0 (none) to 1 (to the wrist)
    length: float  # 0 (shortest of all cuts) to 1 (to the ankle)
    flare: float  # how much wider than straight the hem is
    neckline: Neckline
    banded: bool  # bands at cuffs, hem and neck are in `trim` instead of the cloth
    buttons: int  # a cut without a front opening shows none
    pockets: int
    belt: bool  # whether a belt or drawstring is worn


def shade(colour: Colour, factor: float) -> Colour:
    """The colour darker (factor < 1) or lighter (factor > 1, towards white)."""
    if factor <= 1:
        red, green, blue = (round(channel * factor) for channel in colour)
    else:
        red, green, blue = (round(255 - (255 - channel) * (2 - factor)) for channel in colour)
    return red, green, blue


def lightness(colour: Colour) -> float:
    """Perceived lightness 0 (black) to 1 (white): CIE L* / 100 of an sRGB colour."""
    linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (116 * luminance ** (1 / 3) - 16) / 100 if luminance > 0.008856 else 9.033 * luminance
