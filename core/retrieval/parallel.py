"""Rows shared out among the processor's cores, for work that lets go of Python's lock."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallel_rows(work: Callable[[slice], None], count: int, fewest: int = 64) -> None:
    """Call `work` with slices that together are rows 0 to `count`, one for each core, and wait for all.

    A thread gets at least `fewest` rows; the first slice is worked on by the calling thread, and an error in any of
    them is raised here.
    """
    parts = max(1, min(CORES, count // fewest))
    bounds = [count * part // parts for part in range(parts + 1)]
    first, *others = itertools.starmap(slice, itertools.pairwise(bounds))
    if not others:
        work(first)
        return
    with ThreadPoolExecutor(len(others)) as pool:
        working = [pool.submit(work, rows) for rows in others]
        work(first)
        for part in working:
            part.result()
