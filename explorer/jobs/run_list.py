"""Reading the runs of a folder: one whose files do not answer keeps none of the others away."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.messages import Message
from core.progress import Reporter
from core.training.run_directory import RECIPE, RunSummary, entries_of, is_run, summarise
from core.training.run_messages import MessageTail
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.session import Session
from explorer.state.subject import RUNS

KEY = "runs"
# Seconds that a run's files may take to answer before the others are read without it.
UNANSWERED_AFTER = 5.0
LOOK_MS = 250


@dataclass(frozen=True)
class ReadRun:
    """A run as its files tell.

    Attributes:
        messages: all of them; none where they cannot be read, which the summary tells.
        began: when it was last started, in seconds since 1970; each start writes the recipe.
        is_link, leads_to: whether the directory is a link, and where it really lies.
    """

    summary: RunSummary
    messages: list[dict[str, Any]]
    began: float
    is_link: bool
    leads_to: str


class RunList(QObject):
    """Reads the runs of a folder in threads of the runner, and leaves behind a thread that hangs in one of them.

    Signals: found(list of ReadRun), once for all that answer, and later for each other that comes to; unanswered(path,
    since), a run whose files have not answered for some seconds; no_run(path), it has answered, and is none.
    """

    found = Signal(object)
    unanswered = Signal(object, float)
    no_run = Signal(object)
    _came = Signal(object, object, object)  # the reading, a path, ReadRun or None

    def __init__(self, session: Session, runner: JobRunner, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner, self._folder = runner, folder
        self._shown = ShownWork(session, runner)
        self._readings: dict[str, _Reading] = {}
        self._told: dict[str, Path] = {}
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._on_look)
        self._came.connect(self._on_came)

    def find(self) -> None:
        """Read what is in the folder."""
        self._told.clear()
        self._begin(KEY, Message("reading-the-runs"), _Reading(), self.find)

    def read_again(self, run: Path) -> None:
        """Ask one whose files did not answer once more."""
        self._begin(
            f"{KEY} {run.name}", Message("reading-named", name=run.name), _Reading([run]), partial(self.read_again, run)
        )

    def _begin(self, key: str, words: str, reading: _Reading, again: Callable[[], None]) -> None:
        reading.words, reading.again = words, again
        self._readings[key] = reading
        self._timer.start()
        work = partial(self._read_all, reading)
        self._shown.submit(key, RUNS, words, work, partial(self._on_all_read, key), again, reports=True)

    def _read_all(self, reading: _Reading, should_stop: Callable[[], bool], reporter: Reporter) -> None:
        """In a thread. Once it was left behind, it tells of what it hung in, should that answer, and ends."""
        paths = entries_of(self._folder) if reading.paths is None else reading.paths
        reading.paths = paths
        for subject, path in enumerate(paths):
            reporter.progress(reading.words, subject, len(paths), "runs")
            reading.at_hand = (subject, time.monotonic())
            read = _read(path)
            reading.at_hand = None
            self._came.emit(reading, path, read)
            if should_stop():
                return

    @Slot(object, object, object)
    def _on_came(self, reading: _Reading, path: Path, read: ReadRun | None) -> None:
        if not reading.left_behind:
            reading.found += [] if read is None else [read]
        elif read is not None:
            self._tell([read])
        else:
            self.no_run.emit(path)

    def _on_all_read(self, key: str, _: object) -> None:
        reading = self._readings.pop(key)
        if reading.found or key == KEY:
            self._tell(reading.found)
        elif reading.paths:
            self.no_run.emit(reading.paths[0])
        if not self._readings:
            self._timer.stop()

    def _tell(self, found: list[ReadRun]) -> None:
        """Tell what was found, but for links that lead to another run of the folder."""
        answered = []
        for each in sorted(found, key=lambda read: read.is_link):
            path = each.summary.path
            if each.is_link and self._told.get(each.leads_to, path) != path:
                continue
            self._told[each.leads_to] = path
            answered.append(each)
        self.found.emit(answered)

    @Slot()
    def _on_look(self) -> None:
        for key, reading in list(self._readings.items()):
            if not self._runner.waits_for(key):  # ended by the user, or failed
                del self._readings[key]
            elif reading.seconds >= UNANSWERED_AFTER:
                self._go_on_without(key, reading)

    def _go_on_without(self, key: str, reading: _Reading) -> None:
        at_hand, paths = reading.at_hand, reading.paths
        if at_hand is None or paths is None:
            return
        subject, _ = at_hand
        since = time.time() - reading.seconds
        reading.left_behind = True
        self._runner.give_up(key)
        self._tell(reading.found)
        self.unanswered.emit(paths[subject], since)
        self._begin(key, reading.words, _Reading(paths[subject + 1 :]), reading.again)


class _Reading:
    """What one thread reads and has read; `at_hand` is the place of the path it is at, and since when."""

    def __init__(self, paths: list[Path] | None = None) -> None:
        self.paths = paths
        self.words = ""
        self.again: Callable[[], None] = lambda: None
        self.at_hand: tuple[int, float] | None = None
        self.found: list[ReadRun] = []
        self.left_behind = False

    @property
    def seconds(self) -> float:
        """How long the files of the run at hand have been asked for an answer."""
        at_hand = self.at_hand
        return 0.0 if at_hand is None else time.monotonic() - at_hand[1]


def _read(path: Path) -> ReadRun | None:
    """The run at `path`, or None where there is none."""
    if not is_run(path):
        return None
    summary, messages, began = summarise(path), list[dict[str, Any]](), 0.0
    with contextlib.suppress(OSError):
        messages = MessageTail(path).read()
    with contextlib.suppress(OSError):
        began = (path / RECIPE).stat().st_mtime
    return ReadRun(summary, messages, began, path.is_symlink(), os.path.realpath(path))
