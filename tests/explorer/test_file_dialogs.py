from __future__ import annotations

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from explorer.file_dialogs import ask_for_file, ask_for_folder
from explorer.session import Session


def test_a_dialog_begins_where_something_was_last_chosen(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda _p, _t, start: begun.append(start) or "/data/pets")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda _p, _t, start, _k: begun.append(start) or ("/else/a.npz", "")
    )
    assert ask_for_folder(session, window, "Open") == "/data/pets"
    assert ask_for_file(session, window, "Open", "All (*)") == "/else/a.npz"
    assert ask_for_folder(session, window, "Open", start="/here") == "/data/pets"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    assert ask_for_file(session, window, "Open", "All (*)") == ""
    assert begun == ["", "/data", "/here"] and session.last_folder == "/data"
