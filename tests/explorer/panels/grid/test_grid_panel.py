"""The grid panel with a session: what it shows of it, and what it asks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog, texts
from core.data.conditions import OneOf
from core.data.source import DataSource
from core.retrieval.evaluation import Evaluation, evaluate
from explorer.appearance import theme
from explorer.appearance.colouring import class_palette
from explorer.application import Explorer
from explorer.image_grid.card import card_of
from explorer.image_grid.grid import ImageGrid
from explorer.jobs.runner import JobRunner
from explorer.panels.grid.panel import GridPanel
from explorer.preview import Preview
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.measures import EVALUATION
from explorer.session import Session
from explorer.settings import Settings
from explorer.state.subject import DATA
from explorer.state.tasks import Task
from explorer.thumbnails import ThumbnailStore
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings
from tests.explorer.mouse import hover

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Fifteen pictures in three classes; the discs are for training."""
    made = made_catalog(root=tmp_path / "pictures")
    for row in range(len(made)):
        made.path(row).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 32), (200, 10 * row, 50)).save(made.path(row))
    splits = texts(["train"] * 5 + ["test"] * 10)
    colours = texts([f"c{row}" for row in range(15)])
    return Catalog(
        made.name, made.root, made.paths, made.labels, splits, made.roles, made.stamps, attributes={"colour": colours}
    )


@pytest.fixture
def thumbnails(qtbot: QtBot, tmp_path: Path) -> Iterator[ThumbnailStore]:
    made = ThumbnailStore(tmp_path / "workspace")
    yield made
    made.shutdown()


@pytest.fixture
def panel(qtbot: QtBot, session: Session, thumbnails: ThumbnailStore, runner: JobRunner) -> GridPanel:
    made = GridPanel(session, thumbnails, runner)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def opened(panel: GridPanel, session: Session, thumbnails: ThumbnailStore, catalog: Catalog, qtbot: QtBot) -> GridPanel:
    thumbnails.set_catalog(catalog)
    session.set_catalog(DataSource("shapes"), catalog, "all")
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not thumbnails.busy)
    return panel


def titles(panel: GridPanel) -> list[tuple[str, int, str]]:
    return [(group.title, len(group.rows), group.note) for group in panel.grid.groups]


def click(grid: ImageGrid, group: int, place: int) -> None:
    x, y = grid.layout_now.corner(group, place)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(x + 9, y + 9 - grid.top))


def test_images_of_the_shown_split_stand_by_class(opened: GridPanel, session: Session) -> None:
    assert titles(opened) == [("disc", 5, "train"), ("ring", 5, "test"), ("square", 5, "test")]
    session.set_split("test")
    assert titles(opened) == [("ring", 5, "test"), ("square", 5, "test")]
    x, y = opened.grid.layout_now.corner(0, 2)
    pixel = opened.grid.viewport().grab().toImage().pixelColor(x + 40, y + 40)
    assert pixel.getRgb()[:3] == (200, 70, 50), "the picture of row 7"


def test_one_selection_is_seen_and_made_here(opened: GridPanel, session: Session) -> None:
    set_model(session)
    click(opened.grid, 1, 2)
    assert session.selection.rows.tolist() == [7] and session.selection.query is None
    opened.grid.setFocus()
    QTest.keyClick(opened.grid, Qt.Key.Key_Return)
    assert session.selection.query == 7
    top = opened.grid.top
    session.selection.select([14], query=14)
    assert opened.grid.top == top, "nothing moves under the pointer"
    assert opened.grid.current == 7


def set_model(session: Session, spread: float = 0.9) -> Evaluation:
    """A is a model that gets some queries wrong."""
    embeddings = made_embeddings(session.catalog, "first", spread)
    session.choose_checkpoint("A", made_checkpoint("first"))
    set_embeddings(session, "A", embeddings)
    session.results[EVALUATION].put("A", evaluate(embeddings))
    return session.results[EVALUATION]["A"]


def test_images_are_sorted_by_name_and_by_columns(opened: GridPanel, session: Session) -> None:
    bar, grid = opened.bar, opened.grid
    assert list(bar.images_order.options) == ["", "name", "<colour"], "no figure of a model that is not there"
    bar.group.choose("")
    (alone,) = grid.groups
    assert alone.rows.tolist() == list(range(15)) and not bar.groups_order.isVisibleTo(bar)
    bar.images_order.choose("name")
    assert grid.groups[0].rows.tolist() == [0, 5, 10, 1, 6, 11, 2, 7, 12, 3, 8, 13, 4, 9, 14]
    bar.images_order.choose("<colour")
    assert grid.groups[0].rows.tolist() == list(range(15)), "c2 comes before c10"
    precision = set_model(session).of_queries("MAP@R")
    for key, sign in (("<AP@R", 1), (">AP@R", -1)):
        bar.images_order.choose(key)
        assert grid.groups[0].rows.tolist() == sorted(range(15), key=lambda row: sign * precision[row])
    assert bar.images_order.value == "AP@R, highest first"
    session.choose_checkpoint("A", made_checkpoint("second"))
    assert grid.groups[0].rows.tolist() == list(range(15)), "not by what another model found"
    set_embeddings(session, "A", made_embeddings(session.catalog, "second", 0.9))
    session.results[EVALUATION].put("A", evaluate(session.results[EMBEDDINGS]["A"]))
    precision = session.results[EVALUATION]["A"].of_queries("MAP@R")
    assert grid.groups[0].rows.tolist() == sorted(range(15), key=lambda row: -precision[row])


def test_images_are_grouped_by_any_column(opened: GridPanel, session: Session) -> None:
    bar = opened.bar
    assert list(bar.group.options) == ["class", "", "split", "colour"]
    bar.group.choose("split")
    assert session.grouping == "split" and titles(opened) == [("test", 10, "test"), ("train", 5, "train")]
    session.set_grouping("colour")
    assert bar.group.value == "colour" and len(opened.grid.groups) == 15
    evaluation = set_model(session)
    bar.group.choose("nearest image")
    right = int(np.count_nonzero(evaluation.first_hit == 1))
    assert {title: images for title, images, _ in titles(opened)} == {"right": right, "wrong": 15 - right}
    session.results[EVALUATION].drop("A")
    assert [len(group.rows) for group in opened.grid.groups] == [15], "nothing is known to group by"


def test_a_filter_hides_images_and_all_of_them_come_back(opened: GridPanel, session: Session) -> None:
    session.filter.set_conditions([OneOf("class", words=("ring",))])
    assert titles(opened) == [("ring", 5, "test")]
    session.set_split("train")
    assert opened.empty.isVisible() and opened.empty.sentence == "No image passes the filter 5 images are hidden by it."
    opened.empty.clicked.emit()
    assert session.filter.conditions == () and titles(opened) == [("disc", 5, "train")] and opened.grid.isVisible()


def test_queries_that_a_gets_wrong_have_a_badge(opened: GridPanel, session: Session) -> None:
    first_hit = set_model(session).first_hit
    assert 0 < np.count_nonzero(first_hit != 1) < 15
    opened.grid.open_all()
    QApplication.processEvents()
    image, layout = opened.grid.viewport().grab().toImage(), opened.grid.layout_now
    for group, rows in enumerate(group.rows for group in opened.grid.groups):
        for place, row in enumerate(rows):
            x, y = layout.corner(group, place)
            badge = image.pixelColor(x + 80 - 18, y + 13).name()
            assert (badge == theme.current().wrong) == (first_hit[row] != 1)
    session.results[EVALUATION].drop("A")
    assert opened.grid._marks.wrong is None


def test_a_query_needs_a_model_and_brings_its_neighbours(
    session: Session, thumbnails: ThumbnailStore, runner: JobRunner, catalog: Catalog, qtbot: QtBot
) -> None:
    brought: list[str] = []
    panel = GridPanel(session, thumbnails, runner, bring=brought.append)
    qtbot.addWidget(panel)
    session.set_catalog(DataSource("shapes"), catalog, "all")
    panel.grid.query_wished.emit(3)
    assert session.selection.query is None and not panel.look.menu_of(3).actions()[0].isEnabled()
    set_model(session)
    panel.grid.query_wished.emit(3)
    assert session.selection.query == 3 and session.selection.rows.tolist() == [3] and brought == ["neighbours"]
    panel.look.menu_of(4).actions()[0].trigger()
    assert session.selection.query == 4


def test_a_menu_tells_where_the_file_is(opened: GridPanel, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    actions = {action.text(): action for action in opened.look.menu_of(7).actions()}
    actions["Copy the path"].trigger()
    assert QGuiApplication.clipboard().text() == str(catalog.path(7))
    actions["Show in its folder"].trigger()
    assert shown == [str(catalog.path(7).parent)]


def test_the_preview_walks_over_the_grid(opened: GridPanel, session: Session) -> None:
    click(opened.grid, 0, 1)
    opened.grid.setFocus()
    QTest.keyClick(opened.grid, Qt.Key.Key_Space)
    preview = opened.findChild(Preview)
    assert preview.isVisible() and preview.caption.endswith("disc/1.png")
    for _ in range(4):
        QTest.keyClick(preview, Qt.Key.Key_Right)
    assert preview.caption.endswith("ring/0.png") and opened.grid.current == 5
    QTest.keyClick(preview, Qt.Key.Key_Escape)
    assert not preview.isVisible() and session.selection.rows.tolist() == [1]


def test_the_card_tells_class_file_attributes_size_and_split(opened: GridPanel, qtbot: QtBot) -> None:
    x, y = opened.grid.layout_now.corner(0, 3)
    hover(opened.grid.viewport(), QPoint(x + 20, y + 20))
    card = opened.grid._dwelling.card
    qtbot.waitUntil(card.isVisible)
    assert card.content.title == "disc" and card.content.lines == ("3.png", "colour c3", "64 × 32 px · train")


def test_many_attributes_are_not_all_told() -> None:
    catalog = made_catalog()
    attributes = {f"a{number}": texts([str(number)] * len(catalog)) for number in range(9)}
    lines = card_of(replace(catalog, attributes=attributes), 0).lines
    assert lines == ("0.png", "a0 0", "a1 1", "a2 2", "a3 3", "a4 4", "and 4 more", "test")


def test_what_is_missing_is_said_with_the_button_that_helps(panel: GridPanel, session: Session) -> None:
    assert panel.empty.isVisible() and panel.empty.sentence.startswith("No images yet")
    cancelled: list[bool] = []
    task = Task("data", "opening shapes", None, lambda: cancelled.append(True), DATA)
    session.tasks.set(task)
    assert panel.empty.sentence == "Opening shapes"
    panel.empty.clicked.emit()
    assert cancelled == [True]
    session.tasks.end("data")
    session.problems.set(DATA, "shapes cannot be read.")
    assert panel.empty.sentence == "No images yet shapes cannot be read."


def test_vectors_without_pictures_say_so(panel: GridPanel, session: Session) -> None:
    asked: list[DataSource] = []
    session.reading_requested.connect(lambda source, _reason: asked.append(source))
    vectors = replace(made_catalog(), pictured=np.zeros(15, bool))
    session.set_catalog(DataSource("vectors.npz"), vectors, "all")
    assert panel.empty.isVisible() and panel.empty.sentence.startswith("shapes has vectors and no pictures")
    panel.empty.clicked.emit()
    assert asked == [DataSource("vectors.npz")]


def test_the_count_says_what_the_split_leaves_out_and_brings_it_back(opened: GridPanel, session: Session) -> None:
    opened.resize(1200, 500)
    session.set_split("test")
    count = opened.bar._split_counts
    QApplication.processEvents()
    assert count.isVisible() and count.text() == "10 of 15, split test"
    opened.resize(480, 500)
    QApplication.processEvents()
    assert count.text() == "10 of 15" and count.width() >= count.sizeHint().width()
    assert count.toolTip() == "2 groups, 10 images of the split test. Click to show the images of all splits."
    count.click()
    assert session.split == "all" and not count.isVisible()
    assert opened.bar._counts.text() == "3 groups, 15 images"


@pytest.mark.parametrize("width", [700, 420])
def test_the_bar_says_how_much_is_shown_and_opens_all(opened: GridPanel, width: int) -> None:
    opened.resize(width, 500)
    opened.grid.set_side(192)
    QApplication.processEvents()
    bar = opened.bar
    assert bar._counts.text() == "3 groups, 15 images"
    more = [opened.grid.layout_now.more(group) for group in range(3)]
    assert more[0] > 0 or width < 600
    bar._all.click()
    assert opened.grid.all_open and bar._all.text() == "Collapse all"
    bar._all.click()
    assert not opened.grid.all_open and bar._all.text() == "Expand all"
    assert bar._size.value() == 12
    QTest.keyClick(bar._size, Qt.Key.Key_Left)
    assert opened.grid.side == 176


def test_the_size_of_images_is_remembered(
    session: Session, thumbnails: ThumbnailStore, runner: JobRunner, tmp_path: Path, qtbot: QtBot
) -> None:
    settings = Settings(tmp_path / "window.ini")
    for before, after in ((80, 128), (128, 48)):
        panel = GridPanel(session, thumbnails, runner, settings=settings)
        qtbot.addWidget(panel)
        assert panel.grid.side == before == 16 * panel.bar._size.value()
        panel.bar._size.setValue(after // 16)
    (tmp_path / "damaged.ini").write_text("[General]\nsquare=large\n")
    assert Settings(tmp_path / "damaged.ini").side_of_images is None


def test_classes_have_the_colours_of_the_map_in_each_theme(
    opened: GridPanel, qapp: QApplication, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(theme.apply, qapp, "dark"))
    for name in ("light", "dark"):
        theme.apply(qapp, name)
        expected = ["#" + bytes(colour).hex() for colour in class_palette(3, name)[:3]]
        assert [group.colour for group in opened.grid.groups] == expected


def test_pictures_are_there_once_a_folder_is_open(
    qtbot: QtBot, open_explorer: Callable[[DataSource], Explorer], tiny_folder: Path
) -> None:
    explorer = open_explorer(DataSource(str(tiny_folder)))
    explorer.window.show_view("data")
    grid, session = explorer.window.panel("grid").grid, explorer.session
    qtbot.waitUntil(lambda: len(grid.groups) > 0 and explorer.is_idle)
    shown = session.catalog.labels[session.catalog.rows(session.split)]
    assert [group.title for group in grid.groups] == list(dict.fromkeys(shown))
    x, y = grid.layout_now.corner(0, 0)
    image = grid.viewport().grab().toImage()
    inks = {image.pixelColor(x + across, y + 40).name() for across in range(4, 76)}
    assert len(inks) > 5, "a drawn picture, not the flat square before it"
    click(grid, 0, 0)
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert session.selection.rows.tolist() == grid.groups[0].rows[:2].tolist()
    explorer.window.show_view("explore")
    explorer.window.show_view("data")
    assert [row for row in grid.rows_in_view if grid._marks.is_selected(row)] == session.selection.rows.tolist()
