"""Embeddings files in place of checkpoints: a file is told apart by its content, which a thread reads."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from core.retrieval.embeddings_file import EmbeddingsFile, read_identity
from explorer.jobs.runner import JobRunner
from explorer.session import Activity, Session, Side


class GivenEmbeddings(QObject):
    """Answers the wish for a file as A or B; a newer choice for that side makes it void."""

    def __init__(self, session: Session, runner: JobRunner) -> None:
        super().__init__(session)
        self._session, self._runner = session, runner
        session.embeddings_file_wanted.connect(self._on_wanted)
        session.checkpoint_changed.connect(self._on_checkpoint_changed)

    @Slot(str, object)
    def _on_wanted(self, side: Side, path: Path) -> None:
        session = self._session
        if session.catalog is None:
            session.put_problem(side, f"Open the data of {path.name} first: its rows are matched to images.")
            return
        session.put_activity(Activity(_work(side), f"reading {path.name}"))
        self._runner.submit(
            _work(side), partial(read_identity, path), partial(self._on_read, side), partial(self._on_failed, side)
        )

    def _on_read(self, side: Side, given: EmbeddingsFile) -> None:
        self._session.end_activity(_work(side))
        self._session.put_opened(given)
        self._session.choose_checkpoint(side, given)

    def _on_failed(self, side: Side, sentence: str, details: str) -> None:
        self._session.end_activity(_work(side))
        self._session.put_problem(side, sentence, details)

    @Slot(str)
    def _on_checkpoint_changed(self, side: Side) -> None:
        self._runner.forget(_work(side))
        self._session.end_activity(_work(side))


def _work(side: Side) -> str:
    return f"read {side}"
