"""How data are to be read: what the reader asks about, and what a person may say otherwise, in one dialog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.data.manifest_columns import ROLE_NAMES, SPLIT_NAMES
from core.data.manifest_errors import ColumnMeaningError, EncodingError, FolderMeaningError, OutsideError
from core.data.manifest_table import SUFFIXES
from core.data.source import FOLDER_MEANINGS, DataSource
from core.data.table_columns import Column, columns_of
from core.errors import CoreError, DataError
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.fitting import fit, keep_on_screen, scrolling
from explorer.appearance.plain import Label
from explorer.appearance.widgets import button, inset, quiet_label, restyle
from explorer.file_dialogs import ask_for_folder
from explorer.jobs.runner import JobRunner
from explorer.session import Session

WIDTH, HIGHEST = 640, 500
# Two rows more, which a choice among those shown brings.
SPARE = 90
EXAMPLE_LETTERS = 40
RECOGNISED, SET_ASIDE = "Recognised by its name", "None: keep it as an attribute"
AS_GIVEN, BY_CLASS = "As the data say", "By class, anew: no class in both train and test"
MEANINGS = {"image": "Image column", "label": "Class column", "split": "Split column", "role": "Role column"}
FOLDER_WORDS = {
    "train": "Split: train",
    "val": "Split: val",
    "test": "Split: test",
    "query": "Split: test, queries",
    "gallery": "Split: test, gallery",
    "class": "A class",
    "none": "No part of a class's name",
    "skip": "Leave out",
}
USUAL_NAMES = {"split": SPLIT_NAMES, "role": ROLE_NAMES}
DEFAULT_SHARE = 50
COLUMNS = "columns"


class ReadingOptions(QDialog):
    """Changes how `source` is read and opens it again; `asked` is what kept it from being opened, or None."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        source: DataSource,
        asked: DataError | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._runner, self._source, self._asked = session, runner, source, asked
        self._columns: dict[str, QComboBox] = {}
        self._folders: dict[str, QComboBox] = {}
        self._base: QLineEdit | None = None
        self._encoding: QComboBox | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Reading options: {Path(source.location).name}")
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(14)
        if asked is not None:
            sentence = Label(str(asked))
            sentence.setWordWrap(True)
            column.addWidget(sentence)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(10)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        column.addLayout(self._form)
        column.addStretch(1)
        self._complaint = Label()
        self._complaint.setWordWrap(True)
        restyle(self._complaint, "wrong", True)
        self._complaint.hide()
        column.addWidget(self._complaint)
        self._add_rows()
        # Only what stands above the buttons is scrolled: Open is always in sight.
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scrolling(content), 1)
        buttons = self._buttons()
        whole.addLayout(buttons)
        needed = content.heightForWidth(WIDTH) if content.hasHeightForWidth() else content.sizeHint().height()
        fit(self, QSize(WIDTH, min(needed + buttons.sizeHint().height() + SPARE, HIGHEST)))
        self._runner.submit(COLUMNS, partial(columns_of, source), self._on_columns, self._on_no_columns)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    def done(self, result: int) -> None:
        # Its fields are deleted soon: an answer that comes later would find none.
        self._runner.forget(COLUMNS)
        super().done(result)

    @property
    def asked(self) -> str:
        """What the reader asks, "" where nothing kept the data from being opened."""
        return "" if self._asked is None else str(self._asked)

    @property
    def chosen(self) -> DataSource:
        """The source as it is filled in. Raises DataError where a value makes no sense."""
        split, role = (self._set_aside(meaning) for meaning in ("split", "role"))
        aside = {name for name in (split, role) if name}
        share = self._share.value() / 100 if self._division.currentText() == BY_CLASS else None
        return replace(
            self._source,
            image_column=self._named("image", self._source.image_column),
            label_column=self._named("label", self._source.label_column),
            split_column=self._named("split", self._source.split_column),
            role_column=self._named("role", self._source.role_column),
            ignore_columns=tuple(dict.fromkeys([*self._source.ignore_columns, *sorted(aside)])),
            folders=tuple(f"{name}={box.currentData()}" for name, box in self._folders.items()),
            base=self._source.base if self._base is None else self._base.text().strip(),
            encoding=self._source.encoding if self._encoding is None else self._encoding.currentData() or "",
            divide_by_class=share,
            divide_seed=self._seed.value() if share is not None else 0,
        )

    # Building

    def _add_rows(self) -> None:
        self._add_folder_rows()
        for meaning in self._meanings():
            self._add_column_row(meaning)
        self._add_base_row()
        self._add_encoding_row()
        self._add_division_rows()

    def _add_folder_rows(self) -> None:
        """A row for each folder that was asked about, and for those that were explained before."""
        guesses = self._asked.guesses if isinstance(self._asked, FolderMeaningError) else {}
        for name, meaning in {**guesses, **self._source.folder_meanings}.items():
            box = _choice(f"Folder {name}")
            for value in FOLDER_MEANINGS:
                box.addItem(FOLDER_WORDS[value], value)
            box.setCurrentIndex(box.findData(meaning))
            self._folders[name] = box
            self._form.addRow(ElidedLabel(f"Folder {name}"), box)

    def _meanings(self) -> Sequence[str]:
        """Which columns can be chosen: any of a table's, and the one that was asked about."""
        asked = getattr(self._asked, "meaning", "")
        return [meaning for meaning in MEANINGS if self._is_table or meaning == asked]

    @property
    def _is_table(self) -> bool:
        return Path(self._source.location).suffix.lower() in SUFFIXES

    def _add_column_row(self, meaning: str) -> None:
        box = _choice(MEANINGS[meaning])
        box.addItem(RECOGNISED, "")
        if meaning in ("split", "role"):
            box.addItem(SET_ASIDE, "")
        self._columns[meaning] = box
        self._fill_columns(meaning, [Column(name, ()) for name in getattr(self._asked, "columns", ())])
        if isinstance(self._asked, ColumnMeaningError) and self._asked.meaning == meaning:
            box.setCurrentText(SET_ASIDE)
        self._form.addRow(Label(MEANINGS[meaning]), box)

    def _fill_columns(self, meaning: str, columns: Sequence[Column]) -> None:
        box = self._columns[meaning]
        for name, examples in columns:
            if box.findData(name) < 0:
                box.addItem(f"{name}   {_shortened(', '.join(examples))}".rstrip(), name)
        chosen = getattr(self._source, f"{meaning}_column")
        if chosen and box.findData(chosen) < 0:
            box.addItem(chosen, chosen)
        if chosen and not box.currentData():
            box.setCurrentIndex(box.findData(chosen))

    def _add_base_row(self) -> None:
        asked = self._asked if isinstance(self._asked, OutsideError) else None
        if not self._is_table and asked is None:
            return
        proposed = str(asked.proposed) if asked is not None and asked.proposed is not None else ""
        self._base = QLineEdit(proposed or self._source.base)
        self._base.setPlaceholderText("The folder of the table")
        self._base.setAccessibleName("Images lie in")
        choose = button("Choose…")
        choose.clicked.connect(self._choose_base)
        choose.setAutoDefault(False)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._base, 1)
        row.addWidget(choose)
        self._form.addRow(Label("Images lie in"), row)
        if asked is not None and asked.foreign and proposed:
            self._form.addRow("", quiet_label(f"{asked.foreign} is read as this folder."))

    def _add_encoding_row(self) -> None:
        candidates = self._asked.candidates if isinstance(self._asked, EncodingError) else ()
        if not candidates and not self._source.encoding:
            return
        self._encoding = _choice("Encoding")
        if not candidates:
            self._encoding.addItem("Detected", "")
        for name, example in candidates:
            self._encoding.addItem(f"{name}   {example}", name)
        if self._source.encoding and self._encoding.findData(self._source.encoding) < 0:
            self._encoding.addItem(self._source.encoding, self._source.encoding)
        self._encoding.setCurrentIndex(max(0, self._encoding.findData(self._source.encoding)))
        self._form.addRow(Label("Encoding"), self._encoding)

    def _add_division_rows(self) -> None:
        self._division, self._share, self._seed = _choice("Train and test"), QDoubleSpinBox(), QSpinBox()
        self._division.addItems([AS_GIVEN, BY_CLASS])
        share = self._source.divide_by_class
        self._share.setRange(1, 99)
        self._share.setDecimals(1)
        self._share.setSuffix(" % of the classes")
        self._share.setValue(DEFAULT_SHARE if share is None else share * 100)
        self._share.setAccessibleName("Train on")
        self._seed.setRange(0, 2**31 - 1)
        self._seed.setValue(self._source.divide_seed)
        self._seed.setAccessibleName("Seed of the division")
        for number in (self._share, self._seed):
            inset(number)
        self._form.addRow(Label("Train and test"), self._division)
        self._form.addRow(Label("Train on"), self._share)
        self._form.addRow(Label("Seed"), self._seed)
        self._division.currentTextChanged.connect(self._on_division_changed)
        self._division.setCurrentText(AS_GIVEN if share is None else BY_CLASS)
        self._on_division_changed()

    def _buttons(self) -> QHBoxLayout:
        cancel, ready = button("Cancel"), button("Open", "primary")
        cancel.clicked.connect(self.reject)
        cancel.setAutoDefault(False)
        ready.clicked.connect(self.open_data)
        ready.setDefault(True)
        row = QHBoxLayout()
        row.setContentsMargins(20, 12, 20, 16)
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(ready)
        return row

    # What happened

    @Slot()
    def open_data(self) -> None:
        """Open the data as filled in, and close; a value that makes no sense is told here."""
        try:
            chosen = self.chosen
        except CoreError as error:
            self._complaint.setText(str(error))
            self._complaint.show()
            return
        self.accept()
        self._session.open_data(chosen)

    @Slot()
    def _choose_base(self) -> None:
        assert self._base is not None
        start = self._base.text() or str(Path(self._source.location).parent)
        folder = ask_for_folder(self._session, self, "The folder that holds all images", start)
        if folder:
            self._base.setText(folder)

    @Slot()
    def _on_division_changed(self, _text: str = "") -> None:
        by_class = self._division.currentText() == BY_CLASS
        for number in (self._share, self._seed):
            self._form.setRowVisible(number, by_class)

    def _on_columns(self, columns: list[Column]) -> None:
        for meaning in self._columns:
            self._fill_columns(meaning, columns)

    def _on_no_columns(self, _sentence: str, _details: str) -> None:
        """What the question named can still be chosen."""

    def _named(self, meaning: str, otherwise: str) -> str:
        box = self._columns.get(meaning)
        return otherwise if box is None else box.currentData() or ""

    def _set_aside(self, meaning: str) -> str:
        """The column that is called like a `meaning` and is to mean nothing; "" where none is."""
        box = self._columns.get(meaning)
        if box is None or box.currentText() != SET_ASIDE:
            return ""
        if isinstance(self._asked, ColumnMeaningError) and self._asked.meaning == meaning:
            return self._asked.column
        return next((name for name in USUAL_NAMES[meaning] if box.findData(name) >= 0), "")


def _choice(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    # As wide as the form, not as its longest entry.
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(24)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box


def _shortened(text: str) -> str:
    return text if len(text) <= EXAMPLE_LETTERS else f"{text[:EXAMPLE_LETTERS]}…"
