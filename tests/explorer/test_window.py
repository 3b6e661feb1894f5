"""The window around the panels, and the application around the window."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.data.catalog import OpeningReport
from core.data.source import DataSource
from core.messages import LANGUAGE_VARIABLE, Message
from core.projection.projection import pca_map
from core.retrieval.evaluation import evaluate
from explorer import application
from explorer.appearance import theme
from explorer.appearance.widgets import Chip, IconButton, ProblemStrip
from explorer.application import ExceptionReport, Explorer, Screenshot
from explorer.class_search import ClassSearch
from explorer.drop_hint import DropHint
from explorer.main_window import SMALLEST
from explorer.opening.dialog import OpenDialog
from explorer.preview import Preview
from explorer.reading_options import ReadingOptions
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.settings import Settings
from explorer.shortcuts import ShortcutList
from explorer.state.subject import DATA, QUERY, RUN, WINDOW, Subject
from explorer.state.tasks import Task
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

Open = Callable[..., Explorer]


@pytest.fixture
def explorer(qtbot: QtBot, workspace: Path, tmp_path: Path) -> Iterator[Explorer]:
    """A window with nothing open."""
    made = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    made.window.show()
    qtbot.waitExposed(made.window)
    yield made
    made.shutdown()
    made.window.deleteLater()


def _strip(explorer: Explorer) -> ProblemStrip:
    """The one above the panels."""
    strip = explorer.window.menuWidget().findChild(ProblemStrip)
    assert strip is not None
    return strip


def _dropped(window: QWidget, path: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = _dragged(window, path)
    window.dropEvent(QDropEvent(QPointF(9, 9), copy, data, left, none))
    return entered


def _dragged(window: QWidget, path: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(9, 9), copy, data, left, none)
    entering.ignore()
    window.dragEnterEvent(entering)
    return entering.isAccepted()


@pytest.fixture
def in_another_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three labels and a problem have words; all else is said in English."""
    folder = tmp_path / "language"
    folder.mkdir()
    labels = 'new-run = "Neuer Lauf"\nopen-item = "Öffnen…"\ncolour = "Farbe"\n'
    problem = "row-of-other-split = \"Bild {row} ist nicht im Teil '{split}'.\"\n"
    (folder / "window.toml").write_text(labels + problem, encoding="utf-8")
    monkeypatch.setenv(LANGUAGE_VARIABLE, str(folder))


def test_the_window_speaks_another_language(in_another_language: None, explorer: Explorer) -> None:
    shown = {button.text() for button in explorer.window.panel("library").findChildren(QPushButton)}
    assert {"Neuer Lauf", "Öffnen…"} <= shown
    assert any("Farbe" in chip.accessibleName() for chip in explorer.window.findChildren(Chip))
    explorer.session.problems.set(WINDOW, Message("row-of-other-split", row=3, split="test"))
    assert _strip(explorer).sentence == "Bild 3 ist nicht im Teil 'test'."
    assert explorer.window.findChild(ClassSearch).accessibleName() == "Search classes and files"


class TestProblems:
    """The strip above the panels."""

    def test_the_newest_is_shown_and_then_what_is_left(self, explorer: Explorer) -> None:
        session, strip = explorer.session, _strip(explorer)
        assert not strip.isVisible()
        session.problems.set(Subject("embeddings", "A"), "It is damaged.", "hash mismatch")
        session.problems.set(RUN, "It crashed.")
        assert strip.isVisible() and strip.sentence == "It crashed."
        session.problems.clear(RUN)
        assert strip.sentence == "It is damaged."
        session.problems.set(QUERY, "The gallery shows this one.")
        assert strip.sentence == "It is damaged."
        session.problems.clear(Subject("embeddings", "A"))
        assert not strip.isVisible()

    def test_closing_one_shows_the_one_before(self, qtbot: QtBot, explorer: Explorer) -> None:
        strip = _strip(explorer)
        explorer.session.problems.set(Subject("embeddings", "A"), "It is damaged.")
        explorer.session.problems.set(Subject("embeddings", "B"), "It is gone.")
        close = strip.findChild(IconButton)
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
        assert strip.sentence == "It is damaged."
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
        assert not strip.isVisible()
        explorer.session.problems.set(Subject("embeddings", "A"), "Again.")
        assert strip.isVisible()

    @pytest.mark.parametrize("rule", ["", "No split was given: half of the classes are test."])
    def test_what_opening_found_is_told_without_the_split_rule(self, explorer: Explorer, rule: str) -> None:
        report = OpeningReport(17, 15, {"missing": 2}, {"missing": ("a.png",)}, rule)
        explorer.session.set_catalog(DataSource("shapes"), replace(made_catalog(), report=report), "all")
        assert _strip(explorer).sentence == "15 of 17 images are used. 2 have no image file (first: a.png)."
        assert explorer.window.windowTitle() == "shapes – Embedding Explorer"
        explorer.session.set_catalog(DataSource("others"), made_catalog(), "all")
        assert not _strip(explorer).isVisible()

    def test_an_exception_in_a_slot_or_a_thread_is_shown_and_the_window_lives(
        self, qtbot: QtBot, explorer: Explorer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Else pytest takes them for its own.
        monkeypatch.setattr(sys, "excepthook", lambda *_: None)
        monkeypatch.setattr(threading, "excepthook", lambda *_: None)
        report = ExceptionReport(explorer.session)
        QTimer.singleShot(0, lambda: 1 / 0)
        qtbot.waitUntil(lambda: _strip(explorer).isVisible())
        assert _strip(explorer).sentence == "Something unexpected happened (ZeroDivisionError: division by zero)."
        assert "Traceback" in explorer.session.problems.all[0].details
        explorer.session.problems.clear(WINDOW)

        def fall() -> None:
            raise KeyError("lost")

        thread = threading.Thread(target=fall)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: _strip(explorer).isVisible())
        assert "KeyError: 'lost'" in _strip(explorer).sentence
        report.close()
        assert sys.excepthook != report._on_exception


class TestOpening:
    """Which data and checkpoints a start opens."""

    def test_the_last_data_and_checkpoints_come_back(
        self, qtbot: QtBot, open_explorer: Open, workspace: Path, tmp_path: Path, tiny_folder: Path
    ) -> None:
        settings = Settings(tmp_path / "window.ini")
        settings.save_open(workspace, DataSource(str(tiny_folder)), [tmp_path / "gone.safetensors"])
        settings.sync()
        explorer = open_explorer(None)
        assert explorer.session.source == DataSource(str(tiny_folder))
        qtbot.waitUntil(lambda: explorer.is_idle)
        assert "gone.safetensors is not there" in _strip(explorer).sentence
        assert explorer.session.checkpoint["A"] is None

    def test_checkpoints_for_data_that_are_not_there_wait_for_nothing(
        self, qtbot: QtBot, explorer: Explorer, tiny_folder: Path
    ) -> None:
        explorer.open(DataSource("/nowhere/at/all"), [Path("a.safetensors")])
        qtbot.waitUntil(lambda: _strip(explorer).isVisible())
        qtbot.waitUntil(lambda: explorer.is_idle)
        explorer.session.open_data(DataSource(str(tiny_folder)))
        qtbot.waitUntil(lambda: explorer.session.catalog is not None)
        assert not any("a.safetensors" in problem.sentence for problem in explorer.session.problems.all)

    def test_what_is_open_is_remembered(
        self, qtbot: QtBot, workspace: Path, tmp_path: Path, explorer: Explorer, tiny_folder: Path
    ) -> None:
        explorer.open(DataSource(str(tiny_folder)))
        qtbot.waitUntil(lambda: explorer.session.catalog is not None and not explorer.pipeline.busy)
        catalog = explorer.session.catalog
        embeddings = made_embeddings(catalog, "first")
        explorer.session.checkpoint.put("A", made_checkpoint("first"))
        set_embeddings(explorer.session, "A", embeddings)
        explorer.shutdown()
        assert Settings(tmp_path / "window.ini").last_open(workspace) == (
            DataSource(str(tiny_folder)),
            [Path("/nowhere/first.safetensors")],
        )

    def test_where_something_was_last_chosen_is_remembered(
        self, qtbot: QtBot, tmp_path: Path, explorer: Explorer
    ) -> None:
        explorer.session.last_folder = "/photographs"
        explorer.shutdown()
        assert Settings(tmp_path / "window.ini").folder == "/photographs"

    def test_data_that_can_be_read_in_several_ways_are_asked_about(
        self, qtbot: QtBot, explorer: Explorer, tmp_path: Path
    ) -> None:
        table = tmp_path / "pets.csv"
        table.write_text("file,breed,owner\na.png,cat,ann\n")
        Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
        explorer.session.open_data(DataSource(str(table)))
        qtbot.waitUntil(lambda: explorer.window.findChild(ReadingOptions) is not None)
        dialog = explorer.window.findChild(ReadingOptions)
        assert dialog.isVisible() and "pets.csv has no label column" in dialog.asked
        assert explorer.session.problems.all == []
        dialog.reject()

    def test_open_data_can_be_read_otherwise(self, qtbot: QtBot, explorer: Explorer, tiny_folder: Path) -> None:
        action = next(each for each in explorer.window.findChildren(QAction) if each.text() == "Reading options…")
        assert not action.isEnabled()
        explorer.session.open_data(DataSource(str(tiny_folder)))
        qtbot.waitUntil(lambda: explorer.session.catalog is not None)
        action.trigger()
        assert explorer.window.findChild(ReadingOptions).chosen == DataSource(str(tiny_folder))

    def test_the_empty_map_offers_to_open_data_and_to_cancel(self, qtbot: QtBot, explorer: Explorer) -> None:
        button = explorer.window.panel("map").empty.findChild(QPushButton)
        assert button.text() == "Open data…"
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        dialog = explorer.window.findChild(OpenDialog)
        assert dialog.isVisible()
        dialog.reject()
        cancelled: list[None] = []
        explorer.session.tasks.set(Task("data", "opening shapes", cancel=lambda: cancelled.append(None), subject=DATA))
        assert explorer.window.panel("map").empty.sentence == "Opening shapes" and button.text() == "Cancel"
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert cancelled == [None]

    def test_a_folder_or_a_manifest_dropped_on_the_window_is_opened(
        self, qtbot: QtBot, explorer: Explorer, tiny_folder: Path, tmp_path: Path
    ) -> None:
        wanted: list[DataSource] = []
        explorer.session.data_requested.disconnect()
        explorer.session.data_requested.connect(wanted.append)
        manifest, photo = tmp_path / "images.CSV", tmp_path / "photo.png"
        for path in (manifest, photo):
            path.write_text("")
        for path in (tiny_folder, manifest, photo):
            assert _dropped(explorer.window, path), "it is said what it is for"
            qtbot.waitUntil(lambda: not explorer.runner.busy)
        assert [source.location for source in wanted] == [str(tiny_folder), str(manifest)]

    def test_while_something_is_dragged_it_is_said_what_it_is(
        self, qtbot: QtBot, explorer: Explorer, tiny_folder: Path, tmp_path: Path
    ) -> None:
        hint = explorer.window.findChild(DropHint)
        assert hint is not None and hint.isHidden()
        _dragged(explorer.window, tiny_folder)
        qtbot.waitUntil(lambda: "with a class per folder" in hint.text() and hint.isVisible())
        QApplication.sendEvent(explorer.window, QDragLeaveEvent())
        assert hint.isHidden()
        (tmp_path / "nothing").mkdir()
        _dragged(explorer.window, tmp_path / "nothing")
        qtbot.waitUntil(hint.isVisible)
        assert "holds neither images" in hint.text() and "Drop" not in hint.text()

    def test_an_image_dragged_anywhere_is_answered(self, qtbot: QtBot, explorer: Explorer, tmp_path: Path) -> None:
        hint, photo, song = explorer.window.findChild(DropHint), tmp_path / "photo.png", tmp_path / "song.mp3"
        for path in (photo, song):
            path.write_text("")
        model, vectors = tmp_path / "mine.safetensors", tmp_path / "mine.npz"
        for path, expected in (
            (photo, "Open a data set first: an image is"),
            (model, "Open a data set first: checkpoints and embeddings are"),
            (vectors, "mine.npz holds vectors."),
        ):
            assert _dragged(explorer.window, path)
            qtbot.waitUntil(lambda expected=expected: expected in hint.text())
        explorer.session.set_catalog(DataSource("shapes"), made_catalog(), "test")
        assert _dragged(explorer.window, photo)
        qtbot.waitUntil(lambda: hint.text() == "Drop to find the neighbours of photo.png.")
        assert _dropped(explorer.window, photo)
        qtbot.waitUntil(lambda: explorer.session.selection.query_image == photo)
        assert hint.isHidden()
        assert _dragged(explorer.window, song)
        nothing = "song.mp3 is no image, folder, manifest, checkpoint or embeddings file."
        qtbot.waitUntil(lambda: hint.text() == nothing)
        os.mkfifo(tmp_path / "pipe.jpg")
        assert _dragged(explorer.window, tmp_path / "pipe.jpg")
        qtbot.waitUntil(lambda: hint.text() == "pipe.jpg is a named pipe, not a regular file.")

    def test_a_picture_is_pasted_anywhere_but_into_a_text_field(
        self, qtbot: QtBot, explorer: Explorer, tmp_path: Path
    ) -> None:
        (tmp_path / "photo.png").write_text("")
        explorer.session.set_catalog(DataSource("shapes"), made_catalog(), "test")
        QApplication.clipboard().setText(str(tmp_path / "photo.png"))
        explorer.window.activateWindow()
        paste = (Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        search = explorer.window.findChild(ClassSearch)
        search.setFocus()
        qtbot.keyClick(search, *paste)
        assert search.text() == str(tmp_path / "photo.png") and explorer.session.selection.query_image is None
        explorer.window.panel("map").setFocus()
        qtbot.keyClick(explorer.window.panel("map"), *paste)
        qtbot.waitUntil(lambda: explorer.session.selection.query_image == tmp_path / "photo.png")

    def test_a_manifest_of_images_elsewhere_asks_for_their_folder(
        self, qtbot: QtBot, explorer: Explorer, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        manifest = tmp_path / "lists" / "images.csv"
        manifest.parent.mkdir()
        rows = [f"{path},{path.parent.name}" for path in sorted(tiny_folder.rglob("*.png"))]
        manifest.write_text("\n".join(["image,label", *rows]))
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tiny_folder))
        explorer.session.open_data(DataSource(str(manifest)))
        qtbot.waitUntil(lambda: explorer.window.findChild(ReadingOptions) is not None)
        dialog = explorer.window.findChild(ReadingOptions)
        for text in ("Choose…", "Open"):
            pressed = next(each for each in dialog.findChildren(QPushButton) if each.text() == text)
            qtbot.mouseClick(pressed, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: explorer.session.catalog is not None)
        assert explorer.session.source == DataSource(str(manifest), base=str(tiny_folder))
        assert explorer.session.problems.all == []

    def test_a_screenshot_waits_until_all_is_settled(
        self, qtbot: QtBot, explorer: Explorer, tiny_folder: Path, tmp_path: Path
    ) -> None:
        explorer.open(DataSource(str(tiny_folder)))
        picture = Screenshot(explorer, tmp_path / "new" / "window.png")
        with qtbot.waitSignal(picture.done, timeout=20_000) as done:
            pass
        assert done.args == [0] and explorer.session.catalog is not None
        assert (tmp_path / "new" / "window.png").stat().st_size > 5000

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("file,breed,owner\na.png,cat,ann\n", "pets.csv has no label column"),
            ("file,label\na.png,cat,ann\n", "3 cells where the header has 2 columns"),
            ("file,label,split\na.png,cat,7\n", "--split-values 7=train says what each value means"),
        ],
    )
    def test_a_screenshot_of_data_that_cannot_be_opened_tells_it_and_ends(
        self,
        qtbot: QtBot,
        explorer: Explorer,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        content: str,
        told: str,
    ) -> None:
        table = tmp_path / "pets.csv"
        table.write_text(content)
        Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
        picture = Screenshot(explorer, tmp_path / "window.png")
        with qtbot.waitSignal(picture.done) as done:
            explorer.open(DataSource(str(table)))
        assert done.args == [2] and not (tmp_path / "window.png").exists()
        assert told in capsys.readouterr().err

    @pytest.mark.parametrize("words", ["", "loading better"])
    def test_a_screenshot_that_comes_too_early_says_what_was_going_on(
        self,
        qtbot: QtBot,
        explorer: Explorer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        words: str,
    ) -> None:
        monkeypatch.setattr(application, "GIVE_UP_MS", 300)
        released = threading.Event()
        explorer.runner.submit("endless", released.wait, lambda _: None, lambda *_: None)
        if words:
            explorer.session.tasks.set(Task("endless", words))
        picture = Screenshot(explorer, tmp_path / "window.png")
        try:
            with qtbot.waitSignal(picture.done, timeout=20_000) as done:
                pass
        finally:
            released.set()
        assert done.args == [1] and (tmp_path / "window.png").stat().st_size > 5000
        said = capsys.readouterr().err.splitlines()
        expected = (
            f"{tmp_path}/window.png is unfinished; after 0.005 minutes the window was still {words or 'computing'}."
        )
        assert said == [expected]


class TestLayout:
    """Docks, size, theme and closing."""

    def test_hidden_panels_come_back_with_reset(self, explorer: Explorer) -> None:
        docks = {dock.objectName(): dock for dock in explorer.window.findChildren(QDockWidget)}
        there = {"library", "neighbours", "selection", "recall", "training", "compare", "columns", "report"}
        assert set(docks) == there
        docks["library"].hide()
        docks["training"].setFloating(True)
        explorer.window.commands.run("window.reset_layout")
        assert docks["library"].isVisible() and not docks["training"].isFloating()
        assert explorer.window.tabifiedDockWidgets(docks["recall"]) == [docks["training"], docks["compare"]]

    def test_layout_and_theme_are_remembered(
        self, qtbot: QtBot, explorer: Explorer, workspace: Path, tmp_path: Path
    ) -> None:
        before = theme.current().name
        window = explorer.window
        # Narrow, because a screen that is not there is not wide, and windows are brought back to it.
        window.resize(SMALLEST.width(), 760)
        next(dock for dock in window.findChildren(QDockWidget) if dock.objectName() == "library").hide()
        window.set_theme("light")
        window.panel("recall").measures.choose(["R@8", "MRR", "no such"], macro=True)
        assert window.close()
        explorer.settings.sync()
        again = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
        again.window.show()
        assert again.window.size().toTuple() == (SMALLEST.width(), 760)
        assert not again.window.panel("library").isVisible() and again.window.panel("neighbours").isVisible()
        assert again.settings.theme == "light"
        measures = again.window.panel("recall").measures
        assert measures.names == ["R@8", "MRR"] and measures.macro
        again.shutdown()
        again.window.deleteLater()
        window.set_theme("dark" if before == "dark" else "light")

    def test_everything_fits_the_smallest_window(self, qtbot: QtBot, explorer: Explorer) -> None:
        window = explorer.window
        window.resize(1100, 700)
        assert window.size().toTuple() == (1100, 700)
        assert window.minimumSize() == SMALLEST
        for panel in (window.panel("map"), window.panel("library"), window.panel("neighbours"), window.panel("recall")):
            assert panel.width() >= panel.minimumSizeHint().width(), panel.accessibleName()
            assert window.rect().contains(panel.geometry().translated(panel.parentWidget().mapTo(window, QPoint())))

    @pytest.mark.parametrize("answer", ["Keep training", "Stop and save", "Cancel"])
    def test_closing_while_a_run_trains_asks(
        self, explorer: Explorer, monkeypatch: pytest.MonkeyPatch, answer: str
    ) -> None:
        stopped: list[bool] = []
        explorer.window.stop_all_requested.connect(lambda: stopped.append(True))
        monkeypatch.setattr(explorer.window, "_is_training", lambda: True)

        def choose(box: QMessageBox) -> int:
            next(button for button in box.buttons() if button.text().replace("&", "") == answer).click()
            return 0

        monkeypatch.setattr(QMessageBox, "exec", choose)
        event = QCloseEvent()
        explorer.window.closeEvent(event)
        assert event.isAccepted() == (answer != "Cancel")
        assert bool(stopped) == (answer == "Stop and save")


class TestKeyboard:
    """Shortcuts, names and the order of Tab."""

    def test_escape_ends_what_is_in_force_wherever_the_focus_is(
        self, qtbot: QtBot, explorer: Explorer, tiny_folder: Path
    ) -> None:
        session = explorer.session
        session.open_data(DataSource(str(tiny_folder)))
        qtbot.waitUntil(lambda: session.catalog is not None)
        embeddings = made_embeddings(session.catalog, "a")
        session.checkpoint.put("A", made_checkpoint("a"))
        set_embeddings(session, "A", embeddings)
        session.results[MAP].put("A", pca_map(embeddings))
        session.selection.select([1, 2], query=1)
        session.selection.set_focus(0)
        explorer.window.panel("library").setFocus()
        for left in (["query", "focus"], ["query"], []):
            qtbot.keyClick(explorer.window.panel("library"), Qt.Key.Key_Escape)
            assert [chip.kind for chip in explorer.window.chips.chips] == left

    def test_every_shortcut_is_listed(self, explorer: Explorer) -> None:
        window = explorer.window
        keys = {shortcut.key().toString() for shortcut in window.findChildren(QShortcut)}
        keys |= {action.shortcut().toString() for action in window.findChildren(QAction)}
        keys |= {button.shortcut().toString() for button in window.findChildren(QAbstractButton)}
        listed = {QKeySequence(key).toString() for each in window.commands.table.values() for key in each.keys.split()}
        assert len(keys) > 10 and keys - {""} <= listed

    def test_shortcuts_belong_to_one_action_each(self, explorer: Explorer) -> None:
        window = explorer.window
        keys = [shortcut.key().toString() for shortcut in window.findChildren(QShortcut)]
        keys += [action.shortcut().toString() for action in window.findChildren(QAction)]
        keys += [button.shortcut().toString() for button in window.findChildren(QAbstractButton)]
        keys = [key for key in keys if key]
        assert sorted(keys) == sorted(set(keys))

    def test_the_list_of_shortcuts_opens_once_and_closes_with_escape(self, qtbot: QtBot, explorer: Explorer) -> None:
        explorer.window.show_shortcuts()
        explorer.window.show_shortcuts()
        (shown,) = explorer.window.findChildren(ShortcutList)
        assert shown.isVisible()
        qtbot.keyClick(shown, Qt.Key.Key_Escape)
        assert not shown.isVisible()

    def test_ctrl_k_goes_to_the_search(self, qtbot: QtBot, explorer: Explorer) -> None:
        explorer.window.activateWindow()
        qtbot.keyClick(explorer.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        focused = explorer.window.focusWidget()
        assert isinstance(focused, QLineEdit) and focused.accessibleName() == "Search classes and files"

    def test_alt_and_arrows_walk_the_history_from_anywhere(self, qtbot: QtBot, explorer: Explorer) -> None:
        session, window = explorer.session, explorer.window
        session.set_catalog(DataSource("shapes"), made_catalog(), "all")
        for row in (3, 5):
            session.selection.set_query(row)
        window.activateWindow()
        window.panel("library").setFocus()
        qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
        assert session.selection.query == 3
        qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
        assert session.selection.query == 5

    def test_every_control_has_a_name_and_icons_a_tooltip(self, qtbot: QtBot, explorer: Explorer) -> None:
        explorer.session.set_catalog(DataSource("shapes"), made_catalog(), "all")
        explorer.window.commands.run("run.new")
        controls = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QAbstractItemView)
        nameless = [
            part
            for kind in controls
            for part in explorer.window.findChildren(kind)
            if not part.accessibleName()
            and not (isinstance(part, QAbstractButton) and part.text())
            and not _is_inner(part)
            and not part.isHidden()
        ]
        assert nameless == []
        assert [button for button in explorer.window.findChildren(IconButton) if not button.toolTip()] == []

    def test_tab_goes_from_panel_to_panel(self, qtbot: QtBot, explorer: Explorer) -> None:
        session, window = explorer.session, explorer.window
        session.set_catalog(DataSource("shapes"), made_catalog(), "all")
        embeddings = made_embeddings(session.catalog, "first")
        session.choose_checkpoint("A", made_checkpoint("first"))
        explorer.processes.stop("embed A")
        set_embeddings(session, "A", embeddings)
        session.results[EVALUATION].put("A", evaluate(embeddings))
        session.results[MAP].put("A", pca_map(embeddings))
        session.selection.select([3], query=3)
        window.show_view("explore")
        QApplication.processEvents()
        panels = {
            "bar": window.menuWidget(),
            "library": window.panel("library"),
            "neighbours": window.panel("neighbours"),
            "recall": window.panel("recall"),
            "map": window.panel("map"),
        }
        reached: list[str] = []
        part = first = window.menuWidget().findChildren(QAbstractButton)[0]
        part.setFocus()
        while not reached or part is not first:
            reached += [name for name, panel in panels.items() if panel.isAncestorOf(part) and name not in reached]
            part.focusNextPrevChild(True)
            part = window.focusWidget()
            assert window.rect().contains(part.mapTo(window, QPoint(1, 1))), "the focus is never out of sight"
        assert reached == list(panels)
        window.show_panel("training")
        QApplication.processEvents()
        assert window.panel("training").isEnabled() and not window.panel("recall").isEnabled()


def _is_inner(part: QWidget) -> bool:
    """Parts that Qt makes itself: the list of a combo box, the field of a spin box, arrows of a bar of tabs."""
    owner = part if isinstance(part, QHeaderView) else part.parentWidget()
    while owner is not None and not isinstance(owner, QDockWidget):
        if isinstance(owner, QComboBox | QAbstractSpinBox | QHeaderView | QTabBar):
            return True
        owner = owner.parentWidget()
    return False


def test_every_control_of_the_window_can_be_told_and_reached(explorer: Explorer) -> None:
    explorer.session.set_catalog(DataSource("shapes"), made_catalog(), "test")
    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView)
    for kind in kinds:
        for control in explorer.window.findChildren(kind):
            # Parts of Qt's own widgets belong to those.
            if control.objectName().startswith("qt_") or isinstance(control.parent(), QAbstractItemView):
                continue
            words = control.accessibleName() or getattr(control, "text", str)() or control.toolTip()
            assert words or not control.isVisible(), f"{control} in {control.parent()}"
            by_key = control.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(control.parent(), QComboBox)
            assert by_key or not control.isVisible() or not control.isEnabled(), f"{words} is not reached by Tab"


def test_space_on_the_map_shows_the_query(explorer: Explorer, qtbot: QtBot) -> None:
    explorer.session.set_catalog(DataSource("shapes"), made_catalog(), "test")
    explorer.window.panel("map").setFocus()
    qtbot.keyClick(explorer.window.panel("map"), Qt.Key.Key_Space)
    assert explorer.window.findChild(Preview) is None, "there is nothing to show"
    explorer.session.selection.set_query(3)
    qtbot.keyClick(explorer.window.panel("map"), Qt.Key.Key_Space)
    preview = explorer.window.findChild(Preview)
    assert preview.isVisible()
    qtbot.keyClick(preview, Qt.Key.Key_Escape)
    assert not preview.isVisible()
