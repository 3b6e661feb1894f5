"""Drawing without compiled code: the same picture, within what no eye sees, and the same distances."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from explorer.panels.map import painted, raster

BACKGROUND = 0x15171B
RADII = (2.0, 2.0, 3.0, 4.25)


@pytest.mark.usefixtures("qapp")
def test_qt_draws_what_the_kernels_draw() -> None:
    rng = np.random.default_rng(1)
    xy = rng.uniform(-90, 90, (400, 2)).astype(np.float32)
    colours = rng.integers(0, 1 << 24, 400, dtype=np.uint32) | np.uint32(0xFF000000)
    colours[300:] = colours[300:] & np.uint32(0x60FFFFFF)
    layers = np.sort(rng.integers(0, 4, 400).astype(np.uint8))[::-1].copy()
    by_kernels, by_qt = _drawn(raster, xy, colours, layers), _drawn(painted, xy, colours, layers)
    # Discs sit on whole pixels with Qt, on quarters with the kernels.
    assert np.abs(by_kernels - by_qt).mean() < 12
    assert np.abs(by_kernels.mean(axis=(0, 1)) - by_qt.mean(axis=(0, 1))).max() < 4


@pytest.mark.usefixtures("qapp")
def test_the_first_point_lies_on_top() -> None:
    xy, red, green = np.zeros((2, 2), np.float32), 0xFFFF0000, 0xFF00FF00
    image = _drawn(painted, xy, np.array([red, green], np.uint32), np.zeros(2, np.uint8))
    assert image[100, 100].tolist() == [0, 0, 255]


@pytest.mark.usefixtures("qapp")
def test_points_far_outside_are_left_out() -> None:
    xy = np.array([(1e30, 0), (-1e30, 3), (99.5, 0)], np.float32)
    image = _drawn(painted, xy, np.full(3, 0xFFFFFFFF, np.uint32), np.zeros(3, np.uint8))
    assert (image == image[0, 0]).all()


@pytest.mark.usefixtures("qapp")
def test_of_a_crowd_a_sample_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painted, "MOST_POINTS", 2)
    xy = np.array([(-60, 0), (-30, 0), (30, 0), (60, 0)], np.float32)
    image = _drawn(painted, xy, np.full(4, 0xFFFFFFFF, np.uint32), np.zeros(4, np.uint8))
    assert [bool(image[100, 100 + x, 0] == 255) for x in (-60, -30, 30, 60)] == [True, False, True, False]


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_distances_are_those_of_the_kernels(count: int) -> None:
    places = np.random.default_rng(count).normal(size=(count, 2))
    assert painted.distance_to_nearest(places) == pytest.approx(raster.distance_to_nearest(places))


def _drawn(module: object, xy: np.ndarray, colours: np.ndarray, layers: np.ndarray) -> np.ndarray:
    assert QApplication.instance() is not None
    image = np.zeros((200, 200), np.uint32)
    module.draw(image, xy, colours, layers, RADII, (0.0, 0.0, 1.0), BACKGROUND)  # type: ignore[attr-defined]
    return image.view(np.uint8).reshape(200, 200, 4)[..., :3].astype(int)
