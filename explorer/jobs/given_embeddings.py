"""Files named as A or B, checkpoints and embeddings: a thread reads what they are, which may be given up."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from core.models.checkpoint_files import read_info, resolve
from core.retrieval.embeddings_file import is_embeddings_file, read_identity
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.session import Chosen, Session, Side


class GivenEmbeddings(QObject):
    """Answers the wish for a file as A or B; a newer choice for that side makes it void."""

    def __init__(self, session: Session, runner: JobRunner) -> None:
        super().__init__(session)
        self._session, self._runner = session, runner
        self._shown = ShownWork(session, runner)
        session.file_wanted.connect(self._on_wanted)
        session.checkpoint_changed.connect(self._on_checkpoint_changed)

    @Slot(str, object)
    def _on_wanted(self, side: Side, path: Path) -> None:
        session = self._session
        if session.catalog is None and is_embeddings_file(path):
            session.put_problem(side, f"Open the data of {path.name} first: its rows are matched to images.")
            return
        self._shown.submit(
            _work(side),
            side,
            f"reading {path.name}",
            partial(_read, path),
            partial(self._on_read, side),
            partial(session.open_file, side, path),
        )

    def _on_read(self, side: Side, given: Chosen) -> None:
        self._session.put_opened(given)
        self._session.choose_checkpoint(side, given)

    @Slot(str)
    def _on_checkpoint_changed(self, side: Side) -> None:
        self._runner.forget(_work(side))
        self._session.end_activity(_work(side))


def _read(path: Path) -> Chosen:
    return read_identity(path) if is_embeddings_file(path) else read_info(resolve(path))


def _work(side: Side) -> str:
    return f"read {side}"
