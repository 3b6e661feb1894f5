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
from core.training.learner import Learner
from core.training.messages import CheckpointWritten, RunReporter
from core.training.recipe import Recipe
from core.training.run_directory import CHECKPOINTS
from core.training.saved_state import Position, save_state

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

    def keep_epoch(self, learner: Learner, position: Position, epoch: int, metrics: Mapping[str, Any]) -> Position:
        """Save the model after `epoch`; `position` is where to go on. Returns it with the checkpoints' names."""
        name = f"epoch_{epoch:03d}"
        measure = measure_of(metrics)
        figure = measure.of(metrics)
        best = figure is not None and measure.as_good(figure, measure.of(self.metrics(position.best_checkpoint)))
        if best:
            position = replace(position, best_checkpoint=name)
        return self._keep(learner, position, name, epoch, metrics, complete=True, best=best)

    def keep_unfinished(self, learner: Learner, position: Position) -> Position:
        """Save the model in the middle of an epoch, unmeasured."""
        name = f"epoch_{position.epoch:03d}_step_{position.step:08d}"
        return self._keep(learner, position, name, position.epoch, {}, complete=False, best=False)

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
        learner: Learner,
        position: Position,
        name: str,
        epoch: int,
        metrics: Mapping[str, Any],
        complete: bool,
        best: bool,
    ) -> Position:
        path = self.path(name)
        words = f"{self._run.name} / epoch {epoch}" + ("" if complete else " (partial)")
        checkpoint.save(path, learner.embedder, words, epoch, position.step, complete, metrics, self._recipe.as_dict())
        position = replace(position, checkpoint=name)
        save_state(self._run, position, learner.tensors(), self._catalog)
        self._forget_all_but({name, position.best_checkpoint})
        self._messages.send(CheckpointWritten(f"{CHECKPOINTS}/{path.name}", epoch, best))
        return position

    def _forget_all_but(self, names: set[str]) -> None:
        for weights in (self._run / CHECKPOINTS).glob(f"*{WEIGHTS}"):
            if OURS.fullmatch(weights.stem) and weights.stem not in names:
                details_path(weights).unlink(missing_ok=True)
                weights.unlink(missing_ok=True)
