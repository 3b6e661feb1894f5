"""The image of all discs: the bridge between the compiled kernels and Qt."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.panels.map.scene import MapScene, layer_radii, margin
from explorer.panels.map.viewport import Viewport


class DiscLayer:
    """Pixels of the discs, kept from one paint to the next; larger than the widget by a margin on every side."""

    def __init__(self) -> None:
        self._pixels = np.zeros((0, 0), np.uint32)
        self._image = QImage()
        self._ratio = 1.0
        self._xy: npt.NDArray[np.float32] | None = None
        self._step = 1

    def forget_positions(self) -> None:
        """Points moved, or their drawing order changed."""
        self._xy = None

    def draw(
        self,
        raster: ModuleType,
        scene: MapScene,
        positions: npt.NDArray[np.float32],
        view: Viewport,
        radius: float,
        ratio: float,
        background: QColor,
        step: int = 1,
    ) -> None:
        """Draw every `step`-th point of a scene.

        Args:
            raster: the module `explorer.panels.map.raster`.
            positions: (N, 2) where the points are now, which on the way to a new map is not `scene.xy`.
            radius: of a plain disc, in device-independent pixels.
            ratio: device pixels a pixel.
        """
        self._fit(view, ratio)
        order, colours, layers = scene.arranged(step)
        if self._xy is None or self._step != step:
            self._xy, self._step = _at(positions, order), step
        radii = tuple(size * ratio for size in layer_radii(radius))
        raster.draw(
            self._pixels,
            self._xy,
            colours,
            layers,
            radii,
            (view.x, view.y, view.scale * ratio),
            background.rgb() & 0xFFFFFF,
        )

    def paint(self, painter: QPainter) -> None:
        """Put the image on a widget, the margin outside of it."""
        around = margin(self._ratio) / self._ratio
        painter.drawImage(QPointF(-around, -around), self._image)

    def _fit(self, view: Viewport, ratio: float) -> None:
        around = margin(ratio)
        shape = (round(view.height * ratio) + 2 * around, round(view.width * ratio) + 2 * around)
        if self._pixels.shape == shape and self._ratio == ratio:
            return
        self._ratio = ratio
        self._pixels = np.zeros(shape, np.uint32)
        # The image shares the array's memory, which `_pixels` keeps alive.
        self._image = QImage(self._pixels.data, shape[1], shape[0], shape[1] * 4, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(ratio)


def _at(positions: npt.NDArray[np.float32], order: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """(M, 2) positions in an order. As one number each they are picked several times as fast as in pairs."""
    pairs = np.ascontiguousarray(positions).view(np.int64).ravel()
    return pairs[order].view(np.float32).reshape(-1, 2)
