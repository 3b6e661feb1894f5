"""Points on their way from one map to the next."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from explorer.panels.map.viewport import Viewport

MILLISECONDS = 300

Points = npt.NDArray[np.float32]


class Transition:
    """Where every point of the new map is at a moment between 0 and 1.

    A point that was on the old map, found by its id, starts where it was on the screen; a new one is in place from
    the start.
    """

    def __init__(self, start: Points, end: Points) -> None:
        self._start, self._way, self._end = start, end - start, end

    def at(self, moment: float) -> Points:
        """(N, 2) positions; slow at both ends."""
        if moment >= 1:
            return self._end
        return self._start + self._way * np.float32(moment * moment * (3 - 2 * moment))


def between(old: tuple[Points, Rows, Viewport], new: tuple[Points, Rows, Viewport]) -> Transition:
    """The way from an old map to a new one, each given as positions (N, 2), ids (N,) and the view of them."""
    old_xy, old_ids, old_view = old
    xy, ids, view = new
    start = xy.copy()
    if len(old_ids):
        sorter = np.argsort(old_ids, kind="stable")
        index = np.minimum(np.searchsorted(old_ids, ids, sorter=sorter), len(old_ids) - 1)
        before = sorter[index]
        shared = old_ids[before] == ids
        screen = old_view.all_to_screen(old_xy[before[shared]])
        # The two maps have different units: the same screen place is what the eye takes for the same place.
        flipped = (screen - (view.width / 2, view.height / 2)) / (view.scale, -view.scale)
        start[shared] = flipped + np.array((view.x, view.y))
    return Transition(start, xy)
