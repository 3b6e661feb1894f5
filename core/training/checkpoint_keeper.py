"""Which checkpoints of a run exist: the best, the last, and the state that goes with the last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.models import checkpoint
from core.models.checkpoint_files import WEIGHTS, details_path, is_there, read_info
from core.models.measure import measure_of
from core.training.messages import RunReporter
from core.training.recipe import Recipe
from core.training.run_directory import CHECKPOINTS
from core.training.saved_state import TrainerProgress, save_state
from core.training.step import TrainingStep

OURS = re.compile(r"epoch_(\d+)(_step_\d+)?")


class CheckpointKeeper:
    """Writes checkpoints and forgets those that are neither best nor last.

    A kill at any moment leaves the checkpoint and the state from before: nothing is ever overwritten, and files go
    only when the new state is complete.
    """

    def __init__(self, run: Path, recipe: Recipe, catalog: str, messages: RunReporter) -> None:
        self._run = run
        self._recipe = recipe
        self._catalog = catalog
        self._messages = messages

    def keep_epoch(
        self, training_step: TrainingStep, progress: TrainerProgress, epoch: int, metrics: Mapping[str, Any]
    ) -> TrainerProgress:
        """Save the model after `epoch`; `progress` is where to go on. Returns it with the checkpoints' names."""
        name = f"epoch_{epoch:03d}"
        measure = measure_of(metrics)
        figure = measure.of(metrics)
        best = figure is not None and measure.as_good(figure, measure.of(self.metrics(progress.best_checkpoint)))
        if best:
            progress = replace(progress, best_checkpoint=name)
        return self._keep(training_step, progress, name, epoch, metrics, complete=True, best=best)

    def keep_unfinished(self, training_step: TrainingStep, progress: TrainerProgress) -> TrainerProgress:
        """Save the model in the middle of an epoch, unmeasured."""
        name = f"epoch_{progress.epoch:03d}_step_{progress.step:08d}"
        return self._keep(training_step, progress, name, progress.epoch, {}, complete=False, best=False)

    def path(self, name: str) -> Path:
        """The weights file of the checkpoint called `name`."""
        return self._run / CHECKPOINTS / f"{name}{WEIGHTS}"

    def metrics(self, name: str) -> Mapping[str, Any]:
        """What was measured of the checkpoint called `name`; {} where there is none of that name, or no longer.

        Raises CheckpointError where it is damaged: another must not take its place unnoticed.
        """
        path = self.path(name)
        return read_info(path).metrics if name and is_there(path) else {}

    def _keep(
        self,
        training_step: TrainingStep,
        progress: TrainerProgress,
        name: str,
        epoch: int,
        metrics: Mapping[str, Any],
        complete: bool,
        best: bool,
    ) -> TrainerProgress:
        path = self.path(name)
        words = f"{self._run.name} / epoch {epoch}" + ("" if complete else " (partial)")
        checkpoint.save(
            path, training_step.embedder, words, epoch, progress.step, complete, metrics, self._recipe.as_dict()
        )
        progress = replace(progress, checkpoint=name)
        save_state(self._run, progress, training_step.tensors(), self._catalog)
        self._forget_all_but({name, progress.best_checkpoint})
        self._messages.event("checkpoint", path=f"{CHECKPOINTS}/{path.name}", epoch=epoch, best=best)
        return progress

    def _forget_all_but(self, names: set[str]) -> None:
        for weights in (self._run / CHECKPOINTS).glob(f"*{WEIGHTS}"):
            if OURS.fullmatch(weights.stem) and weights.stem not in names:
                details_path(weights).unlink(missing_ok=True)
                weights.unlink(missing_ok=True)
