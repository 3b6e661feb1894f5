"""What the map shows: points, colours and states, arranged for drawing. No widget, no pixels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from explorer.appearance.colouring import desaturated
from explorer.appearance.oklch import Bytes
from explorer.panels.map.picking import PointGrid
from explorer.panels.map.viewport import Bounds

Mask = npt.NDArray[np.bool_]
# Indices to draw, with the colour 0xAARRGGBB and the layer of each: (M,). A selected point comes twice: its disc and,
# right under it, the larger outline.
Arranged = tuple[npt.NDArray[np.int32], npt.NDArray[np.uint32], npt.NDArray[np.uint8]]

DIMMED, FADED, PLAIN, FRONT, OUTLINE, SELECTED = range(6)
# Radii of a plain disc, in device-independent pixels: where there is room, where there is none, and seen from near.
USUAL, SMALLEST, LARGEST = 3.2, 1.3, 6.5
COVER = 0.25
# Dimming by opacity alone adds up again where points pile, so dimmed colours lose their saturation too.
_OPACITY = {DIMMED: 38, FADED: 100, PLAIN: 200, FRONT: 240, OUTLINE: 255, SELECTED: 255}


class MapScene:
    """N points in the order given; `indices` everywhere here are 0..N-1, `ids` are catalog rows.

    A point is in one layer, from back to front: dimmed (hidden by the legend or the filter), faded (not selected
    while several are), plain, front (of the class in focus), selected with an outline under it. Within a layer the
    order is a fixed shuffle, because drawing in the order of classes would put the last class on top everywhere.
    """

    def __init__(self) -> None:
        self.xy = np.empty((0, 2), np.float32)
        self.ids: Rows = np.empty(0, np.int64)
        self.dimmed: Mask = np.empty(0, bool)
        self.selected: Mask = np.empty(0, bool)
        self.front: Mask = np.empty(0, bool)
        self._palette: Bytes = np.full((1, 3), 128, np.uint8)
        self._codes = np.empty(0, np.int32)
        self._outline = (255, 255, 255)
        self._layered: npt.NDArray[np.uint32] | None = None
        self._by_id = np.empty(0, np.int64)
        self._grid: PointGrid | None = None
        self._shuffled: npt.NDArray[np.int64] | None = None
        self._arranged: tuple[int, Arranged] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def bounds(self) -> Bounds:
        """Around all points."""
        return Bounds.of(self.xy)

    @property
    def grid(self) -> PointGrid:
        """Points as they will lie when they have stopped moving, for picking."""
        if self._grid is None:
            self._grid = PointGrid(self.xy)
        return self._grid

    @property
    def pickable(self) -> Mask | None:
        """(N,) which points can be pointed at; None means all of them."""
        return ~self.dimmed if self.dimmed.any() else None

    def set_points(self, xy: npt.NDArray[np.float32], ids: Rows) -> None:
        """Replace all points; colours and states start anew. xy (N, 2) finite, ids (N,) catalog rows."""
        self.xy = np.ascontiguousarray(xy, np.float32)
        self.ids = np.asarray(ids, np.int64)
        count = len(self.ids)
        self.dimmed, self.selected, self.front = (np.zeros(count, bool) for _ in range(3))
        self._codes = np.zeros(count, np.int32)
        self._by_id = np.argsort(self.ids, kind="stable")
        self._grid = None
        self._shuffled = None
        self._arranged = None

    def set_colours(self, palette: Bytes, codes: npt.NDArray[np.int64], front: Mask | None = None) -> None:
        """Point n has the colour palette[codes[n]]; -1 is the palette's last. `front` points lie over the others."""
        if palette is not self._palette:
            self._layered = None
        # As small as they can be: those of a million points are picked in an order of their own.
        self._palette, self._codes = palette, np.where(codes < 0, len(palette) - 1, codes).astype(np.int32)
        self.front = np.zeros(len(self), bool) if front is None else front
        self._arranged = None

    def set_dimmed(self, mask: Mask) -> None:
        """(N,) points that the legend or the filter hides."""
        self.dimmed = mask
        self._arranged = None

    def set_selected(self, mask: Mask) -> None:
        """(N,) points that are selected."""
        self.selected = mask
        self._arranged = None

    def set_outline(self, colour: tuple[int, int, int]) -> None:
        """Colour of the rim around selected points."""
        self._outline = colour
        self._layered = None
        self._arranged = None

    def index_of(self, row: int) -> int:
        """Index of a catalog row, -1 when it is not on this map."""
        index = int(np.searchsorted(self.ids, row, sorter=self._by_id))
        if index < len(self.ids) and self.ids[self._by_id[index]] == row:
            return int(self._by_id[index])
        return -1

    def colour_of(self, index: int) -> tuple[int, int, int]:
        """Bytes of a point's own colour."""
        red, green, blue = self._palette[self._codes[index]]
        return int(red), int(green), int(blue)

    def arranged(self, step: int = 1) -> Arranged:
        """What to draw of every `step`-th point, frontmost first."""
        if self._arranged is None or self._arranged[0] != step:
            self._arranged = step, self._arrange(step)
        return self._arranged[1]

    def _arrange(self, step: int) -> Arranged:
        if self._shuffled is None:
            self._shuffled = np.random.default_rng(len(self)).permutation(len(self))
        # The order is shuffled, so a part of it is a fair sample.
        sample = self._shuffled[::step]
        layer = self._layers_of(sample)
        sorted_by_layer = np.argsort(OUTLINE + 1 - layer, kind="stable")
        order, layer = sample[sorted_by_layer], layer[sorted_by_layer]
        top = int(np.count_nonzero(layer == SELECTED))
        if top:
            order = np.concatenate([np.repeat(order[:top], 2), order[top:]])
            layer = np.concatenate([np.repeat(layer[:top], 2), layer[top:]])
            layer[1 : 2 * top : 2] = OUTLINE
        palette = self._layered_palette()
        # A pair of indices would be several times as slow as one.
        colours = palette.ravel()[layer * np.int32(palette.shape[1]) + self._codes[order]]
        return order.astype(np.int32), colours, layer

    def _layers_of(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        layer = np.full(len(indices), PLAIN, np.uint8)
        selected = np.count_nonzero(self.selected)
        if selected > 1:
            layer[:] = FADED
        elif self.front.any():
            layer[self.front[indices]] = FRONT
        if selected:
            layer[self.selected[indices]] = SELECTED
        layer[self.dimmed[indices]] = DIMMED
        return layer

    def _layered_palette(self) -> npt.NDArray[np.uint32]:
        """(layers, colours) 0xAARRGGBB; kept, because a click and the other map change no colours."""
        if self._layered is not None:
            return self._layered
        grey = {DIMMED: desaturated(self._palette), FADED: desaturated(self._palette, 0.35)}
        layered = []
        for layer, opacity in sorted(_OPACITY.items()):
            colours = grey.get(layer, self._palette)
            if layer == OUTLINE:
                colours = np.tile(np.array(self._outline, np.uint8), (len(self._palette), 1))
            red, green, blue = colours.astype(np.uint32).T
            layered.append(np.uint32(opacity << 24) | red << 16 | green << 8 | blue)
        self._layered = np.stack(layered).astype(np.uint32)
        return self._layered


def disc_radius(count: int, zoom: float, side: float) -> float:
    """Radius in device-independent pixels on a map whose shorter side has `side` of them.

    All discs together would cover `COVER` of a square of that side, within bounds that can be seen and pointed at: many
    points on a small map keep apart. From near they are a little larger.
    """
    crowded = side * math.sqrt(COVER / (math.pi * max(count, 1)))
    near = math.pow(min(max(zoom, 0.5), 8.0), 0.22)
    return min(min(max(crowded, SMALLEST), USUAL) * near, LARGEST)


def layer_radii(radius: float) -> tuple[float, ...]:
    """Radius of each layer's discs; rounded, so that few mask tables serve all zooms."""
    radius = round(radius * 4) / 4
    return (radius, radius, radius, radius + 0.25, radius + 1.75, radius + 0.25)


def margin(ratio: float) -> int:
    """Pixels that an image needs around what is shown, so that discs at the border fit; `ratio` device pixels a pixel.

    The largest disc reaches that far beyond its middle, and mask rows are filled up by at most seven pixels.
    """
    return math.ceil((LARGEST + 1.75) * ratio) + 10
