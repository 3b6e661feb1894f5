"""Naming data: a folder or a table, each in the system's own dialog."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.commands import COMMANDS, Commands
from explorer.open_menu import OpenMenu
from explorer.session import Session

Offers = dict[str, QAction]
FOLDER, TABLE = (COMMANDS[name].menu for name in ("data.open_folder", "data.open_table"))


@pytest.fixture
def opened(session: Session) -> list[DataSource]:
    sources: list[DataSource] = []
    session.data_requested.connect(sources.append)
    return sources


@pytest.fixture
def offers(qtbot: QtBot, session: Session) -> Offers:
    window = QWidget()
    qtbot.addWidget(window)
    menu = OpenMenu(session, Commands(session, window), window)
    assert all(action in window.actions() for action in menu.actions()), "its keys work while it is closed"
    return {action.text(): action for action in menu.actions()}


def test_a_folder_is_chosen(offers: Offers, opened: list[DataSource], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/data/shapes")
    offers[FOLDER].trigger()
    assert opened == [DataSource("/data/shapes")]


def test_a_table_is_chosen_among_tables_and_other_lists(
    offers: Offers, opened: list[DataSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def choose(_window: QWidget, _title: str, _folder: str, filters: str) -> tuple[str, str]:
        asked.append(filters)
        return "/data/birds.parquet", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    offers[TABLE].trigger()
    assert opened == [DataSource("/data/birds.parquet")]
    manifests, index_files, all_files = asked[0].split(";;")
    assert manifests == "Manifests (*.csv *.tsv *.jsonl *.parquet *.json *.txt *.lst *.list)"
    assert all(name in index_files for name in ("cars_annos.mat", "setid.mat", "*-ubyte.gz"))
    assert all_files == "All files (*)"
    assert "CSV, TSV, JSONL, PARQUET" in offers[TABLE].toolTip()


@pytest.mark.parametrize(
    ("text", "dialog", "answer"), [(FOLDER, "getExistingDirectory", ""), (TABLE, "getOpenFileName", ("", ""))]
)
def test_whoever_chooses_nothing_keeps_what_is_open(
    offers: Offers, opened: list[DataSource], monkeypatch: pytest.MonkeyPatch, text: str, dialog: str, answer: object
) -> None:
    monkeypatch.setattr(QFileDialog, dialog, lambda *_: answer)
    offers[text].trigger()
    assert opened == []
