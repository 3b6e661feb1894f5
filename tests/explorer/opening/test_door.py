"""The one door: files and folders that are dropped, or chosen in the system's dialogs, open as what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.looking import Look
from core.paths import RESOURCES
from explorer.commands import COMMANDS, Commands
from explorer.jobs.runner import JobRunner
from explorer.opening.door import Door
from explorer.session import Session
from explorer.state.subject import DROPPED
from tests.explorer.factories import made_catalog

CHECKPOINT = RESOURCES / "demo" / "longer.safetensors"


@pytest.fixture
def opened(session: Session) -> list[DataSource]:
    sources: list[DataSource] = []
    session.data_requested.connect(sources.append)
    return sources


@pytest.fixture
def models(session: Session) -> list[tuple[str, Path]]:
    asked: list[tuple[str, Path]] = []
    session.file_requested.connect(lambda slot, path: asked.append((slot, path)))
    return asked


@pytest.fixture
def commands(qtbot: QtBot, session: Session) -> Commands:
    window = QWidget()
    qtbot.addWidget(window)
    made = Commands(session, window)
    made.window = window
    return made


@pytest.fixture
def door(session: Session, runner: JobRunner, commands: Commands) -> Door:
    return Door(session, runner, commands, commands.window)


def _problem(session: Session) -> str:
    problem = session.problems.get(DROPPED)
    return "" if problem is None else problem.sentence


def test_a_chosen_folder_is_opened(
    door: Door, commands: Commands, opened: list[DataSource], tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tiny_folder))
    commands.action("data.open_folder").trigger()
    assert opened == [DataSource(str(tiny_folder))]


def test_any_file_is_chosen_and_opened_as_what_it_is(
    door: Door,
    commands: Commands,
    session: Session,
    opened: list[DataSource],
    models: list[tuple[str, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    (tmp_path / "birds.parquet").touch()
    chosen = [str(tmp_path / "birds.parquet"), str(CHECKPOINT)]

    def choose(_window: QWidget, _title: str, _folder: str, filters: str) -> tuple[str, str]:
        asked.append(filters)
        return chosen[len(asked) - 1], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    for _ in chosen:
        commands.action("data.open_table").trigger()
    assert opened == [DataSource(chosen[0])] and models == [("A", CHECKPOINT)]
    everything, manifests, of_models, index_files, all_files = asked[0].split(";;")
    assert manifests == "Manifests (*.csv *.tsv *.jsonl *.parquet *.json *.txt *.lst *.list)"
    assert of_models == "Checkpoints and embeddings (*.safetensors *.npz)"
    assert all(name in index_files and name in everything for name in ("cars_annos.mat", "setid.mat", "*-ubyte.gz"))
    assert all_files == "All files (*)" and "*.npz" in everything
    assert COMMANDS["data.open_table"].keys == "Ctrl+T"


@pytest.mark.parametrize(
    ("name", "dialog", "answer"),
    [("data.open_folder", "getExistingDirectory", ""), ("data.open_table", "getOpenFileName", ("", ""))],
)
def test_whoever_chooses_nothing_keeps_what_is_open(
    door: Door,
    commands: Commands,
    opened: list[DataSource],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    dialog: str,
    answer: object,
) -> None:
    monkeypatch.setattr(QFileDialog, dialog, lambda *_: answer)
    commands.action(name).trigger()
    assert opened == []


def test_the_folder_of_a_run_is_a_model_and_brings_its_data(
    door: Door, session: Session, opened: list[DataSource], models: list[tuple[str, Path]], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text("{}")
    door.use([run])
    assert opened == [] and "Open a data set first" in _problem(session)
    source = DataSource("shapes")
    known = Look(str(run), "run", "A run.", data=_data(source))
    door.open_model("A", known)
    assert opened == [source] and models == []
    session.set_catalog(source, made_catalog(), "all")
    assert models == [("A", run)]
    door.use([run])
    assert models[-1] == ("A", run) and len(opened) == 1


def test_a_run_does_not_follow_other_data(door: Door, session: Session, models: list[tuple[str, Path]]) -> None:
    door.open_model("A", Look("/runs/a", "run", "A run.", data=_data(DataSource("shapes"))))
    session.set_catalog(DataSource("others"), made_catalog(), "all")
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    assert models == []


def test_vectors_without_data_are_the_data(door: Door, opened: list[DataSource], tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", embeddings=np.zeros((4, 2), np.float32))
    door.use([tmp_path / "x.npz"])
    assert opened == [DataSource(str(tmp_path / "x.npz"))]


def test_what_is_of_no_use_is_told(door: Door, session: Session, opened: list[DataSource], tmp_path: Path) -> None:
    (tmp_path / "song.mp3").touch()
    door.use([tmp_path / "song.mp3"])
    assert opened == [] and "song.mp3 is no image, folder" in _problem(session)


def _data(source: DataSource):
    from core.data.data_look import DataLook

    return DataLook(source, "")
