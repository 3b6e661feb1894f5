"""The drawing kernels: every point is there, order decides, blending stays within bounds."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.panels.map import raster

BACKGROUND = 0x15171B


def drawn(
    xy: list[tuple[float, float]] | np.ndarray,
    colours: list[int] | np.ndarray,
    radius: float = 3.0,
    layers: list[int] | None = None,
    radii: tuple[float, ...] | None = None,
    size: tuple[int, int] = (40, 60),
) -> np.ndarray:
    """Draw with one pixel a map unit and (0, 0) in the middle; (H, W, 4) bytes in the order B, G, R, A."""
    around = 20
    image = np.zeros((size[0] + 2 * around, size[1] + 2 * around), np.uint32)
    points = np.asarray(xy, np.float32).reshape(-1, 2)
    layer = np.zeros(len(points), np.uint8) if layers is None else np.asarray(layers, np.uint8)
    raster.draw(image, points, np.asarray(colours, np.uint32), layer, radii or (radius,), (0.0, 0.0, 1.0), BACKGROUND)
    return image[around:-around, around:-around].copy().view(np.uint8).reshape(*size, 4)


def rgb(pixel: np.ndarray) -> tuple[int, int, int]:
    return int(pixel[2]), int(pixel[1]), int(pixel[0])


def reference(xy: np.ndarray, colours: np.ndarray, radius: float, size: tuple[int, int]) -> np.ndarray:
    """The same picture by floating-point arithmetic back to front, one point and one pixel at a time: R, G, B."""
    picture = np.tile(np.array([BACKGROUND >> 16, BACKGROUND >> 8 & 255, BACKGROUND & 255], float), (*size, 1))
    height, width = size
    for (x, y), colour in zip(xy[::-1], colours[::-1], strict=True):
        px, py = x + width / 2, height / 2 - y
        # Discs sit on quarters of a pixel.
        px, py = (np.floor(px * 4) + 0.5) / 4, (np.floor(py * 4) + 0.5) / 4
        foreground = np.array([colour >> 16 & 255, colour >> 8 & 255, colour & 255], float)
        for row in range(height):
            for column in range(width):
                distance = np.hypot(column + 0.5 - px, row + 0.5 - py)
                share = np.clip(radius + 0.5 - distance, 0, 1) * (colour >> 24) / 255
                picture[row, column] += (foreground - picture[row, column]) * share
    return picture


def test_nothing_is_background() -> None:
    image = drawn([], [])
    assert (image == [0x1B, 0x17, 0x15, 0xFF]).all()


def test_the_centre_of_every_point_has_its_colour() -> None:
    xy = [(x, y) for x in range(-24, 25, 8) for y in range(-16, 17, 8)]
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 1 << 24, len(xy), dtype=np.uint32) | np.uint32(0xFF000000)
    image = drawn(xy, colours)
    for (x, y), colour in zip(xy, colours.tolist(), strict=True):
        pixel = rgb(image[20 - y, 30 + x])
        assert pixel == pytest.approx((colour >> 16 & 255, colour >> 8 & 255, colour & 255), abs=2)


def test_the_first_of_two_lies_on_top() -> None:
    red, green = 0xFFFF0000, 0xFF00FF00
    assert rgb(drawn([(0, 0), (1, 0)], [red, green])[20, 30]) == pytest.approx((255, 0, 0), abs=2)
    assert rgb(drawn([(1, 0), (0, 0)], [green, red])[20, 30]) == pytest.approx((0, 255, 0), abs=2)


def test_points_that_do_not_touch_may_be_drawn_in_any_order() -> None:
    xy = np.array([(x, y) for x in range(-20, 21, 10) for y in range(-10, 11, 10)], np.float32)
    colours = np.arange(len(xy), dtype=np.uint32) * 917 | np.uint32(0xA0000000)
    order = np.random.default_rng(2).permutation(len(xy))
    assert np.array_equal(drawn(xy, colours), drawn(xy[order], colours[order]))


def test_blending_agrees_with_floating_point() -> None:
    rng = np.random.default_rng(4)
    size = (24, 28)
    xy = rng.uniform((-16, -14), (16, 14), (60, 2)).astype(np.float32)
    colours = (rng.integers(0, 1 << 24, 60) | rng.integers(40, 256, 60) << 24).astype(np.uint32)
    image = drawn(xy, colours, 2.6, size=size)[..., 2::-1].astype(float)
    expected = reference(xy.astype(np.float64), colours.astype(np.int64), 2.6, size)
    assert np.abs(image - expected).max() <= 8  # whole numbers, up to six layers deep
    assert np.abs(image - expected).mean() <= 2


def test_no_channel_leaves_the_range_of_ink_and_background() -> None:
    rng = np.random.default_rng(6)
    xy = rng.normal(size=(3000, 2)) * 4
    image = drawn(xy, np.full(3000, 0x60D0D0D0, np.uint32))
    assert image[..., :3].min() >= 0x15 - 4
    assert image[..., :3].max() <= 0xD0 + 4
    assert (image[..., 3] == 255).all()


def test_white_on_white_never_runs_over_into_another_channel() -> None:
    rng = np.random.default_rng(7)
    xy = (rng.normal(size=(2000, 2)) * 5).astype(np.float32)
    colours = (rng.integers(1, 256, 2000) << 24 | 0xFFFFFF).astype(np.uint32)
    image = np.zeros((60, 60), np.uint32)
    raster.draw(image, xy, colours, np.zeros(2000, np.uint8), (2.0,), (0.0, 0.0, 1.0), 0xFFFFFF)
    assert image.view(np.uint8).min() >= 245


@pytest.mark.parametrize("place", [(-30, 0), (30, 0), (0, 20), (0, -20), (-31.5, 21.5), (1e6, -1e6)])
def test_discs_at_and_beyond_the_border_are_cut(place: tuple[float, float]) -> None:
    image = drawn([place], [0xFFFFFFFF])
    white = (image[..., 0] == 255).sum()
    assert white < np.pi * 3**2
    assert (white > 0) == (abs(place[0]) <= 30 and abs(place[1]) <= 20)


def test_the_layer_chooses_the_radius() -> None:
    image = drawn([(-15, 0), (15, 0)], [0xFFFFFFFF] * 2, layers=[0, 1], radii=(1.0, 6.0))
    small, large = (image[:, :30, 0] > 128).sum(), (image[:, 30:, 0] > 128).sum()
    assert small == pytest.approx(np.pi, abs=2)
    assert large == pytest.approx(36 * np.pi, abs=8)


@pytest.mark.parametrize("radius", [1.0, 2.25, 4.0])
def test_masks_hold_the_area_of_a_disc(radius: float) -> None:
    masks = raster.disc_masks(radius)
    assert masks.sum(axis=(2, 3)) / 256 == pytest.approx(np.pi * radius**2, rel=0.03, abs=0.35)
    assert masks.max() == 256
    rows = masks.shape[-2]
    assert masks.shape[-1] % raster.LANES == 0
    assert not masks[..., rows:].any()
    assert masks[..., [0, rows - 1], :rows].any(axis=(-1, -2)).any(), "no row too many"


def test_the_nearest_other_place() -> None:
    places = np.random.default_rng(0).uniform(0, 1500, (50, 2))
    apart = np.abs(places[:, None] - places[None]).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert np.array_equal(raster.distance_to_nearest(places), apart.min(axis=1))
    assert raster.distance_to_nearest(places[:1]).tolist() == [np.inf]
