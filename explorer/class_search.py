"""Find a class or an image file by typing a part of its name."""

from __future__ import annotations

from itertools import islice

import numpy as np
from PySide6.QtCore import QStringListModel, Qt, Slot
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from core.data.catalog import Catalog, Rows
from explorer.session import Session
from explorer.spelling import folded

MOST_CLASSES, MOST_FILES = 12, 8
POPUP_WIDTH = 420


class ClassSearch(QLineEdit):
    """A field whose completions are the classes and files that are shown; choosing one selects it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._names: _Names | None = None
        self._found: dict[str, tuple[str, int]] = {}
        self._model = QStringListModel(self)
        completer = QCompleter(self._model, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._popup = QListView()
        self._popup.setObjectName("completions")
        # Files are told apart by the ends of their paths.
        self._popup.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._popup.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._popup.setMinimumWidth(POPUP_WIDTH)
        completer.setPopup(self._popup)
        self.setCompleter(completer)
        self.setPlaceholderText("Search classes and files   Ctrl+K")
        self.setClearButtonEnabled(True)
        self.setFixedWidth(240)
        self.setAccessibleName("Search classes and files")
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._on_return)
        # Of the two signals named activated, the one with the text.
        completer.activated.connect(self._show)
        session.catalog_changed.connect(self._on_images_changed)
        session.split_changed.connect(self._on_images_changed)

    @Slot()
    def _on_images_changed(self) -> None:
        self._names = None
        self._found = {}
        self._model.setStringList([])
        self.clear()

    @Slot(str)
    def _on_edited(self, text: str) -> None:
        catalog = self._session.catalog
        if catalog is None:
            return
        if self._names is None:
            self._names = _Names(catalog, catalog.rows(self._session.split))
        self._found = self._names.matching(text)
        self._model.setStringList(list(self._found))

    @Slot()
    def _on_return(self) -> None:
        # With a completion chosen in the list, the completer says which.
        chosen_below = self._popup.isVisible() and self._popup.currentIndex().isValid()
        if self._found and not chosen_below:
            self._show(next(iter(self._found)))

    @Slot(str)
    def _show(self, text: str) -> None:
        kind, number = self._found.get(text, ("", -1))
        catalog = self._session.catalog
        if catalog is None:
            return
        if kind == "file":
            self._session.select([number], query=number)
        elif kind == "class":
            rows = catalog.rows(self._session.split)
            self._session.set_focus(number)
            self._session.select(np.asarray(rows[catalog.codes[rows] == number]))


class _Names:
    """The names that can be found, folded once: of the classes and files among some catalog rows."""

    def __init__(self, catalog: Catalog, rows: Rows) -> None:
        self._catalog = catalog
        codes = np.unique(catalog.codes[rows])
        self._classes = [(code, folded(catalog.classes[code])) for code in codes[codes >= 0].tolist()]
        self._files = [(row, folded(str(catalog.paths[row]).rsplit("/", 1)[-1])) for row in rows.tolist()]

    def matching(self, text: str) -> dict[str, tuple[str, int]]:
        """Shown text -> ("class", code) or ("file", row)."""
        wanted = folded(text)
        if not wanted:
            return {}
        codes = islice((code for code, name in self._classes if wanted in name), MOST_CLASSES)
        rows = islice((row for row, name in self._files if wanted in name), MOST_FILES)
        found = {f"{self._catalog.classes[code]}  (class)": ("class", code) for code in codes}
        return found | {str(self._catalog.paths[row]): ("file", row) for row in rows}
