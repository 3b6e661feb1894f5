"""The panel between a real session and a hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from core.comparison import compare
from core.data.catalog import Catalog, texts
from core.data.conditions import OneOf
from core.data.source import DataSource
from core.models.checkpoint_files import CheckpointInfo
from core.models.description import ModelDescription
from core.projection.projection import Projection
from core.retrieval.embeddings import Embeddings, Origin, of_catalog
from core.retrieval.evaluation import evaluate
from explorer.appearance import theme
from explorer.appearance.plain import Label
from explorer.empty_panels import use_best
from explorer.panels.map.hover_text import card_of
from explorer.panels.map.kernels import Kernels
from explorer.panels.map.legend import COUNT_ROLE
from explorer.panels.map.panel import MapPanel
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.results.neighbours import NEIGHBOURS, QueryResult
from explorer.session import Session
from explorer.state.slots import SlotKey
from explorer.state.subject import DATA, Subject
from explorer.state.tasks import Task
from tests.explorer.factories import set_embeddings

LEFT = Qt.MouseButton.LeftButton
UMAP = {"neighbours": 15, "min_dist": 0.1, "metric": "cosine", "seed": 42}


@pytest.fixture
def panel(qtbot: QtBot, session: Session, kernels: Kernels) -> Iterator[MapPanel]:
    panel = MapPanel(session, None, kernels)
    for slot in session.slots:
        panel.pane(slot).canvas.animations = False
    qtbot.addWidget(panel)
    panel.resize(701, 500)  # two halves and a line of one pixel
    panel.show()
    yield panel
    panel.shutdown()


def embeddings_of(catalog: Catalog, xy: np.ndarray, rows: np.ndarray) -> Embeddings:
    vectors = np.concatenate([xy - xy.mean(axis=0), np.ones((len(xy), 1))], axis=1).astype(np.float32)
    return of_catalog(vectors, rows, catalog, Origin(unreadable=("7.png",)))


def show(session: Session, slot: SlotKey, catalog: Catalog, xy: np.ndarray, measured: bool = True) -> None:
    """Give a side everything, for catalog rows 10 to 59."""
    rows = np.arange(10, 60)
    embeddings = embeddings_of(catalog, xy[rows], rows)
    session.checkpoint.put(slot, SimpleNamespace(name=f"run {slot} / epoch 3"))
    set_embeddings(session, slot, embeddings)
    session.results[MAP].put(slot, Projection(xy[rows], "umap", UMAP, rows))
    if measured:
        session.results[EVALUATION].put(slot, evaluate(embeddings))


@pytest.fixture
def opened(session: Session, panel: MapPanel, catalog: Catalog, three_blobs: np.ndarray) -> MapPanel:
    session.set_catalog(None, catalog, "all")
    show(session, "A", catalog, three_blobs)
    return panel


def spot(panel: MapPanel, row: int, slot: SlotKey = "A") -> QPoint:
    canvas = panel.pane(slot).canvas
    x, y = canvas.scene.xy[canvas.scene.index_of(row)].tolist()
    return QPointF(*canvas.view.to_screen(x, y)).toPoint()


def test_an_empty_panel_says_what_to_do(session: Session, panel: MapPanel, catalog: Catalog) -> None:
    assert "Open a folder" in panel.empty.sentence
    session.set_catalog(None, catalog, "all")
    assert "a checkpoint can be chosen as A" in panel.empty.sentence
    session.checkpoint.put("A", SimpleNamespace(name="a"))
    session.tasks.set(Task("embed A", "embedding 3 of 60 images", subject=Subject("embeddings", "A")))
    assert "Embedding 3 of 60 images" in panel.empty.sentence
    session.problems.set(Subject("embeddings", "A"), "The checkpoint is damaged.")
    assert "The checkpoint is damaged." in panel.empty.sentence
    assert panel.empty.isVisible()


def test_what_was_trained_on_the_open_data_is_offered(
    qtbot: QtBot, session: Session, panel: MapPanel, catalog: Catalog
) -> None:
    source = DataSource("/photographs")
    session.set_catalog(source, catalog, "all")
    info = CheckpointInfo(Path("a.safetensors"), "a / epoch 2", "ab" * 32, 10, 2, 20, True, ModelDescription())
    elsewhere, training, here = (
        SimpleNamespace(
            path=Path("elsewhere"), data=DataSource("/others"), best=replace(info, name="elsewhere"), state="finished"
        ),
        SimpleNamespace(path=Path("training"), name="training", data=source, best=None, state="running"),
        SimpleNamespace(path=Path("here"), data=source, best=info, state="finished"),
    )
    offered = panel.empty.findChildren(QPushButton)[0]
    session.runs.set_all([elsewhere])
    assert panel.offers.isVisible() and not offered.isVisible(), "the bar above has the same and more"
    panel.offers.more.menu().actions()[-1].trigger()
    assert offered.isVisible() and offered.text() == "New run"
    session.runs.set_all([elsewhere, training])
    assert "training is training: after its first epoch it can be set as A" in panel.empty.sentence
    session.runs.set_all([elsewhere, training, here])
    assert offered.text() == "Set the newest run's best as A" and "a / epoch 2" in panel.empty.sentence
    with qtbot.waitSignal(panel.command_wished) as wished:
        qtbot.mouseClick(offered, LEFT)
    assert wished.args == ["slot.use_best"]
    use_best(session)
    assert session.checkpoint["A"] == info
    assert panel.focusWidget() is panel, "and not what comes next for the Tab key"


def test_a_map_is_named_and_counted(opened: MapPanel) -> None:
    pane = opened.pane("A")
    assert not opened.empty.isVisible()
    assert not opened.pane("B").isVisible()
    assert pane.header == "UMAP  15 neighbours · min_dist 0.1 · cosine · seed 42"
    assert pane.footer == "50 images · 3 classes · all in view · 1 unreadable left out"
    assert opened.is_idle


def test_a_click_makes_the_image_the_query(qtbot: QtBot, session: Session, opened: MapPanel) -> None:
    canvas = opened.pane("A").canvas
    qtbot.mouseClick(canvas, LEFT, pos=spot(opened, 45))
    assert session.selection.query is not None
    assert session.selection.rows.tolist() == [session.selection.query]
    distance = np.linalg.norm(canvas.scene.xy[canvas.scene.index_of(session.selection.query)] - canvas.scene.xy[35])
    assert distance * canvas.view.scale < 2
    assert "selected" not in opened.pane("A").footer, "what has no chip is not in force"
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(350, 470))
    assert session.selection.query is None
    assert not session.selection.rows.size


def test_ctrl_click_adds_and_takes_away(session: Session, opened: MapPanel) -> None:
    session.selection.select([11, 12], query=11)
    click = opened.pane("A").canvas.clicked
    click.emit(30, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.rows.tolist() == [11, 12, 30]
    click.emit(12, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.rows.tolist() == [11, 30]
    assert session.selection.query == 11


def test_a_lasso_replaces_adds_and_removes(session: Session, opened: MapPanel) -> None:
    gathered: list[int] = []
    session.selection.gathered.connect(lambda: gathered.append(len(session.selection.rows)))
    lassoed = opened.pane("A").canvas.lassoed
    lassoed.emit(np.array([20, 15]), "replace")
    lassoed.emit(np.array([15, 16]), "add")
    assert session.selection.rows.tolist() == [15, 16, 20]
    lassoed.emit(np.array([20, 33]), "remove")
    assert session.selection.rows.tolist() == [15, 16]
    assert "2 selected" in opened.pane("A").footer
    lassoed.emit(np.array([16]), "remove")
    assert gathered == [2, 3, 2], "a single image is nothing to look at together"


def test_the_legend_counts_selections_but_not_a_single_query(session: Session, opened: MapPanel) -> None:
    first = opened.legend.model.index(0)
    whole = first.data(COUNT_ROLE)
    session.selection.select([11], query=11)
    assert first.data(COUNT_ROLE) == whole
    session.selection.select([11, 12])
    assert first.data(COUNT_ROLE).endswith(f" / {whole}")


def test_what_others_select_is_seen_and_counted(session: Session, opened: MapPanel) -> None:
    session.selection.select([12, 25, 26, 3])  # row 3 is not on this map
    scene = opened.pane("A").canvas.scene
    assert scene.ids[scene.selected].tolist() == [12, 25, 26]
    model = opened.legend.model
    assert [model.index(row).data(Qt.ItemDataRole.UserRole) for row in range(3)] == ["1 / 10", "2 / 20", "0 / 20"]


def test_neighbours_of_the_query_are_linked(session: Session, opened: MapPanel) -> None:
    before = opened.pane("A").canvas.grab().toImage()
    session.selection.set_query(12)
    ringed = opened.pane("A").canvas.grab().toImage()
    rows = np.array([13, 30])
    session.results[NEIGHBOURS].put("A", QueryResult(12, rows, np.ones(2), np.array([True, False]), None, None))
    linked = opened.pane("A").canvas.grab().toImage()
    assert before != ringed != linked
    session.results[NEIGHBOURS].put("A", QueryResult(40, rows, np.ones(2), np.array([True, False]), None, None))
    assert opened.pane("A").canvas.grab().toImage() == ringed, "another query's neighbours are not shown"


@pytest.mark.parametrize("words", ["header", "footer"])
def test_a_caption_that_is_pointed_at_tells_all_its_words(opened: MapPanel, words: str) -> None:
    pane = opened.pane("A")
    here = QPoint(30, 20 if words == "header" else pane.height() - 20)
    QApplication.sendEvent(pane.canvas, QHelpEvent(QEvent.Type.ToolTip, here, pane.mapToGlobal(here)))
    assert QToolTip.text() == getattr(pane, words) != ""
    QToolTip.hideText()


def test_images_without_classes_are_drawn_and_picked(
    qtbot: QtBot, session: Session, panel: MapPanel, catalog: Catalog, three_blobs: np.ndarray
) -> None:
    session.set_catalog(None, replace(catalog, labels=texts([""] * len(catalog))), "all")
    show(session, "A", session.catalog, three_blobs, measured=False)
    assert not panel.pane("A").canvas.scene.dimmed.any()
    qtbot.mouseClick(panel.pane("A").canvas, LEFT, pos=spot(panel, 30))
    assert session.selection.query == 30


def test_dimming_a_class_is_said(session: Session, opened: MapPanel) -> None:
    opened.legend.isolate(1)
    scene = opened.pane("A").canvas.scene
    assert scene.ids[~scene.dimmed].tolist() == list(range(20, 40))
    assert "30 images hidden" in opened.pane("A").footer


def test_correctness_has_three_colours_and_opens_the_legend(session: Session, opened: MapPanel) -> None:
    assert not opened.legend.isVisible()
    session.set_colouring("correctness")
    assert opened.legend.isVisible()
    model = opened.legend.model
    names = [model.index(row).data() for row in range(model.rowCount())]
    assert set(names) <= {"correct in top 1", f"correct in top {session.selection.k}", "wrong"}
    evaluation = session.results[EVALUATION]["A"]
    assert evaluation is not None
    assert int(model.index(0).data(Qt.ItemDataRole.UserRole)) == np.count_nonzero(evaluation.first_hit == 1)
    session.selection.set_k(5)
    assert opened.legend.model.rowCount() >= 1


def test_a_class_in_focus_keeps_its_colour(session: Session, opened: MapPanel) -> None:
    scene = opened.pane("A").canvas.scene
    colours = {row: scene.colour_of(scene.index_of(row)) for row in (10, 30, 50)}
    assert len(set(colours.values())) == 3
    session.selection.set_focus(1)
    assert scene.colour_of(scene.index_of(30)) == colours[30]
    assert scene.front[scene.index_of(30)]
    assert not scene.front[scene.index_of(10)]
    assert np.ptp(scene.colour_of(scene.index_of(10))) < 20
    session.selection.set_focus(None)
    assert scene.colour_of(scene.index_of(10)) == colours[10]


def test_the_card_tells_class_nearest_and_verdict(session: Session, opened: MapPanel) -> None:
    card = card_of(session, "A", 25)
    assert card is not None
    assert card.title == "hat"
    assert card.lines[0] == "25.png"
    assert card.lines[1].startswith("nearest: ")
    assert card.correct == (session.results[EVALUATION]["A"].first_hit[15] == 1)
    assert card_of(session, "A", 3).lines == ("3.png",), "not embedded: class and file only"
    assert card_of(session, "A", 99) is None


def test_the_word_for_a_collapse_has_room_beside_another_map(
    session: Session, opened: MapPanel, catalog: Catalog, three_blobs: np.ndarray
) -> None:
    told = "collapsed: all 50 vectors are equal"
    collapsed = {**UMAP, "collapsed": told}
    first = session.results[MAP]["A"]
    session.results[MAP].put("A", replace(first, parameters=collapsed))
    assert opened.pane("A").header.startswith(f"UMAP  {told}")
    show(session, "B", catalog, three_blobs)
    session.results[MAP].put("B", replace(session.results[MAP]["B"], parameters=collapsed))
    assert opened.pane("A").header.startswith("A  run A / epoch 3  collapsed  UMAP")
    assert opened.pane("B").header.startswith("B  run B / epoch 3  collapsed  UMAP")


def test_comparing_shows_two_linked_maps(
    qtbot: QtBot, session: Session, opened: MapPanel, catalog: Catalog, three_blobs: np.ndarray
) -> None:
    show(session, "B", catalog, three_blobs + np.float32(0.3))
    a, b = opened.pane("A"), opened.pane("B")
    assert b.isVisible()
    assert a.header.startswith("A  run A / epoch 3")
    assert b.header.startswith("B  run B / epoch 3  UMAP  initialised from A's layout")
    session.results[COMPARISON].put("B", compare(session.results[EMBEDDINGS]["A"], session.results[EMBEDDINGS]["B"]))
    assert b.footer.endswith(" % overlap with A · 50 images") and b.footer.startswith("10 nearest: ")
    qtbot.waitUntil(lambda: a.width() == b.width() == 350)
    assert all(pane.canvas.in_view == 50 and pane.canvas.view.zoom == 1 for pane in (a, b)), "each fits its own map"

    qtbot.keyClick(a.canvas, Qt.Key.Key_Plus)
    assert b.canvas.view.zoom == pytest.approx(a.canvas.view.zoom) == 1.3
    qtbot.mouseClick(opened.tools.link, LEFT)
    qtbot.keyClick(a.canvas, Qt.Key.Key_Plus)
    assert b.canvas.view.zoom == 1.3, "no longer linked"
    qtbot.mouseClick(opened.tools.link, LEFT)
    assert b.canvas.view.zoom == pytest.approx(a.canvas.view.zoom) == 1.3**2

    session.selection.select([15, 42])
    for pane in (a, b):
        assert pane.canvas.scene.ids[pane.canvas.scene.selected].tolist() == [15, 42]
        assert pane.canvas.scene.colour_of(0) == a.canvas.scene.colour_of(0)

    before = b.canvas.grab().toImage()
    b.canvas.set_view(b.canvas.view.looking_at(a.canvas.view.x, a.canvas.view.y, a.canvas.view.zoom))
    a.canvas.hovered.emit(30)
    assert b.canvas.grab().toImage() != before, "the other map shows a cross-hair"

    session.choose_checkpoint("B", None)
    assert not b.isVisible()
    assert a.header.startswith("UMAP")


def test_maps_are_linked_by_themselves_where_they_share_a_layout(
    qtbot: QtBot, session: Session, opened: MapPanel, catalog: Catalog, three_blobs: np.ndarray
) -> None:
    show(session, "B", catalog, three_blobs)
    rows, link = np.arange(10, 60), opened.tools.link
    assert link.isChecked()
    pca = Projection(three_blobs[rows], "pca", {}, rows)
    session.results[MAP].put("B", pca)
    assert not link.isChecked(), "a place on PCA is another one on UMAP"
    qtbot.mouseClick(link, LEFT)
    session.results[MAP].put("B", pca)
    assert link.isChecked(), "what the user chose stays"


def test_modes_are_shared(qtbot: QtBot, opened: MapPanel) -> None:
    opened.pane("A").canvas.set_mode("select")
    assert opened.tools.lasso.isChecked()
    assert opened.pane("B").canvas.mode == "select"
    qtbot.mouseClick(opened.tools.pan, LEFT)
    assert opened.pane("A").canvas.mode == "pan"


def test_every_tool_has_a_name_and_its_key(opened: MapPanel) -> None:
    tools = opened.tools
    for part, key in ((tools.pan, "G"), (tools.lasso, "S"), (tools.fit, "F"), (tools.legend, "L"), (tools.link, "K")):
        assert part.accessibleName()
        assert f"({key})" in part.toolTip()


def test_a_class_keeps_its_colour_whatever_is_shown(
    qtbot: QtBot, session: Session, panel: MapPanel, kernels: Kernels, catalog: Catalog, three_blobs: np.ndarray
) -> None:
    def colours(slot: SlotKey, shown: MapPanel = panel) -> list[tuple[int, int, int]]:
        scene = shown.pane(slot).canvas.scene
        return [scene.colour_of(scene.index_of(row)) for row in (15, 25, 45)]

    session.set_catalog(None, catalog, "all")
    show(session, "A", catalog, three_blobs)
    before = colours("A")
    assert len(set(before)) == 3
    session.results[MAP].put("A", Projection(three_blobs[10:60][:, ::-1] * 7, "pca", {}, np.arange(10, 60)))
    assert colours("A") == before, "UMAP replaces PCA"
    show(session, "A", catalog, -three_blobs)
    show(session, "B", catalog, three_blobs[::-1])
    assert colours("A") == colours("B") == before, "another A, and a B"
    again = MapPanel(session, None, kernels)
    qtbot.addWidget(again)
    session.results[MAP].put("A", session.results[MAP]["A"])
    assert colours("A", again) == before, "another window"


def test_outcomes_of_two_maps_are_counted_as_those_of_a(
    session: Session, opened: MapPanel, catalog: Catalog, three_blobs: np.ndarray
) -> None:
    session.set_colouring("correctness")
    title = next(label for label in opened.legend.findChildren(Label) if label.text())
    assert title.text() == "1 outcome"
    show(session, "B", catalog, np.random.default_rng(3).permutation(three_blobs))
    model = opened.legend.model
    counts = {model.index(row).data(): model.index(row).data(COUNT_ROLE) for row in range(model.rowCount())}
    assert title.text() == f"{len(counts)} outcomes in A" and len(counts) > 1
    assert counts.pop("correct in top 1") == "50" and set(counts.values()) == {"0"}, "B's own are in the list too"
    session.set_colouring("class")
    assert title.text() == "3 classes", "which are the same on both maps"


@pytest.mark.parametrize("width", [434, 500, 600, 900])
def test_the_legend_is_whole_beside_two_maps(
    qtbot: QtBot, session: Session, opened: MapPanel, catalog: Catalog, three_blobs: np.ndarray, width: int
) -> None:
    show(session, "B", catalog, three_blobs)
    opened.tools.legend.setChecked(True)
    opened.resize(width, 420)
    legend, tools = opened.legend, opened.tools

    def right() -> int:
        return legend.mapTo(opened, legend.rect().topRight()).x()

    qtbot.waitUntil(lambda: right() == width - 1)
    assert legend.width() == (208 if width >= 700 else 190)
    assert tools.geometry().right() < legend.mapTo(opened, QPoint(0, 0)).x(), "and clear of the tools"


def test_a_linked_map_that_shows_nothing_says_so(
    session: Session, opened: MapPanel, catalog: Catalog, three_blobs: np.ndarray
) -> None:
    show(session, "B", catalog, three_blobs)
    a, b = (opened.pane(slot) for slot in ("A", "B"))
    assert b.footer == "50 images"
    b.canvas.set_view(b.canvas.view.looking_at(1000.0, 1000.0, 1.0))
    assert b.footer == "none in view · 50 images" and "in view" in a.footer


def test_a_query_by_file_stands_at_its_nearest_image(session: Session, opened: MapPanel) -> None:
    canvas = opened.pane("A").canvas
    before = canvas.grab().toImage()
    session.selection.set_query_image(Path("/photographs/shoe.jpg"))
    assert canvas.query == (-1, -1), "nothing is known of it yet"
    session.results[NEIGHBOURS].put("A", QueryResult(None, np.array([33, 12]), np.array([0.9, 0.8]), None, None, None))
    assert canvas.query == (-1, canvas.scene.index_of(33))
    assert canvas.grab().toImage() != before
    session.selection.set_query(12)
    assert canvas.query == (canvas.scene.index_of(12), -1)


def test_a_class_in_focus_is_seen_when_the_colour_is_correctness(session: Session, opened: MapPanel) -> None:
    session.set_colouring("correctness")
    scene = opened.pane("A").canvas.scene
    inside, outside = (scene.index_of(row) for row in (15, 45))
    before = scene.colour_of(outside)
    session.selection.set_focus(int(session.catalog.codes[15]))
    assert scene.front[inside] and not scene.front[outside]
    assert scene.colour_of(outside) != before and np.ptp(scene.colour_of(outside)) < 20, "grey"
    assert np.ptp(scene.colour_of(inside)) > 60


def test_out_of_sight_there_is_a_way_back(qtbot: QtBot, opened: MapPanel) -> None:
    back = next(
        each for each in opened.findChildren(QPushButton) if each.text() == "Show all" and each.parent() is opened
    )
    assert not back.isVisible()
    canvas = opened.pane("A").canvas
    for _ in range(30):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.in_view == 0 and back.isVisible()
    qtbot.mouseClick(back, LEFT)
    assert canvas.in_view == 50 and not back.isVisible()


def test_what_could_not_be_opened_beside_open_data_does_not_empty_the_map(
    session: Session, opened: MapPanel, catalog: Catalog
) -> None:
    session.problems.set(DATA, "/nowhere is not there.")
    assert not opened.empty.isVisible()
    session.set_catalog(None, catalog, "all")
    assert opened.empty.sentence.startswith("No map yet")


def test_another_theme_recolours(
    qtbot: QtBot, session: Session, opened: MapPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = opened.pane("A").canvas.scene
    seen = []
    for tokens in (theme.DARK, theme.LIGHT, theme.DARK):
        monkeypatch.setattr(theme, "_current", tokens)
        theme.notifier.changed.emit()
        seen.append(scene.colour_of(0))
    assert seen[0] != seen[1]
    assert seen[0] == seen[2]


def test_closing_the_data_empties_the_map(session: Session, opened: MapPanel, catalog: Catalog) -> None:
    session.selection.select([12], query=12)
    session.set_catalog(None, catalog, "all")
    assert opened.empty.isVisible()
    assert opened.pane("A").footer == ""
    assert len(opened.pane("A").canvas.scene) == 0


def test_the_header_tells_of_a_map_that_a_process_makes(opened: MapPanel, session: Session) -> None:
    header = opened.pane("A").header
    session.tasks.set(Task("read map A", "reading the map", subject=Subject("map", "A")))
    assert opened.pane("A").header == header, "over in a moment"
    session.tasks.set(Task("project A", "computing UMAP of A", subject=Subject("map", "A"), in_child=True))
    assert opened.pane("A").header.endswith("· computing UMAP of A")
    session.tasks.end("project A")
    assert opened.pane("A").header == header


@pytest.fixture
def with_columns(session: Session, opened: MapPanel, catalog: Catalog, three_blobs: np.ndarray) -> MapPanel:
    attributes = {
        "brand": texts([f"brand {row % 3}" if row % 5 else "" for row in range(60)]),
        "price": texts([str(row) if row % 4 else "" for row in range(60)]),
        "many": texts([f"value {row // 2}" for row in range(60)]),
    }
    session.set_catalog(None, replace(catalog, attributes=attributes), "all")
    show(session, "A", session.catalog, three_blobs)
    return opened


def legend_rows(panel: MapPanel) -> dict[str, str]:
    model = panel.legend.model
    return {model.index(row).data(): model.index(row).data(COUNT_ROLE) for row in range(model.rowCount())}


class TestColumns:
    """Colours by any column, and what the filter hides."""

    def test_values_have_colours_and_counts(self, session: Session, with_columns: MapPanel) -> None:
        session.set_colouring("brand")
        assert with_columns.legend.isVisible()
        assert legend_rows(with_columns) == {"brand 0": "13", "brand 1": "13", "brand 2": "14", "missing": "10"}
        scene = with_columns.pane("A").canvas.scene
        colours = {row: scene.colour_of(scene.index_of(row)) for row in (12, 13, 14, 18, 15)}
        assert colours[12] == colours[18] and len({colours[row] for row in (12, 13, 14, 15)}) == 4
        assert "brand brand 0" in card_of(session, "A", 12).lines

    def test_a_class_in_focus_leaves_the_legend_whole(self, session: Session, with_columns: MapPanel) -> None:
        session.set_colouring("brand")
        before = legend_rows(with_columns)
        session.selection.set_focus(1)
        scene = with_columns.pane("A").canvas.scene
        assert legend_rows(with_columns) == before
        grey = {scene.colour_of(scene.index_of(row)) for row in (*range(10, 20), *range(40, 60))}
        assert len(grey) == 1 and len({scene.colour_of(scene.index_of(row)) for row in (21, 22, 23)}) == 3
        with_columns.legend.isolate(0)
        assert scene.dimmed[scene.index_of(13)] and not scene.dimmed[scene.index_of(12)]

    def test_many_values_have_a_colour_by_frequency_and_the_rest_a_grey(
        self, session: Session, with_columns: MapPanel
    ) -> None:
        session.set_colouring("many")
        rows = legend_rows(with_columns)
        assert "7 others" in rows and len(rows) <= 24

    def test_numbers_have_a_scale_with_its_ends(self, session: Session, with_columns: MapPanel) -> None:
        session.set_colouring("price")
        scale = with_columns.legend.scale
        assert scale.isVisible() and (scale.scale.low, scale.scale.high, scale.scale.missing) == ("1", "59", 12)
        assert with_columns.legend.model.rowCount() == 0
        scene = with_columns.pane("A").canvas.scene
        light = [sum(scene.colour_of(scene.index_of(row))) for row in (11, 25, 41, 59)]
        assert light == sorted(light), "what is high stands out from the dark ground"
        session.set_colouring("class")
        assert not scale.isVisible() and legend_rows(with_columns) == {"bag": "10", "hat": "20", "shoe": "20"}

    def test_a_measure_is_grey_until_it_is_known(self, session: Session, with_columns: MapPanel) -> None:
        session.set_colouring("AP@R")
        assert with_columns.legend.scale.isVisible()
        session.results[EVALUATION].drop("A")
        scene = with_columns.pane("A").canvas.scene
        assert len({scene.colour_of(index) for index in range(50)}) == 1
        told = [label.text() for label in with_columns.legend.findChildren(Label) if label.isVisible()]
        assert "Not measured yet." in told

    def test_what_is_filtered_out_is_pale_and_cannot_be_picked(
        self, qtbot: QtBot, session: Session, with_columns: MapPanel
    ) -> None:
        session.filter.put(OneOf("class", words=("hat",)))
        scene = with_columns.pane("A").canvas.scene
        assert scene.ids[~scene.dimmed].tolist() == list(range(20, 40))
        assert "30 images hidden" in with_columns.pane("A").footer
        with_columns.legend.isolate(2)
        assert scene.dimmed.all()
        with_columns.legend.show_all()
        qtbot.mouseClick(with_columns.pane("A").canvas, LEFT, pos=spot(with_columns, 12))
        assert session.selection.query is None
        session.filter.clear()
        assert not scene.dimmed.any()

    def test_what_the_legend_hides_is_told(self, qtbot: QtBot, session: Session, with_columns: MapPanel) -> None:
        with_columns.legend.isolate(1)
        (hiding,) = session.panel_filters.all
        assert (hiding.title, hiding.words) == ("hidden", "2 classes")
        hiding.end()
        assert not with_columns.legend.hidden.any() and session.panel_filters.all == ()
        session.set_colouring("many")
        qtbot.keyClicks(with_columns.legend.findChild(QLineEdit), "9")
        (hiding,) = session.panel_filters.all
        assert hiding.title == "Legend" and hiding.words == "classes with “9”"
        hiding.end()
        assert session.panel_filters.all == ()
