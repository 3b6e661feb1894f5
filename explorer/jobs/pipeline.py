"""From a chosen data set and models to everything the panels show.

    data -> catalog; catalog, model of a slot -> results of the slot (`explorer.results.table`)

What children compute is kept in the workspace under names made of what it was computed from, so it is found again and
never stale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Slot

from core.child_process import ProcessOutcome
from core.messages import Message
from core.projection.compiled_code import is_compiled
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.jobs.artifact_paths import ArtifactPaths
from explorer.jobs.child_processes import ChildProcesses
from explorer.jobs.dataset_loader import DatasetLoader
from explorer.jobs.external_embeddings import ExternalEmbeddings
from explorer.jobs.image_query import ImageQuery
from explorer.jobs.published_features import PublishedFeatures
from explorer.jobs.result_engine import Endings, ResultEngine
from explorer.jobs.runner import JobRunner
from explorer.results.embeddings import EMBEDDINGS, left_out
from explorer.results.neighbours import ASKED, Asked
from explorer.results.table import RESULTS
from explorer.session import Session
from explorer.state.derived import Derived
from explorer.state.slots import EmbeddingSource, SlotKey
from explorer.state.subject import QUERY, WORKSPACE, Subject


class Pipeline(QObject):
    """Answers the session's requests for data and queries, and has the results of every slot made."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        children: ChildProcesses,
        device: str = "auto",
        results: Sequence[Derived[Any]] = RESULTS,
    ) -> None:
        super().__init__(session)
        self._session, self._runner, self._children = session, runner, children
        # Before we hear of a query ourselves, so that no vector of an earlier image is met.
        self._image = ImageQuery(session, runner, children, device)
        self._image.embedded.connect(self._ask)
        self._given = ExternalEmbeddings(session, runner)
        self._features = PublishedFeatures(session, children)
        self._opening = DatasetLoader(session, runner, children, self)
        self._last_used: dict[SlotKey, EmbeddingSource] = {}
        self._paths = ArtifactPaths(session.workspace)
        self._engine = ResultEngine(session, runner, children, results, self._paths, device)
        self._engine.endings[EMBEDDINGS.name] = Endings(
            self._on_embed_failed, lambda slot: session.choose_checkpoint(slot, None)
        )
        session.results[EMBEDDINGS].changed.connect(self._on_embeddings_changed)
        session.checkpoint.changed.connect(self._on_checkpoint_changed)
        session.selection.query_changed.connect(self._on_query_changed)
        session.selection.k_changed.connect(self._ask_all)

    def compile_ahead(self) -> None:
        """On a machine's first start, compile the map's code while data and embeddings are being made."""
        if not is_compiled():
            ignored = partial(self._children.stop, "prepare")
            self._children.start("prepare", ["prepare"], Message("compiling-map-code"), ignored, lambda _: ignored())

    @property
    def busy(self) -> bool:
        """Whether anything the panels will show is still being made."""
        return self._runner.busy or self._children.busy

    # Queries

    @Slot()
    def _on_query_changed(self) -> None:
        # What went wrong with the one before is over, on every slot.
        self._session.problems.clear_where(lambda subject: subject.about == QUERY.about)
        self._ask_all()

    @Slot()
    def _ask_all(self) -> None:
        for slot in self._session.slots:
            self._ask(slot)

    @Slot(str)
    def _ask(self, slot: SlotKey) -> None:
        """Search a slot for the session's query; for an image file once its embedding is there."""
        session = self._session
        asked = session.selection.query if session.selection.query is not None else self._image.vector(slot)
        if asked is None:
            session.results[ASKED].drop(slot)
        else:
            session.results[ASKED].put(slot, Asked(asked, session.selection.k))
        self._engine.update()

    # Embeddings

    @Slot(str)
    def _on_checkpoint_changed(self, slot: SlotKey) -> None:
        if self._session.checkpoint[slot] is None:
            self._last_used.pop(slot, None)
        if self._session.selection.query is None:
            # What the former model made of an image file is no vector of this one's.
            self._session.results[ASKED].drop(slot)

    @Slot(str)
    def _on_embeddings_changed(self, slot: SlotKey) -> None:
        session = self._session
        embeddings, source = session.results[EMBEDDINGS][slot], session.checkpoint[slot]
        if embeddings is None or source is None:
            return
        self._last_used[slot] = source
        session.set_device(embeddings.origin.device)
        if message := left_out(embeddings.origin, source.name):
            session.problems.set_notice(Subject("left out", slot), message)
        if not self._paths.is_persistent:
            sentence = Message("results-kept-until-close", workspace=session.workspace)
            session.problems.set_notice(WORKSPACE, sentence)

    def _on_embed_failed(self, slot: SlotKey, outcome: ProcessOutcome, again: Callable[[], None]) -> None:
        """What cannot be used does not take the place of what could."""
        session, refused, before = self._session, self._session.checkpoint[slot], self._last_used.get(slot)
        sentence = outcome.sentence
        if refused is not None and isinstance(refused, EmbeddingsFile):
            session.library.drop_opened(refused)
        if before is not None and before != refused:
            session.choose_checkpoint(slot, before)
            sentence = Message("slot-is-still", sentence=sentence, slot=slot, model=before.name)
            again = partial(session.choose_checkpoint, slot, refused)
        session.problems.set(Subject(EMBEDDINGS.name, slot), sentence, outcome.details, again)
