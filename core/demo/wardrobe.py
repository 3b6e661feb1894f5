"""Which garments there are: many cuts, and within a cut look-alikes that share a colour and differ in the pattern."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from core.demo.garment import COLOURS, Colour, Garment, Neckline, Pattern, lightness, shade

SPLITS = ("train", "test")
# Share of the cuts in which the last two of four garments share colour and pattern.
TWINS = 0.4


@dataclass(frozen=True)
class Style:
    """What garments of one cut may look like; pairs are (lowest, highest), shares are probabilities."""

    patterns: tuple[Pattern, ...]
    sleeve: tuple[float, float] = (0.0, 0.0)
    length: tuple[float, float] = (0.2, 0.28)
    flare: tuple[float, float] = (0.0, 0.3)
    necklines: tuple[Neckline, ...] = ("none",)
    banded: float = 0.3
    buttons: tuple[int, ...] = (0,)
    pocket: float = 0.3
    belt: float = 0.0


STYLES: dict[str, Style] = {
    "t-shirt": Style(
        ("plain", "striped", "dotted", "colour-block", "floral", "heathered"),
        sleeve=(0.12, 0.5),
        necklines=("round", "v", "boat"),
        banded=0.4,
    ),
    "dress": Style(
        ("floral", "plain", "dotted", "striped", "checked", "chevron"),
        sleeve=(0.0, 0.75),
        length=(0.5, 0.88),
        flare=(0.2, 1.0),
        necklines=("round", "v", "boat", "collar"),
        buttons=(0, 0, 4),
        belt=0.5,
    ),
    "trousers": Style(
        ("plain", "pinstriped", "checked", "heathered", "tartan"),
        length=(0.78, 1.0),
        flare=(0.0, 0.7),
        banded=0.25,
        buttons=(0, 1),
        pocket=0.7,
        belt=0.5,
    ),
    "shirt": Style(
        ("plain", "checked", "pinstriped", "tartan", "striped", "dotted", "floral"),
        sleeve=(0.25, 1.0),
        length=(0.24, 0.32),
        necklines=("collar",),
        banded=0.2,
        buttons=(5, 6, 7),
        pocket=0.5,
    ),
    "skirt": Style(
        ("plain", "tartan", "floral", "chevron", "striped", "dotted", "checked"),
        length=(0.35, 0.85),
        flare=(0.0, 1.0),
        buttons=(0, 0, 4),
        belt=0.3,
    ),
    "sweater": Style(
        ("striped", "plain", "chevron", "heathered", "colour-block", "dotted"),
        sleeve=(0.85, 1.0),
        length=(0.2, 0.3),
        necklines=("round", "v", "boat"),
        banded=0.5,
    ),
    "coat": Style(
        ("plain", "checked", "tartan", "heathered", "pinstriped"),
        sleeve=(0.9, 1.0),
        length=(0.45, 0.75),
        flare=(0.0, 0.6),
        necklines=("lapel",),
        buttons=(3, 6),
        pocket=0.7,
        belt=0.45,
    ),
    "hoodie": Style(
        ("plain", "colour-block", "heathered", "striped", "checked"),
        sleeve=(0.9, 1.0),
        length=(0.22, 0.3),
        necklines=("hood",),
        banded=0.4,
        pocket=0.8,
    ),
    "shorts": Style(
        ("plain", "checked", "floral", "striped", "dotted", "tartan"),
        length=(0.36, 0.54),
        flare=(0.4, 0.75),
        banded=0.35,
        buttons=(0, 1),
        pocket=0.7,
        belt=0.35,
    ),
    "tank top": Style(
        ("plain", "striped", "floral", "dotted", "chevron", "colour-block"),
        length=(0.15, 0.28),
        flare=(0.0, 1.0),
        necklines=("round", "v"),
        banded=0.5,
        pocket=0.0,
    ),
    "cardigan": Style(
        ("plain", "striped", "heathered", "checked", "chevron", "dotted"),
        sleeve=(0.8, 1.0),
        length=(0.22, 0.42),
        necklines=("v",),
        banded=0.5,
        buttons=(4, 5, 6),
        pocket=0.6,
    ),
    "polo shirt": Style(
        ("plain", "striped", "colour-block", "dotted", "heathered", "chevron"),
        sleeve=(0.2, 0.45),
        necklines=("collar",),
        banded=0.5,
        buttons=(3,),
        pocket=0.2,
    ),
}

PATTERN_SIZES: dict[Pattern, tuple[float, float]] = {
    "striped": (0.075, 0.17),
    "pinstriped": (0.05, 0.085),
    "checked": (0.09, 0.2),
    "tartan": (0.12, 0.19),
    "dotted": (0.075, 0.15),
    "floral": (0.12, 0.22),
    "chevron": (0.12, 0.22),
}


def wardrobe(garments: int, seed: int) -> tuple[Garment, ...]:
    """`garments` different garments; cuts take turns and splits alternate within a cut."""
    cuts = list(STYLES)
    chosen = [
        _garment(cuts[i % len(cuts)], i // len(cuts), SPLITS[(i // len(cuts) + i % len(cuts)) % 2], seed)
        for i in range(garments)
    ]
    return _numbered(chosen)


def _garment(cut: str, number: int, split: str, seed: int) -> Garment:
    """The garment `number` of a cut. Of four in a split, two share one colour and two another."""
    # Text hashes differ between runs of Python; a checksum does not.
    of_cut = np.random.default_rng([seed, zlib.crc32(cut.encode())])
    colours = of_cut.permutation(list(COLOURS))
    generator = np.random.default_rng([seed, zlib.crc32(cut.encode()), number])
    style = STYLES[cut]
    pattern = _pattern(style, number, of_cut)
    colour = str(colours[(number // 4 * 2 + number % 2) % len(colours)])
    base_colour = _near(COLOURS[colour], generator)
    partners = _partners(colour, seed)
    return Garment(
        label=f"{pattern} {cut}, {colour}",
        split=split,
        cut=cut,
        colour=colour,
        base_colour=base_colour,
        accent=partners[generator.integers(2)],
        trim=partners[generator.integers(3)],
        pattern=pattern,
        pattern_size=float(generator.uniform(*PATTERN_SIZES.get(pattern, (0.1, 0.1)))),
        pattern_seed=int(generator.integers(1 << 31)),
        sleeve=_sleeve(style, generator),
        length=float(generator.uniform(*style.length)),
        flare=float(generator.uniform(*style.flare)),
        neckline=style.necklines[generator.integers(len(style.necklines))],
        banded=bool(generator.random() < style.banded),
        buttons=style.buttons[generator.integers(len(style.buttons))],
        pockets=int(generator.random() < style.pocket),
        belt=bool(generator.random() < style.belt),
    )


def _pattern(style: Style, number: int, of_cut: np.random.Generator) -> Pattern:
    """Patterns take turns in an order of the cut's own; some cuts have twins that differ in details only."""
    order = of_cut.permutation(len(style.patterns))
    has_twins = of_cut.random() < TWINS
    index = number // 2
    if has_twins and index % 4 == 3:
        index -= 1
    return style.patterns[int(order[index % len(order)])]


def _sleeve(style: Style, generator: np.random.Generator) -> float:
    length = float(generator.uniform(*style.sleeve))
    return 0.0 if length < 0.12 else length


def _near(colour: Colour, generator: np.random.Generator) -> Colour:
    """The colour with a little of a dye lot's difference."""
    red, green, blue = (int(np.clip(channel + generator.integers(-9, 10), 0, 255)) for channel in colour)
    return red, green, blue


def _partners(colour: str, seed: int) -> list[Colour]:
    """Three colours that go with a ground colour and can be told from it by their lightness.

    They belong to the ground colour, not to the garment: colours alone should not tell garments apart.
    """
    base_colour = COLOURS[colour]
    candidates = [*COLOURS.values(), (248, 244, 236), shade(base_colour, 1.6), shade(base_colour, 0.5)]
    apart = [other for other in candidates if abs(lightness(other) - lightness(base_colour)) > 0.28]
    chosen = np.random.default_rng([seed, zlib.crc32(colour.encode())]).permutation(len(apart))[:3]
    return [apart[index] for index in chosen]


def _numbered(garments: list[Garment]) -> tuple[Garment, ...]:
    """Tell equal labels apart: the second "floral dress, rose" becomes "floral dress, rose 2"."""
    seen: Counter[str] = Counter()
    unique = []
    for garment in garments:
        seen[garment.label] += 1
        again = seen[garment.label]
        unique.append(garment if again == 1 else replace(garment, label=f"{garment.label} {again}"))
    return tuple(unique)
