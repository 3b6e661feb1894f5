"""Colours: distinct, placed, readable by everyone."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.appearance.colouring import (
    NOT_MEASURED,
    RIGHT,
    STEPS,
    WITHIN,
    WRONG,
    category_groups,
    category_palette,
    class_palette,
    correctness_codes,
    correctness_palette,
    desaturated,
    focused,
    nearest_confusions,
    scale_codes,
    scale_palette,
)
from explorer.appearance.oklch import from_srgb, to_oklab, to_srgb
from explorer.appearance.theme import DARK, LIGHT, Theme

# What remains of linear red, green and blue without the cones for green (Machado, Oliveira and Fernandes 2009).
DEUTERANOPE = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)


def as_seen_without_green_cones(colours: np.ndarray) -> np.ndarray:
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ DEUTERANOPE.T
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055) * 255


@pytest.mark.parametrize("background", ["dark", "light"])
@pytest.mark.parametrize("classes", [2, 3, 5, 8, 17, 60, 200, 4620])
def test_classes_next_to_each_other_by_name_look_different(classes: int, background: str) -> None:
    lab = to_oklab(class_palette(classes, background)[:classes])
    assert np.linalg.norm(np.diff(lab, axis=0), axis=1).min() > 0.1


@pytest.mark.parametrize("classes", [2, 5, 8, 17, 24, 60])
def test_all_classes_of_a_usual_set_look_different(classes: int) -> None:
    lab = to_oklab(class_palette(classes, "dark")[:classes])
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1)[np.triu_indices(classes, 1)]
    assert apart.min() > 0.02


def test_eleven_thousand_classes_have_colours() -> None:
    palette = class_palette(11_000, "light")
    assert palette.shape == (11_001, 3)
    assert len({tuple(colour) for colour in palette.tolist()}) > 1_000


def test_no_class_at_all_is_grey() -> None:
    palette = class_palette(0, "dark")
    assert palette.shape == (1, 3)
    assert np.ptp(palette) < 25


def test_correctness_follows_the_first_hit() -> None:
    first_hit = np.array([1, 2, 10, 11, 0, -1])
    assert correctness_codes(first_hit, 10).tolist() == [RIGHT, WITHIN, WITHIN, WRONG, WRONG, NOT_MEASURED]


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_correctness_can_be_told_apart_without_seeing_green(tokens: Theme) -> None:
    palette = correctness_palette(tokens.right, tokens.accent, tokens.wrong, tokens.name)
    lab = to_oklab(as_seen_without_green_cones(palette))
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1)[np.triu_indices(4, 1)]
    assert apart.min() > 0.1


def test_confusions_are_ranked_by_how_often_they_happen() -> None:
    labels = np.array([0, 0, 0, 0, 0, 1, 2, 3])
    nearest = np.array([6, 6, 5, 1, -1, 0, 0, 0])
    assert nearest_confusions(labels, nearest, 0).tolist() == [2, 1]
    assert nearest_confusions(labels, nearest, 0, most=1).tolist() == [2]
    assert nearest_confusions(labels, nearest, 3).tolist() == [0]


def test_focus_keeps_its_colours_and_greys_the_rest() -> None:
    palette = class_palette(6, "dark")
    shown = focused(palette, [1, 4], "dark")
    kept = np.isin(np.arange(7), [1, 4])
    assert np.array_equal(shown[kept], palette[kept])
    assert (np.ptp(shown[~kept].astype(int), axis=1) < 20).all()


def test_desaturation_keeps_lightness_and_removes_most_chroma() -> None:
    colours = to_srgb([0.7] * 8, 0.12, np.arange(8) * 45)
    light, strong, _ = from_srgb(colours)
    light_after, strong_after, _ = from_srgb(desaturated(colours))
    assert light_after == pytest.approx(light, abs=0.01)
    assert (strong_after < 0.4 * strong).all()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_scale_goes_in_equal_steps_away_from_the_ground(theme: Theme) -> None:
    colours = scale_palette(theme.name)
    assert len(colours) == STEPS + 1
    lightness, _, _ = from_srgb(colours[:-1])
    steps = np.diff(lightness) * (1 if theme.name == "dark" else -1)
    assert (steps > -0.004).all() and steps.sum() > 0.45
    seen = np.linalg.norm(np.diff(to_oklab(colours[:-1:8]), axis=0), axis=1)
    assert seen.max() < 3 * seen.min()


def test_numbers_on_a_scale() -> None:
    codes = scale_codes(np.array([0, 5, 10, np.nan, 11.0]), 0, 10)
    assert codes.tolist() == [0, STEPS // 2, STEPS - 1, -1, STEPS - 1]
    assert scale_codes(np.array([3.0, np.nan]), 3, 3).tolist() == [STEPS // 2, -1]


@pytest.mark.parametrize(("count", "own"), [(0, 0), (3, 3), (24, 24), (25, 23), (1000, 23)])
def test_the_most_frequent_categories_have_a_colour(count: int, own: int) -> None:
    counts = np.arange(count) % 97
    chosen, groups = category_groups(counts)
    assert len(chosen) == own and len(groups) == count
    assert groups[chosen].tolist() == list(range(own))
    if count > own:
        others = np.flatnonzero(groups == own)
        assert len(others) == count - own and counts[others].max() <= counts[chosen].min()
    palette = category_palette(own, count > own, True, "dark")
    assert len(palette) == own + (count > own) + 2 and len(np.unique(palette[:own], axis=0)) == own
