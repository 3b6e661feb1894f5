"""The start screen: data of before as cards, sets to fetch, one place to drop on; and care for the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from core.data.source import DEMO, DataSource
from explorer.appearance.widgets import Chip
from explorer.application import Explorer
from explorer.commands import COMMANDS
from explorer.jobs.fetching import Fetching
from explorer.jobs.recent_datasets import load_facts, load_known
from explorer.opening.data_card import DataCard, counts_and_when
from explorer.opening.dialog import OpenDialog
from explorer.opening.rename_dialog import RenameDialog
from explorer.opening.start_screen import StartScreen
from explorer.session import Session
from explorer.state.library import DataFacts
from explorer.state.subject import FETCHED, RECHECKED
from tests.core.data.pictures import put
from tests.explorer.fake_processes import FakeProcesses

Open = Callable[[DataSource], Explorer]


def _start(explorer: Explorer) -> StartScreen:
    return explorer.window.findChild(StartScreen)


def _settle(qtbot: QtBot, explorer: Explorer) -> None:
    qtbot.waitUntil(lambda: explorer.is_idle, timeout=20_000)


def _notice(explorer: Explorer) -> str:
    problem = explorer.session.problems.get(RECHECKED)
    return "" if problem is None else problem.sentence


@pytest.fixture
def explorer(qtbot: QtBot, open_explorer: Open, tiny_folder: Path) -> Explorer:
    """With a small data set open, and the start screen over it."""
    made = open_explorer(DataSource(str(tiny_folder)))
    _settle(qtbot, made)
    assert not _start(made).isVisible(), "data are open"
    made.window.commands.run("window.start")
    _settle(qtbot, made)
    assert _start(made).isVisible()
    return made


def _card(explorer: Explorer) -> DataCard:
    return next(card for card in _start(explorer).cards if card.source.location != DEMO)


def test_a_data_set_is_a_card_with_its_pictures_and_counts(qtbot: QtBot, explorer: Explorer, tiny_folder: Path) -> None:
    card = _card(explorer)
    assert (card.text_shown.name, card.text_shown.counts) == ("tiny", "48 images, 8 classes, today")
    assert card.text_shown.path == card.toolTip() == str(tiny_folder)
    assert card.pictures == 4 and not card.is_missing
    for _ in range(30):
        qtbot.keyClick(explorer.window.focusWidget(), Qt.Key.Key_Tab)
        assert _start(explorer).isAncestorOf(explorer.window.focusWidget()), "what lies below takes no keys"
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert not _start(explorer).isVisible()


def test_while_no_data_are_open_it_stands_in_the_window(
    qtbot: QtBot, open_explorer: Open, tmp_path: Path, tiny_folder: Path, workspace: Path
) -> None:
    explorer = open_explorer(DataSource(str(tiny_folder)))
    _settle(qtbot, explorer)
    explorer.shutdown()
    from explorer.settings import Settings

    again = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    try:
        again.window.show()
        again.open(DataSource(str(tmp_path / "nothing")))
        qtbot.waitUntil(lambda: _start(again).isVisible() and again.is_idle, timeout=20_000)
        assert "is not there" in again.session.problems.all[-1].sentence
        card = _card(again)
        assert card.pictures == 4
        qtbot.mouseClick(_start(again).open_button, Qt.MouseButton.LeftButton)
        assert again.window.findChild(OpenDialog).isVisible()
        again.window.findChild(OpenDialog).reject()
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: again.session.catalog is not None, timeout=20_000)
        assert not _start(again).isVisible()
        _settle(qtbot, again)
    finally:
        again.shutdown()
        again.window.close()
        again.window.deleteLater()


def test_what_is_not_there_is_grey_and_can_be_located(
    qtbot: QtBot, explorer: Explorer, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved"
    _start(explorer).leave()
    tiny_folder.rename(moved)
    explorer.window.commands.run("window.start")
    qtbot.waitUntil(lambda: _card(explorer).is_missing)
    card = _card(explorer)
    assert card.text_shown.counts == "not there; locate…" and not card.grab().isNull()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(moved))
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    dialog = explorer.window.findChild(OpenDialog)
    qtbot.waitUntil(dialog.open_button.isEnabled)
    assert dialog.field.text() == str(moved)
    assert DataSource(str(moved)) in explorer.session.library.data_sets
    assert explorer.session.library.facts[DataSource(str(moved))].images == 48
    dialog.reject()


def test_its_menu_renames_rechecks_and_removes(
    qtbot: QtBot, explorer: Explorer, tiny_folder: Path, workspace: Path
) -> None:
    source, commands = DataSource(str(tiny_folder)), explorer.window.commands
    _card(explorer).menu_requested.emit(QPoint(9, 9))
    menu = _start(explorer).findChild(QMenu)
    texts = [action.text() for action in menu.actions()]
    assert texts == [
        COMMANDS["data.look_at"].menu,
        COMMANDS["data.rename"].menu,
        COMMANDS["data.locate"].menu,
        COMMANDS["data.recheck"].text,
        COMMANDS["data.remove"].text,
    ]
    menu.close()
    commands.run("data.rename", source)
    dialog = explorer.window.findChild(RenameDialog)
    assert dialog.field.text() == "tiny"
    dialog.field.setText("Shapes of mine")
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    assert _card(explorer).text_shown.name == "Shapes of mine"
    assert explorer.window.windowTitle() == "Shapes of mine – Embedding Explorer"
    assert any(chip.value == "Shapes of mine" for chip in explorer.window.findChildren(Chip))
    assert any(entry.text == "Shapes of mine" for entry in explorer.window.panel("library").shown())
    qtbot.waitUntil(lambda: source in load_facts(workspace) and load_facts(workspace)[source].name == "Shapes of mine")

    put(tiny_folder / "red cross" / "new.png")
    commands.run("data.recheck", source)
    qtbot.waitUntil(lambda: "1 new (first: red cross/new.png)" in _notice(explorer), timeout=20_000)
    assert len(explorer.session.catalog) == 49
    _settle(qtbot, explorer)

    commands.run("data.remove", source)
    assert "no longer listed. Its files are untouched." in _notice(explorer)
    assert source not in explorer.session.library.data_sets and (tiny_folder / "red cross").is_dir()
    qtbot.waitUntil(lambda: source not in load_known(workspace))


def test_what_is_not_open_is_rechecked_by_what_is_remembered(qtbot: QtBot, explorer: Explorer, tmp_path: Path) -> None:
    other, session = DataSource(str(tmp_path / "other")), explorer.session
    for name in ("a/1.png", "b/1.png"):
        put(tmp_path / "other" / name)
    session.library.set_data_sets([other, *session.library.data_sets])
    session.library.remember(other, DataFacts(images=5, classes=2, fingerprint="earlier"))
    explorer.window.commands.run("data.recheck", other)
    # Its files were not listed then, as by an earlier version.
    qtbot.waitUntil(lambda: "has 2 images now, 5 when it was opened" in _notice(explorer), timeout=20_000)
    assert session.source != other
    tiny, opened_then = session.source, session.catalog
    session.open_data(other)
    qtbot.waitUntil(lambda: session.source == other and explorer.is_idle, timeout=20_000)
    (opened_then.root / "red cross" / "0.png").unlink()
    explorer.window.commands.run("data.recheck", tiny)
    qtbot.waitUntil(lambda: "1 missing (first: red cross/0.png)" in _notice(explorer), timeout=20_000)
    assert session.source == other, "it is looked at and not opened"


def test_a_set_is_fetched_and_opened_and_without_a_network_it_is_said_where_files_go(
    session: Session, processes: FakeProcesses
) -> None:
    wanted: list[DataSource] = []
    session.data_requested.connect(wanted.append)
    Fetching(session, processes)
    session.fetch("Omniglot")
    assert processes.jobs["fetch"].arguments == ["datasets", "--download", "Omniglot"]
    processes.fail("fetch")
    problem = session.problems.get(FETCHED)
    assert "omniglot-py" in problem.sentence and "Without the network" in problem.sentence
    session.problems.retry(FETCHED)
    processes.finish("fetch")
    assert wanted == [DataSource("torchvision:Omniglot")] and session.problems.get(FETCHED) is None


def test_sets_to_fetch_name_their_size_and_licence(qtbot: QtBot, explorer: Explorer) -> None:
    from explorer.appearance.plain import Label

    texts = [label.text() for label in _start(explorer).fetch_list.findChildren(Label)]
    assert "32,460 images, 1,623 classes. 16 MB, MIT" in texts
    assert "101,000 images, 101 classes. 5.0 GB, for research only" in texts
    assert any("needs the network" in text and "torchvision" in text for text in texts)
    asked: list[str] = []
    explorer.session.fetch_requested.disconnect()
    explorer.session.fetch_requested.connect(asked.append)
    qtbot.mouseClick(_start(explorer).fetch_list.button_of("Omniglot"), Qt.MouseButton.LeftButton)
    assert asked == ["Omniglot"]
    _start(explorer).fetch_list.show_there({"Omniglot"}, "/there")
    assert _start(explorer).fetch_list.button_of("Omniglot").text() == "Open"


@pytest.mark.parametrize(
    ("opened", "when"),
    [
        ("2026-03-02T12:00:00+00:00", "today"),
        ("2026-03-01T12:00:00+00:00", "yesterday"),
        ("2026-01-05T12:00:00+00:00", "2026-01-05"),
        ("", "opened before"),
    ],
)
def test_when_it_was_open(opened: str, when: str) -> None:
    facts = DataFacts(images=3, classes=1, opened=opened)
    assert counts_and_when(facts, date(2026, 3, 2)) == f"3 images, 1 class, {when}"


def test_of_what_an_earlier_version_listed_nothing_more_is_known() -> None:
    assert counts_and_when(None) == counts_and_when(DataFacts()) == ""
