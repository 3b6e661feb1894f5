"""Downloading a published data set, in a child process that can be ended; then it is opened."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Slot

from core.child_process import ProcessOutcome
from core.data.catalog_opening import torchvision_folder
from core.data.official.table import TORCHVISION
from core.data.source import TORCHVISION_PREFIX, DataSource
from core.messages import Message
from explorer.jobs.child_processes import ChildProcesses
from explorer.session import Session
from explorer.state.subject import FETCHED

KEY = "fetch"


class Fetching(QObject):
    """Answers the session's wish for one of torchvision's sets; the last wish counts."""

    def __init__(self, session: Session, children: ChildProcesses) -> None:
        super().__init__(session)
        self._session, self._children = session, children
        session.fetch_requested.connect(self._on_requested)

    @Slot(str)
    def _on_requested(self, name: str) -> None:
        self._session.problems.clear(FETCHED)
        self._children.start(
            KEY,
            ["datasets", "--download", name],
            Message("fetching", name=TORCHVISION[name].name),
            done=partial(self._on_done, name),
            failed=partial(self._on_failed, name),
            subject=FETCHED,
        )

    def _on_done(self, name: str) -> None:
        self._session.open_data(DataSource(f"{TORCHVISION_PREFIX}{name}"))

    def _on_failed(self, name: str, outcome: ProcessOutcome) -> None:
        folder = torchvision_folder() / TORCHVISION[name].folders[0]
        told = Message("fetching-failed", sentence=outcome.sentence, folder=folder)
        self._session.problems.set(FETCHED, told, outcome.details, partial(self._session.fetch, name))
