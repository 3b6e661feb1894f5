"""Checkpoints and embeddings files that were named by hand stay in the library of their workspace."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from core.errors import CoreError
from core.models.checkpoint_files import read_info
from core.retrieval.embeddings_file import EmbeddingsFile, is_embeddings_file
from core.storage import read_json
from explorer.jobs.notes import Notes, save_note
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.state.slots import EmbeddingSource

FILE, FORMAT = "opened.json", 1
MOST = 50
KEY = "opened files"


class OpenedFiles(QObject):
    """Lists at the start what was opened before, and writes down what is opened from then on."""

    def __init__(self, session: Session, runner: JobRunner, notes: Notes) -> None:
        super().__init__(session)
        self._session, self._runner, self._notes = session, runner, notes
        self._written: list[str] = []

    def find(self) -> None:
        """Look for the files of earlier times, in a thread: their drive may be slow, or gone."""
        self._runner.submit(
            KEY,
            partial(load_opened, self._session.workspace),
            self._on_found,
            lambda *_: self._on_found([]),  # a convenience: without it the list begins empty
            stoppable=True,
        )

    def _on_found(self, found: list[EmbeddingSource]) -> None:
        session = self._session
        newer = {chosen.path for chosen in session.library.opened}
        session.library.set_opened([*session.library.opened, *(chosen for chosen in found if chosen.path not in newer)])
        self._written = _paths(found)
        session.library.changed.connect(self._on_library_changed)
        self._on_library_changed()

    @Slot()
    def _on_library_changed(self) -> None:
        paths = _paths(self._session.library.opened)[:MOST]
        if paths != self._written:
            self._written = paths
            self._notes.write(FILE, partial(save_opened, self._session.workspace, paths))


def load_opened(workspace: Path, should_stop: Callable[[], bool] = lambda: False) -> list[EmbeddingSource]:
    """What was opened before and is still there, newest first; a damaged list counts as empty."""
    found: list[EmbeddingSource] = []
    try:
        listed = [Path(path) for path in read_json(workspace / FILE)["opened"]]
    except (CoreError, KeyError, TypeError):
        return found
    for path in listed:
        if should_stop():
            break
        with contextlib.suppress(CoreError, OSError):
            if not path.is_file():
                continue
            # Its content is read when it is used; its name is enough for a list.
            found.append(EmbeddingsFile(path, "") if is_embeddings_file(path) else read_info(path))
    return found


def save_opened(workspace: Path, paths: Sequence[str]) -> None:
    """Write the list; raises as `save_note`."""
    save_note(workspace / FILE, FORMAT, opened=list(paths))


def _paths(opened: Sequence[EmbeddingSource]) -> list[str]:
    return [str(chosen.path) for chosen in opened]
