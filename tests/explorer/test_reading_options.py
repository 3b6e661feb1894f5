"""What the window asks when data can be read in more than one way, and what can be said of open data."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFileDialog, QLineEdit, QPushButton, QScrollArea, QSpinBox
from pytestqt.qtbot import QtBot

from core.data.catalog_opening import open_catalog
from core.data.readers.manifest_errors import (
    ColumnMeaningError,
    EncodingError,
    FolderMeaningError,
    MissingColumnError,
    OutsideError,
)
from core.data.readers.split_values import MOST_VALUES
from core.data.source import FOLDER_MEANINGS, VALUE_MEANINGS, DataSource
from core.errors import DataError
from explorer import reading_form
from explorer.appearance.plain import Label
from explorer.jobs.runner import JobRunner
from explorer.reading_form import AS_GIVEN, BY_CLASS, FOLDER_WORDS, RECOGNISED, SET_ASIDE
from explorer.reading_options import ReadingOptions
from explorer.session import Session
from explorer.value_rows import MEANING_WORDS

TABLE = "file,breed,partition\na.jpg,cat,0\nb.jpg,dog,1\n"


@pytest.fixture
def table(tmp_path: Path) -> DataSource:
    path = tmp_path / "pets.csv"
    path.write_text(TABLE)
    return DataSource(str(path))


@pytest.fixture
def wanted(session: Session) -> list[DataSource]:
    """What the dialog asks to be opened."""
    asked: list[DataSource] = []
    session.data_requested.connect(asked.append)
    return asked


def _dialog(
    qtbot: QtBot, session: Session, runner: JobRunner, source: DataSource, asked: DataError | None = None
) -> ReadingOptions:
    dialog = ReadingOptions(session, runner, source, asked)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def _field(dialog: ReadingOptions, kind: type, name: str):
    return next(widget for widget in dialog.findChildren(kind) if widget.accessibleName() == name)


def _values(dialog: ReadingOptions) -> dict[str, str]:
    """What each value in question means as the dialog shows it."""
    boxes = (box for box in dialog.findChildren(QComboBox) if box.accessibleName().startswith("Value "))
    return {box.accessibleName(): box.currentText() for box in boxes}


def _press(qtbot: QtBot, dialog: ReadingOptions, text: str) -> None:
    pressed = next(each for each in dialog.findChildren(QPushButton) if each.text() == text)
    qtbot.mouseClick(pressed, Qt.MouseButton.LeftButton)


def test_nothing_changed_opens_the_same_data(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    dialog = _dialog(qtbot, session, runner, table)
    _press(qtbot, dialog, "Open")
    assert wanted == [table] and not dialog.isVisible()


def test_cancel_opens_nothing(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    _press(qtbot, _dialog(qtbot, session, runner, table), "Cancel")
    assert wanted == []


def test_the_class_is_chosen_among_the_tables_columns_with_examples(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    asked = MissingColumnError("pets.csv has no class column.", Path("pets.csv"), "label", ["file", "breed"])
    dialog = _dialog(qtbot, session, runner, table, asked)
    assert "pets.csv has no class column." in [label.text() for label in dialog.findChildren(Label)]
    box = _field(dialog, QComboBox, "Class column")
    assert [box.itemText(place) for place in range(box.count())] == [RECOGNISED, "file", "breed", "partition   0, 1"]
    box.setCurrentIndex(box.findData("breed"))
    _press(qtbot, dialog, "Open")
    assert wanted[0].label_column == "breed"


def test_a_column_that_is_no_split_is_set_aside(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    asked = ColumnMeaningError("'set' is no split.", 2, "split", "set", {"small": 30, "large": 10})
    dialog = _dialog(qtbot, session, runner, table, asked)
    _field(dialog, QComboBox, "Split column").setCurrentText(SET_ASIDE)
    assert not _values(dialog)
    _press(qtbot, dialog, "Open")
    assert wanted[0].ignore_columns == ("set",) and not wanted[0].split_values


def test_each_value_that_is_no_split_is_asked_about_with_a_proposal(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    asked = ColumnMeaningError("'set' is no split.", 2, "split", "set", {"large": 1, "small": 30})
    dialog = _dialog(qtbot, session, runner, table, asked)
    assert _field(dialog, QComboBox, "Split column").currentData() == "set"
    assert {"large   (1 row)", "small   (30 rows)"} <= {label.text() for label in dialog.findChildren(Label)}
    assert _values(dialog) == {"Value large": "Split: test", "Value small": "Split: train"}
    _field(dialog, QComboBox, "Value large").setCurrentText("Leave out")
    _press(qtbot, dialog, "Open")
    assert (wanted[0].split_column, wanted[0].split_values) == ("set", ("large=skip", "small=train"))


def test_values_that_are_too_many_to_be_asked_about_are_set_aside(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource
) -> None:
    values = {str(number): 1 for number in range(MOST_VALUES + 1)}
    dialog = _dialog(qtbot, session, runner, table, ColumnMeaningError("None.", 2, "role", "role", values))
    assert _field(dialog, QComboBox, "Role column").currentText() == SET_ASIDE and not _values(dialog)


def test_a_column_that_is_chosen_to_divide_is_asked_about_and_comes_back_as_it_was_said(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    dialog = _dialog(qtbot, session, runner, table)
    column = _field(dialog, QComboBox, "Split column")
    column.setCurrentIndex(column.findData("breed"))
    assert _values(dialog) == {"Value cat": "Split: train", "Value dog": "Split: test"}
    column.setCurrentIndex(column.findData("partition"))
    assert list(_values(dialog)) == ["Value 0", "Value 1"]
    _field(dialog, QComboBox, "Value 0").setCurrentText("Split: val")
    _press(qtbot, dialog, "Open")
    assert wanted[0].split_values == ("0=val", "1=test")
    for source in (wanted[0], replace(wanted[0], split_column="")):
        again = _dialog(qtbot, session, runner, source)
        assert _values(again) == {"Value 0": "Split: val", "Value 1": "Split: test"}
        _press(qtbot, again, "Open")
        assert wanted[-1] == source
    back = _dialog(qtbot, session, runner, wanted[0])
    _field(back, QComboBox, "Split column").setCurrentText(RECOGNISED)
    _field(back, QComboBox, "Value 0")
    _field(back, QComboBox, "Split column").setCurrentText(SET_ASIDE)
    _press(qtbot, back, "Open")
    assert not wanted[-1].split_values and wanted[-1].ignore_columns == ("partition",)


def test_a_column_of_splits_in_their_own_words_is_not_asked_about(
    qtbot: QtBot, session: Session, runner: JobRunner, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text("file,part\na.jpg,train\nb.jpg,test\n")
    dialog = _dialog(qtbot, session, runner, DataSource(str(tmp_path / "x.csv"), split_column="part"))
    assert _field(dialog, QComboBox, "Split column").currentData() == "part" and not _values(dialog)


def test_a_split_column_is_set_aside_without_being_asked(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    dialog = _dialog(qtbot, session, runner, table)
    _field(dialog, QComboBox, "Split column").setCurrentText(SET_ASIDE)
    _press(qtbot, dialog, "Open")
    assert wanted[0].ignore_columns == ("partition",)


def test_the_proposed_folder_is_filled_in_and_another_can_be_chosen(
    qtbot: QtBot,
    session: Session,
    runner: JobRunner,
    table: DataSource,
    wanted: list[DataSource],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = OutsideError("Elsewhere.", Path("pets.csv"), "/content/drive/a.jpg", "/content/drive", tmp_path)
    dialog = _dialog(qtbot, session, runner, table, asked)
    field = _field(dialog, QLineEdit, "Images lie in")
    assert field.text() == str(tmp_path)
    words = [label.text() for label in dialog.findChildren(Label)]
    assert "/content/drive is read as this folder." in words
    assert "Elsewhere. Choose below the folder that the images lie in." in words
    assert dialog.focusWidget() is field
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/photos")
    _press(qtbot, dialog, "Choose…")
    _press(qtbot, dialog, "Open")
    assert wanted[0].base == "/photos"


def test_an_encoding_is_chosen_by_what_it_makes_of_a_name(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    asked = EncodingError("Several.", Path("pets.csv"), [("gb18030", "猫"), ("cp949", "챔")])
    dialog = _dialog(qtbot, session, runner, table, asked)
    box = _field(dialog, QComboBox, "Encoding")
    assert [box.itemText(place) for place in range(box.count())] == ["gb18030   猫", "cp949   챔"]
    box.setCurrentIndex(1)
    _press(qtbot, dialog, "Open")
    assert wanted[0].encoding == "cp949"


def test_a_closed_set_is_divided_by_class(
    qtbot: QtBot, session: Session, runner: JobRunner, wanted: list[DataSource], tmp_path: Path
) -> None:
    dialog = _dialog(qtbot, session, runner, DataSource(str(tmp_path)))
    share, seed = _field(dialog, QDoubleSpinBox, "Train on"), _field(dialog, QSpinBox, "Random seed of the division")
    assert not share.isVisible() and not dialog.findChildren(QLineEdit, "Images lie in")
    _field(dialog, QComboBox, "Train and test").setCurrentText(BY_CLASS)
    assert share.isVisible() and share.value() == 50
    share.setValue(75)
    seed.setValue(3)
    _press(qtbot, dialog, "Open")
    assert wanted == [DataSource(str(tmp_path), divide_by_class=0.75, divide_seed=3)]
    again = _dialog(qtbot, session, runner, wanted[0])
    assert _field(again, QDoubleSpinBox, "Train on").value() == 75
    _field(again, QComboBox, "Train and test").setCurrentText(AS_GIVEN)
    _press(qtbot, again, "Open")
    assert wanted[1] == DataSource(str(tmp_path))


def test_folders_that_may_be_splits_are_asked_about_one_by_one(
    qtbot: QtBot, session: Session, runner: JobRunner, wanted: list[DataSource], tmp_path: Path
) -> None:
    asked = FolderMeaningError("old_train beside train.", tmp_path, {"old_train": "train", "misc": "class"})
    dialog = _dialog(qtbot, session, runner, DataSource(str(tmp_path)), asked)
    first, second = _field(dialog, QComboBox, "Folder old_train"), _field(dialog, QComboBox, "Folder misc")
    assert (first.currentText(), second.currentText()) == ("Split: train", "A class")
    first.setCurrentText("Leave out")
    _press(qtbot, dialog, "Open")
    assert wanted[0].folders == ("old_train=skip", "misc=class")
    again = _dialog(qtbot, session, runner, wanted[0])
    assert _field(again, QComboBox, "Folder old_train").currentText() == "Leave out"


def _open(session: Session, source: DataSource) -> DataSource:
    """Open data as the window has them."""
    catalog = open_catalog(source)
    session.set_catalog(source, catalog, "all")
    return source


def test_what_is_said_of_open_data_can_be_changed_there(
    qtbot: QtBot, session: Session, runner: JobRunner, wanted: list[DataSource], tmp_path: Path
) -> None:
    for name in ("train/a", "train/b", "test/a", "extra/c"):
        (tmp_path / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name / "1.png")
    dialog = _dialog(qtbot, session, runner, _open(session, DataSource(str(tmp_path))))
    extra = _field(dialog, QComboBox, "Folder extra")
    assert extra.currentText() == "As detected"
    _press(qtbot, dialog, "Open")
    assert wanted == [DataSource(str(tmp_path))]
    again = _dialog(qtbot, session, runner, wanted[0])
    _field(again, QComboBox, "Folder extra").setCurrentText("Split: train")
    _press(qtbot, again, "Open")
    assert wanted[-1].folders == ("extra=train",)
    back = _dialog(qtbot, session, runner, _open(session, wanted[-1]))
    _field(back, QComboBox, "Folder extra").setCurrentText("As detected")
    _press(qtbot, back, "Open")
    assert wanted[-1] == wanted[0]


def test_boxes_that_a_table_without_a_header_may_have_can_be_set_aside_and_taken_back(
    qtbot: QtBot, session: Session, runner: JobRunner, wanted: list[DataSource], tmp_path: Path
) -> None:
    table = tmp_path / "list.csv"
    table.write_text("1.png,1,2,5,6,a\n2.png,1,2,5,6,b\n")
    for name in ("1.png", "2.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    dialog = _dialog(qtbot, session, runner, _open(session, DataSource(str(table))))
    _field(dialog, QComboBox, "Column x1").setCurrentText(SET_ASIDE)
    _press(qtbot, dialog, "Open")
    assert wanted[0].ignore_columns == ("x1",) and open_catalog(wanted[0]).boxes is None
    back = _dialog(qtbot, session, runner, _open(session, wanted[0]))
    assert _field(back, QComboBox, "Column x1").currentText() == SET_ASIDE
    _field(back, QComboBox, "Column x1").setCurrentText(RECOGNISED)
    _press(qtbot, back, "Open")
    assert wanted[1] == DataSource(str(table))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The class", {"label_column": "target"}),
        ("A continuous target", {"target_columns": ("target",)}),
        (SET_ASIDE, {"ignore_columns": ("target",)}),
    ],
)
def test_a_target_that_may_be_the_class_is_asked_about(
    qtbot: QtBot, session: Session, runner: JobRunner, wanted: list[DataSource], tmp_path: Path,
    answer: str, expected: dict[str, object],
) -> None:  # fmt: skip
    table = tmp_path / "x.csv"
    table.write_text("image,target\n1.png,0\n2.png,1\n")
    source = DataSource(str(table))
    with pytest.raises(ColumnMeaningError) as asked:
        open_catalog(source)
    dialog = _dialog(qtbot, session, runner, source, asked.value)
    box = _field(dialog, QComboBox, "Column target")
    assert box.currentText() == "The class"
    box.setCurrentText(answer)
    _press(qtbot, dialog, "Open")
    assert wanted == [replace(source, **expected)]


def test_the_encoding_of_an_open_table_can_be_chosen(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, wanted: list[DataSource]
) -> None:
    dialog = _dialog(qtbot, session, runner, table)
    box = _field(dialog, QComboBox, "Encoding")
    assert box.currentText() == "Detected" and box.findText("gb18030   Chinese") > 0
    box.setCurrentText("gb18030   Chinese")
    _press(qtbot, dialog, "Open")
    assert wanted[0].encoding == "gb18030"


def test_the_table_in_an_open_folder_has_its_columns_there(
    qtbot: QtBot, session: Session, runner: JobRunner, tmp_path: Path
) -> None:
    (tmp_path / "metadata.csv").write_text("file_name,label\n1.png,a\n")
    Image.new("RGB", (8, 8)).save(tmp_path / "1.png")
    dialog = _dialog(qtbot, session, runner, _open(session, DataSource(str(tmp_path))))
    assert _field(dialog, QComboBox, "Class column").findData("file_name") > 0
    assert _field(dialog, QLineEdit, "Images lie in").text() == ""


def test_every_meaning_has_its_words() -> None:
    assert set(FOLDER_WORDS) == set(FOLDER_MEANINGS) and set(MEANING_WORDS) == set(VALUE_MEANINGS)


@pytest.mark.parametrize("end", ["accept", "reject"])
def test_a_table_that_is_read_slowly_is_not_waited_for(
    qtbot: QtBot, session: Session, table: DataSource, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(reading_form, "columns_of", lambda _source: [goes_on.wait(10)])
    runner = JobRunner(threads=1, parent=session)
    try:
        dialog = _dialog(qtbot, session, runner, table)
        assert runner.busy
        getattr(dialog, end)()
        assert not runner.busy, "the answer would reach fields that are deleted"
    finally:
        goes_on.set()
        assert runner.shutdown()


def test_it_is_as_high_as_its_rows(
    qtbot: QtBot, session: Session, runner: JobRunner, table: DataSource, tmp_path: Path
) -> None:
    few = _dialog(qtbot, session, runner, DataSource(str(tmp_path)))
    many = _dialog(qtbot, session, runner, table)
    assert few.height() < 300 < many.height() <= 500
    _field(few, QComboBox, "Train and test").setCurrentText(BY_CLASS)
    bar = few.findChild(QScrollArea).verticalScrollBar()
    qtbot.waitUntil(lambda: _field(few, QSpinBox, "Random seed of the division").isVisible())
    assert bar.maximum() == 0, "and has room for what a choice brings"
