"""Builds the application out of its parts; the only place that knows all of them."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from core import paths
from core.data.catalog import Catalog
from core.data.source import DEMO, DataSource, source_from_arguments
from core.errors import INTERRUPTED, CoreError
from core.looking import trained_on
from core.messages import Message
from core.models.checkpoint_files import CheckpointInfo, list_checkpoints, read_info, resolve, shipped_model
from core.one_line import on_one_line
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation
from core.storage import write_with
from explorer.appearance import theme
from explorer.garbage import GarbageCollection
from explorer.jobs.child_processes import ChildProcesses
from explorer.jobs.data_memory import DataMemory, DatasetView, load_views
from explorer.jobs.fetching import Fetching
from explorer.jobs.notes import Notes
from explorer.jobs.opened_files import OpenedFiles
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.recent_datasets import KnownData, load_facts, load_known
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.jobs.training import TrainingJobs
from explorer.main_window import REFERENCE, MainWindow
from explorer.panels.table import PANELS, results_of
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.measures import EVALUATION
from explorer.session import Session
from explorer.settings import Settings
from explorer.state.library import DataFacts
from explorer.state.subject import SHARED, WINDOW, WORKSPACE
from explorer.thumbnails import ThumbnailStore
from explorer.views import DATA_VIEW, HOME
from explorer.workspace_use import WorkspaceUse

SETTLE_MS = 150
STILL_FOR = 6
GIVE_UP_MS = 300_000
FAILED = 1


class Explorer(QObject):
    """The running application: session, jobs, window; `shutdown` ends everything it started.

    Args:
        workspace: where runs, embeddings and maps are kept.
        settings: remembered layout and theme.
        device: "auto", "cpu" or "cuda" for the children that embed.
        shipped: checkpoints that come with the application.
    """

    def __init__(
        self, workspace: Path, settings: Settings, device: str = "auto", shipped: list[CheckpointInfo] | None = None
    ) -> None:
        super().__init__()
        self._garbage = GarbageCollection(self)
        self.settings = settings
        self.shipped = shipped_checkpoints() if shipped is None else shipped
        self.session = Session(workspace)
        self.session.library.set_quick_look(read_info(resolve(Path("quick-look"))))
        self._use: WorkspaceUse | None = None
        self.session.last_folder = settings.folder
        self.runner = JobRunner(parent=self.session)
        self.thumbnails = ThumbnailStore(workspace, parent=self.session)
        self.processes = ChildProcesses(self.session, self.session)
        self.pipeline = Pipeline(self.session, self.runner, self.processes, device, results_of(PANELS))
        Fetching(self.session, self.processes)
        self.notes = Notes(JobRunner(threads=1, parent=self.session))
        self.memory = DataMemory(self.session, self.notes)
        self.opened_files = OpenedFiles(self.session, self.runner, self.notes)
        self._shown = ShownWork(self.session, self.runner)
        self.trainings = TrainingJobs(self.session, self.runner, self.session)
        self.window = MainWindow(
            self.session, self.runner, self.thumbnails, settings, self.shipped, lambda: self.trainings.training
        )
        self.memory.watch(self.window.arrangement)
        self.window.stop_all_requested.connect(self.trainings.stop_all)
        self.left_behind = False
        self._wanted: tuple[DataSource, list[Path]] | None = None
        self._select: int | None = None
        self._looked_at: DataSource | None = None
        self.session.catalog_changed.connect(self._on_catalog_changed)
        self.session.results[EVALUATION].changed.connect(self._on_evaluation_changed)

    def open(
        self, source: DataSource | None = None, checkpoints: list[Path] | None = None, select: int | None = None
    ) -> None:
        """Open data and checkpoints: those given, else what was open the last time, else the demo.

        Data come back as they were looked at last. A run's checkpoint that is given alone brings the data of its run.
        """
        self.trainings.find_runs()
        self.pipeline.compile_ahead()
        self._look_up(source, list(checkpoints or ()), select)

    def _look_up(self, source: DataSource | None, checkpoints: list[Path], select: int | None) -> None:
        """Ask the workspace, in a thread, what there was at earlier times, and go on from that."""
        trained = checkpoints[0] if source is None and checkpoints else None
        self._shown.submit(
            "look up",
            WORKSPACE,
            Message("looking-up-what-was-open"),
            partial(_found_in, self.session.workspace, trained),
            partial(self._on_looked_up, source, checkpoints, select),
            partial(self._look_up, source, checkpoints, select),
        )

    def _on_looked_up(
        self, source: DataSource | None, checkpoints: list[Path], select: int | None, found: _Restored
    ) -> None:
        self._use, self.notes.held = found.use, found.use.held
        self.session.library.set_data_sets(found.known)
        self.session.library.set_facts(found.facts)
        KnownData(self.session, self.notes, self.runner)
        self.memory.put_views(found.views)
        self.opened_files.find()
        if sentence := " ".join(part for part in (found.use.sentence, self.settings.sentence) if part):
            self.session.problems.set_notice(SHARED, sentence)
        source = source or found.trained_on
        if source is None:
            source, former = self.settings.last_open(self.session.workspace) or (DataSource(DEMO), [])
            # What a version before wrote, which did not remember each data set.
            checkpoints = checkpoints or ([] if self.memory.view_of(source) else former)
        self._wanted, self._select = (source, checkpoints), select
        self.session.open_data(source)

    @property
    def is_idle(self) -> bool:
        """Whether all that was asked for is on the screen."""
        return not (self.pipeline.busy or self.thumbnails.busy or self.window.busy_reason)

    @property
    def busy_reason(self) -> str:
        """What keeps the window from being settled, in words; "" when it is."""
        works = [task.words for task in self.session.tasks.all]
        if self.pipeline.busy and not works:
            works.append(Message("computing"))
        if self.thumbnails.busy:
            works.append(Message("decoding-images"))
        if self.window.busy_reason:
            works.append(self.window.busy_reason)
        return "" if self.is_idle else ", ".join(works)

    def shutdown(self) -> None:
        """Remember what is open; end children and threads. Trainers go on.

        Threads that hang in a read are left: `left_behind` is then True, and the process has to end without them.
        """
        session = self.session
        self.memory.close_view()
        if session.source is not None and session.catalog is not None and self.notes.held:
            view = self.memory.view_of(session.source) or DatasetView()
            self.settings.save_open(session.workspace, session.source, [Path(path) for path in view.slots if path])
        self.settings.folder = session.last_folder
        self.settings.sync()
        if self._use is not None:
            self.notes.write("let go", self._use.close)
        self.processes.shutdown()
        parts = (self.notes, self.trainings, self.runner, self.thumbnails, self.window)
        ended = [part.shutdown() for part in parts]
        self.left_behind = not all(ended)
        self._garbage.stop()

    @Slot()
    def _on_catalog_changed(self) -> None:
        self.thumbnails.set_catalog(self.session.catalog)
        source, self._wanted, wanted = self.session.source, None, self._wanted
        if source is None:
            return
        # Other data, where those that were asked for could not be opened or took too long.
        asked_for: list[Path] = wanted[1] if wanted is not None and wanted[0].location == source.location else []
        known, former, self._looked_at = self.memory.view_of(source), self._looked_at, source
        if known is None and former is not None and former.location == source.location:
            # The same data, read otherwise: what is chosen goes on.
            known = replace(self.memory.view_of(former) or DatasetView(), split="")
        if known is not None and not known.view and wanted is not None:
            # A version before noted the view of the window alone.
            known = replace(known, view=self.settings.view)
        self._look_as_before(known or self._first_view(source), asked_for)
        self.memory.open_view()
        # Now, not at the end: a window that is killed is opened again with the same data.
        if self.notes.held:
            self.settings.save_open(self.session.workspace, source, [])

    def _first_view(self, source: DataSource) -> DatasetView:
        """Of the demo, both shipped checkpoints."""
        if source.location != DEMO or len(self.shipped) < len(self.session.slots):
            return DatasetView()
        a, b, *_ = (str(info.path) for info in self.shipped)
        return DatasetView(slots=(a, b))

    def _look_as_before(self, view: DatasetView, asked_for: list[Path]) -> None:
        """Choose again what was chosen for these data; checkpoints that were asked for come first.

        Data that were not looked at before are shown as pictures, or explored where there is a model.
        """
        session, catalog = self.session, self.session.catalog
        assert catalog is not None
        chosen = asked_for or [Path(path) for path in view.slots if path] or _own_vectors(catalog)
        landing = HOME if chosen else DATA_VIEW
        self.window.arrangement.arrange(view.view or landing, view.arranged)
        if view.split in ("all", *(name for name, _ in catalog.split_counts())):
            session.set_split(view.split)
        session.set_colouring(view.colouring)
        session.set_grouping(view.grouping)
        for slot, path in zip(session.slots, chosen, strict=False):
            self.session.open_file(slot, path)
        rows = [row for row in (*view.selected, view.query) if row is not None]
        there = view.fingerprint == catalog.fingerprint and all(0 <= row < len(catalog) for row in rows)
        if there and self._select is None and not asked_for:
            session.selection.select(list(view.selected), query=view.query)
        session.steps.clear()

    @Slot(str)
    def _on_evaluation_changed(self, slot: str) -> None:
        embeddings, evaluation = self.session.results[EMBEDDINGS][slot], self.session.results[EVALUATION][slot]
        if (
            slot != self.session.reference
            or embeddings is None
            or evaluation is None
            or self.session.selection.query is not None
        ):
            return
        row, self._select = self._select, None
        if row is None:
            self._show_example(embeddings, evaluation)
        elif row in embeddings.rows:
            self.session.selection.select([row], query=row)
        else:
            split = self.session.split
            self.session.problems.set(WINDOW, Message("row-of-other-split", row=row, split=split))

    def _show_example(self, embeddings: Embeddings, evaluation: Evaluation) -> None:
        """On the demo, begin with a query that is neither easy nor hopeless; other data wait for a click."""
        measured = evaluation.of_queries("MAP@R")
        if self.session.source == DataSource(DEMO) and not np.isnan(measured).all():
            row = int(embeddings.rows[np.nanargmin(np.abs(measured - 0.5))])
            self.session.selection.select([row], query=row)


def _own_vectors(catalog: Catalog) -> list[Path]:
    """The file of vectors that the data are of, or that has some of them beside the images."""
    if catalog.vectors is not None:
        return [catalog.vectors.path]
    return [Path(catalog.report.vectors_in)] if catalog.report.vectors_in else []


class _Restored(NamedTuple):
    """What a workspace has of earlier times, and the data of the run that a checkpoint is of."""

    use: WorkspaceUse
    known: list[DataSource]
    facts: dict[DataSource, DataFacts]
    views: dict[DataSource, DatasetView]
    trained_on: DataSource | None


def _found_in(workspace: Path, checkpoint: Path | None) -> _Restored:
    trained = None if checkpoint is None else trained_on(checkpoint)
    known, facts, views = load_known(workspace), load_facts(workspace), load_views(workspace)
    return _Restored(WorkspaceUse(workspace), known, facts, views, trained)


class Screenshot(QObject):
    """Saves a picture of the window once it has been settled for a while. Signal: done(int), the exit status.

    What has gone wrong is in the picture and on standard error, and the status is 1. So it is when the window does not
    settle in time: the picture then shows how far it has come. Data that cannot be opened, or about which the window
    has a question that nobody is there to answer, are told; there is no picture then, and the status is the error's.
    """

    done = Signal(int)

    def __init__(self, explorer: Explorer, path: Path) -> None:
        super().__init__(explorer)
        self._explorer, self._path, self._still, self._waited = explorer, path, 0, 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start(SETTLE_MS)
        explorer.session.reading_requested.connect(lambda _source, asked: self._on_data_refused(asked))
        explorer.session.data_refused.connect(self._on_data_refused)

    @Slot(object)
    def _on_data_refused(self, asked: CoreError) -> None:
        self._timer.stop()
        sys.stderr.write(f"{on_one_line(asked.on_command_line)}\n")
        self.done.emit(asked.exit_status)

    @Slot()
    def _on_tick(self) -> None:
        self._waited += SETTLE_MS
        self._still = self._still + 1 if self._explorer.is_idle else 0
        if self._still < STILL_FOR and self._waited < GIVE_UP_MS:
            return
        self._timer.stop()
        busy_reason = self._explorer.busy_reason
        try:
            write_with(self._path, partial(_save_png, self._explorer.window.grab()))
        except CoreError as error:
            sys.stderr.write(f"{error}\n")
            self.done.emit(error.exit_status)
            return
        problems = [each for each in self._explorer.session.problems.all if not each.is_notice]
        sys.stderr.writelines(f"{problem.sentence}\n" for problem in problems)
        if busy_reason:
            minutes = GIVE_UP_MS / 60_000
            unfinished = Message("screenshot-unfinished", path=self._path, minutes=minutes, busy=busy_reason)
            sys.stderr.write(f"{unfinished}\n")
        self.done.emit(FAILED if problems or busy_reason else 0)


class ExceptionReport(QObject):
    """Shows what no code expected, in a slot or a thread, in the window's strip; the application lives on."""

    _happened = Signal(str, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._former = sys.excepthook, threading.excepthook
        sys.excepthook, threading.excepthook = self._on_exception, self._on_thread_exception
        self._happened.connect(self._show)

    def close(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._former

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._former[0](kind, error, trace)
        self._report(kind, error, trace)

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        self._former[1](arguments)
        self._report(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _report(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        self._happened.emit(Message("unexpected-error", kind=kind.__name__, error=error), details)

    @Slot(str, str)
    def _show(self, sentence: str, details: str) -> None:
        self._session.problems.set(WINDOW, sentence, details)


def run(arguments: argparse.Namespace) -> int:
    """Open the window and stay until it is closed; returns the exit status."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Embedding Explorer")
    application.setDesktopFileName(paths.APPLICATION)
    settings = Settings()
    theme.apply(application, arguments.theme or settings.theme)
    explorer = Explorer(paths.workspace(), settings, arguments.device)
    report = ExceptionReport(explorer.session)
    # Not quit(): it asks the window first, which asks back while a run trains. Python hears of a signal when it next
    # runs, which is when the search for garbage does, at the latest; the loop may not have begun by then.
    leave = partial(QTimer.singleShot, 0, partial(application.exit, INTERRUPTED))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: leave())
    if arguments.screenshot is not None:
        Screenshot(explorer, arguments.screenshot).done.connect(application.exit)
    explorer.window.show()
    if arguments.size or arguments.screenshot is not None:
        # Afterwards: a size that was asked for need not fit the screen.
        explorer.window.resize(QSize(*arguments.size) if arguments.size else REFERENCE)
    # The first picture of the window comes before any work.
    checkpoints = [shipped_model(str(path)) or paths.absolute(str(path)) for path in arguments.checkpoint]
    source = source_from_arguments(arguments) if arguments.data else None
    start = partial(explorer.open, source, checkpoints, arguments.select)
    QTimer.singleShot(0, explorer, start)
    if arguments.screenshot is None:
        explorer.window.show_first_hints()
    status = application.exec()
    explorer.shutdown()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    report.close()
    if explorer.left_behind:
        # Python would crash in them, or wait for them, while it takes itself apart; all that matters is written.
        sys.stderr.flush()
        os._exit(status)
    return status


def shipped_checkpoints() -> list[CheckpointInfo]:
    """The checkpoints in resources/demo, the better one last, so that B shows what A got wrong."""
    found = list_checkpoints(paths.RESOURCES / "demo")
    return sorted(found, key=lambda info: info.recall_at_1 or 0.0)


def _save_png(picture: QPixmap, path: Path) -> None:
    if not picture.save(str(path), "PNG"):
        raise OSError(Message("picture-not-encoded"))
