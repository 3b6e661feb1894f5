"""What a run's messages add up to: arrays for the curves, and an estimate of the time left. No Qt here."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.panels.runs.series import Series, Trace


class RunHistory:
    """The curves of one run, brought up to date from a growing list of messages.

    Attributes:
        loss: per step.
        terms: what else every step tells of the loss and its regulariser, by name in the order of telling.
        recall: K as text ("1") -> share per epoch.
        label_distance: K as text -> mean per epoch; {} but for a loss that learns from targets.
        steps_per_epoch, epochs: 0 until the trainer has started.
    """

    def __init__(self) -> None:
        self._source: Sequence[Mapping[str, Any]] = ()
        self._taken = 0
        self._clear()

    def read(self, messages: Sequence[Mapping[str, Any]], most: int | None = None) -> bool:
        """Take in what is new in `messages`, no more than `most` of it; whether there was anything.

        A list that is another one is read afresh.
        """
        if messages is not self._source or len(messages) < self._taken:
            self._clear()
            self._source, self._taken = messages, 0
        fresh = messages[self._taken : None if most is None else self._taken + most]
        self._taken += len(fresh)
        # Together: a long run has a hundred thousand steps with a dozen figures each.
        for names, block in itertools.groupby(fresh, _terms_of):
            if names is None:
                for message in block:
                    self._take(message)
            else:
                self._take_steps(names, list(block))
        return bool(fresh)

    @property
    def complete(self) -> bool:
        """Whether everything there is to read was read."""
        return self._taken >= len(self._source)

    def seconds_left(self) -> float | None:
        """From the last epoch's own estimate, or the pace of the newest steps before there is one."""
        total = self.epochs * self.steps_per_epoch
        if not total or not len(self.loss.raw):
            return None
        step = float(self.loss.raw.x[-1])
        if self._estimate is None:
            pace = float(np.median(self._seconds.y[-50:])) if len(self._seconds) else 0.0
            return pace * max(total - step, 0.0)
        at_step, seconds = self._estimate
        remaining = total - at_step
        return seconds * max(total - step, 0.0) / remaining if remaining > 0 else 0.0

    def _clear(self) -> None:
        self.loss, self._seconds = Trace(), Series()
        self.terms: dict[str, Trace] = {}
        self.recall: dict[str, Series] = {}
        self.label_distance: dict[str, Series] = {}
        self.epochs = self.steps_per_epoch = 0
        self._estimate: tuple[float, float] | None = None

    def _take(self, message: Mapping[str, Any]) -> None:
        kind = message["type"]
        if kind == "started":
            self.epochs, self.steps_per_epoch = int(message["epochs"]), int(message.get("steps_per_epoch", 0))
        elif kind == "epoch":
            for curves, name in ((self.recall, "recall"), (self.label_distance, "label_distance")):
                # Older versions measured nothing but recall.
                for k, figure in message.get(name, {}).items():
                    curves.setdefault(k, Series()).append(float(message["epoch"]), float(figure))
            left = message.get("seconds_left")
            if len(self.loss.raw) and left is not None:
                self._estimate = (float(self.loss.raw.x[-1]), float(left))

    def _take_steps(self, names: tuple[str, ...], block: list[Mapping[str, Any]]) -> None:
        """Steps that follow each other and tell the same terms."""
        steps = np.array([message["step"] for message in block], dtype=np.float64)
        for part in np.split(np.arange(len(steps)), np.flatnonzero(np.diff(steps) <= 0) + 1):
            rising = [block[index] for index in part]
            self.loss.extend(steps[part], np.array([message["loss"] for message in rising], dtype=np.float64))
            self._seconds.extend(
                steps[part], np.array([message.get("seconds", 0.0) for message in rising], dtype=np.float64)
            )
            for name in names:
                values = np.array([message["terms"][name] for message in rising], dtype=np.float64)
                self.terms.setdefault(name, Trace()).extend(steps[part], values)


def _terms_of(message: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names of what a step tells beside its loss; None for another kind of message."""
    return tuple(message.get("terms", ())) if message["type"] == "step" else None
