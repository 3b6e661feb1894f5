"""Find a class or an image file by typing a part of its name or path."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QSizePolicy, QWidget

from core.messages import Message
from explorer.commands import act
from explorer.jobs.runner import JobRunner
from explorer.name_index import NameIndex, NameMatches
from explorer.session import Session
from explorer.state.subject import WINDOW

NARROWEST, WIDEST = 130, 240
# What stands in the field while it is empty: the first that fits.
HINTS = (Message("search-hint"), Message("search-hint-short"))
MARGINS = 24
POPUP_WIDTH = 420
MOST_VISIBLE = 14
SEARCH = "names"


class ClassSearch(QLineEdit):
    """A field whose completions are the classes and files that are shown; choosing one selects it."""

    def __init__(self, session: Session, runner: JobRunner) -> None:
        super().__init__()
        self._session, self._runner = session, runner
        self._names: NameIndex | None = None
        self._model = Matches()
        self._model.setParent(self)
        # Enter came before the answer.
        self._impatient = False
        completer = QCompleter(self._model, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(MOST_VISIBLE)
        self._popup = _Completions(self)
        self._popup.setObjectName("completions")
        # Files are told apart by the ends of their paths.
        self._popup.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._popup.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._popup.setUniformItemSizes(True)
        self._popup.setMinimumWidth(POPUP_WIDTH)
        completer.setPopup(self._popup)
        self.setCompleter(completer)
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._update_placeholder()
        self.setAccessibleName(Message("search-classes-and-files"))
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._on_return)
        # Of the two signals named activated, the one with the text.
        completer.activated.connect(self._show)
        session.catalog_changed.connect(self._on_images_changed)
        session.split_changed.connect(self._on_images_changed)

    @property
    def offered(self) -> list[str]:
        """What stands in the list, notes included."""
        return [self._model.index(row).data() for row in range(self._model.rowCount())]

    def start(self) -> None:
        """Take the keyboard; what is typed takes the place of what was searched before."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes back what was typed; without any it is the window's."""
        if not act(event, {"search.clear": self._on_cleared} if self.text() else {}):
            super().keyPressEvent(event)

    def _on_cleared(self) -> None:
        self.clear()
        self._model.clear()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_placeholder()

    def _update_placeholder(self) -> None:
        room = self.width() - MARGINS
        fitting = (hint for hint in HINTS if self.fontMetrics().horizontalAdvance(hint) <= room)
        self.setPlaceholderText(next(fitting, HINTS[-1]))

    def _on_images_changed(self) -> None:
        self._runner.forget(SEARCH)
        self._names = None
        self._model.clear()
        self.clear()

    def _on_edited(self, text: str) -> None:
        catalog = self._session.catalog
        self._impatient = False
        if catalog is None or not text.strip():
            self._runner.forget(SEARCH)
            self._model.clear()
            self._popup.hide()
            return
        if self._names is None:
            self._names = NameIndex(catalog, catalog.rows(self._session.split))
        work = partial(self._names.find, text)
        self._runner.submit(SEARCH, work, self._on_found, partial(self._session.problems.set, WINDOW), stoppable=True)

    def _on_found(self, found: NameMatches) -> None:
        catalog = self._session.catalog
        if catalog is None or found.text != self.text():
            return
        labels = {code: catalog.classes[code] for code in found.classes}
        classes = {str(Message("match-of-class", label=label)): ("class", code) for code, label in labels.items()}
        files = {str(catalog.paths[row]): ("file", row) for row in found.files}
        self._model.show(found.text, {**classes, **files}, _note(found))
        if self._impatient:
            self._on_return()
        elif self.hasFocus():
            self.completer().complete()

    def _on_return(self) -> None:
        # With a completion chosen in the list, the completer says which.
        if self._popup.isVisible() and self._popup.currentIndex().isValid():
            return
        self._impatient = self._model.text != self.text()
        if not self._impatient and self._model.entries:
            self._show(next(iter(self._model.entries)))

    @Slot(str)
    def _show(self, text: str) -> None:
        kind, number = self._model.entries.get(text, ("", -1))
        if self._session.catalog is None or not kind:
            return
        self._impatient = False
        self._popup.hide()
        # The completer writes the name into the field after this.
        QTimer.singleShot(0, self._let_go)
        if kind == "file":
            self._session.selection.select([number], query=number)
        else:
            self._session.selection.set_focus(number)
            self._session.selection.select(self._session.rows_of_classes([number]))

    def _let_go(self) -> None:
        """Leave the keys to the window: Space is to preview what was found."""
        self.clear()
        self._model.clear()
        self.clearFocus()


class _Completions(QListView):
    """Ends where its field ends: it is wider, and the field stands at the right edge of the window."""

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        self._field = field

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        right = self._field.mapToGlobal(QPoint(self._field.width(), 0)).x()
        if self.x() != (left := right - self.width()):
            self.move(left, self.y())


class Matches(QAbstractListModel):
    """What was found, by its text, and below it a note that cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.clear()

    def show(self, text: str, entries: dict[str, tuple[str, int]], note: str) -> None:
        """List other matches, of `text`."""
        self.beginResetModel()
        self.text, self.entries = text, entries
        self._shown, self._note = list(entries), note
        self.endResetModel()

    def clear(self) -> None:
        """List nothing."""
        self.show("", {}, "")

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown) + bool(self._note)

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        return Qt.ItemFlag.NoItemFlags if index.row() >= len(self._shown) else super().flags(index)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        if index.row() < len(self._shown):
            return self._shown[index.row()]
        # What the arrows reach is written into the field: of a note, what was typed.
        return self._note if role == Qt.ItemDataRole.DisplayRole else self.text


def _note(found: NameMatches) -> str:
    """What the list does not show: that there is nothing, or how much more there is."""
    if not found.all_classes and not found.all_files:
        return Message("nothing-found", text=found.text.strip())
    classes, files = (len(found.classes), found.all_classes), (len(found.files), found.all_files)
    left = [Message("classes-of-matches", shown=classes[0], classes=classes[1])] if classes[0] < classes[1] else []
    left += [Message("files-of-matches", shown=files[0], files=files[1])] if files[0] < files[1] else []
    return Message("type-more-to-narrow", matches=left) if left else ""
