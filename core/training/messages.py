"""What a trainer says, one line each in messages.jsonl: the interface between trainer and window.

    started     time, name, epochs, steps_per_epoch, device, data, train_images, train_classes, test_images,
                test_classes, held_out_images, held_out_classes, chosen_on ("test", "val", "held-out classes" or ""),
                first_epoch (the first epoch trained by this process), pid
    step        step (counted over the whole run), epoch, loss, terms {name: value}, learning_rate, seconds
    epoch       epoch, loss (mean of its steps), recall {"1": share}, map_at_r, and where targets are learnt from
                label_distance {"10": mean} and ndcg {"100": share} (all on what was chosen on; {} or null where
                nothing was measured), distance ("cosine" or "euclidean": what recall and map_at_r go by, else ""),
                seconds, seconds_left
    checkpoint  path (relative to the run), epoch, best
    tested      path, epoch, best, split, recall, map_at_r: a checkpoint measured on the test split at the very end,
                where the best was chosen on other images
    progress    task, done, total
    notice      sentence
    finished | stopped | failed    sentence, epoch, and for the first two result (the fields of
                `core.training.run_result.RunResult`); the last line of a trainer that could still speak

Each line ends in a checksum, `crc`; those of older versions have none. Resuming appends another `started`; steps after
the last saved state then appear a second time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.progress import CheckedLinesReporter, Reporter
from core.storage import LineFile
from core.training.run_messages import MESSAGES


class RunReporter(Reporter):
    """Writes everything into the run's messages.jsonl and passes it on to whoever listens besides.

    `epoch` is the newest that a step or an epoch spoke of. Raises StorageError, once, where that file cannot be
    written; the listener hears the message all the same.
    """

    def __init__(self, run: Path, listener: Reporter) -> None:
        self._stream = LineFile(Path(run) / MESSAGES)
        self._lines = CheckedLinesReporter(self._stream)
        self._listener = listener
        self.epoch = 0

    def show(self, task: str, done: int, total: int, unit: str) -> None:
        """Progress for the listener alone, where the file already says it in other words."""
        self._listener.progress(task, done, total, unit)

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        try:
            self._lines.progress(task, done, total, unit)
        finally:
            self._listener.progress(task, done, total, unit)

    def event(self, kind: str, **fields: Any) -> None:
        if kind in ("step", "epoch"):
            self.epoch = fields["epoch"]
        try:
            self._lines.event(kind, **fields)
        finally:
            self._listener.event(kind, **fields)

    def close(self) -> None:
        self._stream.close()
        self._listener.close()
