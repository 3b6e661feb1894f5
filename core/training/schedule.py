"""The learning rate as a function of the step alone, so that resuming needs no state of it."""

from __future__ import annotations

import math

from core.training.settings import ScheduleSettings


def rate_factor(schedule: ScheduleSettings, step: int, steps_per_epoch: int, epochs: int) -> float:
    """What the recipe's learning rate is multiplied by at `step` (from 0).

    Every course but the cosine counts from the run's first step, warm-up or not, as published code does.
    """
    if schedule.every == "epoch":
        step -= step % steps_per_epoch
    warmup = schedule.warmup_epochs * steps_per_epoch
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if schedule.name == "cosine":
        progress = (step - warmup) / max(1.0, epochs * steps_per_epoch - warmup)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    if schedule.name == "step":
        return float(schedule.step_factor ** (step // (schedule.step_epochs * steps_per_epoch)))
    if schedule.name == "milestones":
        passed = sum(step >= epoch * steps_per_epoch for epoch in schedule.milestones)
        return float(schedule.step_factor**passed)
    if schedule.name == "inverse":
        return 1 / (1 + schedule.decay * step)
    return 1.0
