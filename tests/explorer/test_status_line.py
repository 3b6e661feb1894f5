"""The line at the bottom in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.training.run_directory import RunSummary
from explorer.appearance.widgets import IconButton
from explorer.session import Session
from explorer.state.tasks import Task
from explorer.status_line import StatusLine
from tests.explorer.factories import made_catalog

RUN = RunSummary(
    Path("shapes"), "shapes", "running", "epoch 3 of 12", 3, 12, 90, 0.2543, 0.5, 75.0, "", None, None, (), done=0.2
)


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Session:
    return Session(tmp_path / "a workspace")


@pytest.fixture
def line(qtbot: QtBot, session: Session) -> StatusLine:
    made = StatusLine(session)
    qtbot.addWidget(made)
    made.resize(1000, 26)
    made.show()
    return made


def _words(line: StatusLine) -> list[str]:
    return [label.text() for label in line.findChildren(QLabel) if label.isVisible() and label.text()]


def _bar(line: StatusLine) -> QProgressBar:
    bar = line.findChild(QProgressBar)
    assert bar is not None
    return bar


def _cancel(line: StatusLine) -> IconButton:
    button = line.findChild(IconButton)
    assert button is not None
    return button


def test_at_rest_it_names_device_and_workspace(line: StatusLine, session: Session) -> None:
    assert _words(line) == [f"workspace: {session.workspace}"]
    session.set_device("CPU (2 cores)")
    assert _words(line) == ["device: CPU (2 cores)", f"workspace: {session.workspace}"]
    assert not _bar(line).isVisible() and not _cancel(line).isVisible()


def test_the_home_folder_is_a_tilde(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    line = StatusLine(Session(tmp_path / "data" / "explorer"))
    qtbot.addWidget(line)
    line.show()
    assert _words(line) == ["workspace: ~/data/explorer"]


def test_the_newest_activity_is_shown_and_all_are_in_the_tooltip(line: StatusLine, session: Session) -> None:
    session.tasks.set(Task("embed A", "embedding 5 of 10 images", 0.5))
    session.tasks.set(Task("evaluation A", "measuring recall"))
    session.runs.set_all([RUN])
    label = line.findChildren(QLabel)[3]
    assert label.text() == "Measuring recall"
    assert label.toolTip().splitlines() == [
        "Embedding 5 of 10 images",
        "Measuring recall",
        "shapes  ·  epoch 3 of 12  ·  loss 0.254  ·  75 s left",
    ]
    assert _bar(line).maximum() == 0, "how long that takes is not known"
    session.tasks.end("evaluation A")
    assert label.text() == "Embedding 5 of 10 images"
    assert (_bar(line).value(), _bar(line).maximum()) == (500, 1000)


def test_training_is_shown_while_nothing_else_goes_on(line: StatusLine, session: Session) -> None:
    session.runs.set_all([replace(RUN, state="finished"), RUN])
    assert _words(line)[-1] == "shapes  ·  epoch 3 of 12  ·  loss 0.254  ·  75 s left"
    assert _bar(line).value() == 200 and not _cancel(line).isVisible()
    session.runs.set_all([replace(RUN, sentence="starting", epoch=0, loss=None, seconds_left=None)])
    assert _words(line)[-1] == "shapes  ·  starting"
    assert _bar(line).maximum() == 0
    session.runs.set_all([replace(RUN, state="stopped")])
    assert not _bar(line).isVisible()


def test_cancel_ends_the_activity_that_is_shown(qtbot: QtBot, line: StatusLine, session: Session) -> None:
    ended: list[str] = []
    session.tasks.set(Task("embed A", "embedding A", None, lambda: ended.append("A")))
    session.tasks.set(Task("embed B", "embedding B", None, lambda: ended.append("B")))
    qtbot.mouseClick(_cancel(line), Qt.MouseButton.LeftButton)
    assert ended == ["B"]
    session.tasks.set(Task("data", "opening shapes"))
    assert not _cancel(line).isVisible()
    assert _cancel(line).accessibleName() == "Cancel this task"


def test_long_words_leave_room_for_the_progress(qtbot: QtBot, line: StatusLine, session: Session) -> None:
    session.tasks.set(Task("query A", "embedding " + 60 * "long-name-" + ".jpg", 0.5, lambda: None))
    session.workspace = Path("/" + "/".join(40 * ["deep-folder"]))
    session.set_device("CPU")
    assert line.minimumSizeHint().width() < 600
    line.resize(900, 26)
    qtbot.waitUntil(lambda: _cancel(line).geometry().right() < 900)
    assert _cancel(line).isVisible() and _bar(line).width() == 120
    line.grab()


def test_it_says_in_short_what_was_understood_of_the_data(line: StatusLine, session: Session) -> None:
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    assert _words(line)[0] == "15 images · 3 classes · lists of the data set"
    line.show_data(False)
    assert "15 images" not in " ".join(_words(line)), "where the view says it at length"
    session.set_catalog(DataSource("others"), made_catalog(), "all")
    assert "15 images" not in " ".join(_words(line))
    line.show_data(True)
    assert _words(line)[0].startswith("15 images")
