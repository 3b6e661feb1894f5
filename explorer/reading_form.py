"""How data are to be read: what the reader asks about, and what a person may say otherwise, in one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from core.data.readers.manifest_columns import ROLE_NAMES, SPLIT_NAMES
from core.data.readers.manifest_errors import ColumnMeaningError, EncodingError, FolderMeaningError, OutsideError
from core.data.readers.manifest_table import NAMED_SUFFIXES, SUFFIXES
from core.data.readers.split_values import MOST_VALUES
from core.data.readers.table_columns import EXAMPLES, TableColumn, columns_of
from core.data.readers.text_file import ENCODINGS
from core.data.source import DataSource, is_name
from core.data.vectors.columns_of_vectors import columns_of_vectors
from core.data.vectors.vector_files import ARCHIVES as VECTORS
from core.errors import CoreError
from core.messages import Message
from core.remedies import Remedy, remedies_of
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import button, choice, inset, quiet_label
from explorer.file_dialogs import ask_for_folder
from explorer.jobs.runner import JobRunner
from explorer.meaning_rows import (
    AS_RECOGNISED,
    CLASS,
    COLUMN_WORDS,
    IGNORED,
    RECOGNISED,
    SET_ASIDE,
    TARGET,
    MeaningRows,
)
from explorer.session import Session
from explorer.value_rows import ValueRows

WIDTH, HIGHEST = 640, 500
# Two rows more, which a choice among those shown brings.
SPARE = 90
EXAMPLE_LETTERS = 40
AS_READ = Message("as-detected")
AS_GIVEN, BY_CLASS = Message("splits-of-data-set"), Message("divided-by-class-alone")
MEANINGS = {
    "image": Message("image-column"),
    "label": Message("class-column"),
    "split": Message("split-column"),
    "role": Message("role-column"),
}
FOLDER_WORDS = {
    "train": Message("split-train"),
    "val": Message("split-val"),
    "test": Message("split-test"),
    "query": Message("split-test-queries"),
    "gallery": Message("split-test-gallery"),
    "class": Message("a-class"),
    "none": Message("not-of-class-name"),
    "skip": Message("leave-out"),
}
USUAL_NAMES = {"split": SPLIT_NAMES, "role": ROLE_NAMES}
DEFAULT_SHARE = 50
COLUMNS = "columns"
# Rows at which one may begin.
CLASS_ROW, SPLIT_ROW, BASE_ROW = "class", "split", "base"


class ReadingForm(QWidget):
    """Changes how `source` is read; `asked` is what keeps it from being opened, or None.

    Signal: changed(), where it would be read otherwise, and not merely divided.

    `columns` are those of its table where they are known; else they are read in a thread. Without `chooses_columns` it
    leaves to others which column means what.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        source: DataSource,
        asked: CoreError | None = None,
        columns: Sequence[TableColumn] = (),
        table: Path | None = None,
        chooses_columns: bool = True,
    ) -> None:
        super().__init__()
        self._session, self._runner, self._source, self._asked = session, runner, source, asked
        self._chooses_columns = chooses_columns
        self._columns: dict[str, QComboBox] = {}
        self._known: dict[str, TableColumn] = {}
        self._table = table or self._table_of(source)
        self._remedies = self._remedies_of(source, asked)
        self._values: dict[str, ValueRows] = {}
        self._base: QLineEdit | None = None
        self._encoding: QComboBox | None = None
        self._form = QFormLayout()
        self._folders = MeaningRows(self._form, lambda name: Message("folder-named", name=name), self._on_chosen)
        self._in_question = MeaningRows(self._form, lambda name: Message("column-named", column=name), self._on_chosen)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(10)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        in_column(self._form, on=self)
        self._add_rows()
        if columns:
            self._on_columns(list(columns))
        elif self._table is not None and self._table.suffix.lower() in VECTORS:
            self._runner.submit(
                COLUMNS, partial(columns_of_vectors, self._table), self._on_columns, self._on_no_columns
            )
        elif self._table is None or self._table.suffix.lower() in NAMED_SUFFIXES:
            named = source if self._table is None else source.at(self._table)
            self._runner.submit(COLUMNS, partial(columns_of, named), self._on_columns, self._on_no_columns)
        self._listen()

    def start_at(self, row: str) -> None:
        """Give the keyboard to a row, where there is one of that name."""
        fields = {CLASS_ROW: self._columns.get("label"), SPLIT_ROW: self._division, BASE_ROW: self._base}
        if (field := fields.get(row)) is not None:
            field.setFocus()

    def end(self) -> None:
        """Its fields are deleted soon: an answer that comes later would find none."""
        self._runner.forget(COLUMNS)

    @property
    def chosen(self) -> DataSource:
        """The source as it is filled in. Raises DataError where a value makes no sense."""
        columns, source = self._in_question, self._source
        aside = [name for meaning in ("split", "role") if (name := self._set_aside(meaning))]
        classes = columns.that_mean(CLASS, ())
        share = self._share.value() / 100 if self._division.currentText() == BY_CLASS else None
        return replace(
            self._source,
            image_column=self._named("image", self._source.image_column),
            label_column=classes[0] if classes else self._named("label", self._source.label_column),
            split_column=self._named("split", self._source.split_column),
            role_column=self._named("role", self._source.role_column),
            target_columns=columns.that_mean(TARGET, source.target_columns),
            ignore_columns=tuple(dict.fromkeys([*columns.that_mean(IGNORED, source.ignore_columns), *aside])),
            folders=tuple(f"{name}={meaning}" for name, meaning in self._folders.chosen.items() if meaning),
            base=self._source.base if self._base is None else self._base.text().strip(),
            split_values=self._split_values(),
            encoding=self._source.encoding if self._encoding is None else self._encoding.currentData() or "",
            divide_by_class=share,
            divide_seed=self._seed.value() if share is not None else 0,
        )

    # Building

    def _listen(self) -> None:
        """From now on, say what is read otherwise; rows of meanings say it themselves, and a division reads nothing."""
        for box in (*self._columns.values(), *([self._encoding] if self._encoding else [])):
            box.activated.connect(self._on_chosen)
        if self._base is not None:
            self._base.editingFinished.connect(self._on_base_edited)

    def _add_rows(self) -> None:
        self._add_folder_rows()
        for meaning in self._meanings():
            self._add_column_row(meaning)
            if not self._chooses_columns:
                self._form.setRowVisible(self._columns[meaning], False)
        self._add_rows_in_question()
        self._add_base_row()
        self._add_encoding_row()
        self._add_division_rows()

    def _add_folder_rows(self) -> None:
        """A row for each folder that was asked about or told of, and for those that were explained before."""
        columns = dict.fromkeys((name for remedy in self._remedies for name in remedy.folders), "")
        guesses = self._asked.guesses if isinstance(self._asked, FolderMeaningError) else {}
        for name, meaning in {**columns, **guesses, **self._source.folder_meanings}.items():
            self._folders.add(name, FOLDER_WORDS if name in guesses else {"": AS_READ, **FOLDER_WORDS}, meaning)

    def _meanings(self) -> Sequence[str]:
        """Which columns can be chosen: any of a table's, and the one that was asked about."""
        asked = getattr(self._asked, "meaning", "")
        return [meaning for meaning in MEANINGS if self._table is not None or meaning == asked]

    def _table_of(self, source: DataSource) -> Path | None:
        """The table that is read: the one that is named, or that the open catalog was made from."""
        named, catalog = Path(source.location), self._session.catalog
        if named.suffix.lower() in (*SUFFIXES, *VECTORS):
            return named
        is_open = self._session.source == source and not is_name(source.location)
        return Path(catalog.report.table) if is_open and catalog is not None and catalog.report.table else None

    def _remedies_of(self, source: DataSource, asked: CoreError | None) -> list[Remedy]:
        """What the question, or else what was said of the open data, offers here."""
        catalog = self._session.catalog
        if asked is not None:
            return list(remedies_of(asked.sentence))
        if catalog is None or self._session.source != source:
            return []
        return [remedy for notice in catalog.report.notices for remedy in remedies_of(notice)]

    def _add_rows_in_question(self) -> None:
        """A row for each column that was asked about or told of, and for those that were explained before."""
        source, columns = self._source, [remedy.column for remedy in self._remedies if remedy.column]
        meanings = dict.fromkeys(columns, AS_RECOGNISED if self._asked is None else IGNORED)
        if getattr(self._asked, "meaning", "") == "target":
            meanings = dict.fromkeys(columns, CLASS)
        meanings |= dict.fromkeys(source.target_columns, TARGET) | dict.fromkeys(source.ignore_columns, IGNORED)
        for column, meaning in meanings.items():
            self._in_question.add(column, COLUMN_WORDS, meaning)

    def _add_column_row(self, meaning: str) -> None:
        box = choice(MEANINGS[meaning])
        box.addItem(RECOGNISED, "")
        if meaning in ("split", "role"):
            box.addItem(SET_ASIDE, "")
        self._columns[meaning] = box
        self._form.addRow(Label(MEANINGS[meaning]), box)
        if meaning in ("split", "role"):
            self._values[meaning] = ValueRows(self._form, box, meaning == "role", self._on_chosen)
            box.currentIndexChanged.connect(partial(self._show_values, meaning))
        self._fill_columns(meaning, [TableColumn(name) for name in getattr(self._asked, "columns", ())])
        if isinstance(self._asked, ColumnMeaningError) and self._asked.meaning == meaning:
            self._ask_for_values(meaning, self._asked)

    def _ask_for_values(self, meaning: str, asked: ColumnMeaningError) -> None:
        """Propose what each value of the column means, or where they are too many to set it aside."""
        box = self._columns[meaning]
        if meaning in self._values and 0 < len(asked.values) <= MOST_VALUES:
            column = TableColumn(asked.column, tuple(asked.values)[:EXAMPLES], asked.values)
            self._known[column.name] = column
            self._fill_columns(meaning, [column])
            box.setCurrentIndex(box.findData(asked.column))
        else:
            box.setCurrentText(SET_ASIDE)

    def _fill_columns(self, meaning: str, columns: Sequence[TableColumn]) -> None:
        box = self._columns[meaning]
        for column in columns:
            if box.findData(column.name) < 0:
                box.addItem(f"{column.name}   {_shortened(', '.join(column.examples))}".rstrip(), column.name)
        chosen = getattr(self._source, f"{meaning}_column")
        if chosen and box.findData(chosen) < 0:
            box.addItem(chosen, chosen)
        if chosen and not box.currentData():
            box.setCurrentIndex(box.findData(chosen))

    def _show_values(self, meaning: str, _index: int = 0) -> None:
        """Rows for the values of the chosen column; of a recognised one for those that were explained before."""
        box, rows, value_meanings = self._columns[meaning], self._values[meaning], self._source.value_meanings
        name = box.currentData() or ("" if box.currentText() == SET_ASIDE else self._detected(meaning))
        column = self._known.get(name)
        if column is None or not (box.currentData() or value_meanings.keys() & column.values.keys()):
            rows.clear()
        else:
            rows.show(column, value_meanings)

    def _detected(self, meaning: str) -> str:
        """The column that is called like a meaning; "" where none is."""
        return next((name for name in self._known if name.casefold() in USUAL_NAMES[meaning]), "")

    def _add_base_row(self) -> None:
        asked = self._asked if isinstance(self._asked, OutsideError) else None
        if self._table is None and asked is None:
            return
        proposed = str(asked.proposed) if asked is not None and asked.proposed is not None else ""
        self._base = QLineEdit(proposed or self._source.base)
        is_of_vectors = self._table is not None and self._table.suffix.lower() in VECTORS
        self._base.setPlaceholderText(Message("folder-of-vectors") if is_of_vectors else Message("folder-of-manifest"))
        self._base.setAccessibleName(Message("images-lie-in"))
        choose = button(Message("choose"))
        choose.clicked.connect(self._choose_base)
        choose.setAutoDefault(False)
        self._form.addRow(Label(Message("images-lie-in")), in_row((self._base, 1), choose, spacing=8))
        if asked is not None and asked.foreign and proposed and asked.foreign != proposed:
            self._form.addRow("", quiet_label(Message("read-as-this-folder", path=asked.foreign)))

    def _add_encoding_row(self) -> None:
        candidates = self._asked.candidates if isinstance(self._asked, EncodingError) else ()
        is_text = self._table is not None and self._table.suffix.lower() not in (".parquet", *VECTORS)
        if not candidates and not self._source.encoding and not is_text:
            return
        self._encoding = choice(Message("encoding"))
        if not candidates:
            self._encoding.addItem(Message("detected"), "")
            candidates = tuple(ENCODINGS.items())
        for name, example in candidates:
            self._encoding.addItem(f"{name}   {example}", name)
        if self._source.encoding and self._encoding.findData(self._source.encoding) < 0:
            self._encoding.addItem(self._source.encoding, self._source.encoding)
        self._encoding.setCurrentIndex(max(0, self._encoding.findData(self._source.encoding)))
        self._form.addRow(Label(Message("encoding")), self._encoding)

    def _add_division_rows(self) -> None:
        self._division, self._share, self._seed = choice(Message("train-and-test")), QDoubleSpinBox(), QSpinBox()
        self._division.addItems([AS_GIVEN, BY_CLASS])
        share = self._source.divide_by_class
        self._share.setRange(1, 99)
        self._share.setDecimals(1)
        self._share.setSuffix(Message("per-cent-of-classes"))
        self._share.setValue(DEFAULT_SHARE if share is None else share * 100)
        self._share.setAccessibleName(Message("train-on"))
        self._seed.setRange(0, 2**31 - 1)
        self._seed.setValue(self._source.divide_seed)
        self._seed.setAccessibleName(Message("seed-of-division"))
        for number in (self._share, self._seed):
            inset(number)
        self._form.addRow(Label(Message("train-and-test")), self._division)
        self._form.addRow(Label(Message("train-on")), self._share)
        self._form.addRow(Label(Message("seed")), self._seed)
        self._division.currentTextChanged.connect(self._on_division_changed)
        self._division.setCurrentText(AS_GIVEN if share is None else BY_CLASS)
        self._on_division_changed()

    # What happened

    def _choose_base(self) -> None:
        assert self._base is not None
        start = self._base.text() or str(Path(self._source.location).parent)
        folder = ask_for_folder(self._session, self, Message("folder-of-all-images"), start)
        if folder:
            self._base.setText(folder)
            self.changed.emit()

    def _on_chosen(self, *_chosen: object) -> None:
        self.changed.emit()

    def _on_base_edited(self) -> None:
        if self._base is not None and self._base.isModified():
            self._base.setModified(False)
            self.changed.emit()

    def _on_division_changed(self, _text: str = "") -> None:
        by_class = self._division.currentText() == BY_CLASS
        for number in (self._share, self._seed):
            self._form.setRowVisible(number, by_class)

    def _on_columns(self, columns: list[TableColumn]) -> None:
        self._known |= {column.name: column for column in columns if column.name not in self._known}
        for meaning in self._columns:
            self._fill_columns(meaning, columns)
        for meaning, rows in self._values.items():
            if not rows.chosen:
                self._show_values(meaning)

    def _on_no_columns(self, _sentence: str, _details: str) -> None:
        """What the question named can still be chosen."""

    def _split_values(self) -> tuple[str, ...]:
        """What was chosen of values; where the columns are not known it stays as it was."""
        chosen = {value: meaning for rows in self._values.values() for value, meaning in rows.chosen.items()}
        if not chosen and not self._known:
            return self._source.split_values
        return tuple(f"{value}={meaning}" for value, meaning in chosen.items())

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


def _shortened(text: str) -> str:
    return text if len(text) <= EXAMPLE_LETTERS else f"{text[:EXAMPLE_LETTERS]}…"
