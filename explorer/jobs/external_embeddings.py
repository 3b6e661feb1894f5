"""Files named as A or B, checkpoints and embeddings: a thread reads what they are, which may be given up."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from core.data.source import DataSource
from core.messages import Message
from core.models.checkpoint_files import read_info, resolve
from core.retrieval.embeddings_file import is_embeddings_file, read_identity
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.session import Session
from explorer.state.slots import EmbeddingSource, SlotKey
from explorer.state.subject import EMBEDDINGS, Subject


class ExternalEmbeddings(QObject):
    """Answers the wish for a file as A or B; a newer choice for that slot makes it void."""

    def __init__(self, session: Session, runner: JobRunner) -> None:
        super().__init__(session)
        self._session, self._runner = session, runner
        self._shown = ShownWork(session, runner)
        session.file_requested.connect(self._on_requested)
        session.checkpoint.changed.connect(self._on_checkpoint_changed)

    @Slot(str, object)
    def _on_requested(self, slot: SlotKey, path: Path) -> None:
        session = self._session
        if session.catalog is None and is_embeddings_file(path):
            # Its rows are then the data, and its vectors those of the reference.
            session.open_data(DataSource(str(path)))
            return
        self._shown.submit(
            _work(slot),
            Subject(EMBEDDINGS, slot),
            Message("reading-named", name=path.name),
            partial(_read, path),
            partial(self._on_read, slot),
            partial(session.open_file, slot, path),
        )

    def _on_read(self, slot: SlotKey, given: EmbeddingSource) -> None:
        self._session.library.add_opened(given)
        self._session.choose_checkpoint(slot, given)

    @Slot(str)
    def _on_checkpoint_changed(self, slot: SlotKey) -> None:
        self._runner.forget(_work(slot))
        self._session.tasks.end(_work(slot))


def _read(path: Path) -> EmbeddingSource:
    return read_identity(path) if is_embeddings_file(path) else read_info(resolve(path))


def _work(slot: SlotKey) -> str:
    return f"read {slot}"
