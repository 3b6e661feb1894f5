"""Which classes share a bar of the chart: every class its own bar while they fit, means of equal slices beyond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.panels.recall.class_measures import Numbers

WIDEST_SLOT = 20.0
NARROWEST_OWN_SLOT = 1.5
SHARED_SLOT = 3.0


@dataclass(frozen=True, eq=False)
class BarLayout:
    """B bars for M classes.

    Attributes:
        slot: width of a bar and its gap, in pixels.
        starts: (B + 1,) bar b stands for the classes starts[b] .. starts[b + 1] - 1.
        heights: (B,) mean of the bar's values.
    """

    slot: float
    starts: npt.NDArray[np.int64]
    heights: Numbers

    @property
    def bars(self) -> int:
        """B."""
        return len(self.heights)

    @property
    def per_bar(self) -> float:
        """Classes that share a bar, on average."""
        return int(self.starts[-1]) / self.bars if self.bars else 0.0

    def bar_of(self, position: int) -> int:
        """The bar in which a class is drawn."""
        return int(np.searchsorted(self.starts, position, side="right")) - 1

    def sharing(self, position: int) -> int:
        """How many classes the bar of one stands for."""
        bar = self.bar_of(position)
        return int(self.starts[bar + 1] - self.starts[bar])

    def class_at(self, x: float) -> int | None:
        """The class drawn at `x` pixels from the chart's left edge, or None beside the bars.

        A shared bar is divided evenly among its classes, so every class can be met while a pixel holds one.
        """
        bar = int(x // self.slot) if x >= 0 else self.bars
        if bar >= self.bars:
            return None
        first, end = int(self.starts[bar]), int(self.starts[bar + 1])
        return min(first + int((x - bar * self.slot) / self.slot * (end - first)), end - 1)


def lay_out(values: Numbers, width: float) -> BarLayout:
    """Bars for (M,) sorted values in `width` pixels; no bars when there is nothing to draw."""
    count = len(values)
    if not count or width < SHARED_SLOT:
        return BarLayout(WIDEST_SLOT, np.zeros(1, np.int64), np.empty(0))
    bars = count if count * NARROWEST_OWN_SLOT <= width else int(width // SHARED_SLOT)
    starts = np.arange(bars + 1, dtype=np.int64) * count // bars
    heights = np.add.reduceat(values, starts[:-1]) / np.diff(starts)
    slot = min(WIDEST_SLOT, width / bars)
    return BarLayout(slot, starts, heights)
