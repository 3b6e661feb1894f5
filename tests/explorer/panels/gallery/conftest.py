"""The neighbours panel on real pictures, with answers that come at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.panels.gallery.panel import GalleryPanel
from explorer.session import Session
from explorer.thumbnails import ThumbnailStore
from tests.explorer.factories import made_checkpoint
from tests.explorer.fake_processes import FakeProcesses


@pytest.fixture
def thumbnails(session: Session) -> Iterator[ThumbnailStore]:
    store = ThumbnailStore(session.workspace)
    session.catalog_changed.connect(lambda: store.set_catalog(session.catalog))
    yield store
    store.shutdown()


@pytest.fixture
def panel(
    qtbot: QtBot, session: Session, processes: FakeProcesses, thumbnails: ThumbnailStore, tiny_folder: Path
) -> GalleryPanel:
    """The tiny data are open; no checkpoint yet."""
    runner = JobRunner(synchronous=True, parent=session)
    Pipeline(session, runner, processes, "cpu")  # type: ignore[arg-type]
    made = GalleryPanel(session, thumbnails, runner)
    qtbot.addWidget(made)
    qtbot.addWidget(made.header)
    made.resize(420, 640)
    session.open_data(DataSource(str(tiny_folder)))
    made.show()
    return made


@pytest.fixture
def filled(panel: GalleryPanel, session: Session, processes: FakeProcesses) -> GalleryPanel:
    """With a checkpoint and a query."""
    session.choose_checkpoint("A", made_checkpoint("first"))
    processes.finish_all()
    assert session.catalog is not None
    row = int(session.catalog.rows("test")[7])
    session.selection.select([row], query=row)
    return panel
