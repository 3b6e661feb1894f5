"""What a panel with a result of its own takes: the result declared beside it, and one line where panels are listed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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
from explorer.main_window import MainWindow
from explorer.panels.panel import Panel, PanelSpec
from explorer.panels.table import PANELS, results_of
from explorer.results.embeddings import EMBEDDINGS
from explorer.session import Session
from explorer.settings import Settings
from explorer.state.derived import ARRAY, Derived, Request
from explorer.state.subject import Subject
from explorer.thumbnails import ThumbnailStore
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
    lambda request: f"measuring the similarity of classes of {request.slot}",
    needs=(EMBEDDINGS,),
    compute=lambda request: mean_similarity(request),
    stored=ARRAY,
)

# The panel.


class SimilarityPanel(Panel):
    """Shows how similar the most similar class is."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._label = session, QLabel("nothing yet", self)
        session.results[SIMILARITY].changed.connect(self._show)

    @Slot(str)
    def _show(self, slot: str) -> None:
        found = self._session.results[SIMILARITY][slot]
        self._label.setText("nothing yet" if found is None else f"{slot}: {found.max():.3f}")


# The line in the table of panels.

LINE = PanelSpec("similarity", "Similarity", lambda c: SimilarityPanel(c.session), results=(SIMILARITY,))


# What follows is the test.


@pytest.fixture
def panel(
    qtbot: QtBot, session: Session, runner: JobRunner, processes: FakeProcesses, tiny_folder: Path, tmp_path: Path
) -> Iterator[QLabel]:
    panels = (*PANELS, LINE)
    Pipeline(session, runner, processes, "cpu", results_of(panels))  # type: ignore[arg-type]
    thumbnails = ThumbnailStore(session.workspace, parent=session)
    window = MainWindow(session, runner, thumbnails, Settings(tmp_path / "w.ini"), [], lambda: False, panels)
    qtbot.addWidget(window)
    window.show()
    window.show_panel("similarity")
    session.open_data(DataSource(str(tiny_folder)))
    shown = window.panel("similarity").findChild(QLabel)
    assert isinstance(shown, QLabel) and shown.isVisible()
    yield shown
    thumbnails.shutdown()
    window.shutdown()


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
    (file,) = (session.workspace / "results" / "similarity").iterdir()
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
