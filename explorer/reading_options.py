"""The dialog about how data are to be read: it asks what the reader left open, or changes what is said of open data."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QWidget

from core.data.readers.manifest_errors import OutsideError
from core.data.source import DataSource
from core.errors import CoreError, DataError
from core.messages import Message
from explorer.appearance.fitting import fit, keep_on_screen, scrolling
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import button, restyle
from explorer.jobs.runner import JobRunner
from explorer.reading_form import BASE_ROW, ReadingForm
from explorer.session import Session

WIDTH, HIGHEST = 640, 500
# Two rows more, which a choice among those shown brings.
SPARE = 90


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
        self._session, self._asked = session, asked
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(Message("reading-options-of", name=Path(source.location).name))
        content = QWidget()
        column = in_column(on=content, margins=(20, 18, 20, 16), spacing=14)
        if asked is not None:
            is_outside = isinstance(asked, OutsideError)
            sentence = Label(Message("asked-where-images-lie", sentence=asked.sentence) if is_outside else str(asked))
            sentence.setWordWrap(True)
            column.addWidget(sentence)
        self._form = ReadingForm(session, runner, source, asked)
        column.addWidget(self._form)
        column.addStretch(1)
        self._complaint = Label()
        self._complaint.setWordWrap(True)
        restyle(self._complaint, "wrong", True)
        self._complaint.hide()
        column.addWidget(self._complaint)
        # Only what stands above the buttons is scrolled: Open is always in sight.
        buttons = self._buttons()
        in_column((scrolling(content), 1), buttons, on=self, spacing=0)
        needed = content.heightForWidth(WIDTH) if content.hasHeightForWidth() else content.sizeHint().height()
        fit(self, QSize(WIDTH, min(needed + buttons.sizeHint().height() + SPARE, HIGHEST)))
        if isinstance(asked, OutsideError):
            self.start_at(BASE_ROW)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    def done(self, result: int) -> None:
        self._form.end()
        super().done(result)

    def start_at(self, row: str) -> None:
        """Give the keyboard to a row of the form (`explorer.reading_form`)."""
        self._form.start_at(row)

    @property
    def asked(self) -> str:
        """What the reader asks, "" where nothing kept the data from being opened."""
        return "" if self._asked is None else str(self._asked)

    @property
    def chosen(self) -> DataSource:
        """The source as it is filled in. Raises DataError where a value makes no sense."""
        return self._form.chosen

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

    def _buttons(self) -> QHBoxLayout:
        cancel, ready = button(Message("cancel")), button(Message("open"), "primary")
        cancel.clicked.connect(self.reject)
        cancel.setAutoDefault(False)
        ready.clicked.connect(self.open_data)
        ready.setDefault(True)
        return in_row(1, cancel, ready, margins=(20, 12, 20, 16), spacing=8)
