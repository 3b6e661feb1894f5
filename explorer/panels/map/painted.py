"""What `raster` computes, by Qt and NumPy: for as long as nothing is compiled, or where nothing can be.

Ten times as slow, so that of a large map a sample is drawn. Everything else of the map (pictures, picking, lasso,
colours) rests on the same positions and does not change.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

# More take longer than a tenth of a second, in which the window would stand still.
MOST_POINTS = 50_000


def draw(
    image: npt.NDArray[np.uint32],
    xy: npt.NDArray[np.float32],
    colours: npt.NDArray[np.uint32],
    layers: npt.NDArray[np.uint8],
    radii: tuple[float, ...],
    view: tuple[float, float, float],
    background: int,
) -> None:
    """Draw N points as `explorer.panels.map.raster.draw` does; of more than MOST_POINTS every second, third, ..."""
    height, width = image.shape
    image.fill(background | 0xFF000000)
    canvas = QImage(image.data, width, height, width * 4, QImage.Format.Format_RGB32)
    painter = QPainter(canvas)
    # The frontmost point comes first and is painted last.
    chosen = slice(None, None, -(-len(xy) // MOST_POINTS) or 1)
    x, y, scale = view
    places = (xy[chosen][::-1].astype(np.float64) - (x, y)) * (scale, -scale) + (width / 2, height / 2)
    looks = np.stack([colours[chosen], layers[chosen].astype(np.uint32)], axis=1)[::-1].tolist()
    for (x, y), (colour, layer) in zip(places.tolist(), looks, strict=True):
        disc = _disc(colour, radii[layer])
        half = disc.width() / 2
        # A disc that does not fit is left out: coordinates far outside are no pixels.
        if half <= x < width - half and half <= y < height - half:
            painter.drawImage(QPointF(x - half, y - half), disc)
    painter.end()


def distance_to_nearest(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(M,) the larger of the two axes' distances from each of (M, 2) places to its nearest other one; see `raster`."""
    apart = np.abs(places[:, None] - places[None]).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest: npt.NDArray[np.float64] = apart.min(axis=1, initial=np.inf)
    return nearest


@lru_cache(maxsize=4096)
def _disc(colour: int, radius: float) -> QImage:
    """A disc of 0xAARRGGBB in the middle of a transparent square."""
    half = int(radius) + 2
    disc = QImage(2 * half, 2 * half, QImage.Format.Format_ARGB32_Premultiplied)
    disc.fill(Qt.GlobalColor.transparent)
    painter = QPainter(disc)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(colour))
    painter.drawEllipse(QPointF(half, half), radius, radius)
    painter.end()
    return disc
