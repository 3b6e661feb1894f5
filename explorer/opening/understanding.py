"""What a path is and how it would be read: a sentence, the first pictures, counts, its columns, and the choices."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from core.data.data_look import DataLook
from core.data.source import DataSource
from core.errors import CoreError
from core.looking import Look
from core.messages import Message
from core.paths import absolute
from explorer.appearance import theme
from explorer.appearance.layouts import in_column
from explorer.appearance.plain import Label
from explorer.appearance.widgets import Segmented, button, quiet_label, restyle
from explorer.jobs.runner import JobRunner
from explorer.opening.column_table import MOST, ColumnTable
from explorer.opening.column_uses import released_by, with_use
from explorer.opening.pictures import PictureRow
from explorer.reading_form import ReadingForm
from explorer.session import Session

PICTURES, LENGTH = 8, 72
NOTES = 3
# What vectors are used as while other data are open.
OF_OPEN_DATA, OWN = "model", "data"


class Understanding(QWidget):
    """Signals.

    changed(DataSource): something was chosen about how the data are to be read.
    elsewhere_wanted(DataSource): what was meant lies there.
    """

    changed = Signal(object)
    elsewhere_wanted = Signal(object)

    def __init__(self, session: Session, runner: JobRunner) -> None:
        super().__init__()
        self._session, self._runner = session, runner
        self._look: Look | None = None
        self._to_say = ""
        self._use = self._role_of = ""
        self._as_model = False
        self._form: ReadingForm | None = None
        self._sentence = _wrapped(Label())
        self._sentence.setFont(theme.text_font(15, QFont.Weight.DemiBold))
        self._counts = _wrapped(quiet_label())
        self._pictures = PictureRow(runner, PICTURES, LENGTH)
        self._problem = _wrapped(Label())
        restyle(self._problem, "wrong", True)
        self._way_on = button(Message("look-at-its-folder"), "link")
        self._way_on.clicked.connect(self._on_way_on)
        self._notes = _wrapped(quiet_label())
        self._table = ColumnTable()
        self._table.use_chosen.connect(self._on_use_chosen)
        self._more_columns = quiet_label()
        self._said = _wrapped(quiet_label())
        self._slots = Segmented({slot: Message("set-as-slot", slot=slot) for slot in session.slots}, Message("use-as"))
        roles = {OF_OPEN_DATA: Message("vectors-of-open-data"), OWN: Message("own-data-set")}
        self._role = Segmented(roles, Message("use-as"))
        self._role.chosen.connect(self._on_role_chosen)
        self._column = in_column(
            *(self._sentence, self._counts, self._role, self._pictures, self._problem, self._way_on, self._notes),
            *(self._slots, self._table, self._more_columns, self._said),
            on=self, margins=(20, 16, 20, 16), spacing=12,
        )  # fmt: skip
        self._column.addStretch(1)
        self.say(Message("name-what-to-open"), Message("what-can-be-opened"))

    @property
    def sentence(self) -> str:
        """What is said of the path."""
        return self._sentence.text()

    @property
    def counts(self) -> str:
        """How many images and classes were seen."""
        return self._counts.text()

    @property
    def notes(self) -> str:
        """What is to be known before it is opened, "" for nothing."""
        return self._notes.text()

    @property
    def problem(self) -> str:
        """What keeps it from being opened as it is, "" for nothing."""
        return self._problem.text()

    @property
    def columns(self) -> ColumnTable:
        """The table of columns."""
        return self._table

    @property
    def pictures(self) -> PictureRow:
        """The first pictures."""
        return self._pictures

    @property
    def slot(self) -> str:
        """Where a model goes."""
        return self._slots.value

    @property
    def as_data(self) -> bool:
        """Whether vectors are to be opened as a data set of their own."""
        return self._role.isHidden() or self._role.value == OWN

    @property
    def chosen(self) -> DataSource | None:
        """The data as they are to be read, None where it is no data. Raises DataError where a value makes no sense."""
        return None if self._form is None else self._form.chosen

    def say(self, sentence: str, more: str = "") -> None:
        """Show nothing but a sentence."""
        self._look = None
        self._clear()
        self._set(self._sentence, sentence)
        self._set(self._counts, more)

    def complain(self, sentence: str) -> None:
        """Say what makes no sense."""
        self._set(self._problem, sentence)

    def show_look(
        self, look: Look, as_model: bool, blocked: str = "", use: str = "", may_be_model: bool = False
    ) -> None:
        """Show what something is; `as_model` lets the slot be chosen.

        `blocked` says why it cannot be used now, `use` what opening it does. Vectors are data of their own, or those of
        the open data (`may_be_model`).
        """
        self._look = look
        self._clear()
        self._use, self._as_model = use, as_model
        has_choice = look.kind == "vectors" and look.problem is None and may_be_model
        if look.path != self._role_of:
            # What is open as data already is looked at as such.
            opened = self._session.source
            is_open = opened is not None and opened.location == look.path
            self._role_of = look.path
            self._role.choose(OWN if is_open else OF_OPEN_DATA)
        self._role.setVisible(has_choice)
        self._set(self._sentence, look.sentence if look.problem is None or look.data is not None else look.path)
        # Its ways on are the choices below.
        problem = "" if look.problem is None else str(look.problem)
        # A path that is typed is not there before it is whole, which is no reason to shout.
        is_typed = look.problem is not None and look.problem.message.id == "data-missing"
        restyle(self._problem, "wrong", not is_typed)
        self._set(self._problem, blocked or problem)
        self._slots.setVisible(as_model)
        self._way_on.setVisible(look.kind == "picture")
        self._set(self._counts, use)
        self._set(self._said, self._to_say)
        self._to_say = ""
        is_data = look.kind == "data" or (look.kind == "vectors" and self.as_data)
        if is_data and look.data is not None:
            self._slots.hide()
            self._show_data(look.data)

    def _on_role_chosen(self, _role: str) -> None:
        if self._look is not None:
            self.show_look(self._look, self._as_model, use=self._use, may_be_model=True)

    def end(self) -> None:
        """Wait for nothing any more."""
        self._pictures.end()
        self._drop_form()

    def _show_data(self, data: DataLook) -> None:
        self._set(self._counts, counts_of(data))
        if data.problem is not None and not data.can_open:
            self._set(self._sentence, str(data.source.location))
        self._pictures.setVisible(bool(data.pictures))
        self._pictures.show_files(data.pictures)
        self._set(self._notes, "\n".join(map(str, data.notes[:NOTES])))
        self._table.setVisible(bool(data.columns))
        self._table.show_columns(data.columns, data.meanings)
        beyond = len(data.columns) - MOST
        self._set(self._more_columns, Message("more-columns", columns=beyond) if beyond > 0 else "")
        if data.can_open:
            self._form = ReadingForm(
                self._session, self._runner, data.source, data.problem, data.columns, data.table,
                chooses_columns=not data.columns,
            )  # fmt: skip
            self._form.changed.connect(self._on_form_changed)
            self._column.insertWidget(self._column.count() - 1, self._form)

    def _on_use_chosen(self, column: str, use: str) -> None:
        if self._look is None or self._look.data is None:
            return
        data = self._look.data
        released = released_by(data.meanings, column, use)
        # Said once a thread has looked again.
        self._to_say = Message("column-released", column=released, other=column) if released else ""
        self._change(lambda: with_use(self.chosen or data.source, data.meanings, column, use))

    def _on_way_on(self) -> None:
        """A single picture stands for those beside it."""
        if self._look is not None:
            self.elsewhere_wanted.emit(DataSource(str(absolute(self._look.path).parent)))

    def _on_form_changed(self) -> None:
        form = self._form
        if form is not None:
            self._change(lambda: form.chosen)

    def _change(self, changed: Callable[[], DataSource]) -> None:
        try:
            self.changed.emit(changed())
        except CoreError as error:
            self.complain(error.in_window)

    def _clear(self) -> None:
        self._drop_form()
        self._pictures.show_files(())
        for part in (self._pictures, self._table, self._slots, self._role, self._way_on):
            part.hide()
        for label in (self._counts, self._problem, self._notes, self._more_columns, self._said):
            self._set(label, "")

    def _drop_form(self) -> None:
        if self._form is not None:
            self._form.end()
            self._form.hide()
            self._column.removeWidget(self._form)
            self._form.deleteLater()
            self._form = None

    @staticmethod
    def _set(label: Label, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))


def counts_of(data: DataLook) -> str:
    """Images, classes and splits that were seen, "" for none."""
    if not data.images:
        return ""
    splits = [Message("split-with-count", split=split, count=count) for split, count in data.splits.items()]
    counts: str = Message("looked-at-images", exact=data.is_all, images=data.images)
    if data.classes:
        counts = Message("looked-at-classes", counts=counts, exact=data.is_all, classes=data.classes)
    return Message("counts-with-splits", counts=counts, splits=splits) if splits else counts


def _wrapped(label: Label) -> Label:
    label.setWordWrap(True)
    return label
