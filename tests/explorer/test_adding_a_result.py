"""What a panel with a result of its own takes: the result declared beside it, and one line where panels are listed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.array_file import save_arrays
from core.data.source import DataSource
from core.errors import EmbeddingsError
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.table import RESULTS
from explorer.session import Session
from explorer.state.derived import ARRAY, Derived, Request
from explorer.state.subject import Subject
from tests.explorer.factories import made_checkpoint
from tests.explorer.fake_processes import FakeProcesses

# The result.


def mean_similarity(request: Request) -> np.ndarray:
    """(C,) mean cosine similarity within each class."""
    embeddings = request[EMBEDDINGS]
    of_class = [embeddings.vectors[embeddings.labels == label] for label in np.unique(embeddings.labels)]
    return np.array([float((vectors @ vectors.T).mean()) for vectors in of_class])


SIMILARITY: Derived[np.ndarray] = Derived(
    "similarity",
    "measuring the similarity of classes of {slot}",
    needs=(EMBEDDINGS,),
    compute=lambda request: mean_similarity(request),
    stored=ARRAY,
)

# The panel.


class SimilarityPanel(QLabel):
    """Shows the most similar class of each slot."""

    def __init__(self, session: Session) -> None:
        super().__init__("nothing yet")
        self._session = session
        session.results[SIMILARITY].changed.connect(self._show)

    @Slot(str)
    def _show(self, slot: str) -> None:
        found = self._session.results[SIMILARITY][slot]
        self.setText("nothing yet" if found is None else f"{slot}: {found.max():.3f}")


# What follows is the test.


@pytest.fixture
def panel(qtbot: QtBot, session: Session, runner: JobRunner, processes: FakeProcesses, tiny_folder: Path) -> QLabel:
    Pipeline(session, runner, processes, "cpu", [*RESULTS, SIMILARITY])  # type: ignore[arg-type]
    session.open_data(DataSource(str(tiny_folder)))
    made = SimilarityPanel(session)
    qtbot.addWidget(made)
    return made


def test_it_is_made_shown_and_gone_with_its_model(panel: QLabel, session: Session, processes: FakeProcesses) -> None:
    session.choose_checkpoint("A", made_checkpoint("first"))
    assert panel.text() == "nothing yet"
    processes.finish_all()
    first = panel.text()
    assert first.startswith("A: 0.")
    session.choose_checkpoint("A", made_checkpoint("second"))
    assert panel.text() == "nothing yet"
    processes.finish_all()
    assert panel.text().startswith("A: 0.") and panel.text() != first


def test_it_is_found_again_or_made_anew_where_it_is_damaged(
    panel: QLabel, session: Session, processes: FakeProcesses
) -> None:
    session.choose_checkpoint("A", made_checkpoint("first"))
    processes.finish_all()
    (file,) = (session.workspace / "similarity").iterdir()
    save_arrays(file, {"array": np.array([0.125])})
    session.choose_checkpoint("A", None)
    session.choose_checkpoint("A", made_checkpoint("first"))
    assert panel.text() == "A: 0.125", "read, not made"
    file.write_bytes(b"damaged")
    session.choose_checkpoint("A", None)
    session.choose_checkpoint("A", made_checkpoint("first"))
    assert panel.text() not in ("A: 0.125", "nothing yet")
    assert any("is made once more" in problem.sentence for problem in session.problems.all)


def test_a_failure_is_seen_and_can_be_tried_again(
    panel: QLabel, session: Session, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_request: Request) -> np.ndarray:
        raise EmbeddingsError("Out of memory.")

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules[__name__], "mean_similarity", fail)
        session.choose_checkpoint("A", made_checkpoint("first"))
        processes.finish_all()
    (problem,) = session.problems.all
    assert (problem.subject, problem.sentence) == (Subject("similarity", "A"), "Out of memory.")
    assert panel.text() == "nothing yet"
    session.problems.retry(problem.subject)
    assert panel.text().startswith("A: 0.") and session.problems.all == []
