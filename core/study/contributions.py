"""What each term of a loss contributed while a run learnt, from the messages it left.

A loss that logs "NAME mass" and "NAME weight" for its terms, as `core.losses.multi_objective` does, says at each step
how hard each of them pulled: its mass, the sum of |d term / d similarity|, times its weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import CheckpointError
from core.messages import Message
from core.training.run_messages import MESSAGES, MessageTail

MASS, WEIGHT = " mass", " weight"


@dataclass(frozen=True)
class TermShare:
    """One term in one epoch; means over its steps.

    Attributes:
        value: of the term itself.
        mass: the sum of its gradients' sizes, before it is weighted.
        weight: what it was multiplied by.
        share: of mass times weight in that of all terms, 0 to 1; None where nothing pulled.
    """

    value: float
    mass: float
    weight: float
    share: float | None


@dataclass(frozen=True)
class EpochContributions:
    """The terms of one epoch by name."""

    epoch: int
    steps: int
    terms: Mapping[str, TermShare]


def contributions(run: Path) -> list[EpochContributions]:
    """The epochs of a run, in order; steps that a resumed run took twice count as they were taken last.

    Raises CheckpointError when the directory holds no steps, or when its loss does not tell what its terms contribute.
    """
    steps = {int(message["step"]): message for message in MessageTail(run).read() if message["type"] == "step"}
    if not steps:
        raise CheckpointError(Message("run-without-steps", run=run, file=MESSAGES), run)
    names = [name.removesuffix(MASS) for name in next(iter(steps.values()))["terms"] if name.endswith(MASS)]
    if not names:
        raise CheckpointError(Message("run-without-contributions", run=run), run)
    epochs: dict[int, list[Mapping[str, Any]]] = {}
    for _, message in sorted(steps.items()):
        epochs.setdefault(int(message["epoch"]), []).append(message["terms"])
    return [EpochContributions(epoch, len(terms), _of_epoch(names, terms)) for epoch, terms in epochs.items()]


def _of_epoch(names: Sequence[str], steps: Sequence[Mapping[str, float]]) -> dict[str, TermShare]:
    def mean(name: str) -> float:
        return math.fsum(step[name] for step in steps) / len(steps)

    contributions = {name: math.fsum(step[name + MASS] * step[name + WEIGHT] for step in steps) for name in names}
    total = math.fsum(contributions.values())
    return {
        name: TermShare(
            mean(name), mean(name + MASS), mean(name + WEIGHT), contributions[name] / total if total else None
        )
        for name in names
    }
