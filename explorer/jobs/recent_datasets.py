"""The data sets this workspace has opened, newest first, kept in `library.json`."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from core.data.source import DEMO, DataSource
from core.errors import CoreError
from core.messages import Message
from core.storage import read_json
from core.training.run_directory import recorded_source
from explorer.jobs.notes import Notes, save_note
from explorer.session import Session
from explorer.state.subject import WORKSPACE

FILE, FORMAT = "library.json", 1
MOST = 30


def load_known(workspace: Path) -> list[DataSource]:
    """What was opened before; the demo is always there. What cannot be read counts as nothing: it is a convenience."""
    known: list[DataSource] = []
    with contextlib.suppress(CoreError, KeyError, TypeError):
        for values in read_json(workspace / FILE)["data"]:
            with contextlib.suppress(CoreError, AttributeError, TypeError, ValueError):
                known.append(recorded_source(values))
    demo = DataSource(DEMO)
    return known if demo in known else [*known, demo]


def with_source(known: list[DataSource], source: DataSource) -> list[DataSource]:
    """The list with `source` in it; its order stays, so that the library does not jump."""
    return known if source in known else [source, *known][:MOST]


def save_known(workspace: Path, known: list[DataSource]) -> None:
    """Write the list. StorageError where it cannot be written, NewerVersionError where a newer version wrote it."""
    save_note(workspace / FILE, FORMAT, data=[item.as_dict() for item in known])


class KnownData(QObject):
    """Writes down which data sets are known, whenever another one is."""

    def __init__(self, session: Session, notes: Notes) -> None:
        super().__init__(session)
        self._session, self._notes = session, notes
        self._written = list(session.library.data_sets)
        session.library.changed.connect(self._on_library_changed)

    @Slot()
    def _on_library_changed(self) -> None:
        session, known = self._session, self._session.library.data_sets
        if known != self._written and session.source is not None:
            self._written = list(known)
            name = session.catalog.name if session.catalog is not None else session.source.location
            self._notes.write(FILE, partial(save_known, session.workspace, list(known)), partial(self._on_failed, name))

    def _on_failed(self, name: str, sentence: str) -> None:
        self._session.problems.set(WORKSPACE, Message("open-but-not-remembered", name=name, sentence=sentence))
