"""Curved outlines in garment units, x to the right and y downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
Points = npt.NDArray[np.float64]
Fabric = Literal["cloth", "trim", "inside", "metal"]

STEPS = 8
_T = np.linspace(0, 1, STEPS + 1)[1:, None]


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of cloth.

    Attributes:
        outline: (P, 2) closed polygon.
        fabric: "cloth" (with the pattern), "trim", "inside" (the darker back), or "metal".
        turn: angle in radians by which the pattern is turned, counter-clockwise on the screen.
        pivot: the point around which it is turned.
        tone: brightness factor, below 1 for what lies behind.
        edge: whether its border is drawn as a seam.
    """

    outline: Points
    fabric: Fabric = "cloth"
    turn: float = 0.0
    pivot: Point = (0.0, 0.0)
    tone: float = 1.0
    edge: bool = True


@dataclass(frozen=True, eq=False)
class Stitch:
    """A thin line on the cloth along (P, 2) points: a seam or pleat (as dark as `tone`), or a string in "trim"."""

    points: Points
    width: float = 0.008
    tone: float = 0.72
    fabric: Fabric = "cloth"


@dataclass(frozen=True)
class Button:
    """A round button."""

    centre: Point
    radius: float = 0.018


Shape = Piece | Stitch | Button


def path(start: Point, *steps: tuple[Point, float]) -> Points:
    """Points along curves: each step is (end point, bulge); bulge is the sagitta to the left of the way there."""
    parts = [np.array([start], dtype=np.float64)]
    for end, bulge in steps:
        parts.append(arc(tuple(parts[-1][-1]), end, bulge))
    return np.concatenate(parts)


def arc(start: Point, end: Point, bulge: float) -> Points:
    """A quadratic curve from `start` (left out) to `end` that bulges by `bulge` to the left of the way."""
    a, b = np.asarray(start), np.asarray(end)
    if bulge == 0:
        return b[None]
    way = b - a
    side = np.array([way[1], -way[0]]) / max(float(np.hypot(*way)), 1e-9)
    control = (a + b) / 2 + side * 2 * bulge
    return np.asarray((1 - _T) ** 2 * a + 2 * (1 - _T) * _T * control + _T**2 * b)


def mirrored(points: Points) -> Points:
    """The same points on the other side of the garment's axis, walked backwards."""
    return np.asarray(points[::-1] * (-1.0, 1.0), dtype=np.float64)


def both_sides(right: Points) -> Points:
    """Close a right half (walked from top to bottom) with its mirror image."""
    return np.concatenate([right, mirrored(right)])


def polygon(*corners: Point) -> Points:
    """Straight-edged points."""
    return np.array(corners, dtype=np.float64)


def band(line: Points, half_width: float) -> Points:
    """A closed strip of constant width along a polyline."""
    way = np.gradient(line, axis=0)
    side = np.stack([way[:, 1], -way[:, 0]], 1) / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    return np.concatenate([line + side * half_width, (line - side * half_width)[::-1]])
