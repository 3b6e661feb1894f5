"""The one place where anything is opened: on the left where it lies, on the right what it is and how it is read."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QWidget

from core.data.source import DataSource
from core.errors import CoreError
from core.looking import Look, look
from core.messages import Message
from core.paths import absolute
from explorer.appearance.fitting import fit, keep_on_screen, scrolling
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.widgets import button
from explorer.dropped import files_in
from explorer.file_dialogs import ask_for_file, ask_for_folder
from explorer.jobs.runner import JobRunner
from explorer.opening.door import Door
from explorer.opening.path_field import PathField
from explorer.opening.places import Places
from explorer.opening.understanding import Understanding
from explorer.session import Session

SIZE = QSize(980, 660)
PLACES_WIDTH = 232
KEY = "opening.look"
# After so long it is said that an answer takes long.
SLOW_MS, VERY_SLOW_MS = 300, 5_000


class OpenDialog(QDialog):
    """Looks at what is named, as it is named; nothing is opened before Open is pressed."""

    def __init__(self, session: Session, runner: JobRunner, door: Door, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._runner, self._door = session, runner, door
        self._source: DataSource | None = None
        self._look: Look | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(Message("open-anything"))
        self.setAcceptDrops(True)
        self.field = PathField(runner)
        self.field.named.connect(self._on_named)
        self.field.textChanged.connect(self._on_typed)
        self.understanding = Understanding(session, runner)
        self.understanding.changed.connect(self.look_at)
        self.understanding.elsewhere_wanted.connect(self.show_source)
        self.places = Places(session)
        self.places.setFixedWidth(PLACES_WIDTH)
        self.places.chosen.connect(self.show_source)
        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._on_slow)
        self.open_button = button(Message("open"), "primary")
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self.open_it)
        self._build()
        fit(self, SIZE)
        self._update()

    def _build(self) -> None:
        folder, file = button(Message("browse-folder")), button(Message("browse-file"))
        cancel = button(Message("cancel"))
        folder.clicked.connect(self._browse_folder)
        file.clicked.connect(self._browse_file)
        cancel.clicked.connect(self.reject)
        for each in (folder, file, cancel):
            each.setAutoDefault(False)
        above = in_row((self.field, 1), folder, file, margins=(20, 16, 20, 12), spacing=8)
        below = in_row(1, cancel, self.open_button, margins=(20, 12, 20, 16), spacing=8)
        right = in_column(above, _rule(), (scrolling(self.understanding), 1), _rule(), below, spacing=0)
        upright = QFrame()
        upright.setFrameShape(QFrame.Shape.NoFrame)
        upright.setFixedWidth(1)
        upright.setObjectName("uprightRule")
        in_row(self.places, upright, (right, 1), on=self, spacing=0)

    def show_source(self, source: DataSource) -> None:
        """Name what is to be looked at, as it is to be read."""
        self.field.blockSignals(True)
        self.field.setText(source.location)
        self.field.blockSignals(False)
        self.look_at(source)
        self.field.setFocus()

    def look_at(self, source: DataSource) -> None:
        """Say what this is once a thread has looked; what was said before stays until then."""
        self._source = source
        self._runner.give_up(KEY)
        self._slow.start(SLOW_MS)
        self._runner.submit(KEY, partial(look, source), self._on_looked, self._on_failed, stoppable=True)
        self._update()

    def open_it(self) -> None:
        """Open it as it is understood, and close; what makes no sense is told here."""
        if not self.open_button.isEnabled() or self._look is None:
            return
        try:
            chosen = self.understanding.chosen
        except CoreError as error:
            self.understanding.complain(error.in_window)
            return
        found = self._look
        slot, as_data = self.understanding.slot, self.understanding.as_data
        self.accept()
        if found.kind == "data" or (found.kind == "vectors" and as_data):
            self._session.open_data(chosen or DataSource(found.path))
        else:
            self._door.open_model(slot, found)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Named, not opened: here it is looked at first."""
        if files := files_in(event.mimeData()):
            event.acceptProposedAction()
            self.show_source(self._known_as(str(files[0])))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)
        self.field.setFocus()

    def done(self, result: int) -> None:
        self._slow.stop()
        self._runner.give_up(KEY)
        self.field.stop()
        self.understanding.end()
        super().done(result)

    def _on_typed(self, _text: str) -> None:
        """What was looked at is no longer what is named."""
        self._look = None
        self._update()

    def _on_named(self, text: str) -> None:
        if not text:
            self._source = self._look = None
            self._runner.give_up(KEY)
            self.understanding.say(Message("name-what-to-open"), Message("what-can-be-opened"))
            self._update()
        else:
            self.look_at(self._known_as(text))

    def _known_as(self, text: str) -> DataSource:
        """As it was read the last time, where it was."""
        location = str(absolute(text))
        known = self._session.library.data_sets
        return next((source for source in known if source.location in (text, location)), DataSource(text))

    def _browse_folder(self) -> None:
        if chosen := ask_for_folder(self._session, self, Message("open-folder")):
            self.show_source(self._known_as(chosen))

    def _browse_file(self) -> None:
        if chosen := ask_for_file(self._session, self, Message("choose-file"), self._door.file_kinds()):
            self.show_source(self._known_as(chosen))

    def _on_slow(self) -> None:
        if self._source is not None:
            self.understanding.say(Message("looking-at-dragged", name=self._source.location), Message("slow-drive"))

    def _on_looked(self, found: Look) -> None:
        self._slow.stop()
        self._look = found
        is_model = found.kind in ("run", "checkpoint", "vectors") and found.problem is None
        self.understanding.show_look(
            found,
            as_model=is_model and self._session.has_model,
            blocked=self._door.why_not(found),
            use=self._door.use_of(found),
            may_be_model=self._session.catalog is not None,
        )
        self._update()

    def _on_failed(self, sentence: str, _details: str) -> None:
        self._slow.stop()
        self._look = None
        self.understanding.say(sentence)
        self._update()

    def _update(self) -> None:
        found, is_looking = self._look, self._runner.waits_for(KEY)
        can_open = found is not None and not self._door.why_not(found)
        if found is not None and found.problem is not None:
            can_open = can_open and found.data is not None and found.data.can_open
        self.open_button.setEnabled(can_open and not is_looking)


def _rule() -> QFrame:
    rule = QFrame()
    rule.setProperty("rule", True)
    return rule
