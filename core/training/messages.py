"""What a trainer says, one line each in messages.jsonl: the interface between trainer and window.

    started     time, name, epochs, steps_per_epoch, device, data, train_images, train_classes, test_images,
                test_classes, held_out_images, held_out_classes, chosen_on ("test", "val", "held-out classes" or ""),
                first_epoch (the first epoch trained by this process), pid
    step        step (counted over the whole run), epoch, loss, terms {name: value}, learning_rate, seconds
    epoch       epoch, loss (mean of its steps), recall {"1": share}, map_at_r, and where targets are learnt from
                label_distance {"10": mean} and ndcg {"100": share} (all on what was chosen on), seconds, seconds_left
    checkpoint  path (relative to the run), epoch, best
    tested      path, epoch, best, split, recall, map_at_r: a checkpoint measured on the test split at the very end,
                where the best was chosen on other images
    progress    task, done, total
    notice      sentence
    finished | stopped | failed    sentence, epoch, and for the first two result (the fields of
                `core.training.run_result.Verdict`); the last line of a trainer that could still speak

Each line ends in a checksum, `crc`; those of older versions have none. Resuming appends another `started`; steps after
the last saved state then appear a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from core.progress import CheckedLinesReporter, Reporter
from core.storage import LineFile
from core.training.run_directory import MESSAGES


@dataclass(frozen=True)
class Started:
    """A trainer begins, or begins again."""

    kind: ClassVar[str] = "started"
    time: float
    name: str
    epochs: int
    steps_per_epoch: int
    device: str
    data: Mapping[str, Any]
    train_images: int
    train_classes: int
    test_images: int
    test_classes: int
    held_out_images: int
    held_out_classes: int
    chosen_on: str
    first_epoch: int
    pid: int


@dataclass(frozen=True)
class Step:
    """One batch was learnt from."""

    kind: ClassVar[str] = "step"
    step: int
    epoch: int
    loss: float
    terms: Mapping[str, float]
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """An epoch is over and measured; `recall` is {} and `map_at_r` None when there is nothing to measure on.

    `label_distance` and `ndcg` are {} but for a loss that learns from targets. `distance`, "cosine" or "euclidean", is
    what `recall` and `map_at_r` go by, "" where nothing was measured.
    """

    kind: ClassVar[str] = "epoch"
    epoch: int
    loss: float
    recall: Mapping[str, float]
    map_at_r: float | None
    distance: str
    label_distance: Mapping[str, float]
    ndcg: Mapping[str, float]
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class CheckpointWritten:
    """A checkpoint is complete on disk."""

    kind: ClassVar[str] = "checkpoint"
    path: str
    epoch: int
    best: bool


@dataclass(frozen=True)
class Tested:
    """A checkpoint was measured on the test split, once, after it had been chosen on other images."""

    kind: ClassVar[str] = "tested"
    path: str
    epoch: int
    best: bool
    split: str
    recall: Mapping[str, float]
    map_at_r: float | None


Message = Started | Step | Epoch | CheckpointWritten | Tested


class RunReporter(Reporter):
    """Writes everything into the run's messages.jsonl and passes it on to whoever listens besides.

    Raises StorageError, once, where that file cannot be written; the listener hears the message all the same.
    """

    def __init__(self, run: Path, listener: Reporter) -> None:
        self._stream = LineFile(Path(run) / MESSAGES)
        self._lines = CheckedLinesReporter(self._stream)
        self._listener = listener
        self.epoch = 0

    def send(self, message: Message) -> None:
        """Write one message; `epoch` remembers the newest that one spoke of."""
        if isinstance(message, Step | Epoch):
            self.epoch = message.epoch
        self.event(message.kind, **asdict(message))

    def show(self, task: str, done: int, total: int, unit: str) -> None:
        """Progress for the listener alone, where the file already says it in other words."""
        self._listener.progress(task, done, total, unit)

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        try:
            self._lines.progress(task, done, total, unit)
        finally:
            self._listener.progress(task, done, total, unit)

    def event(self, kind: str, **fields: Any) -> None:
        try:
            self._lines.event(kind, **fields)
        finally:
            self._listener.event(kind, **fields)

    def close(self) -> None:
        self._stream.close()
        self._listener.close()

    def __enter__(self) -> RunReporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
