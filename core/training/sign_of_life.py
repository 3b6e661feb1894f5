"""Whether a trainer gets on: the sign it gives between its pieces of work, and how long ago it was.

The sign is the time of a file, set anew at each batch at most every other second, and that of the messages. A process
that is halted, or waits for good, gives none; one that thinks long about a single batch does not either.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from core.messages import Message
from core.training.run_messages import MESSAGES
from core.wording import moment

HEARTBEAT = "heartbeat"
EVERY = 2.0
# Without a sign for so long, a trainer is said to make no progress.
QUIET_AFTER = 60.0

Clock = Callable[[], float]


class Heartbeat:
    """Gives the sign in a run's directory; called at each piece of work."""

    def __init__(self, run: Path) -> None:
        self._path = Path(run) / HEARTBEAT
        self._due = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY
            # A full disk must not end a training that has nothing to write yet.
            with contextlib.suppress(OSError):
                self._path.touch()


class SignOfLife:
    """Since when a trainer has given no sign, however the clocks of its machine and ours differ or jump.

    Args:
        wall: seconds since 1970.
        steady: seconds that only go on.
    """

    def __init__(self, run: Path, wall: Clock = time.time, steady: Clock = time.monotonic) -> None:
        self._run = Path(run)
        self._wall, self._steady = wall, steady
        self._sign: tuple[int, ...] | None = None
        self._noticed = 0.0

    def seconds(self) -> float | None:
        """Since the last sign; None where there was never any."""
        newest, sign = self._newest()
        if sign is None:
            return None
        now = self._steady()
        if self._sign is None:
            # The first look: only the clocks on the wall tell how old it is.
            self._noticed = now - max(0.0, self._wall() - newest)
        elif sign != self._sign:
            self._noticed = now
        self._sign = sign
        return now - self._noticed

    def quiet_since(self) -> float | None:
        """When the last sign was, in seconds since 1970, where that is too long ago; None while all is well."""
        seconds = self.seconds()
        return self._wall() - seconds if seconds is not None and seconds >= QUIET_AFTER else None

    def _newest(self) -> tuple[float, tuple[int, ...] | None]:
        facts = []
        for name in (HEARTBEAT, MESSAGES):
            with contextlib.suppress(OSError):
                facts.append(os.stat(self._run / name))  # noqa: PTH116 - the names are joined already
        if not facts:
            return 0.0, None
        sign = tuple(number for each in facts for number in (each.st_mtime_ns, each.st_size))
        return max(each.st_mtime for each in facts), sign


def no_progress(since: float, now: float) -> str:
    """ "no progress since 14:02", with the day where it was another one."""
    return Message("no-progress-since", moment=moment(since, now))
