"""What colour an image has, by class, by correctness or by another column: pure functions on arrays.

A palette is (P, 3) bytes; codes (N,) index it. Class palettes have one entry more than there are classes: the last
one, reached by code -1, is the grey of images without a class.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.data.columns import shares_of_range
from explorer.appearance.oklch import Bytes, from_srgb, to_srgb

Codes = npt.NDArray[np.int64]

RIGHT, WITHIN, WRONG, NOT_MEASURED = range(4)

# Lightness of the tiers on a dark and on a light ground; more classes need more tiers to keep neighbours apart.
_TIERS = {
    "dark": {1: (0.74,), 2: (0.78, 0.66), 3: (0.82, 0.71, 0.60)},
    "light": {1: (0.58,), 2: (0.65, 0.50), 3: (0.70, 0.57, 0.44)},
}
_CHROMA = 0.16
# Blue, the first colour people expect.
_FIRST_HUE = 255.0
# Yellow is only yellow when it is light, blue only blue when it is dark.
_LIGHT_HUE, _LIFT = 105.0, 0.045
# Between the ends of a scale: what stands out from the ground is high.
_SCALE = {"dark": (0.42, 0.93), "light": (0.86, 0.34)}
_SCALE_HUES = {"dark": (285.0, 105.0), "light": (105.0, 285.0)}
_SCALE_CHROMA = 0.13
STEPS = 256
# More categories than these look alike: the most frequent have a colour, the rest share a grey.
MOST_CATEGORIES = 24
_GREY = {"dark": (100, 106, 117), "light": (164, 171, 181)}
_REST_GREY = {"dark": (66, 71, 80), "light": (200, 205, 212)}


@lru_cache(maxsize=8)
def class_palette(classes: int, background: str) -> Bytes:
    """(C + 1, 3) colours for C classes; they depend on nothing else, so a class keeps its colour.

    Whichever map, model or split is shown: colours belong to the data set. Hues are spread evenly over the circle and
    taken in steps of about the golden section of it, so that classes next to each other by name are far apart in hue;
    those next to each other in hue differ in lightness where there are more than a few.

    Args:
        classes: C, in the order of `Catalog.classes`.
        background: "dark" or "light", what the colours are seen on.
    """
    grey = np.array([_GREY[background]], np.uint8)
    if classes == 0:
        return grey
    order = np.arange(classes) * _step(classes) % classes
    tiers = np.array(_TIERS[background][1 if classes <= 8 else 2 if classes <= 24 else 3])
    hue = 360 * order / classes + _FIRST_HUE
    lightness = tiers[order % len(tiers)] + _LIFT * np.cos(np.radians(hue - _LIGHT_HUE))
    palette = np.vstack([to_srgb(lightness, _CHROMA, hue), grey])
    palette.flags.writeable = False
    return palette


def category_groups(counts: npt.NDArray[np.integer]) -> tuple[Codes, Codes]:
    """Which of W categories have a colour of their own, and (W,) the group of each: its place among those, or the last.

    `counts` (W,) are those of the whole data set, so that a category keeps its colour whatever is shown.
    """
    count = len(counts)
    if count <= MOST_CATEGORIES:
        return np.arange(count), np.arange(count)
    own = np.argsort(-counts, kind="stable")[: MOST_CATEGORIES - 1]
    groups = np.full(count, len(own), np.int64)
    groups[own] = np.arange(len(own))
    return own, groups


def category_palette(own: int, has_others: bool, has_missing: bool, background: str) -> Bytes:
    """Colours of so many categories, of the others and of the missing ones where there are any, and a last grey."""
    colours = [class_palette(own, background)[:own]]
    colours += [np.array([_GREY[background]], np.uint8)] * has_others
    colours += [np.array([_REST_GREY[background]], np.uint8)] * (has_missing + 1)
    return np.vstack(colours)


def scale_palette(background: str) -> Bytes:
    """(STEPS + 1, 3) colours from the least to the greatest number, in equal steps as seen; last a grey."""
    share = np.linspace(0, 1, STEPS)
    (start, end), (first, last) = _SCALE[background], _SCALE_HUES[background]
    # The way over blue-green, so that no two of them differ by lightness alone.
    colours = to_srgb(start + (end - start) * share, _SCALE_CHROMA, first + (last - first) * share)
    return np.vstack([colours, np.array([_REST_GREY[background]], np.uint8)])


def scale_codes(values: npt.NDArray[np.floating], low: float, high: float) -> Codes:
    """(N,) steps of a scale that goes from `low` to `high`; -1 for NaN, the middle where all are one number."""
    with np.errstate(invalid="ignore"):
        share = shares_of_range(values.astype(np.float64), (low, high))
        return np.where(np.isnan(share), -1, np.clip(np.nan_to_num(share) * STEPS, 0, STEPS - 1)).astype(np.int64)


def correctness_codes(first_hit: Codes, k: int) -> Codes:
    """(N,) RIGHT, WITHIN, WRONG or NOT_MEASURED for the rank of each query's first hit (0 none, -1 not measured)."""
    codes = np.full(len(first_hit), WRONG, np.int64)
    codes[(first_hit > 1) & (first_hit <= k)] = WITHIN
    codes[first_hit == 1] = RIGHT
    codes[first_hit < 0] = NOT_MEASURED
    return codes


def correctness_palette(right: str, within: str, wrong: str, background: str) -> Bytes:
    """(4, 3) colours from the theme's "#rrggbb", with lightness pulled apart.

    Green and red of one lightness look the same to one man in twelve; a step in lightness tells them apart.
    """
    tokens = np.array([as_rgb(right), as_rgb(within), as_rgb(wrong)], np.uint8)
    lightness, chroma, hue = from_srgb(tokens)
    steps = np.array((0.10, 0.0, -0.06) if background == "dark" else (0.14, 0.0, -0.06))
    return np.vstack([to_srgb(lightness + steps, chroma, hue), np.array([_REST_GREY[background]], np.uint8)])


def nearest_confusions(labels: Codes, nearest: npt.NDArray[np.signedinteger], focus: int, most: int = 4) -> Codes:
    """Classes that the images of class `focus` are mistaken for, the most frequent first, at most `most`.

    `labels` (N,) class codes and `nearest` (N,) index of each image's nearest neighbour, -1 for none.
    """
    queries = np.flatnonzero((labels == focus) & (nearest >= 0))
    found = labels[nearest[queries]]
    found = found[(found != focus) & (found >= 0)]
    kinds, counts = np.unique(found, return_counts=True)
    return kinds[np.argsort(-counts, kind="stable")][:most]


def focused(palette: Bytes, classes: npt.ArrayLike, background: str) -> Bytes:
    """The palette with every class grey but the `classes` ones."""
    result = np.tile(np.array(_REST_GREY[background], np.uint8), (len(palette), 1))
    result[np.asarray(classes, np.int64)] = palette[np.asarray(classes, np.int64)]
    return result


def desaturated(colours: Bytes, share: float = 0.7) -> Bytes:
    """Colours moved towards grey of the same lightness."""
    lightness, chroma, hue = from_srgb(colours)
    return to_srgb(lightness, chroma * (1 - share), hue)


def as_rgb(colour: str) -> tuple[int, int, int]:
    """Bytes of "#rrggbb"."""
    value = int(colour.lstrip("#"), 16)
    return value >> 16, (value >> 8) & 0xFF, value & 0xFF


def _step(classes: int) -> int:
    """The whole number nearest to the golden section of C that has no divisor in common with it."""
    wanted = classes * (math.sqrt(5) - 1) / 2
    return min(
        (step for step in range(1, classes + 1) if math.gcd(step, classes) == 1 and abs(step - wanted) < 40),
        key=lambda step: abs(step - wanted),
        default=1,
    )
