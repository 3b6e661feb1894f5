"""The Open dialog as a user meets it: a path is named, it says what it is, choices are made, Open opens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.paths import RESOURCES
from explorer.appearance.plain import Label
from explorer.commands import Commands
from explorer.jobs.runner import JobRunner
from explorer.opening import dialog as opening
from explorer.opening.dialog import OpenDialog
from explorer.opening.door import Door
from explorer.opening.path_field import PathField
from explorer.opening.pictures import PictureRow
from explorer.reading_form import BY_CLASS
from explorer.session import Session
from tests.core.data.pictures import put
from tests.explorer.factories import made_catalog


@pytest.fixture
def wanted(session: Session) -> list[DataSource]:
    asked: list[DataSource] = []
    session.data_requested.connect(asked.append)
    return asked


@pytest.fixture
def shown(qtbot: QtBot, session: Session, runner: JobRunner) -> Iterator[OpenDialog]:
    window = QWidget()
    qtbot.addWidget(window)
    made = OpenDialog(session, runner, Door(session, runner, Commands(session, window), window))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.reject()


def _name(qtbot: QtBot, shown: OpenDialog, path: Path | str) -> None:
    shown.field.setText(str(path))
    with qtbot.waitSignal(shown.field.named):
        pass


def _press_open(qtbot: QtBot, shown: OpenDialog) -> None:
    assert shown.open_button.isEnabled()
    qtbot.mouseClick(shown.open_button, Qt.MouseButton.LeftButton)
    assert not shown.isVisible()


def test_nothing_named_says_what_can_be_and_opens_nothing(shown: OpenDialog) -> None:
    assert shown.understanding.sentence == "Name what to open" and not shown.open_button.isEnabled()


def test_a_folder_is_shown_with_its_first_pictures_and_opened(
    qtbot: QtBot, shown: OpenDialog, wanted: list[DataSource], tiny_folder: Path
) -> None:
    _name(qtbot, shown, tiny_folder)
    assert "with a class per folder" in shown.understanding.sentence
    assert shown.understanding.counts == "48 images in 8 classes"
    assert shown.understanding.pictures.decoded == 8
    _press_open(qtbot, shown)
    assert wanted == [DataSource(str(tiny_folder))]


def test_another_class_column_is_chosen_before_opening(
    qtbot: QtBot, shown: OpenDialog, wanted: list[DataSource], tmp_path: Path
) -> None:
    put(tmp_path / "1.png")
    (tmp_path / "x.csv").write_text("image,label,species\n1.png,a,x\n1.png,a,x\n")
    _name(qtbot, shown, tmp_path / "x.csv")
    table = shown.understanding.columns
    assert [table.item(row, 1).text() for row in range(3)] == ["1.png", "a", "x"]
    assert [table.use_of(name).currentText() for name in ("image", "label", "species")] == [
        "Image",
        "Class",
        "Attribute",
    ]
    box = table.use_of("species")
    box.setCurrentIndex(box.findData("label"))
    box.activated.emit(box.currentIndex())
    assert [table.use_of(name).currentText() for name in ("label", "species")] == ["Attribute", "Class"]
    said = [label.text() for label in shown.understanding.findChildren(Label)]
    assert "label was used so before; it is an attribute now, because species is chosen." in said
    _press_open(qtbot, shown)
    assert wanted == [DataSource(str(tmp_path / "x.csv"), label_column="species")]


def test_what_the_reader_would_ask_is_answered_here(
    qtbot: QtBot, shown: OpenDialog, wanted: list[DataSource], tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text("image,breed\n1.png,a\n2.png,b\n")
    _name(qtbot, shown, tmp_path / "x.csv")
    assert "has no label column" in shown.understanding.problem
    assert "Reading options" not in shown.understanding.problem, "it is here"
    box = shown.understanding.columns.use_of("breed")
    box.setCurrentIndex(box.findData("label"))
    box.activated.emit(box.currentIndex())
    assert shown.understanding.problem == "" and shown.understanding.counts == "2 images in 2 classes"
    _press_open(qtbot, shown)
    assert wanted[0].label_column == "breed"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("no table"), "is no manifest"),
        (lambda path: path.mkdir(), "it is empty"),
        (lambda path: None, "is not there"),
    ],
)
def test_what_cannot_be_opened_says_why(qtbot: QtBot, shown: OpenDialog, tmp_path: Path, make, says: str) -> None:
    make(tmp_path / "x.odd")
    _name(qtbot, shown, tmp_path / "x.odd")
    assert says in shown.understanding.problem and not shown.open_button.isEnabled()
    assert len(shown.understanding.problem) < 300


def test_vectors_are_data_or_those_of_the_open_data(
    qtbot: QtBot, shown: OpenDialog, session: Session, tmp_path: Path
) -> None:
    np.savez(tmp_path / "mine.npz", embeddings=np.zeros((20, 4), np.float32))
    _name(qtbot, shown, tmp_path / "mine.npz")
    assert shown.understanding.sentence == "mine.npz holds 20 vectors of 4 numbers (embeddings)."
    assert shown.understanding.counts == "20 images" and shown.open_button.isEnabled()
    assert "names no files, so there are no pictures" in shown.understanding.notes
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    _name(qtbot, shown, "")
    _name(qtbot, shown, tmp_path / "mine.npz")
    asked: list[tuple[str, Path]] = []
    session.file_requested.connect(lambda slot, path: asked.append((slot, path)))
    _press_open(qtbot, shown)
    assert asked == [("A", tmp_path / "mine.npz")]


def test_vectors_can_be_data_while_others_are_open(
    qtbot: QtBot, shown: OpenDialog, session: Session, wanted: list[DataSource], tmp_path: Path
) -> None:
    np.savez(tmp_path / "mine.npz", embeddings=np.zeros((20, 4), np.float32), labels=["a"] * 20)
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    _name(qtbot, shown, tmp_path / "mine.npz")
    assert shown.understanding.columns.isHidden() and not shown.understanding.as_data
    own = next(part for part in shown.understanding.findChildren(QPushButton) if part.text() == "A data set of its own")
    qtbot.mouseClick(own, Qt.MouseButton.LeftButton)
    assert shown.understanding.columns.use_of("labels").currentText() == "Class"
    _press_open(qtbot, shown)
    assert [source.location for source in wanted] == [str(tmp_path / "mine.npz")]


def test_a_checkpoint_goes_to_the_open_data(qtbot: QtBot, shown: OpenDialog, session: Session) -> None:
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    asked: list[Path] = []
    session.file_requested.connect(lambda _slot, path: asked.append(path))
    checkpoint = RESOURCES / "demo" / "longer.safetensors"
    _name(qtbot, shown, checkpoint)
    _press_open(qtbot, shown)
    assert asked == [checkpoint]


def test_data_of_before_are_read_as_before(
    qtbot: QtBot, shown: OpenDialog, session: Session, wanted: list[DataSource], tiny_folder: Path
) -> None:
    before = DataSource(str(tiny_folder), divide_by_class=0.25)
    session.library.set_data_sets([before])
    item = shown.places.recent.item(0)
    assert item.text() == "tiny"
    shown.places.recent.itemClicked.emit(item)
    assert shown.field.text() == str(tiny_folder)
    _press_open(qtbot, shown)
    assert wanted == [before]


def test_what_is_browsed_for_is_looked_at(
    qtbot: QtBot, shown: OpenDialog, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tiny_folder))
    browse = next(each for each in shown.findChildren(QPushButton) if each.text() == "Browse folder…")
    qtbot.mouseClick(browse, Qt.MouseButton.LeftButton)
    assert shown.field.text() == str(tiny_folder) and shown.open_button.isEnabled()


def test_a_slow_drive_is_not_waited_for(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, runner = threading.Event(), JobRunner(threads=2, parent=session)
    real = opening.look

    def slow(source: DataSource, **more: object) -> object:
        if source.location.endswith("slow"):
            goes_on.wait(10)
        return real(source, **more)

    monkeypatch.setattr(opening, "look", slow)
    window = QWidget()
    qtbot.addWidget(window)
    made = OpenDialog(session, runner, Door(session, runner, Commands(session, window), window))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    try:
        made.look_at(DataSource(str(tmp_path / "slow")))
        qtbot.waitUntil(lambda: "takes its time" in made.understanding.counts)
        assert not made.open_button.isEnabled()
        made.look_at(DataSource(str(tmp_path)))
        qtbot.waitUntil(lambda: "it is empty" in made.understanding.problem)
    finally:
        goes_on.set()
        made.reject()
        assert runner.shutdown()


def test_the_field_completes_what_lies_in_a_folder(qtbot: QtBot, runner: JobRunner, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "list.csv").touch()
    field = PathField(runner)
    qtbot.addWidget(field)
    field.setText(f"{tmp_path}/ph")
    model = field.completer().model()
    offered = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert {f"{tmp_path}/photos/"} <= set(offered) | {field.completer().currentCompletion()}
    field.stop()


def test_pictures_that_cannot_be_decoded_stay_quiet_squares(qtbot: QtBot, runner: JobRunner, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture")
    put(tmp_path / "1.png")
    row = PictureRow(runner, 4, 40)
    qtbot.addWidget(row)
    row.show_files([tmp_path / "no.png", tmp_path / "1.png"])
    assert row.decoded == 1 and not row.grab().isNull()


def test_a_division_is_chosen_without_a_second_look(
    qtbot: QtBot, shown: OpenDialog, wanted: list[DataSource], tiny_folder: Path
) -> None:
    _name(qtbot, shown, tiny_folder)
    boxes = {box.accessibleName(): box for box in shown.understanding.findChildren(QComboBox)}
    boxes["Train and test"].setCurrentText(BY_CLASS)
    share = next(box for box in shown.understanding.findChildren(QDoubleSpinBox))
    qtbot.waitUntil(share.isVisible)
    share.setFocus()
    qtbot.keyClicks(share, "7")
    share.setValue(75)
    assert share.isVisible() and share.hasFocus(), "it is not made anew while one types"
    _press_open(qtbot, shown)
    assert wanted[0].divide_by_class == 0.75


def test_a_picture_leads_to_its_folder(qtbot: QtBot, shown: OpenDialog, tiny_folder: Path) -> None:
    _name(qtbot, shown, tiny_folder / "red cross" / "0.png")
    assert "single picture" in shown.understanding.problem and not shown.open_button.isEnabled()
    way_on = next(each for each in shown.findChildren(QPushButton) if each.text() == "Look at its folder")
    qtbot.waitUntil(way_on.isVisible)
    qtbot.mouseClick(way_on, Qt.MouseButton.LeftButton)
    assert shown.field.text() == str(tiny_folder / "red cross") and shown.open_button.isEnabled()
    assert not way_on.isVisible() and shown.understanding.counts.startswith("6 images")


def test_what_is_dropped_on_the_dialog_is_named(shown: OpenDialog, wanted: list[DataSource], tiny_folder: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tiny_folder))])
    how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    shown.dropEvent(QDropEvent(QPointF(9, 9), *how))
    assert shown.understanding.counts == "48 images in 8 classes" and wanted == []


def test_enter_opens_what_is_named_and_never_what_was_named_before(
    qtbot: QtBot, shown: OpenDialog, wanted: list[DataSource], tiny_folder: Path, tmp_path: Path
) -> None:
    _name(qtbot, shown, tiny_folder)
    put(tmp_path / "other" / "a" / "1.png")
    shown.field.setText(str(tmp_path / "other"))
    assert not shown.open_button.isEnabled(), "it is not looked at yet"
    qtbot.keyClick(shown.field, Qt.Key.Key_Return)
    assert wanted == []
    qtbot.waitUntil(shown.open_button.isEnabled)
    qtbot.keyClick(shown.field, Qt.Key.Key_Return)
    assert wanted == [DataSource(str(tmp_path / "other"))]
