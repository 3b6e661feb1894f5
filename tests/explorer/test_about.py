"""Help > About: what it says, that it is copied as it stands, and that it fits a small screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from core.paths import PROJECT
from explorer import about
from explorer.about import PROMISE, About
from explorer.appearance import fitting

MARKED = Path("/home/<b>me</b>/work & play")


@pytest.fixture
def dialog(qtbot: QtBot) -> About:
    made = About(MARKED)
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_names_what_it_runs_on(dialog: About) -> None:
    shown = [label.text() for label in dialog.findChildren(QLabel)]
    for name in ("Version", "Python", "Qt", "PyTorch", "faiss", "NumPy", "Workspace", "Licence"):
        assert name in shown
    assert {"Embedding Explorer", PROMISE, "MIT", str(MARKED)} <= set(shown)


def test_copy_takes_all_of_it(dialog: About) -> None:
    next(each for each in dialog.findChildren(QPushButton) if each.text() == "Copy").click()
    copied = QGuiApplication.clipboard().text()
    assert copied == dialog.text
    assert f"Workspace: {MARKED}" in copied.splitlines() and copied.endswith(PROMISE)


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "LIBRARIES", {"faiss": ("faiss-of-tomorrow",)})
    assert about.facts(MARKED)["faiss"] == "not installed"


def test_it_fits_a_small_screen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = QRect(0, 0, 640, 240)
    monkeypatch.setattr(fitting, "available", lambda _window: screen)
    dialog = About(Path("/a" * 200))
    qtbot.addWidget(dialog)
    dialog.show()
    assert screen.contains(dialog.frameGeometry())


def test_no_library_is_imported_for_its_version() -> None:
    words = "import sys; from pathlib import Path; from explorer.about import facts; facts(Path()); "
    words += "print([m for m in ('torch', 'faiss', 'numba', 'umap') if m in sys.modules])"
    child = subprocess.run([sys.executable, "-c", words], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"
