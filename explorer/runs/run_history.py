"""What a run's messages add up to: arrays for the curves, and an estimate of the time left. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
# Steps over which the strong loss curve averages: an eighth of those so far, within these. A fixed span would lag far
# behind the steep beginning of a run, or leave the noise of a long one.
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


class RunHistory:
    """The curves of one run, brought up to date from a growing list of messages.

    Attributes:
        loss: per step.
        smooth: the loss averaged over its newest steps, later ones weighing more.
        recall: K as text ("1") -> share per epoch.
        steps_per_epoch, epochs: 0 until the trainer has started.
    """

    def __init__(self) -> None:
        self._source: Sequence[Mapping[str, Any]] = ()
        self._taken = 0
        self._clear()

    def read(self, messages: Sequence[Mapping[str, Any]]) -> bool:
        """Take in what is new in `messages`; whether anything was. A list that is another one is read afresh."""
        if messages is not self._source or len(messages) < self._taken:
            self._clear()
            self._source, self._taken = messages, 0
        fresh = messages[self._taken :]
        self._taken += len(fresh)
        for message in fresh:
            self._take(message)
        return bool(fresh)

    def seconds_left(self) -> float | None:
        """From the last epoch's own estimate, or the pace of the newest steps before there is one."""
        total = self.epochs * self.steps_per_epoch
        if not total or not len(self.loss):
            return None
        step = float(self.loss.x[-1])
        if self._estimate is None:
            pace = float(np.median(self._seconds.y[-50:])) if len(self._seconds) else 0.0
            return pace * max(total - step, 0.0)
        at_step, seconds = self._estimate
        remaining = total - at_step
        return seconds * max(total - step, 0.0) / remaining if remaining > 0 else 0.0

    def _clear(self) -> None:
        self.loss, self.smooth, self._seconds = Series(), Series(), Series()
        self.recall: dict[str, Series] = {}
        self.epochs = self.steps_per_epoch = 0
        self._estimate: tuple[float, float] | None = None

    def _take(self, message: Mapping[str, Any]) -> None:
        kind = message["type"]
        if kind == "started":
            self.epochs, self.steps_per_epoch = int(message["epochs"]), int(message["steps_per_epoch"])
        elif kind == "step":
            self._take_step(float(message["step"]), float(message["loss"]), float(message["seconds"]))
        elif kind == "epoch":
            for k, share in message["recall"].items():
                self.recall.setdefault(k, Series()).append(float(message["epoch"]), float(share))
            if len(self.loss):
                self._estimate = (float(self.loss.x[-1]), float(message["seconds_left"]))

    def _take_step(self, step: float, loss: float, seconds: float) -> None:
        self.loss.append(step, loss)
        self._seconds.append(step, seconds)
        count = len(self.loss)
        span = min(max(count / 8, SHORTEST_SPAN), LONGEST_SPAN)
        # The first steps average over all there is; a fixed share would drag the first value along.
        share = max(2.0 / (span + 1), 1.0 / count)
        if len(self.smooth) and step <= self.smooth.x[-1]:
            self.smooth.append(step, loss)
        else:
            before = float(self.smooth.y[-1]) if len(self.smooth) else loss
            self.smooth.append(step, before + share * (loss - before))


def duration(seconds: float) -> str:
    """A time in the words of a person in a hurry: "40 s", "6 min", "1 h 20 min"."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
