"""Asking for a file or a folder with the system's dialogs, which begin where something was last chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from explorer.session import Session


def ask_for_folder(session: Session, parent: QWidget, title: str, start: str = "") -> str:
    """A folder, "" when none was chosen; the dialog begins at `start` where that is given."""
    chosen = QFileDialog.getExistingDirectory(parent, title, start or session.last_folder)
    return _noted(session, chosen)


def ask_for_file(session: Session, parent: QWidget, title: str, kinds: str) -> str:
    """A file of one of the `kinds` ("Embeddings (*.npz);;..."), "" when none was chosen."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, session.last_folder, kinds)
    return _noted(session, chosen)


def ask_where_to_save(session: Session, parent: QWidget, title: str, name: str, kinds: str) -> str:
    """A file to be written, "" when none was chosen; whether one that is there may be replaced was asked."""
    dialog = QFileDialog(parent, title, session.last_folder, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # Else a name without it would be completed after the question.
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    dialog.selectFile(name)
    chosen = dialog.selectedFiles()[0] if dialog.exec() else ""
    dialog.deleteLater()
    return _noted(session, chosen)


def _noted(session: Session, chosen: str) -> str:
    if chosen:
        session.last_folder = str(Path(chosen).parent)
    return chosen
