"""A backbone with published weights, or with those of a file, as A: a child makes the checkpoint."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from core.child_process import ProcessOutcome
from core.messages import Message
from core.models.backbone_table import FEATURES, FEATURES_WEIGHTS
from core.models.checkpoint_files import WEIGHTS, CheckpointInfo
from explorer.jobs.child_processes import ChildProcesses
from explorer.model_offers import FOLDER_OF_FEATURES
from explorer.session import Session
from explorer.state.subject import FEATURES as ABOUT_FEATURES

KEY = "features"


class PublishedFeatures(QObject):
    """Answers the wish for features without training; what is made lies in the workspace."""

    def __init__(self, session: Session, children: ChildProcesses) -> None:
        super().__init__(session)
        self._session, self._children = session, children
        session.features_requested.connect(self._on_requested)
        session.catalog_closing.connect(self._on_catalog_closing)
        session.checkpoint.changed.connect(self._on_checkpoint_changed)

    @Slot(str)
    def _on_requested(self, weights: str) -> None:
        session = self._session
        session.problems.clear(ABOUT_FEATURES)
        named = Path(weights).stem if weights else FEATURES_WEIGHTS
        out = session.workspace / FOLDER_OF_FEATURES / f"{FEATURES}-{named}{WEIGHTS}"
        words = ["pretrained", "--backbone", FEATURES, "--weights", weights or FEATURES_WEIGHTS, "--out", str(out)]
        self._children.start(
            KEY,
            words,
            Message("getting-features", backbone=FEATURES),
            partial(session.open_file, session.reference, out),
            partial(self._on_failed, weights),
            subject=ABOUT_FEATURES,
        )

    def _on_failed(self, weights: str, outcome: ProcessOutcome) -> None:
        again = partial(self._session.use_features, weights)
        self._session.problems.set(ABOUT_FEATURES, outcome.sentence, outcome.details, again)

    @Slot()
    def _on_catalog_closing(self) -> None:
        """Nobody waits for them any more."""
        self._children.stop(KEY)
        self._session.problems.clear(ABOUT_FEATURES)

    @Slot(str)
    def _on_checkpoint_changed(self, slot: str) -> None:
        chosen = self._session.checkpoint[slot]
        if slot == self._session.reference and isinstance(chosen, CheckpointInfo):
            self._children.stop(KEY)
            self._session.problems.clear(ABOUT_FEATURES)
