"""Tiles in place of pictures: a name and a class on a flat ground, in the colours of the theme, a few of them kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from core.data.catalog import texts
from explorer import name_tiles
from explorer.appearance import theme
from explorer.appearance.colouring import class_palette
from explorer.name_tiles import SIDE, NameTiles
from tests.explorer.factories import made_catalog


@pytest.mark.parametrize("look", ["dark", "light"])
def test_a_tile_has_the_ground_of_the_theme_ink_and_the_colour_of_its_class(qapp: QApplication, look: str) -> None:
    theme.apply(qapp, look)
    catalog = made_catalog()
    tile = NameTiles(catalog).get(0)
    assert tile.pixelColor(1, 1) == QColor(theme.current().panel)
    expected = class_palette(len(catalog.classes), look)[catalog.codes[0]][:3].tolist()
    assert list(tile.pixelColor(SIDE // 2, SIDE - 2).getRgb()[:3]) == expected
    inked = sum(tile.pixelColor(x, y) != tile.pixelColor(1, 1) for x in range(0, SIDE, 2) for y in range(40, 100, 2))
    assert inked > 50
    theme.apply(qapp, "dark")


def test_another_theme_draws_anew_and_no_class_has_no_band(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    catalog = made_catalog()
    tiles = NameTiles(replace(catalog, labels=texts([""] * len(catalog))))
    dark = tiles.get(0)
    assert dark.pixelColor(5, SIDE - 2) == dark.pixelColor(1, 1) and tiles.get(0) is dark
    theme.apply(qapp, "light")
    assert tiles.get(0).pixelColor(1, 1) == QColor(theme.current().panel) != dark.pixelColor(1, 1)
    theme.apply(qapp, "dark")


def test_those_not_looked_at_for_longest_go(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_tiles, "MOST", 2)
    drawn: list[int] = []
    tiles = NameTiles(made_catalog())
    draw = tiles._draw
    monkeypatch.setattr(tiles, "_draw", lambda row: drawn.append(row) or draw(row))
    for row in (0, 1, 0, 2, 0, 1):
        tiles.get(row)
    assert drawn == [0, 1, 2, 1]


def test_a_long_name_stays_within(qapp: QApplication) -> None:
    catalog = made_catalog()
    name = "x" * 4000
    tile = NameTiles(replace(catalog, paths=texts([name] * len(catalog)))).get(0)
    ground = tile.pixelColor(1, 1)
    assert all(tile.pixelColor(SIDE - 4, y) == ground for y in range(0, SIDE - 12, 3))
