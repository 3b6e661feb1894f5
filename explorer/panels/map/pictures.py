"""Points that are near enough to be shown as pictures instead of discs."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.appearance.picture import draw_picture
from explorer.appearance.theme import Theme
from explorer.panels.map import overlay
from explorer.panels.map.scene import MapScene
from explorer.panels.map.viewport import Viewport

LEAST, MOST = 24, 112
MOST_PICTURES = 600
LEAST_SHARE = 0.25
SHARE = 0.92
NOWHERE = -1


class PictureLayer:
    """Which points in view are pictures, where, and which of their thumbnails are still to come."""

    def __init__(self) -> None:
        self._frames: dict[int, QRectF] = {}
        self._awaited: set[int] = set()

    def __contains__(self, index: int) -> bool:
        return index in self._frames

    @property
    def awaited(self) -> frozenset[int]:
        """Catalog rows whose thumbnails were asked for and not there."""
        return frozenset(self._awaited)

    @property
    def is_empty(self) -> bool:
        """Whether all points are discs."""
        return not self._frames

    def clear(self) -> None:
        """Show discs only."""
        self._frames = {}
        self._awaited = set()

    def place(self, raster: ModuleType, scene: MapScene, view: Viewport, has_picture: Callable[[int], bool]) -> None:
        """Decide anew for a view; `raster` is the module `explorer.panels.map.raster`.

        Catalog rows that have no picture stay discs.
        """
        self.clear()
        left, top = view.to_map(-MOST, -MOST)
        right, bottom = view.to_map(view.width + MOST, view.height + MOST)
        x, y = scene.xy[:, 0], scene.xy[:, 1]
        near = (x > left) & (x < right) & (y > bottom) & (y < top) & ~scene.dimmed
        indices = np.flatnonzero(near)
        if len(indices) > MOST_PICTURES:
            return
        places = view.all_to_screen(scene.xy[indices])
        for index, (middle_x, middle_y), size in zip(indices, places, picture_sizes(raster, places), strict=True):
            if size and has_picture(int(scene.ids[index])):
                self._frames[int(index)] = QRectF(middle_x - size / 2, middle_y - size / 2, size, size)

    def frame(self, index: int) -> QRectF:
        """Where a picture is. Raises KeyError for a point that is a disc."""
        return self._frames[index]

    def hit(self, place: QPointF) -> int:
        """Index of the point whose picture is at a place, -1 for none."""
        return next((index for index, frame in self._frames.items() if frame.contains(place)), NOWHERE)

    def paint(
        self,
        painter: QPainter,
        tokens: Theme,
        room: QRectF,
        scene: MapScene,
        query: int,
        thumbnail: Callable[[int], QImage | None],
    ) -> None:
        """Paint the pictures within `room`; one without a thumbnail stays the disc under it.

        Those selected are framed as selected discs are outlined, the query in the accent colour.
        """
        frames = []
        for index, frame in self._frames.items():
            if not room.intersects(frame):
                continue
            row = int(scene.ids[index])
            image = thumbnail(row)
            if image is None:
                self._awaited.add(row)
                continue
            self._awaited.discard(row)
            if index == query or scene.selected[index]:
                frames.append((frame, tokens.accent if index == query else tokens.text))
            draw_picture(painter, frame.adjusted(0.5, 0.5, -0.5, -0.5), image, QColor(*scene.colour_of(index)))
        # After all pictures: else a neighbour would cover a part.
        for frame, foreground in frames:
            overlay.paint_chosen_frame(painter, tokens, frame, foreground)


def picture_sizes(raster: ModuleType, screen: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """(M,) side in pixels of each point's picture, one side for all of them; 0 where it stays a disc.

    `screen` (M, 2) are the places of the points in view and a margin of MOST around it, so that panning does not
    change sizes. A picture is smaller than the way to the nearest other point, so no two overlap: three in four of
    those that have room for the smallest picture have room for this one. None are shown as long as most points would
    stay discs, or when there are more than MOST_PICTURES points.
    """
    count = len(screen)
    if count == 0 or count > MOST_PICTURES:
        return np.zeros(count, np.int64)
    apart: npt.NDArray[np.float64] = raster.distance_to_nearest(screen)
    room = np.minimum(np.floor(apart * SHARE), MOST)
    with_room = room[room >= LEAST]
    if len(with_room) < LEAST_SHARE * count:
        return np.zeros(count, np.int64)
    side = int(np.quantile(with_room, 0.25, method="lower"))
    return np.where(room >= side, side, 0).astype(np.int64)
