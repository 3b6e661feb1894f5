"""Layers and order: who lies on whom."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.panels.map.scene import DIMMED, FADED, FRONT, OUTLINE, PLAIN, SELECTED, MapScene, disc_radius, layer_radii


@pytest.fixture
def scene() -> MapScene:
    scene = MapScene()
    scene.set_points(np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32), np.arange(50) * 3 + 100)
    palette = np.arange(15, dtype=np.uint8).reshape(5, 3) * 15
    scene.set_colours(palette, np.arange(50) % 5)
    return scene


def mask(*indices: int) -> np.ndarray:
    return np.isin(np.arange(50), indices)


def test_every_point_is_drawn_once_in_its_colour(scene: MapScene) -> None:
    order, colours, layers = scene.arranged()
    assert sorted(order.tolist()) == list(range(50))
    assert (layers == PLAIN).all()
    red, green, blue = scene.colour_of(int(order[7]))
    assert colours[7] & 0xFFFFFF == red << 16 | green << 8 | blue


def test_order_within_a_layer_does_not_follow_the_classes(scene: MapScene) -> None:
    order, _, _ = scene.arranged()
    assert order.tolist() != sorted(order.tolist())
    again = MapScene()
    again.set_points(scene.xy, scene.ids)
    assert np.array_equal(again.arranged()[0], order)


def test_selected_before_front_before_plain_before_dimmed(scene: MapScene) -> None:
    scene.set_colours(np.zeros((2, 3), np.uint8), np.zeros(50, np.int64), front=mask(3, 4))
    scene.set_dimmed(mask(8, 9))
    scene.set_selected(mask(20))
    order, _, layers = scene.arranged()
    assert order[:2].tolist() == [20, 20]
    assert layers[:2].tolist() == [SELECTED, OUTLINE]
    assert set(order[2:4].tolist()) == {3, 4}
    assert set(order[-2:].tolist()) == {8, 9}
    assert layers[-2:].tolist() == [DIMMED, DIMMED]
    assert (np.diff(layers[2:].astype(int)) <= 0).all()


def test_with_several_selected_the_others_fade(scene: MapScene) -> None:
    scene.set_colours(np.zeros((2, 3), np.uint8), np.zeros(50, np.int64), front=mask(3))
    scene.set_selected(mask(1, 2))
    _, colours, layers = scene.arranged()
    assert FRONT not in layers
    assert np.count_nonzero(layers == FADED) == 48
    assert (colours[layers == FADED] >> 24).max() < (colours[layers == SELECTED] >> 24).min()


def test_dimmed_points_lose_colour_and_cannot_be_picked(scene: MapScene) -> None:
    scene.set_colours(np.array([[230, 20, 20]], np.uint8), np.zeros(50, np.int64))
    scene.set_dimmed(mask(0))
    order, colours, _ = scene.arranged()
    faint = int(colours[order.tolist().index(0)])
    assert faint >> 24 < 60
    assert (faint >> 16 & 255) - (faint & 255) < 120
    allowed = scene.pickable
    assert allowed is not None
    assert not allowed[0]
    assert allowed[1:].all()


def test_no_class_gets_the_last_colour(scene: MapScene) -> None:
    scene.set_colours(np.array([[1, 1, 1], [9, 9, 9]], np.uint8), np.full(50, -1))
    assert scene.colour_of(5) == (9, 9, 9)


def test_rows_are_found_by_id(scene: MapScene) -> None:
    assert scene.index_of(100) == 0
    assert scene.index_of(100 + 3 * 49) == 49
    assert [scene.index_of(row) for row in (99, 101, 10_000, -1)] == [-1] * 4


def test_new_points_start_without_states(scene: MapScene) -> None:
    scene.set_selected(mask(1))
    scene.set_points(np.zeros((2, 2), np.float32), np.array([7, 5]))
    assert not scene.selected.any()
    assert scene.index_of(5) == 1
    assert scene.arranged()[0].size == 2


def test_discs_shrink_with_the_crowd_and_grow_from_near() -> None:
    radii = [disc_radius(count, 1.0, 500) for count in (100, 5_000, 10_000, 1_000_000)]
    assert radii == sorted(radii, reverse=True)
    assert radii[0] == pytest.approx(3.2) and radii[-1] == pytest.approx(1.3)
    assert disc_radius(10_000, 8.0, 500) > disc_radius(10_000, 1.0, 500)


@pytest.mark.parametrize(("count", "side"), [(5_000, 500), (1_152, 250), (20_000, 900)])
def test_discs_leave_most_of_a_map_free(count: int, side: int) -> None:
    assert count * math.pi * disc_radius(count, 1.0, side) ** 2 <= 0.26 * side**2
    assert layer_radii(3.0)[OUTLINE] > layer_radii(3.0)[SELECTED]
