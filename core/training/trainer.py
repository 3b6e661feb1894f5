"""The trainer: a recipe and a catalog become a run with checkpoints.

Every random number of a step is drawn from (seed, step), every batch from (seed, epoch). A resumed run therefore
needs only weights, the optimiser's averages and its position to go on exactly as if it had never stopped; a graphics
card adds up in changing order, so there two runs of one seed differ by rounding.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import torch

from core.checksum import read_checked, write_checked
from core.data.catalog import Catalog, Rows
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import Cancelled, CoreError, DeviceError, EmbeddingsError, TrainingError
from core.messages import Message, Remedy, first_of
from core.models.checkpoint import add_metrics, restore, versions
from core.models.checkpoint_files import verified
from core.models.device import Device, choose_device
from core.models.inference import Pixels
from core.models.measure import RECALL_AT_1, measure_of
from core.progress import Reporter
from core.training.batches import Batches, batches_of, too_small
from core.training.checkpoint_keeper import CheckpointKeeper
from core.training.messages import RunReporter
from core.training.prefetcher import Prefetcher
from core.training.recipe import WITHOUT_EFFECT, Recipe, first_difference
from core.training.resuming import StartingPoint, starting_point
from core.training.run_directory import (
    CHECKPOINTS,
    DETAILS,
    DETAILS_FORMAT,
    RECIPE,
    claim,
    read_run_recipe,
    write_run_recipe,
)
from core.training.run_result import RunResult
from core.training.saved_state import ResumeRefusedError, TrainerProgress
from core.training.schedule import rate_factor
from core.training.step import StepResult, TrainingStep
from core.training.stop import Stop, StopRequest
from core.training.training_data import TrainingData, open_training_data
from core.training.validation import by_classes, by_targets, embed_rows

NAMED_IMAGES = 5
# What an epoch tells of its measures, as it is where nothing was measured.
NOT_MEASURED: Mapping[str, object] = {"recall": {}, "map_at_r": None, "distance": "", "label_distance": {}, "ndcg": {}}


@dataclass(frozen=True)
class TrainingOutcome:
    """How training ended, when it ended well: "finished", or "stopped" as asked (`interrupted`: by Ctrl+C).

    `result` is what it has reached.
    """

    state: Literal["finished", "stopped"]
    sentence: str
    epoch: int
    interrupted: bool = False
    result: RunResult = field(default_factory=RunResult)


def train(
    recipe: Recipe,
    source: DataSource,
    run: Path,
    device: str = "auto",
    reporter: Reporter | None = None,
    resume: bool = False,
    catalog: Catalog | None = None,
    checkpoint: str = "",
) -> TrainingOutcome:
    """Train `recipe` on `source` in the directory `run`, until it is done or asked to stop.

    Args:
        device: "auto", "cpu" or "cuda".
        reporter: hears every message that also goes to the run's messages.jsonl.
        resume: go on with the run in the directory; its recipe must be `recipe` but for the number of epochs.
        catalog: `source`, where it is already open.
        checkpoint: go on from the checkpoint of this name instead of the saved state, where that is damaged.

    Raises CoreError in one sentence, which is also the run's last message; the last good checkpoint stays. Raises
    ResumeRefusedError, and leaves the run untouched, where it is asked to go on as another run.
    """
    run = Path(run)
    with (
        claim(run, resume),
        StopRequest(run) as stop,
        contextlib.closing(RunReporter(run, reporter or Reporter())) as messages,
    ):
        try:
            start = None
            if resume:
                _check_same_recipe(recipe, read_run_recipe(run), run)
                start = starting_point(run, checkpoint)
                _check_epochs(recipe.training.epochs, start, run)
            else:
                write_run_recipe(run, recipe)
            trainer = _prepare(recipe, source, catalog, run, choose_device(device), messages, stop, start)
            outcome = trainer.go()
        except Cancelled:
            outcome = TrainingOutcome("stopped", Message("stopped-before-the-first-step"), 0)
        except ResumeRefusedError:
            # The run is as it was, and so is what its messages say last.
            raise
        except CoreError as error:
            said = {"sentence": error.message.as_json()}
            messages.event("failed", sentence=error.in_window, messages=said, epoch=messages.epoch)
            raise
        except KeyboardInterrupt:
            messages.event("stopped", sentence=Message("training-stopped-at-once"), epoch=messages.epoch)
            raise
        except Exception as error:
            refused = _out_of_memory(error, recipe)
            sentence = refused.message if refused is not None else _own_error(error)
            messages.event("failed", sentence=sentence, epoch=messages.epoch)
            if refused is None:
                raise
            raise refused from error
        outcome = replace(outcome, interrupted=stop.interrupted)
        _write_result(run, outcome.result)
        messages.event(
            outcome.state, sentence=outcome.sentence, epoch=outcome.epoch, result=dict(outcome.result.as_dict())
        )
        return outcome


def _prepare(
    recipe: Recipe,
    source: DataSource,
    catalog: Catalog | None,
    run: Path,
    device: Device,
    messages: RunReporter,
    stop: Stop,
    start: StartingPoint | None,
) -> Trainer:
    """Everything up to the first step: data decoded, model built, an earlier state put back."""
    if catalog is None:
        catalog = open_catalog(source, messages)
        for sentence in catalog.report.sentences:
            messages.notice(sentence)
    data = open_training_data(catalog, recipe, messages, stop)
    batches = batches_of(recipe, data)
    if smaller := too_small(recipe, data):
        messages.notice(smaller)
    if recipe.training.precision == "bf16" and device.learns_in("auto") != "bf16":
        messages.notice(Message("bf16-imitated", device=device.name))
    training_step = TrainingStep(recipe, device, data.train_codes)
    if training_step.about_weights:
        messages.notice(training_step.about_weights)
    keeper = CheckpointKeeper(run, recipe, catalog.fingerprint, messages)
    progress = TrainerProgress()
    if start is not None:
        progress = start.progress
        _put_back(start, training_step, keeper, run, catalog)
        if start.notice:
            messages.notice(start.notice)
    write_run_recipe(run, recipe)
    trainer = Trainer(recipe, data, batches, training_step, keeper, progress, device, messages, stop)
    _write_details(run, source, data, device)
    trainer.announce(run.name, source)
    return trainer


def _put_back(
    start: StartingPoint, training_step: TrainingStep, keeper: CheckpointKeeper, run: Path, catalog: Catalog
) -> None:
    if start.state is not None:
        start.state.check_data(run, catalog.fingerprint)
    restore(training_step.embedder, keeper.path(start.progress.checkpoint))
    if start.state is not None:
        training_step.restore(start.state.tensors)
    start.put_away(run)


@dataclass(eq=False)
class Trainer:
    """The loop. `progress` says where it is; everything else stays what it was at the start."""

    recipe: Recipe
    data: TrainingData
    batches: Batches
    training_step: TrainingStep
    keeper: CheckpointKeeper
    progress: TrainerProgress
    device: Device
    messages: RunReporter
    stop: Stop

    def __post_init__(self) -> None:
        self._epochs = self.recipe.training.epochs
        self._steps_per_epoch = len(self.batches.epoch(1))
        self._first_epoch = self.progress.epoch
        self._began = time.monotonic()

    def announce(self, name: str, source: DataSource) -> None:
        """Say what is about to happen."""
        self.messages.event(
            "started",
            time=time.time(),
            name=name,
            epochs=self._epochs,
            steps_per_epoch=self._steps_per_epoch,
            device=self.device.name,
            data=source.as_dict(),
            **self.data.counts,
            chosen_on=self.data.chosen_on,
            first_epoch=self._first_epoch,
            pid=os.getpid(),
        )

    def go(self) -> TrainingOutcome:
        """Learn, measure and keep, epoch by epoch."""
        try:
            while self.progress.epoch <= self._epochs:
                began = time.monotonic()
                self._learn_epoch()
                self._check_weights()
                metrics = self._measure()
                self._finish_epoch(metrics, time.monotonic() - began)
            result = self._conclude()
        except Cancelled:
            return self._stop_here()
        done = Message(
            "run-finished-before" if self._first_epoch > self._epochs else "run-finished", epochs=self._epochs
        )
        reached = [result.sentence] if result.sentence else []
        return TrainingOutcome("finished", Message("parts", parts=[done, *reached]), self._epochs, result=result)

    def _learn_epoch(self) -> None:
        """Learn from what is left of the epoch; Cancelled when asked to stop before its end."""
        progress = self.progress
        todo = [self.data.train[batch] for batch in self.batches.epoch(progress.epoch)][progress.step_in_epoch :]
        with Prefetcher(self.data.images, todo) as feed:
            for rows, images in feed:
                self._stop_if_asked()
                self._learn(rows, images)
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self.stop():
            raise Cancelled(self._stopped)

    def _learn(self, rows: Rows, images: Pixels) -> None:
        began = time.monotonic()
        progress = self.progress
        factor = rate_factor(self.recipe.schedule, progress.step, self._steps_per_epoch, self._epochs)
        rate = self.recipe.optimizer.learning_rate * factor
        targets = self.data.targets(rows) if self.recipe.loss.supervision == "targets" else None
        result = self.training_step.run(
            images, self.data.catalog.codes[rows], progress.step, rate, targets, progress.epoch
        )
        if not result.finite:
            raise self._not_finite(result, rows)
        self.progress = progress = replace(
            progress,
            step=progress.step + 1,
            step_in_epoch=progress.step_in_epoch + 1,
            loss_sum=progress.loss_sum + result.loss,
        )
        seconds = time.monotonic() - began
        self.messages.event(
            "step",
            step=progress.step,
            epoch=progress.epoch,
            loss=result.loss,
            terms=result.terms,
            learning_rate=rate,
            seconds=seconds,
        )
        stage = Message("at-epoch", epoch=progress.epoch, epochs=self._epochs)
        self.messages.show(stage, progress.step_in_epoch, self._steps_per_epoch, Message("unit-batches"))

    def _measure(self) -> Mapping[str, Any]:
        """What `_measured` tells of the images the best checkpoint is chosen on; {} where there are none."""
        return self._measured(self.data.to_choose_on, self.data.chosen_on) if self.data.chosen_on else {}

    def _measured(self, rows: Rows, split: str) -> Mapping[str, Any]:
        """Recall@K and MAP@R; where targets are learnt from, label distance and nDCG as well, which then decide."""
        data = self.data
        try:
            embeddings = embed_rows(
                self.training_step.embedder, data.images, data.catalog, rows, split, self.device, self.stop
            )
        except EmbeddingsError as error:
            raise TrainingError(
                Message("training-failed-advice", error=error, advice=self._advice()), error.subject
            ) from error
        measured_on = {"name": data.catalog.name, "catalog": data.catalog.fingerprint}
        metrics = {"split": split, "data": measured_on, **by_classes(embeddings, self.stop)}
        if self.recipe.loss.supervision == "targets":
            metrics |= by_targets(embeddings, data.targets(embeddings.rows), self.stop)
        return metrics

    def _finish_epoch(self, metrics: Mapping[str, Any], seconds: float) -> None:
        done = self.progress
        mean_loss = done.loss_sum / max(1, done.step_in_epoch)
        following = replace(done, epoch=done.epoch + 1, step_in_epoch=0, loss_sum=0.0)
        self.progress = self.keeper.keep_epoch(
            self.training_step, following, done.epoch, {**metrics, "loss": mean_loss}
        )
        per_epoch = (time.monotonic() - self._began) / (done.epoch - self._first_epoch + 1)
        self.messages.event(
            "epoch",
            epoch=done.epoch,
            loss=mean_loss,
            **{key: metrics.get(key, nothing) for key, nothing in NOT_MEASURED.items()},
            seconds=seconds,
            seconds_left=per_epoch * (self._epochs - done.epoch),
        )

    def _stop_here(self) -> TrainingOutcome:
        """Keep the model as it is, unless the newest checkpoint already holds it."""
        progress = self.progress
        self._check_weights()
        if progress.step_in_epoch or not progress.checkpoint:
            self.progress = self.keeper.keep_unfinished(self.training_step, progress)
        return TrainingOutcome("stopped", self._stopped, progress.epoch, result=self._result())

    @property
    def _stopped(self) -> Message:
        epoch = min(self.progress.epoch, self._epochs)
        return Message("run-stopped-by-you", epoch=epoch, epochs=self._epochs, step=self.progress.step)

    def _conclude(self) -> RunResult:
        """What was reached; where the best was chosen on held-out classes, the test split is looked at now, once."""
        result = self._result()
        data = self.data
        if not len(data.held_out) or len(data.test) < 2:
            return result
        # The best last: the embedder ends as the model that was chosen.
        for name in dict.fromkeys((result.last_checkpoint, result.best_checkpoint)):
            result = result.tested(name, self._test(name, best=name == result.best_checkpoint))
        return result

    def _test(self, name: str, best: bool) -> float | None:
        """Recall@1 of a checkpoint on the test split; kept with it, and not measured a second time."""
        path = self.keeper.path(name)
        info = verified(path)
        metrics = info.metrics.get("test")
        if metrics is None:
            restore(self.training_step.embedder, path)
            metrics = self._measured(self.data.test, self.data.test_split)
            add_metrics(path, {"test": metrics})
        figures = {key: metrics[key] for key in ("split", "recall", "map_at_r")}
        self.messages.event("tested", path=f"{CHECKPOINTS}/{path.name}", epoch=info.epoch, best=best, **figures)
        return RECALL_AT_1.of(metrics)

    def _result(self) -> RunResult:
        best, last = self.progress.best_checkpoint, self.progress.checkpoint
        metrics = self.keeper.metrics(best)
        measure = measure_of(metrics)
        if measure.of(metrics) is None:
            return RunResult()
        figures = measure.of(metrics), measure.of(self.keeper.metrics(last))
        distance = str(metrics.get("distance", ""))
        return RunResult(self.data.chosen_on, best, last, *figures, measure=measure, distance=distance)

    def _check_weights(self) -> None:
        if not self.training_step.weights_are_finite():
            raise TrainingError(
                Message("weights-not-finite-in-training", step=self.progress.step, advice=self._advice())
            )

    def _not_finite(self, result: StepResult, rows: Rows) -> TrainingError:
        of_loss = result.loss - result.loss != 0
        names = first_of(self.data.catalog.paths[rows], NAMED_IMAGES)
        step, epoch = self.progress.step + 1, self.progress.epoch
        return TrainingError(
            Message("loss-not-finite", loss=of_loss, step=step, epoch=epoch, names=names, advice=self._advice()),
            rows.tolist(),
        )

    def _advice(self) -> Message:
        if not self.progress.checkpoint:
            return Message("lower-rate-without-checkpoint")
        return Message("lower-rate-with-checkpoint", checkpoint=self.progress.checkpoint)


def _check_same_recipe(recipe: Recipe, earlier: Recipe, run: Path) -> None:
    key = first_difference(recipe, earlier, ignoring=(*WITHOUT_EFFECT, "training.epochs"))
    if key is not None:
        raise ResumeRefusedError(Message("run-begun-otherwise", run=run, key=key, file=RECIPE), run)


def _check_epochs(epochs: int, start: StartingPoint | None, run: Path) -> None:
    """A run that has learnt more than it is asked for would be told as one of fewer epochs."""
    if start is None or start.progress.begun <= epochs:
        return
    begun = start.progress.begun
    raise ResumeRefusedError(
        Message(
            "run-beyond-epochs",
            Remedy(f"--epochs {begun + 1}", Message("goes-on"), place=""),
            run=run,
            epoch=begun,
            epochs=epochs,
        ),
        run,
    )


def _write_details(run: Path, source: DataSource, data: TrainingData, device: Device) -> None:
    write_checked(
        run / DETAILS,
        {
            "format": DETAILS_FORMAT,
            "name": run.name,
            "data": source.as_dict(),
            "catalog": data.catalog.fingerprint,
            "device": device.name,
            **data.counts,
            "chosen_on": data.chosen_on,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": versions(),
        },
    )


def _write_result(run: Path, result: RunResult) -> None:
    """What was reached, beside what it was reached with; nothing before there is anything."""
    if (run / DETAILS).is_file():
        write_checked(run / DETAILS, {**read_checked(run / DETAILS, DETAILS_FORMAT), "result": dict(result.as_dict())})


def _own_error(error: Exception) -> Message:
    return Message("trainer-ended-on-own-error", kind=type(error).__name__, reason=error)


def _out_of_memory(error: Exception, recipe: Recipe) -> DeviceError | None:
    """What to say where the memory of the card or of the machine was too small; None where something else was wrong."""
    batch = recipe.batch
    if isinstance(error, torch.OutOfMemoryError):
        return DeviceError(
            Message(
                "batch-out-of-gpu-memory",
                size=batch.size,
                classes=batch.classes,
                images=batch.images,
                fewer=max(2, batch.classes // 2),
                total=batch.total,
            ),
            "batch.classes",
        )
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "allocate memory" in str(error)):
        return DeviceError(Message("training-out-of-memory"))
    return None
