"""Parts of the window, and the whole application, on a workspace of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core import paths
from core.data.source import DataSource
from explorer.appearance import theme
from explorer.application import Explorer
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.settings import Settings
from tests.explorer.fake_processes import FakeProcesses


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Session:
    """What a window starts with: no data, no checkpoint."""
    return Session(tmp_path / "workspace")


@pytest.fixture
def processes(session: Session) -> FakeProcesses:
    """Stands in for the child processes of `session`."""
    return FakeProcesses(session)


@pytest.fixture
def runner(session: Session) -> Iterator[JobRunner]:
    """Answers at once, in the thread that asks."""
    made = JobRunner(synchronous=True)
    yield made
    made.shutdown()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that child processes use too."""
    folder = tmp_path / "workspace"
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(folder))
    return folder


@pytest.fixture
def open_explorer(qtbot: QtBot, workspace: Path, tmp_path: Path) -> Iterator[Callable[[DataSource], Explorer]]:
    """Opens windows on the workspace, one after the other or together; all are shut down at the end."""
    opened: list[Explorer] = []

    def open_one(source: DataSource, checkpoints: list[Path] | None = None) -> Explorer:
        explorer = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
        opened.append(explorer)
        for slot in explorer.session.slots:
            explorer.window.panel("map").pane(slot).canvas.animations = False
        explorer.window.show()
        qtbot.waitExposed(explorer.window)
        explorer.open(source, checkpoints)
        qtbot.waitUntil(lambda: explorer.session.catalog is not None, timeout=20_000)
        return explorer

    yield open_one
    for explorer in opened:
        explorer.trainings.stop_all()
    qtbot.waitUntil(lambda: not any(explorer.trainings.training for explorer in opened), timeout=20_000)
    for explorer in opened:
        explorer.shutdown()
        explorer.window.close()
        explorer.window.deleteLater()


@pytest.fixture(params=[("dark", (1440, 900)), ("light", (1100, 700))], ids=["dark, large", "light, small"])
def open_in_both_looks(
    request: pytest.FixtureRequest, open_explorer: Callable[..., Explorer], qapp: QApplication
) -> Iterator[Callable[..., Explorer]]:
    """`open_explorer` once in each theme, at the usual and at the smallest size."""
    look, size = request.param

    def open_one(source: DataSource, checkpoints: list[Path] | None = None) -> Explorer:
        explorer = open_explorer(source, checkpoints)
        explorer.window.set_theme(look)
        explorer.window.resize(*size)
        return explorer

    yield open_one
    theme.apply(qapp, "dark")
