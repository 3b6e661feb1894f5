"""The colour space against published values."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.appearance.oklch import from_srgb, to_oklab, to_srgb


@pytest.mark.parametrize(
    ("colour", "lab"),
    [  # https://www.w3.org/TR/css-color-4/ sample conversions
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 255, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_known_colours(colour: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    assert to_oklab([colour])[0] == pytest.approx(lab, abs=1e-4)


def test_there_and_back() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (300, 3)).astype(np.uint8)
    assert np.abs(to_srgb(*from_srgb(colours)).astype(int) - colours).max() <= 1


def test_what_srgb_cannot_show_keeps_lightness_and_hue() -> None:
    hue = np.arange(0, 360, 30.0)
    light, strong, angle = from_srgb(to_srgb(np.full(12, 0.7), 0.4, hue))
    assert light == pytest.approx(np.full(12, 0.7), abs=0.01)
    assert (strong < 0.4).all()
    assert (np.abs((angle - hue + 180) % 360 - 180) < 3).all()


def test_colours_do_not_depend_on_their_company() -> None:
    rng = np.random.default_rng(0)
    lightness, chroma, hue = rng.uniform(0.2, 0.9, 40), rng.uniform(0, 0.3, 40), rng.uniform(0, 360, 40)
    together = to_srgb(lightness, chroma, hue)
    alone = [to_srgb(*colour)[0] for colour in zip(lightness, chroma, hue, strict=True)]
    assert np.array_equal(together, alone)
