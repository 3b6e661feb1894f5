"""Blocks of queries in threads, each of which makes its matrix products alone.

A matrix product on all cores, followed by ranking on one, leaves the other cores idle half of the time. Threads that
each multiply and rank blocks of their own keep all of them busy, and nobody waits for anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from core.data.catalog import Rows

# Told the places of its queries, what share of the memory is its own, and whom to ask whether others have failed.
Work = Callable[[Rows, float, Callable[[], bool]], None]

_lock = threading.Lock()
_users = 0
_threads = 1


def share_out(work: Work, places: Rows, fewest: int) -> None:
    """Do `work` on parts of the (Q,) `places`, each of `fewest` or more, a thread to a part.

    The first error of any ends them all, and is raised.
    """
    ended = threading.Event()
    with _product_threads() as most:
        count = max(1, min(most, len(places) // fewest))
        with ThreadPoolExecutor(count, "blocks", _multiply_alone) as pool:
            try:
                parts = np.array_split(places, count)
                for future in [pool.submit(work, part, 1 / count, ended.is_set) for part in parts]:
                    future.result()
            except BaseException:
                ended.set()
                raise


@contextmanager
def _product_threads() -> Iterator[int]:
    """How many threads NumPy's matrix products take; put back by the last one to leave.

    1 where the library that multiplies cannot be told (on macOS).
    """
    global _users, _threads
    with _lock:
        if not _users:
            _threads = max((library["num_threads"] for library in _multipliers().info()), default=1)
        _users += 1
    try:
        yield _threads
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _set_threads(_threads)


def _multiply_alone() -> None:
    """Called in each thread, because some versions of OpenBLAS ask every thread for its own wish, some only one."""
    _set_threads(1)


def _set_threads(count: int) -> None:
    for library in _multipliers().lib_controllers:
        library.set_num_threads(count)


@cache
def _multipliers() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
