"""Threads that work stand behind the one that draws: where there are fewer cores than work, the window stays quick."""

from __future__ import annotations

import contextlib
import os
import sys

# How far behind, as nice(1) counts. The window's children stand at 10: a thread that has Python's lock, for which the
# one that draws may be waiting, must not wait for them in its turn.
NICENESS = 5


def lower_priority(thread: int = 0) -> None:
    """Let a thread of this process (its number in the system; 0: the calling one), and what it starts, come later.

    Does nothing where priorities belong to whole processes, which is everywhere but on Linux.
    """
    if sys.platform == "linux":
        # The thread may have ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
