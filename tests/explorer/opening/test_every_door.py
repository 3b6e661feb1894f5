"""Each door of the real window, with what a person may bring through it: opened, or said why not and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.application import Explorer
from explorer.opening.dialog import OpenDialog
from explorer.reading_options import ReadingOptions
from explorer.state.subject import DROPPED
from tests.conftest import RealData
from tests.core.data.pictures import put

Open = Callable[..., Explorer]
LONG = 20_000


@pytest.fixture
def explorer(qtbot: QtBot, open_in_both_looks: Open, tiny_folder: Path) -> Explorer:
    return open_in_both_looks(DataSource(str(tiny_folder)))


def _drop(explorer: Explorer, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    explorer.window.dropEvent(QDropEvent(QPointF(9, 9), *how))


def _name(qtbot: QtBot, explorer: Explorer, path: Path) -> OpenDialog:
    """Ctrl+O, and a path typed."""
    if explorer.window.findChild(OpenDialog) is None:
        explorer.window.activateWindow()
        qtbot.waitUntil(explorer.window.isActiveWindow)
    QTest.keyClick(explorer.window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    dialog = explorer.window.findChild(OpenDialog)
    dialog.field.setText("")
    QTest.keyClicks(dialog.field, str(path))
    qtbot.waitUntil(lambda: dialog._look is not None and dialog._look.path == str(path), timeout=LONG)
    return dialog


def _is_open(explorer: Explorer, images: int, classes: int) -> Callable[[], bool]:
    def check() -> bool:
        catalog = explorer.session.catalog
        return catalog is not None and (len(catalog), len(catalog.classes)) == (images, classes)

    return check


def test_tables_through_the_dialog_and_dropped(qtbot: QtBot, explorer: Explorer, tmp_path: Path) -> None:
    for name in ("1.png", "2.png", "3.png"):
        put(tmp_path / "pics" / name)
    table = tmp_path / "list.csv"
    table.write_text("image,label\n1.png,a\n2.png,b\n3.png,b\n")
    dialog = _name(qtbot, explorer, table)
    assert dialog.understanding.counts == "3 images in 2 classes"
    qtbot.waitUntil(lambda: dialog.understanding.pictures.decoded == 3)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(_is_open(explorer, 3, 2), timeout=LONG)

    foreign = tmp_path / "foreign.csv"
    foreign.write_text("image,label\nD:\\old\\pics\\1.png,a\nD:\\old\\pics\\2.png,b\n")
    dialog = _name(qtbot, explorer, foreign)
    qtbot.waitUntil(lambda: dialog.understanding.pictures.decoded == 2)
    dialog.reject()
    _drop(explorer, foreign)
    qtbot.waitUntil(_is_open(explorer, 2, 2), timeout=LONG)

    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("image,label\n/content/drive/a/7.png,a\n/content/drive/a/8.png,b\n")
    _drop(explorer, elsewhere)
    qtbot.waitUntil(lambda: explorer.window.findChild(ReadingOptions) is not None, timeout=LONG)
    asking = explorer.window.findChild(ReadingOptions)
    assert "/content/drive/a/7.png" in asking.asked
    asking.reject()


def test_what_is_of_no_use_is_told_at_each_door(qtbot: QtBot, explorer: Explorer, tmp_path: Path) -> None:
    (tmp_path / "nothing in it").mkdir()
    (tmp_path / "song.mp3").write_text("la")
    for name, says in (("nothing in it", "it is empty"), ("song.mp3", "is no manifest"), ("gone", "is not there")):
        dialog = _name(qtbot, explorer, tmp_path / name)
        assert says in dialog.understanding.problem and not dialog.open_button.isEnabled()
    dialog.reject()
    _drop(explorer, tmp_path / "song.mp3")
    qtbot.waitUntil(lambda: explorer.session.problems.get(DROPPED) is not None)
    assert "song.mp3 is no image, folder" in explorer.session.problems.get(DROPPED).sentence
    assert len(explorer.session.catalog) == 48, "what is open stays"


def test_vectors_are_a_of_the_open_data(qtbot: QtBot, explorer: Explorer, tmp_path: Path) -> None:
    catalog = explorer.session.catalog
    vectors = np.random.default_rng(0).normal(size=(len(catalog), 8)).astype(np.float32)
    labels, paths = catalog.labels.astype(str), catalog.paths.astype(str)
    np.savez(tmp_path / "mine.npz", embeddings=vectors, labels=labels, paths=paths)
    dialog = _name(qtbot, explorer, tmp_path / "mine.npz")
    assert dialog.understanding.counts == "It is shown on the open data, tiny."
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: explorer.session.model_name("A") == "mine.npz", timeout=LONG)
    qtbot.waitUntil(lambda: explorer.is_idle, timeout=LONG)


def test_real_photographs_show_their_columns(qtbot: QtBot, explorer: Explorer, real_data: RealData) -> None:
    dialog = _name(qtbot, explorer, real_data.clothing)
    uses = {name: dialog.understanding.columns.use_of(name).currentText() for name in ("image", "label", "sender_id")}
    assert uses == {"image": "Image", "label": "Class", "sender_id": "Attribute"}
    assert dialog.understanding.counts.startswith("At least 4,")
    qtbot.waitUntil(lambda: dialog.understanding.pictures.decoded == 8, timeout=LONG)
    dialog.reject()
