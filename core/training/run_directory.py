"""Runs as directories: what a trainer leaves there and what others can tell from it. No torch here.

    recipe.toml        the recipe
    run.json           data source, device, versions, sizes; in the end what was reached
    messages.jsonl     one message a line (see `core.training.messages`)
    checkpoints/       best and last
    state/             what resuming needs
    run.lock           held by the living trainer
    trainer.log        what the trainer printed, when the window started it
    stop               put there to ask the trainer to end; left behind by one that was ended by force

A trainer killed at any moment leaves a directory from which all of this can still be read.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from core.data.source import DataSource
from core.errors import CheckpointError, CoreError
from core.models.checkpoint_files import CheckpointInfo, best, list_checkpoints
from core.models.measure import LABEL_DISTANCE_AT_10, RECALL_AT_1, Measure, measure_of
from core.storage import read_json, sweep_unfinished
from core.training.recipe import Recipe, read_recipe

RECIPE = "recipe.toml"
DETAILS = "run.json"
MESSAGES = "messages.jsonl"
CHECKPOINTS = "checkpoints"
STATE = "state"
LOCK = "run.lock"
LOG = "trainer.log"
STOP = "stop"

State = Literal["running", "finished", "stopped", "failed", "crashed"]
ENDINGS: tuple[State, ...] = ("finished", "stopped", "failed")
# Looking whether a trainer lives holds the lock for an instant; a starting trainer waits that out.
PROBE_SECONDS = 2.0


@dataclass(frozen=True)
class RunSummary:
    """How a run stands.

    Attributes:
        path, name: the directory and its name.
        state, sentence: how it stands, and that in words.
        epoch, epochs: the epoch last worked on (0 before the first step), and how many are asked for.
        step, loss: of the newest step; 0 and None before the first.
        best_figure: the best so far by `measure`, on what the best checkpoint is chosen on, or None.
        seconds_left: as the trainer estimated it, or None; only while running.
        device: its name, "" when unknown.
        data: what it trains on, or None when the directory does not say.
        recipe: or None when it cannot be read.
        checkpoints: oldest first.
        chosen_on: "test", "val", "held-out classes", or "" when nothing is measured; `core.training.verdict.on_what`
            says it in words. Runs of older versions chose on the test split.
        best_epoch: whose checkpoint is the best so far (the newest of equals), 0 before.
        last_figure: of the newest epoch, by the same measure on the same images, or None.
        best_on_test, last_on_test: of the best and the last checkpoint on the test split, or None. Where
            they are chosen on other images, they are there when the run is finished.
        measure: what is compared; Recall@1, or the label distance where targets are learnt from. What older versions
            trained on targets was chosen by Recall@1.
    """

    path: Path
    name: str
    state: State
    sentence: str
    epoch: int
    epochs: int
    step: int
    loss: float | None
    best_figure: float | None
    seconds_left: float | None
    device: str
    data: DataSource | None
    recipe: Recipe | None
    checkpoints: tuple[CheckpointInfo, ...]
    chosen_on: str = ""
    best_epoch: int = 0
    last_figure: float | None = None
    best_on_test: float | None = None
    last_on_test: float | None = None
    measure: Measure = RECALL_AT_1

    @property
    def best(self) -> CheckpointInfo | None:
        """Its best checkpoint, or None."""
        return best(list(self.checkpoints))


class MessageTail:
    """Reads a run's messages as they arrive; a torn last line waits for its end."""

    def __init__(self, run: Path) -> None:
        self._path = Path(run) / MESSAGES
        self._offset = 0

    def read(self) -> list[dict[str, Any]]:
        """The complete lines since the last call; [] while there are none."""
        try:
            with self._path.open("rb") as handle:
                handle.seek(self._offset)
                fresh = handle.read()
        except FileNotFoundError:
            return []
        complete = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(complete)
        return [message for line in complete.splitlines() if (message := _message(line)) is not None]


@contextlib.contextmanager
def claim(run: Path, resume: bool) -> Iterator[None]:
    """Hold the run's lock while training; sweep what a killed trainer left.

    Raises CheckpointError in one sentence when another trainer holds the run, when the directory is not empty and
    `resume` is not asked for, or when there is nothing to resume.
    """
    run = Path(run)
    lock = FileLock(run / LOCK)
    try:
        run.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=PROBE_SECONDS)
    except Timeout as error:
        raise CheckpointError(f"{run} is being trained by another process; stop that one first.", run) from error
    except OSError as error:
        raise CheckpointError(f"{run} cannot be trained in: {error.strerror or error}.", run) from error
    try:
        if _check_contents(run, resume):
            # Meant for the trainer before; one in a fresh directory is for us.
            (run / STOP).unlink(missing_ok=True)
        for folder in (run, run / CHECKPOINTS, run / STATE):
            sweep_unfinished(folder)
        _drop_torn_line(run / MESSAGES)
        yield
        (run / STOP).unlink(missing_ok=True)
    finally:
        lock.release()


def source_of(run: Path) -> DataSource:
    """What a run trains on; CheckpointError where its directory does not say."""
    details = _details_of(run)
    if "data" not in details:
        raise CheckpointError(f"{run} holds no run to resume: {DETAILS} does not tell its data.", run)
    return DataSource.from_dict(details["data"])


def is_alive(run: Path) -> bool:
    """Whether a trainer holds the run."""
    path = Path(run) / LOCK
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        # A read-only workspace: nobody can train in it.
        return False


def request_stop(run: Path) -> None:
    """Ask the trainer to end at its next batch."""
    (Path(run) / STOP).touch()


def stop_requested(run: Path) -> bool:
    """Whether somebody asked."""
    return (Path(run) / STOP).exists()


def list_runs(folder: Path) -> list[RunSummary]:
    """Every run in `folder`, by name; directories without a recipe are not runs."""
    if not Path(folder).is_dir():
        return []
    return [summarise(path) for path in sorted(Path(folder).iterdir()) if (path / RECIPE).is_file()]


def summarise(run: Path) -> RunSummary:
    """How the run stands, from its files alone."""
    reader = RunReader(run)
    reader.read()
    return reader.summary()


class RunReader:
    """Follows a run from its files, each message read once however long the run becomes.

    `alive` says whether a trainer held the run at the last `read`.
    """

    def __init__(self, run: Path) -> None:
        self._run = Path(run)
        self._tail = MessageTail(run)
        self._progress = _Progress()
        self.alive = False

    def read(self) -> list[dict[str, Any]]:
        """The complete messages since the last call."""
        # Asked before the messages are read: a trainer that ends in between is then seen as ended properly.
        self.alive = is_alive(self._run)
        messages = self._tail.read()
        self._progress.follow(messages)
        return messages

    def summary(self) -> RunSummary:
        """How the run stood at the last `read`."""
        run, progress = self._run, self._progress
        recipe = _recipe_of(run)
        epochs = progress.epochs or (recipe.training.epochs if recipe else 0)
        state, sentence = _state(self.alive, progress, epochs)
        checkpoints = tuple(list_checkpoints(run / CHECKPOINTS))
        # A trainer that ends by itself takes the request to stop away; one that was killed could not.
        if state == "crashed" and stop_requested(run):
            state, sentence = "stopped", _forced(progress, epochs, checkpoints)
        on_test = progress.chosen_on == "test"
        details = _details_of(run)
        return RunSummary(
            path=run,
            name=run.name,
            state=state,
            sentence=sentence,
            epoch=progress.epoch,
            epochs=epochs,
            step=progress.step,
            loss=progress.loss,
            best_figure=progress.best_figure,
            seconds_left=progress.seconds_left if state == "running" else None,
            device=str(details.get("device", "")),
            data=DataSource.from_dict(details["data"]) if "data" in details else None,
            recipe=recipe,
            checkpoints=checkpoints,
            chosen_on=progress.chosen_on,
            best_epoch=progress.best_epoch,
            last_figure=progress.last_figure,
            best_on_test=progress.best_figure if on_test else progress.best_on_test,
            last_on_test=progress.last_figure if on_test else progress.last_on_test,
            measure=progress.measure or _measure_to_come(recipe),
        )


@dataclass
class _Progress:
    started: bool = False
    epochs: int = 0
    epoch: int = 0
    step: int = 0
    loss: float | None = None
    best_figure: float | None = None
    measure: Measure | None = None
    seconds_left: float | None = None
    chosen_on: str = ""
    best_epoch: int = 0
    last_figure: float | None = None
    best_on_test: float | None = None
    last_on_test: float | None = None
    ending: tuple[State, str] | None = None

    def follow(self, messages: list[dict[str, Any]]) -> None:
        """Where further messages have led to; a later `started` (resuming) undoes an ending."""
        for message in messages:
            kind = message["type"]
            if kind == "started":
                self.started, self.epochs, self.ending = True, int(message["epochs"]), None
                self.chosen_on = str(message.get("chosen_on", "test"))
                self.best_on_test = self.last_on_test = None
            elif kind == "step":
                self.step, self.epoch, self.loss = int(message["step"]), int(message["epoch"]), float(message["loss"])
            elif kind == "epoch":
                self.epoch, self.seconds_left = int(message["epoch"]), message["seconds_left"]
                self._measured(message)
            elif kind == "tested":
                self._tested(bool(message["best"]), int(message["epoch"]), RECALL_AT_1.of(message))
            elif kind in ENDINGS:
                self.ending = (kind, str(message["sentence"]))

    def _measured(self, epoch: Mapping[str, Any]) -> None:
        measure = measure_of(epoch)
        self.last_figure = figure = measure.of(epoch)
        if figure is None:
            return
        # An older version may have begun the run by another measure: as the trainer does, what it measured is passed.
        if measure != self.measure or measure.as_good(figure, self.best_figure):
            self.best_figure, self.best_epoch, self.measure = figure, self.epoch, measure

    def _tested(self, best: bool, epoch: int, recall: float | None) -> None:
        if best:
            self.best_on_test = recall
        if epoch == self.epoch:
            self.last_on_test = recall


def _state(alive: bool, progress: _Progress, epochs: int) -> tuple[State, str]:
    if alive:
        words = f"epoch {progress.epoch} of {epochs}" if progress.epoch else "getting ready"
        return "running", words
    if progress.ending is not None:
        return progress.ending
    if not progress.started:
        return "crashed", f"the trainer ended before its first step; {LOG} may say why"
    where = f"epoch {max(progress.epoch, 1)} of {epochs}"
    return "crashed", f"interrupted at {where}: the trainer ended without a word (killed, or out of memory)"


def _measure_to_come(recipe: Recipe | None) -> Measure:
    """What a run is expected to be measured by, before it is."""
    by_targets = recipe is not None and recipe.loss.learns_from == "targets"
    return LABEL_DISTANCE_AT_10 if by_targets else RECALL_AT_1


def _forced(progress: _Progress, epochs: int, checkpoints: tuple[CheckpointInfo, ...]) -> str:
    if not progress.step:
        return "stopped before its first step"
    kept = f"; the checkpoint of epoch {checkpoints[-1].epoch} is intact" if checkpoints else ""
    return f"ended by force in epoch {progress.epoch} of {epochs}{kept}"


def _message(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "type" in value else None


def _recipe_of(run: Path) -> Recipe | None:
    try:
        return read_recipe(run / RECIPE)
    except CoreError:
        return None


def _details_of(run: Path) -> Mapping[str, Any]:
    try:
        details = read_json(run / DETAILS)
    except CoreError:
        return {}
    return details if isinstance(details, dict) else {}


def _check_contents(run: Path, resume: bool) -> bool:
    """Whether an earlier trainer was here; CheckpointError when what is there does not allow what is asked for."""
    if resume:
        if not (run / RECIPE).is_file():
            raise CheckpointError(f"{run} holds no run to resume: {RECIPE} is missing.", run)
        return True
    # The window opens the log, and may already ask for a stop, before the trainer is up.
    foreign = sorted(item.name for item in run.iterdir() if item.name not in (LOCK, LOG, STOP))
    if foreign and not _never_began(run, foreign):
        raise CheckpointError(
            f"{run} is not empty (it has {foreign[0]}); resume that run with --resume or choose another folder.", run
        )
    return bool(foreign)


def _never_began(run: Path, contents: list[str]) -> bool:
    """Whether all there is comes from a trainer that failed before its first step; such a run is begun anew."""
    if MESSAGES not in contents or not {RECIPE, DETAILS, MESSAGES}.issuperset(contents):
        return False
    if any(message["type"] == "started" for message in MessageTail(run).read()):
        return False
    (run / MESSAGES).unlink()
    return True


def _drop_torn_line(path: Path) -> None:
    """Cut what a killed trainer wrote of its last line, so that the next line starts afresh."""
    if not path.is_file():
        return
    with path.open("rb+") as handle:
        handle.truncate(handle.read().rfind(b"\n") + 1)
