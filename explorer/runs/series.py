"""Curves that grow: points appended one by one, and a smoothed curve over them. No Qt here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
# Steps over which the strong curve of a trace averages: an eighth of those so far, within these. A fixed span would
# lag far behind the steep beginning of a run, or leave the noise of a long one.
SHORTEST_SPAN, LONGEST_SPAN = 5, 40


class Series:
    """Points (x, y) with rising x, appended cheaply; a point at an earlier x drops everything from there on.

    That happens when a run was resumed: what had been trained after its last checkpoint is trained again.
    """

    def __init__(self) -> None:
        self._points = np.empty((64, 2))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Numbers:
        """(n,) a view; valid until the next `append`."""
        return self._points[: self._count, 0]

    @property
    def y(self) -> Numbers:
        """(n,) a view; valid until the next `append`."""
        return self._points[: self._count, 1]

    def append(self, x: float, y: float) -> None:
        """Add one point."""
        if self._count and x <= self._points[self._count - 1, 0]:
            self._count = int(np.searchsorted(self.x, x))
        if self._count == len(self._points):
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
        self._points[self._count] = (x, y)
        self._count += 1


class Trace:
    """One figure of every step, as it was and smoothed.

    Attributes:
        raw: per step.
        smooth: averaged over its newest steps, later ones weighing more.
    """

    def __init__(self) -> None:
        self.raw, self.smooth = Series(), Series()

    def append(self, step: float, value: float) -> None:
        """Add one step's figure."""
        self.raw.append(step, value)
        count = len(self.raw)
        span = min(max(count / 8, SHORTEST_SPAN), LONGEST_SPAN)
        # The first steps average over all there is; a fixed share would drag the first value along.
        share = max(2.0 / (span + 1), 1.0 / count)
        if len(self.smooth) and step <= self.smooth.x[-1]:
            self.smooth.append(step, value)
        else:
            before = float(self.smooth.y[-1]) if len(self.smooth) else value
            self.smooth.append(step, before + share * (value - before))
