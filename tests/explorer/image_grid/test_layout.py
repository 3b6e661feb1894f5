"""The layout of a grid against one that goes square by square."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.image_grid.layout import GAP, HEAD, MARGIN, GridLayout, Hit


def slowly(layout: GridLayout) -> tuple[dict[tuple[int, int], tuple[int, int]], dict[int, tuple[int, int]], int]:
    """Corners of the pictures by (group, place), corner and number of the tiles by group, and the height."""
    columns = 1
    while MARGIN + (columns + 1) * (layout.side + GAP) - GAP <= layout.width - MARGIN:
        columns += 1
    corners, tiles = {}, {}
    y = 0 if layout.has_heads else MARGIN
    for group, count in enumerate(layout.counts.tolist()):
        y += HEAD if layout.has_heads else 0
        x, used = MARGIN, 0
        is_cut = not layout.is_open[group] and count > columns
        shown = max(1, columns - 1) if is_cut else count
        squares = shown + (is_cut and columns > 1)
        for place in range(squares):
            if used == columns:
                x, used, y = MARGIN, 0, y + layout.side + GAP
            (corners if place < shown else tiles)[(group, place) if place < shown else group] = (x, y)
            x, used = x + layout.side + GAP, used + 1
        y += layout.side + GAP if squares else 0
    return corners, tiles, y + MARGIN


@pytest.mark.parametrize("width", [60, 200, 333, 1024])
@pytest.mark.parametrize(("side", "has_heads"), [(48, True), (80, True), (192, True), (80, False)])
def test_squares_are_where_a_loop_puts_them(width: int, side: int, has_heads: bool) -> None:
    generator = np.random.default_rng(width + side)
    counts = np.array([1, 40, 2, 9, 8, *generator.integers(1, 60, 12)], np.int64)
    layout = GridLayout(counts, generator.random(len(counts)) < 0.5, width, side, has_heads)
    corners, tiles, height = slowly(layout)
    assert layout.height == height
    assert {(group, place): layout.corner(group, place) for group, place in corners} == corners
    more = {group: layout.more(group) for group in range(len(counts)) if layout.more(group)}
    assert set(more) == set(tiles)
    assert more == {
        group: count - sum(key[0] == group for key in corners) for group, count in enumerate(counts) if group in tiles
    }
    for (group, place), (x, y) in corners.items():
        for near in ((x, y), (x + side - 1, y + side - 1)):
            assert layout.hit(*near) == Hit("picture", group, place)
        assert layout.hit(x + side, y) is None and layout.hit(x, y + side) != Hit("picture", group, place)
    for group, (x, y) in tiles.items():
        assert layout.hit(x + 1, y + 1) == Hit("more", group)
    for top in generator.integers(0, height, 20).tolist():
        bottom = top + 300
        found = {(line.group, place) for line in layout.lines(top, bottom) for place in range(line.first, line.end)}
        squares = {**corners, **{(group, int(layout.shown[group])): corner for group, corner in tiles.items()}}
        seen = {key for key, (_, y) in squares.items() if y + side > top and y <= bottom}
        assert seen <= found and all(squares[key][1] + side + GAP > top for key in found)


def test_a_million_pictures_of_twenty_thousand_groups() -> None:
    counts = np.full(20_000, 50, np.int64)
    layout = GridLayout(counts, np.ones(20_000, bool), 1040, 80)
    assert layout.columns == 11 and layout.height == 20_000 * (HEAD + 5 * 88) + MARGIN
    (line, *_) = layout.lines(layout.height // 2, layout.height // 2 + 900)
    assert line.group == 10_000 - (layout.tops[10_000] > layout.height // 2)


def test_heights_beyond_32_bits_are_whole() -> None:
    layout = GridLayout(np.array([20_000_000], np.int64), np.array([True]), 100, 192, has_heads=False)
    assert layout.height == 2 * MARGIN + 20_000_000 * 200 > 2**31
    (line,) = layout.lines(layout.height - MARGIN - 10, layout.height)
    assert line.first == 19_999_999 and layout.hit(20, line.y + 5) == Hit("picture", 0, 19_999_999)


def test_nothing_is_laid_out_where_there_are_no_groups() -> None:
    layout = GridLayout(np.empty(0, np.int64), np.empty(0, bool), 500, 80)
    assert list(layout.lines(0, 1000)) == [] and layout.hit(10, 10) is None and layout.group_at(5) == -1
