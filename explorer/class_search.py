"""Find a class or an image file by typing a part of its name."""

from __future__ import annotations

import unicodedata

import numpy as np
from PySide6.QtCore import QStringListModel, Qt, Slot
from PySide6.QtWidgets import QCompleter, QLineEdit

from explorer.session import Session

MOST_CLASSES, MOST_FILES = 12, 8


class ClassSearch(QLineEdit):
    """A field whose completions are classes and files of the open data set; choosing one shows it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._found: dict[str, tuple[str, int]] = {}
        self._model = QStringListModel(self)
        completer = QCompleter(self._model, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.popup().setObjectName("completions")
        self.setCompleter(completer)
        self.setPlaceholderText("Search classes and files   Ctrl+K")
        self.setClearButtonEnabled(True)
        self.setFixedWidth(240)
        self.setAccessibleName("Search classes and files")
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._on_return)
        # Of the two signals named activated, the one with the text.
        completer.activated.connect(self._on_activated)

    @Slot(str)
    def _on_edited(self, text: str) -> None:
        self._found = self._matches(text)
        self._model.setStringList(list(self._found))

    @Slot()
    def _on_return(self) -> None:
        if self._found:
            self._show(next(iter(self._found)))

    @Slot(str)
    def _on_activated(self, text: str) -> None:
        self._show(text)

    def _matches(self, text: str) -> dict[str, tuple[str, int]]:
        """Shown text -> ("class", code) or ("file", row)."""
        catalog = self._session.catalog
        wanted = _folded(text.strip())
        if catalog is None or not wanted:
            return {}
        rows = catalog.rows(self._session.split)
        shown = np.unique(catalog.codes[rows])
        codes = [code for code in shown[shown >= 0].tolist() if wanted in _folded(catalog.classes[code])][:MOST_CLASSES]
        found = {f"{catalog.classes[code]}  (class)": ("class", code) for code in codes}
        for row in rows:
            if len(found) >= len(codes) + MOST_FILES:
                break
            path = str(catalog.paths[row])
            if wanted in _folded(path.rsplit("/", 1)[-1]):
                found[path] = ("file", int(row))
        return found

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


def _folded(text: str) -> str:
    """Case and composition do not matter: Hangul typed on one system finds Hangul stored by another."""
    return unicodedata.normalize("NFC", text).casefold()
