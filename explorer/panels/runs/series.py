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
        self.extend(np.array([x]), np.array([y]))

    def extend(self, x: Numbers, y: Numbers) -> None:
        """Add points (n,) with rising x."""
        if self._count and x[0] <= self._points[self._count - 1, 0]:
            self._count = int(np.searchsorted(self.x, x[0]))
        end = self._count + len(x)
        if end > len(self._points):
            self._points = np.concatenate([self._points, np.empty((max(end, len(self._points)), 2))])
        self._points[self._count : end] = np.stack([x, y], axis=1)
        self._count = end


class Trace:
    """One figure of every step, as it was and smoothed.

    Attributes:
        raw: per step.
    """

    def __init__(self) -> None:
        self.raw = Series()
        self._averages: list[float] = []

    def extend(self, steps: Numbers, values: Numbers) -> None:
        """Add figures (n,) of rising steps."""
        self.raw.extend(steps, values)
        # A resumed run takes steps back, and what was averaged over them.
        del self._averages[len(self.raw) - len(steps) :]

    @property
    def smooth(self) -> Numbers:
        """(n,) `raw.y` averaged over its newest steps, later ones weighing more; made when it is asked for."""
        count = len(self._averages)
        average = self._averages[-1] if count else 0.0
        for value in self.raw.y[count:].tolist():
            count += 1
            span = min(max(count / 8, SHORTEST_SPAN), LONGEST_SPAN)
            # The first steps average over all there is; a fixed share would drag the first value along.
            average += max(2.0 / (span + 1), 1.0 / count) * (value - average)
            self._averages.append(average)
        return np.array(self._averages)
