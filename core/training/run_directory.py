"""Runs as directories: what a trainer leaves there and what others can tell from it. No torch here.

    recipe.toml        the recipe
    run.json           data source, device, versions, sizes; in the end what was reached
    messages.jsonl     one message a line (see `core.training.messages`)
    checkpoints/       best and last
    state/             what resuming needs
    run.lock           held by the living trainer
    holder.json        which process that is, on which machine
    heartbeat          its time is the last sign of life of the trainer
    trainer.log        what the trainer printed, when the window started it
    stop               put there to ask the trainer to end; left behind by one that was ended by force
    damaged/           what was put away when a run went on without it

A trainer killed at any moment leaves a directory from which all of this can still be read. What was damaged since is
told with its reason, and what a newer version wrote is never written to.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from filelock import Timeout

from core.checksum import check_format, check_text, read_checked, with_checksum
from core.data.source import DataSource
from core.errors import CheckpointError, CoreError, NewerVersionError, StorageError
from core.holder import holding, is_locked, read_holder
from core.messages import Message, Remedy
from core.models.checkpoint_files import CheckpointInfo, best, survey
from core.models.measure import LABEL_DISTANCE_AT_10, RECALL_AT_1, SelectionMeasure, measure_of
from core.models.recorded import mapping, text
from core.one_line import on_one_line
from core.storage import read_json, read_small, sweep_unfinished, write_text
from core.training.recipe import Recipe, read_recipe, to_toml
from core.training.run_messages import MESSAGES, MessageTail
from core.training.sign_of_life import HEARTBEAT, QUIET_AFTER, Clock, SignOfLife, no_progress

RECIPE = "recipe.toml"
DETAILS = "run.json"
CHECKPOINTS = "checkpoints"
STATE = "state"
LOCK = "run.lock"
HOLDER = "holder.json"
LOG = "trainer.log"
# What is said of a run that was asked to stop and has not ended.
STOPPING = "stopping…"
STOP = "stop"
# What lies in the directory of a run that has not begun.
BEFORE_THE_FIRST_WORD = (LOCK, HOLDER, HEARTBEAT, LOG, STOP)

DETAILS_FORMAT = 1

State = Literal["running", "finished", "stopped", "failed", "crashed", "damaged", "newer", "unanswered"]
ENDINGS: tuple[State, ...] = ("finished", "stopped", "failed")
# Looking whether a trainer lives holds the lock for an instant; a starting trainer waits that out.
PROBE_SECONDS = 2.0


@dataclass(frozen=True)
class RunSummary:
    """How a run stands.

    Attributes:
        path, name: the directory, and its name with what cannot be shown escaped.
        state, sentence: how it stands, and that in words: "damaged" with the reason where resuming it would not do,
            "newer" where a newer version wrote it, and "unanswered" where its files have not been read yet.
        epoch, epochs: the epoch last worked on (0 before the first step), and how many are asked for.
        step, loss: of the newest step; 0 and None before the first.
        best_figure: the best so far by `measure`, on what the best checkpoint is chosen on, or None.
        seconds_left: as the trainer estimated it at the end of an epoch, less the steps since, or None; only while
            running.
        device: its name, "" when unknown.
        data: what it trains on, or None when the directory does not say.
        recipe: or None when it cannot be read.
        checkpoints: oldest first.
        chosen_on: "test", "val", "held-out classes", or "" when nothing is measured; `core.training.run_result.on_what`
            says it in words. Runs of older versions chose on the test split.
        best_epoch: whose checkpoint is the best so far (the newest of equals), 0 before.
        last_figure: of the newest epoch, by the same measure on the same images, or None.
        best_on_test, last_on_test: of the best and the last checkpoint on the test split, or None. Where
            they are chosen on other images, they are there when the run is finished.
        measure: what is compared; Recall@1, or the label distance where targets are learnt from. What older versions
            trained on targets was chosen by Recall@1.
        damage: what of the directory cannot be read, one sentence each.
        quiet_since: when a running trainer gave its last sign, in seconds since 1970, where that is over a minute ago.
        host: the machine it runs on where that is another one, else "".
        unanswered_since: when a read of its files began that has not come back, in seconds since 1970, or None.
        done: how much of it is done, 0 to 1.
    """

    path: Path
    name: str
    state: State
    sentence: str
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    loss: float | None = None
    best_figure: float | None = None
    seconds_left: float | None = None
    device: str = ""
    data: DataSource | None = None
    recipe: Recipe | None = None
    checkpoints: tuple[CheckpointInfo, ...] = ()
    chosen_on: str = ""
    best_epoch: int = 0
    last_figure: float | None = None
    best_on_test: float | None = None
    last_on_test: float | None = None
    measure: SelectionMeasure = RECALL_AT_1
    damage: tuple[str, ...] = ()
    quiet_since: float | None = None
    host: str = ""
    unanswered_since: float | None = None
    done: float = 0.0

    @classmethod
    def unread(
        cls, run: Path, state: State, sentence: str, data: DataSource | None = None, recipe: Recipe | None = None
    ) -> RunSummary:
        """Of a run of whose files nothing was read."""
        epochs, measure = recipe.training.epochs if recipe else 0, _measure_to_come(recipe)
        name = on_one_line(run.name)
        return cls(run, name, state, sentence, epochs=epochs, data=data, recipe=recipe, measure=measure)

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self.state == "running" and self.sentence == STOPPING

    @property
    def best(self) -> CheckpointInfo | None:
        """Its best checkpoint, or None."""
        return best(list(self.checkpoints))


@contextlib.contextmanager
def claim(run: Path, resume: bool) -> Iterator[None]:
    """Hold the run's lock while training; sweep what a killed trainer left.

    Raises CheckpointError in one sentence when another trainer holds the run, when the directory is not empty and
    `resume` is not asked for, when there is nothing to resume, or when a newer version wrote what is there.
    """
    run = Path(run)
    refuse_newer(run)
    _refuse_held(run)
    with contextlib.ExitStack() as held:
        try:
            run.mkdir(parents=True, exist_ok=True)
            held.enter_context(holding(run / LOCK, run / HOLDER, PROBE_SECONDS))
        except Timeout as error:
            raise CheckpointError(Message("run-in-training", run=run), run) from error
        except OSError as error:
            raise CheckpointError(Message("run-not-trainable", run=run, reason=error.strerror or error), run) from error
        if _check_contents(run, resume):
            # Meant for the trainer before; one in a fresh directory is for us.
            (run / STOP).unlink(missing_ok=True)
        for folder in (run, run / CHECKPOINTS, run / STATE):
            sweep_unfinished(folder)
        _drop_torn_line(run / MESSAGES)
        yield
        for name in (STOP, HEARTBEAT):
            (run / name).unlink(missing_ok=True)


def refuse_newer(run: Path) -> None:
    """Raise CheckpointError, naming the version, where a newer one wrote any of what the run's directory holds."""
    for path in (run / DETAILS, run / STATE / "state.json", *sorted((run / CHECKPOINTS).glob("*.json"))):
        try:
            values = read_json(path) if path.is_file() else None
        except CoreError:
            continue  # damaged, which is told where it is used
        if isinstance(values, dict):
            try:
                # One number for all of them: each began at 1 and none has changed yet.
                check_format(path, values, DETAILS_FORMAT)
            except NewerVersionError as error:
                raise CheckpointError(Message("run-left-alone", run=run, reason=error), run) from error


def write_run_recipe(run: Path, recipe: Recipe) -> None:
    """Keep the recipe of a run, with a checksum."""
    write_text(run / RECIPE, with_checksum(to_toml(recipe)))


def read_run_recipe(run: Path) -> Recipe:
    """The recipe of a run; CheckpointError where it is not what was written."""
    try:
        content = read_small(run / RECIPE)
        if not content.strip():
            raise StorageError(Message("file-empty", path=run / RECIPE), run / RECIPE)
        check_text(run / RECIPE, content)
        return read_recipe(run / RECIPE)
    except CoreError as error:
        raise CheckpointError(Message("run-recipe-damaged", run=run, reason=error), run / RECIPE) from error


def source_of(run: Path) -> DataSource:
    """What a run trains on; CheckpointError where its directory does not say."""
    if not Path(run).exists():
        raise CheckpointError(Message("run-missing", run=run), run)
    if not (Path(run) / DETAILS).exists():
        raise CheckpointError(Message("run-details-without-data", run=run, file=DETAILS), run)
    details = read_details(run)
    if details.data is None:
        named = Remedy("--data DATA", Message("names-them"), "")
        raise CheckpointError(Message("run-without-data", named, run=run, reason=details.reason), run)
    return details.data


def is_alive(run: Path) -> bool:
    """Whether a trainer holds the run, here or on another machine."""
    return _living(Path(run), SignOfLife(run))[0]


def request_stop(run: Path) -> None:
    """Ask the trainer to end at its next batch."""
    (Path(run) / STOP).touch()


def stop_requested(run: Path) -> bool:
    """Whether somebody asked."""
    return (Path(run) / STOP).exists()


def entries_of(folder: Path) -> list[Path]:
    """What may be a run in `folder`, by name, without a look at any of it.

    Raises StorageError where `folder` cannot be looked into.
    """
    folder = Path(folder)
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StorageError(
            Message("folder-not-looked-into", folder=folder, reason=error.strerror or error), folder
        ) from error


def summarise(run: Path) -> RunSummary:
    """How the run stands, from its files alone."""
    reader = RunReader(run)
    reader.read()
    return reader.summary()


class RunReader:
    """Follows a run from its files, each message read once however long the run becomes.

    `alive` says whether a trainer held the run at the last `read`.
    """

    def __init__(self, run: Path, wall: Clock = time.time, steady: Clock = time.monotonic) -> None:
        self._run = Path(run)
        self._tail = MessageTail(run)
        self._progress = _Progress()
        self._wall = wall
        self._sign = SignOfLife(self._run, wall, steady)
        self._unreadable = ""
        self._host = ""
        self.alive = False

    def read(self) -> list[dict[str, Any]]:
        """The complete messages since the last call."""
        # Asked before the messages are read: a trainer that ends in between is then seen as ended properly.
        self.alive, self._host = _living(self._run, self._sign)
        try:
            messages = self._tail.read()
        except OSError as error:
            self._unreadable, messages = Message("run-file-not-read", file=MESSAGES, reason=error.strerror or error), []
        self._progress.follow(messages)
        return messages

    @property
    def quiet_since(self) -> float | None:
        """When a living trainer gave its last sign, where that is over a minute ago."""
        return self._sign.quiet_since() if self.alive else None

    def summary(self) -> RunSummary:
        """How the run stood at the last `read`."""
        run, progress = self._run, self._progress
        recipe, lost = _recipe_of(run)
        details = read_details(run)
        checkpoints, refused = survey(run / CHECKPOINTS)
        faults = (lost, details.reason, *(error.message for error in refused), _state_damage(run))
        broken = [fault for fault in faults if fault]
        lines = self._damaged_lines()
        epochs = progress.epochs or (recipe.training.epochs if recipe else 0)
        quiet = self.quiet_since
        state, sentence = self._standing(epochs, tuple(checkpoints), quiet)
        if details.newer:
            state, sentence = "newer", details.reason
        elif state != "running" and (broken or self._unreadable):
            # Who tried to resume it was told the way on.
            reason = [*broken, self._unreadable][0]
            sentence = (
                Message("run-damaged-after-failure", reason=reason, last_words=sentence)
                if state == "failed"
                else Message("run-damaged", reason=reason)
            )
            state = "damaged"
        on_test = progress.chosen_on == "test"
        return RunSummary(
            path=run,
            name=on_one_line(run.name),
            state=state,
            sentence=on_one_line(Message("run-with-damaged-lines", run=sentence, lines=lines) if lines else sentence),
            epoch=progress.epoch,
            epochs=epochs,
            step=progress.step,
            loss=progress.loss,
            best_figure=progress.best_figure,
            seconds_left=progress.seconds_left if state == "running" and quiet is None else None,
            done=progress.done(epochs),
            device=details.device,
            data=details.data,
            recipe=recipe,
            checkpoints=tuple(checkpoints),
            chosen_on=progress.chosen_on,
            best_epoch=progress.best_epoch,
            last_figure=progress.last_figure,
            best_on_test=progress.best_figure if on_test else progress.best_on_test,
            last_on_test=progress.last_figure if on_test else progress.last_on_test,
            measure=progress.measure or _measure_to_come(recipe),
            damage=tuple(each for each in (*broken, self._unreadable, lines) if each),
            quiet_since=quiet if state == "running" else None,
            host=self._host,
        )

    def _standing(self, epochs: int, checkpoints: tuple[CheckpointInfo, ...], quiet: float | None) -> tuple[State, str]:
        state, sentence = _state(self.alive, self._progress, epochs)
        # A trainer that ends by itself takes the request to stop away; one that was killed could not.
        if state == "crashed" and stop_requested(self._run):
            return "stopped", _forced(self._progress, epochs, checkpoints)
        if state == "running" and self._host:
            sentence = Message("run-on-host", host=self._host, run=sentence)
        if quiet is not None:
            sentence = Message("run-quiet", since=no_progress(quiet, self._wall()), run=sentence)
        return state, sentence

    def _damaged_lines(self) -> str:
        count = self._tail.damaged
        return Message("lines-not-read", count=count, file=MESSAGES, reason=self._tail.reason) if count else ""


@dataclass
class _Progress:
    started: bool = False
    epochs: int = 0
    epoch: int = 0
    step: int = 0
    loss: float | None = None
    best_figure: float | None = None
    measure: SelectionMeasure | None = None
    steps_per_epoch: int = 0
    estimate: tuple[int, float] | None = None
    chosen_on: str = ""
    best_epoch: int = 0
    last_figure: float | None = None
    best_on_test: float | None = None
    last_on_test: float | None = None
    ending: tuple[State, str] | None = None

    @property
    def seconds_left(self) -> float | None:
        """The estimate of the last finished epoch, less what was done since."""
        if self.estimate is None:
            return None
        at_step, seconds = self.estimate
        then, now = (self.epochs * self.steps_per_epoch - step for step in (at_step, self.step))
        return seconds * max(now, 0) / then if then > 0 else seconds

    def done(self, epochs: int) -> float:
        """How much is done, 0 to 1, by the step where it is known how many there are, else by the epoch."""
        if epochs * self.steps_per_epoch:
            return min(self.step / (epochs * self.steps_per_epoch), 1.0)
        return self.epoch / epochs if epochs else 0.0

    def follow(self, messages: list[dict[str, Any]]) -> None:
        """Where further messages have led to; a later `started` (resuming) undoes an ending."""
        for message in messages:
            kind = message["type"]
            if kind == "started":
                self.started, self.epochs, self.ending = True, int(message["epochs"]), None
                self.steps_per_epoch = int(message.get("steps_per_epoch", 0))
                self.chosen_on = str(message.get("chosen_on", "test"))
                self.best_on_test = self.last_on_test = None
            elif kind == "step":
                self.step, self.epoch, self.loss = int(message["step"]), int(message["epoch"]), float(message["loss"])
            elif kind == "epoch":
                self.epoch, left = int(message["epoch"]), message.get("seconds_left")
                self.estimate = None if left is None else (self.step, float(left))
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
        epoch = progress.epoch
        return "running", Message("at-epoch", epoch=epoch, epochs=epochs) if epoch else Message("run-starting")
    if progress.ending is not None:
        return progress.ending
    if not progress.started:
        return "crashed", Message("trainer-ended-at-once", log=LOG)
    return "crashed", Message("trainer-ended-without-a-word", epoch=max(progress.epoch, 1), epochs=epochs)


def _measure_to_come(recipe: Recipe | None) -> SelectionMeasure:
    """What a run is expected to be measured by, before it is."""
    by_targets = recipe is not None and recipe.loss.supervision == "targets"
    return LABEL_DISTANCE_AT_10 if by_targets else RECALL_AT_1


def _forced(progress: _Progress, epochs: int, checkpoints: tuple[CheckpointInfo, ...]) -> str:
    if not progress.step:
        return Message("stopped-before-its-first-step")
    ended = Message("ended-by-force", epoch=progress.epoch, epochs=epochs)
    if not checkpoints:
        return ended
    return Message("parts", parts=[ended, Message("checkpoint-of-epoch-intact", epoch=checkpoints[-1].epoch)])


@dataclass(frozen=True)
class Details:
    """What run.json tells, as far as it can be believed.

    Attributes:
        data: what the run trains on, or None.
        device: "" when unknown.
        reason: why something is missing that should be there, "" for nothing.
        newer: whether a newer version wrote it.
    """

    data: DataSource | None = None
    device: str = ""
    reason: str = ""
    newer: bool = False


def read_details(run: Path) -> Details:
    """What the run's run.json tells; nothing where there is none yet."""
    path = Path(run) / DETAILS
    if not os.path.lexists(path):
        return Details()
    try:
        values = read_checked(path, DETAILS_FORMAT)
        device = text(values, "device") if "device" in values else ""
        return Details(recorded_source(mapping(values, "data")), device)
    except NewerVersionError as error:
        return Details(reason=error.message, newer=True)
    except CoreError as error:
        return Details(reason=error.message)
    except ValueError as error:
        return Details(reason=Message("file-garbled", path=path, entry=error))


def recorded_source(values: Mapping[str, Any]) -> DataSource:
    """The data source that a file tells; what a newer version may have added passes.

    Raises ValueError naming what is no part of one, and DataError where it makes no sense.
    """
    text(values, "location")
    for item in fields(DataSource):
        if item.name in values and item.default is not MISSING:
            _check_kind(values, item.name, item.default)
    return DataSource.from_dict(values)


def _check_kind(values: Mapping[str, Any], key: str, default: object) -> None:
    value = values[key]
    kind: type = list if isinstance(default, tuple) else type(default)
    if default is not None and not isinstance(value, kind):
        raise ValueError(f"{key} ({value!r})")
    if isinstance(value, list) and not all(isinstance(each, str) for each in value):
        raise ValueError(f"{key} ({value!r})")


def _recipe_of(run: Path) -> tuple[Recipe | None, str]:
    """The recipe, and why there is none; a trainer that has not begun is no reason."""
    if run.is_symlink() and not run.exists():
        return None, Message("link-to-nowhere", target=run.readlink())
    if not any(os.path.lexists(run / name) for name in (RECIPE, DETAILS, MESSAGES)):
        return None, ""
    try:
        return read_run_recipe(run), ""
    except CoreError as error:
        return None, error.message


def _state_damage(run: Path) -> str:
    """What is wrong with the saved state, as far as a look at its small file tells."""
    path = run / STATE / "state.json"
    try:
        if os.path.lexists(path):
            mapping(read_checked(path, DETAILS_FORMAT), "position")
    except CoreError as error:
        return error.message
    except ValueError as error:
        return Message("file-garbled", path=path, entry=error)
    return ""


def _living(run: Path, sign: SignOfLife) -> tuple[bool, str]:
    """Whether a trainer holds the run, and the name of its machine where that is another one.

    The lock tells, but for that of another machine on a drive without such locks, and that of somebody else's folder:
    then the signs that the trainer gives do.
    """
    locked = is_locked(run / LOCK)
    holder = read_holder(run / HOLDER)
    host = holder.host if holder is not None and holder.is_elsewhere else ""
    if locked is True or holder is None or not (host or locked is None):
        return locked is True, host
    if holder.lives_here:
        return True, host
    seconds = sign.seconds()
    return not holder.is_of_this_system and seconds is not None and seconds < QUIET_AFTER, host


def _refuse_held(run: Path) -> None:
    """Another machine's trainer may hold the run where its lock is not to be seen."""
    alive, host = _living(run, SignOfLife(run))
    if alive and host:
        raise CheckpointError(Message("run-in-training-elsewhere", run=run, host=host), run)


def is_run(path: Path) -> bool:
    """Whether a directory holds anything of a run; a link that leads nowhere, and what cannot be looked into, may."""
    if path.is_symlink() and not path.exists():
        return True
    try:
        names = {each.name for each in path.iterdir()}
    except NotADirectoryError:
        return False
    except OSError:
        return True
    return not names.isdisjoint((RECIPE, DETAILS, MESSAGES))


def _check_contents(run: Path, resume: bool) -> bool:
    """Whether an earlier trainer was here; CheckpointError when what is there does not allow what is asked for."""
    if resume:
        if not (run / RECIPE).is_file():
            raise CheckpointError(Message("run-without-recipe", run=run, file=RECIPE), run)
        return True
    # The window opens the log, and may already ask for a stop, before the trainer is up.
    foreign = sorted(item.name for item in run.iterdir() if item.name not in BEFORE_THE_FIRST_WORD)
    if foreign and not _never_began(run, foreign):
        raise CheckpointError(
            Message(
                "run-folder-not-empty",
                Remedy("--resume", Message("goes-on-with-the-run-in-it"), ""),
                run=run,
                first=foreign[0],
            ),
            run,
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
        return  # or something that no trainer made, and that the first message is refused by
    with path.open("rb+") as handle:
        handle.truncate(handle.read().rfind(b"\n") + 1)
