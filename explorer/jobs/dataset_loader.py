"""Opening a data set in a thread: it says how far it is, and ends when it is cancelled or another is wanted."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from core.child_process import ProcessOutcome
from core.data.catalog import Catalog
from core.data.catalog_opening import default_split, makes_pictures, open_catalog
from core.data.readers.manifest_errors import QUESTIONS
from core.data.source import DEMO, DataSource
from core.errors import Cancelled, CoreError, DataError, InputError
from core.messages import Message
from core.progress import MessageReporter, Reporter
from core.remedies import READING_OPTIONS, remedies_of
from explorer.garbage import left_lying
from explorer.jobs.child_processes import ChildMessage, ChildProcesses, progress_words
from explorer.jobs.recent_datasets import with_source
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import report_cancelled
from explorer.session import Session
from explorer.state.subject import DATA
from explorer.state.tasks import Task

KEY = "data"


@dataclass(frozen=True)
class _Refused:
    """Data that cannot be opened, whatever a person answers; `details` say where that was found."""

    error: CoreError
    details: str


class DatasetLoader(QObject):
    """Answers the session's wish for a data set; the last wish counts."""

    _said = Signal(int, object)  # number of the opening, message

    def __init__(
        self, session: Session, runner: JobRunner, children: ChildProcesses, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._runner, self._children = session, runner, children
        self._number = 0
        self._name = ""
        self._source: DataSource | None = None
        self._said.connect(self._on_said)
        session.data_requested.connect(self._on_data_requested)

    @Slot(object)
    def _on_data_requested(self, source: DataSource) -> None:
        self._session.problems.clear(DATA)
        self._children.stop(KEY)
        self._read(source)

    def _read(self, source: DataSource, make_pictures: bool = True) -> None:
        """Read the catalog; where pictures have to be made first, that is what comes back unless they were made."""
        self._number += 1
        self._name = Path(source.location).name or source.location
        self._session.tasks.set(Task(KEY, Message("opening", name=self._name), cancel=self._cancel, subject=DATA))
        self._source = source
        listener = MessageReporter(partial(self._said.emit, self._number))
        self._runner.submit(
            KEY,
            partial(_open, source, listener, make_pictures),
            partial(self._on_opened, source),
            partial(self._on_failed, source),
            stoppable=True,
        )

    def _cancel(self) -> None:
        self._give_up()
        if self._source is not None:
            again = partial(self._session.open_data, self._source)
            report_cancelled(self._session, DATA, Message("opening", name=self._name), again)

    def _give_up(self) -> None:
        self._number += 1
        self._runner.give_up(KEY)
        self._session.tasks.end(KEY)

    @Slot(int, object)
    def _on_said(self, number: int, message: ChildMessage) -> None:
        if number == self._number and message["type"] == "progress":
            words, fraction = progress_words(message)
            self._session.tasks.set(
                Task(KEY, Message("opening-with-step", name=self._name, words=words), fraction, self._cancel, DATA)
            )

    def _on_opened(self, source: DataSource, opened: Catalog | DataError | _Refused | None) -> None:
        self._give_up()
        if opened is None:
            self._make_pictures(source)
        elif isinstance(opened, DataError):
            self._session.reading_requested.emit(source, opened)
        elif isinstance(opened, _Refused):
            self._on_failed(source, opened.error.in_window, opened.details)
            self._session.data_refused.emit(opened.error)
        else:
            self._show(source, opened)

    def _make_pictures(self, source: DataSource) -> None:
        # Making them keeps the interpreter busy; a child leaves the window free.
        self._children.start(
            KEY,
            ["datasets", *source.arguments()],
            Message("writing-the-pictures-once"),
            done=partial(self._read, source, make_pictures=False),
            failed=partial(self._on_child_failed, source),
            subject=DATA,
        )

    def _show(self, source: DataSource, catalog: Catalog) -> None:
        session = self._session
        former = session.source
        if former is not None and former.location == source.location:
            # Read otherwise it is the same data set still, under the name that it was given.
            session.library.relocate(former, source)
        session.set_catalog(source, catalog, default_split(catalog))
        session.library.set_data_sets(with_source(session.library.data_sets or [DataSource(DEMO)], source))

    def _on_failed(self, source: DataSource, sentence: str, details: str) -> None:
        self._give_up()
        self._session.problems.set(DATA, sentence, details, partial(self._session.open_data, source))

    def _on_child_failed(self, source: DataSource, outcome: ProcessOutcome) -> None:
        again = partial(self._session.open_data, source)
        self._session.problems.set(DATA, outcome.sentence, outcome.details, again)
        kind = InputError if outcome.code == InputError.exit_status else CoreError
        self._session.data_refused.emit(kind(outcome.sentence))


def _open(
    source: DataSource, reporter: Reporter, make_pictures: bool, should_stop: Callable[[], bool]
) -> Catalog | DataError | _Refused | None:
    """The catalog, or what the user has to be asked first, or why nothing helps; None: pictures must be made."""
    if make_pictures and makes_pictures(source):
        return None
    try:
        with left_lying():
            return open_catalog(source, reporter, should_stop, draw_later=True)
    except DataError as error:
        # What a person can answer, and all that names the reading options; the rest is told as it is.
        if isinstance(error, QUESTIONS) or any(
            remedy.place == READING_OPTIONS for remedy in remedies_of(error.sentence)
        ):
            return error
        return _Refused(error, traceback.format_exc())
    except Cancelled:
        raise
    except CoreError as error:
        return _Refused(error, traceback.format_exc())
