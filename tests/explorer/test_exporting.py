"""Exporting from the window: which images are offered, what is written, and what is said of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.data.conditions import OneOf
from core.data.source import DataSource
from core.retrieval.evaluation import evaluate
from explorer import exporting
from explorer.appearance.plain import Label
from explorer.appearance.popup import Popup
from explorer.exporting import ExportChoice, Exporting
from explorer.file_dialogs import ask_where_to_save
from explorer.jobs.runner import JobRunner
from explorer.results.measures import EVALUATION
from explorer.session import Session
from explorer.state.subject import EXPORTED
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def opened(session: Session, runner: JobRunner, window: QWidget) -> Exporting:
    session.set_catalog(DataSource("shapes"), made_catalog(), "test")
    return Exporting(session, runner, window)


def choice(opened: Exporting, window: QWidget) -> ExportChoice:
    opened.ask(window)
    (popup,) = (each for each in window.findChildren(Popup) if each.isVisible())
    assert isinstance(popup.content, ExportChoice)
    return popup.content


def words(shown: ExportChoice) -> list[str]:
    return [each.text() for each in shown.buttons]


def told(shown: ExportChoice) -> list[str]:
    return [each.text() for each in shown.findChildren(Label)][1:]


def test_what_there_is_to_export_is_offered_with_its_count(
    opened: Exporting, window: QWidget, session: Session
) -> None:
    shown = choice(opened, window)
    assert words(shown) == ["All of test: 15 images"]
    assert told(shown) == ["Path, class, split and attributes of each; opens again as data."]
    shown.window().close()
    session.selection.select([3, 4])
    session.filter.put(OneOf("class", words=("disc",)))
    shown = choice(opened, window)
    assert words(shown) == ["Selection: 2 images", "What the filter shows: 5 images", "All of test: 15 images"]
    shown.window().close()


def test_what_has_no_pictures_is_not_said_to_open_again(opened: Exporting, window: QWidget, session: Session) -> None:
    catalog = replace(made_catalog(), pictured=np.zeros(15, bool))
    session.set_catalog(DataSource("vectors"), catalog, "all")
    session.choose_checkpoint("A", made_checkpoint("network"))
    shown = choice(opened, window)
    assert words(shown) == ["All images: 15 images"]
    assert told(shown) == [
        "Path, class, split and attributes of each.",
        "Not measured yet, and left out: A network.",
    ]


def test_the_chosen_images_are_written_with_what_is_measured(
    qtbot: QtBot,
    opened: Exporting,
    window: QWidget,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert session.catalog is not None
    for slot in "AB":
        session.choose_checkpoint(slot, made_checkpoint(f"network {slot}"))
    embeddings = made_embeddings(session.catalog, "A")
    set_embeddings(session, "A", embeddings)
    session.results[EVALUATION].put("A", evaluate(embeddings))
    session.selection.select([12, 3])
    asked: list[tuple[str, str]] = []
    path = tmp_path / "out.csv"
    monkeypatch.setattr(
        exporting, "ask_where_to_save", lambda _s, _p, title, name, _k: asked.append((title, name)) or str(path)
    )
    qtbot.mouseClick(choice(opened, window).buttons[0], Qt.MouseButton.LeftButton)
    assert asked == [("Export 2 images", "shapes selection.csv")]
    with path.open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [row["path"] for row in found] == ["disc/3.png", "square/2.png"]
    assert {name for name in found[0] if ": " in name} >= {"A network A: right at 1", "A network A: nearest class"}
    told = json.loads((tmp_path / "out.csv.json").read_text())
    assert told["what"] == "selection" and told["not_measured_yet"] == ["network B"]
    notice = session.problems.get(EXPORTED)
    assert notice is not None and notice.is_notice and notice.sentence.startswith("2 images were written to")
    assert notice.sentence.endswith(
        "To open it again, name the folder of its images, /nowhere, in the reading options."
    )


def test_a_folder_that_is_none_is_said_in_one_sentence(
    qtbot: QtBot,
    opened: Exporting,
    window: QWidget,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(exporting, "ask_where_to_save", lambda *_: str(tmp_path / "file" / "out.csv"))
    qtbot.mouseClick(choice(opened, window).buttons[0], Qt.MouseButton.LeftButton)
    problem = session.problems.get(EXPORTED)
    assert problem is not None and not problem.is_notice and str(tmp_path / "file") in problem.sentence
    assert problem.retry is not None and not session.tasks.all


def test_nothing_is_written_where_no_file_was_chosen(
    session: Session, window: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffixes: list[str] = []

    def chosen(dialog: QFileDialog) -> int:
        suffixes.append(dialog.defaultSuffix())
        return 0

    monkeypatch.setattr(QFileDialog, "exec", chosen)
    assert ask_where_to_save(session, window, "Export", "a.csv", "Tables (*.csv)") == ""
    monkeypatch.setattr(QFileDialog, "exec", lambda _dialog: 1)
    session.last_folder = str(tmp_path)
    assert ask_where_to_save(session, window, "Export", "a.csv", "Tables (*.csv)") == str(tmp_path / "a.csv")
    assert suffixes == ["csv"], "a name without it is completed before the question whether to replace"
