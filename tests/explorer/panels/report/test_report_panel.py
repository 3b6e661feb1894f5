"""The report line: it says what was understood, each chip opens its choice in place, and the data are read anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog, OpeningReport, texts
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from explorer.appearance.widgets import Chip
from explorer.application import Explorer
from explorer.commands import Commands
from explorer.panels.report.choices import split_choices
from explorer.panels.report.panel import ReportPanel
from explorer.reading_options import ReadingOptions
from explorer.session import Session
from tests.core.data.pictures import put

TABLE = "image,brand,kind,part\n" + "".join(
    f"{row}.png,{'uvw'[row % 3]},{'xy'[row % 2]},{'train' if row < 3 else 'test'}\n" for row in range(7)
)
Open = Callable[..., Explorer]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Seven rows, the last without its file; no column is called as a split."""
    for row in range(6):
        put(tmp_path / "shop" / f"{row}.png")
    (tmp_path / "shop" / "list.csv").write_text(TABLE)
    return tmp_path / "shop" / "list.csv"


@pytest.fixture
def opened(open_explorer: Open, table: Path) -> Explorer:
    return open_explorer(DataSource(str(table), label_column="brand"))


def report(explorer: Explorer) -> ReportPanel:
    panel = explorer.window.panel("report")
    assert isinstance(panel, ReportPanel) and panel.isVisible(), "after opening data without a model"
    return panel


def entries(explorer: Explorer, start: str) -> list[QAction]:
    """What the chip offers whose words begin so."""
    chip: Chip = next(chip for chip in report(explorer).chips if chip.accessibleName().startswith(start))
    chip.menu().aboutToShow.emit()
    return chip.menu().actions()


def choose(qtbot: QtBot, explorer: Explorer, start: str, entry: str) -> None:
    """Choose what begins so, and wait until the data have been read anew."""
    before = explorer.session.catalog
    next(action for action in entries(explorer, start) if action.text().startswith(entry)).trigger()
    qtbot.waitUntil(lambda: explorer.session.catalog is not before, timeout=5_000)


def ticked(explorer: Explorer, start: str) -> list[str]:
    return [action.text() for action in entries(explorer, start) if action.isChecked()]


def test_it_says_what_was_understood(opened: Explorer) -> None:
    assert report(opened).sentence == (
        "6 images · 3 classes · class: column brand · split by: classes in half, as none was given"
        " · train 4 (2 classes) · test 2 (1 unseen) · images in: shop · ⚠: 1 missing"
    )


def test_another_column_is_the_class_at_once_and_back_again(qtbot: QtBot, opened: Explorer) -> None:
    before = report(opened).sentence
    assert ticked(opened, "class") == ["brand   u, v, w"]
    choose(qtbot, opened, "class", "kind   x, y")
    assert opened.session.catalog.classes == ("x", "y") and "class: column kind" in report(opened).sentence
    assert opened.window.arrangement.view.name == "data", "one stays where one is"
    assert [source.location for source in opened.session.library.data_sets].count(opened.session.source.location) == 1
    choose(qtbot, opened, "class", "brand")
    assert report(opened).sentence == before


def test_another_division_is_made_at_once_and_back_again(qtbot: QtBot, opened: Explorer) -> None:
    before = report(opened).sentence
    assert ticked(opened, "split") == ["Classes in half, by name"]
    choose(qtbot, opened, "split", "column part")
    assert "split by: column part · train 3 (3 classes) · test 3 (3 classes, 0 unseen)" in report(opened).sentence
    assert ticked(opened, "split") == ["column part"]
    choose(qtbot, opened, "split", "50 % of classes")
    choose(qtbot, opened, "split", "50 % of classes to train on, seed 1")
    assert "split by: class, 50 % to train, seed 1, as asked" in report(opened).sentence
    assert opened.session.source.divide_seed == 1
    choose(qtbot, opened, "split", "As the data set has it")
    assert report(opened).sentence == before


def test_missing_images_are_named_and_found_in_another_folder(
    qtbot: QtBot, opened: Explorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, *_ = entries(opened, "⚠")
    assert named.text() == "6.png" and not named.isEnabled()
    for row in range(7):
        put(tmp_path / "elsewhere" / f"{row}.png")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path / "elsewhere"))
    choose(qtbot, opened, "⚠", "Choose the folder")
    assert "7 images" in report(opened).sentence and "missing" not in report(opened).sentence
    assert "images in: elsewhere" in report(opened).sentence
    entries(opened, "images in")[1].trigger()
    assert QGuiApplication.clipboard().text() == str(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("start", "row"), [("class", "Class column"), ("split", "Train and test"), ("images in", "Images lie in")]
)
def test_what_is_only_in_the_dialog_opens_it_at_that_row(opened: Explorer, start: str, row: str) -> None:
    opened.window.activateWindow()
    entries(opened, start)[-1].trigger()
    dialog = opened.window.findChild(ReadingOptions)
    QApplication.processEvents()
    assert dialog.focusWidget().accessibleName() == row
    dialog.reject()


def test_a_folder_offers_no_columns(open_explorer: Open, tmp_path: Path) -> None:
    for name in ("train/a/1.png", "train/b/1.png", "test/b/1.png"):
        put(tmp_path / "folder" / name)
    explorer = open_explorer(DataSource(str(tmp_path / "folder")))
    assert "class: folder names · split by: folders" in report(explorer).sentence
    assert [action.text() for action in entries(explorer, "class")] == ["Reading options…"]
    assert ticked(explorer, "split") == ["As the data set has it"]


def test_it_is_as_high_as_its_lines(opened: Explorer) -> None:
    heights = {}
    for width in (1440, 1100):
        opened.window.resize(width, 700)
        QApplication.processEvents()
        heights[width] = report(opened).height()
        last = report(opened).chips[-1]
        assert last.geometry().bottom() < report(opened).height() and last.geometry().right() < report(opened).width()
        assert last.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert 40 <= heights[1440] < heights[1100] <= 2 * heights[1440]


def test_without_data_it_says_what_it_will_say(qtbot: QtBot, workspace: Path, tmp_path: Path) -> None:
    session, window = Session(workspace), QWidget()
    panel = ReportPanel(session, Commands(session, window))
    for widget in (panel, window):
        qtbot.addWidget(widget)
    assert panel.sentence.startswith("How many images and classes") and panel.chips == []
    source = DataSource(str(put(tmp_path / "f" / "a" / "1.png").parents[1]))
    session.set_catalog(source, open_catalog(source), "all")
    assert panel.sentence.startswith("1 image · 1 class · class: folder names")


@pytest.mark.parametrize(
    ("cells", "offered"),
    [
        (["train"] * 1500 + ["test"] * 500, True),
        ([""] * 1500 + ["train", "test"] * 250, True),
        (["train"] * 2000, False),
        ([""] * 2000, False),
        (["train"] * 1500 + ["red"] * 500, False),
        ([str(number) for number in range(2000)], False),
    ],
)
def test_a_column_is_offered_as_the_split_where_all_its_words_are_of_splits(cells: list[str], offered: bool) -> None:
    nothing, paths = texts([""] * 2000), texts([f"{number}.png" for number in range(2000)])
    report = OpeningReport(2000, 2000, table="/shop/list.csv")
    catalog = Catalog(
        "shop",
        Path("/shop"),
        paths,
        nothing,
        nothing,
        nothing,
        nothing,
        attributes={"part": texts(cells)},
        report=report,
    )
    words = [choice.words for choice in split_choices(catalog, DataSource("/shop/list.csv"))]
    assert ("column part" in words) == offered
