"""Where the map is looked at from: pan and zoom as plain numbers, without a widget."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

LEAST_ZOOM, MOST_ZOOM = 0.01, 100.0
WHEEL_UNITS = 200.0
MARGIN = 48.0
# Of a small map the margin is a share, but its captions still stand within it.
LEAST_MARGIN, MARGIN_SHARE = 24.0, 0.15

Points = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Bounds:
    """The rectangle of the map that `fit` shows, in map units; y grows upwards."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def of(cls, xy: Points) -> Bounds:
        """Smallest bounds around (N, 2) points; a unit square around nothing."""
        if not len(xy):
            return cls(-0.5, -0.5, 0.5, 0.5)
        low, high = xy.min(axis=0), xy.max(axis=0)
        return cls(float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, in map units."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    @property
    def extent(self) -> float:
        """The longer side, in map units; 1 around a single point."""
        return max(self.right - self.left, self.top - self.bottom) or 1.0


@dataclass(frozen=True)
class Viewport:
    """A view of `home` bounds in a widget of `width` x `height` pixels; each change gives a new one.

    Screen x grows to the right and screen y downwards, both in device-independent pixels; map y grows upwards. The map
    point (x, y) is in the middle. `zoom` 1 shows all of `home` within the margins; it stays within 0.01 and 100.
    """

    home: Bounds = Bounds(-0.5, -0.5, 0.5, 0.5)
    width: float = 1.0
    height: float = 1.0
    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0

    @property
    def scale(self) -> float:
        """Pixels per map unit."""
        room_x, room_y = (max(side - 2 * _margin(side), side / 4, 1.0) for side in (self.width, self.height))
        across, up = self.home.right - self.home.left, self.home.top - self.home.bottom
        # A single point, or points on one line, have no extent to divide by.
        fits = [room / extent for room, extent in ((room_x, across), (room_y, up)) if extent > 0]
        return (min(fits) if fits else min(room_x, room_y)) * self.zoom

    def looking_at(self, x: float, y: float, zoom: float) -> Viewport:
        """The same widget looking elsewhere."""
        return replace(self, x=x, y=y, zoom=_limited(zoom))

    def fitted(self) -> Viewport:
        """All of `home` in view."""
        return self.looking_at(*self.home.centre, 1.0)

    def resized(self, width: float, height: float) -> Viewport:
        """The widget has another size; the middle stays the middle."""
        return replace(self, width=width, height=height)

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Screen position of a map point."""
        scale = self.scale
        return self.width / 2 + (x - self.x) * scale, self.height / 2 - (y - self.y) * scale

    def to_map(self, screen_x: float, screen_y: float) -> tuple[float, float]:
        """Map point under a screen position."""
        scale = self.scale
        return self.x + (screen_x - self.width / 2) / scale, self.y - (screen_y - self.height / 2) / scale

    def all_to_screen(self, xy: Points) -> npt.NDArray[np.float64]:
        """(N, 2) screen positions of (N, 2) map points."""
        offset = xy.astype(np.float64) - (self.x, self.y)
        return offset * (self.scale, -self.scale) + (self.width / 2, self.height / 2)

    def panned(self, dx: float, dy: float) -> Viewport:
        """The map moved by (dx, dy) pixels, as if held by the cursor."""
        scale = self.scale
        return replace(self, x=self.x - dx / scale, y=self.y + dy / scale)

    def wheeled(self, delta: float, screen_x: float, screen_y: float) -> Viewport:
        """Zoomed by exp(delta / 200), `delta` as a wheel gives it; the point under the cursor stays there."""
        return self.zoomed(math.exp(delta / WHEEL_UNITS), screen_x, screen_y)

    def zoomed(self, factor: float, screen_x: float, screen_y: float) -> Viewport:
        """Zoomed by `factor` within the limits; the point under (screen_x, screen_y) stays there."""
        x, y = self.to_map(screen_x, screen_y)
        closer = self.looking_at(self.x, self.y, self.zoom * factor)
        now_x, now_y = closer.to_screen(x, y)
        return closer.panned(screen_x - now_x, screen_y - now_y)

    def centred(self, screen_x: float, screen_y: float) -> Viewport:
        """The point under (screen_x, screen_y) comes to the middle."""
        x, y = self.to_map(screen_x, screen_y)
        return replace(self, x=x, y=y)

    def in_view(self, xy: Points) -> npt.NDArray[np.bool_]:
        """(N,) which points lie inside the widget."""
        left, top = self.to_map(0, 0)
        right, bottom = self.to_map(self.width, self.height)
        return (xy[:, 0] >= left) & (xy[:, 0] <= right) & (xy[:, 1] >= bottom) & (xy[:, 1] <= top)


def following(leader: Viewport, follower: Viewport, same_layout: bool) -> Viewport:
    """What `follower` shows when it is linked to `leader`: each fits its own map, and from there they go together.

    With the `same_layout` a place is at the same coordinates on both maps: the nearer, the closer to exactly there.
    Otherwise it is the same part of each map, by its extent.
    """
    (x, y), (own_x, own_y) = leader.home.centre, follower.home.centre
    if same_layout:
        near = max(leader.zoom, 1.0)
        return follower.looking_at(leader.x + (own_x - x) / near, leader.y + (own_y - y) / near, leader.zoom)
    share = follower.home.extent / leader.home.extent
    return follower.looking_at(own_x + (leader.x - x) * share, own_y + (leader.y - y) * share, leader.zoom)


def _margin(side: float) -> float:
    return min(MARGIN, max(LEAST_MARGIN, MARGIN_SHARE * side))


def _limited(zoom: float) -> float:
    return min(max(zoom, LEAST_ZOOM), MOST_ZOOM)
