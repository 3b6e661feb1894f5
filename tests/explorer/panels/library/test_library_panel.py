"""The library: what it lists, and what a click, Enter or the menu does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QListView, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DEMO, DataSource
from core.models.checkpoint_files import CheckpointInfo
from core.models.measure import LABEL_DISTANCE_AT_10, RECALL_AT_1
from core.retrieval.embeddings_file import EmbeddingsFile
from core.training.recipe import Recipe
from core.training.run_directory import STOPPING, RunSummary
from explorer.commands import Commands
from explorer.panels.library.library_tree import Entry, figure_of, shown_name, source_name
from explorer.panels.library.panel import LibraryPanel, fitted
from explorer.results.embeddings import EMBEDDINGS
from explorer.session import Session
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

SHAPES = DataSource("/data/shapes")
SHIPPED = replace(made_checkpoint("shipped", recall=0.5), name="demo / epoch 10")
Tree = list[tuple[str, str, str]]


def _checkpoint(epoch: int, recall: float | None, complete: bool = True) -> CheckpointInfo:
    return replace(made_checkpoint(f"epoch_{epoch}", recall=recall), epoch=epoch, complete=complete)


def _run(name: str, state: str, *checkpoints: CheckpointInfo, epoch: int = 2) -> RunSummary:
    return RunSummary(
        path=Path("/workspace/runs") / name,
        name=name,
        state=state,  # type: ignore[arg-type]
        sentence=f"{state} somehow",
        epoch=epoch,
        epochs=4,
        step=1,
        loss=0.5,
        best_figure=max((info.recall_at_1 for info in checkpoints if info.recall_at_1), default=None),
        seconds_left=None,
        device="",
        data=None,
        recipe=Recipe(name=name),
        checkpoints=checkpoints,
        done=epoch / 4,
    )


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Session:
    made = Session(tmp_path)
    made.library.set_data_sets([SHAPES, DataSource(DEMO)])
    made.set_catalog(SHAPES, made_catalog(), "all")
    made.runs.set_all(
        [
            _run("training", "running", _checkpoint(1, 0.25, complete=False)),
            _run("done", "finished", _checkpoint(3, 0.8123), _checkpoint(4, 0.75)),
            _run("broken", "crashed"),
        ]
    )
    return made


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> LibraryPanel:
    window = QWidget()
    qtbot.addWidget(window)
    commands = Commands(session, window)
    made = LibraryPanel(session, [SHIPPED], commands)
    made.commands = commands
    qtbot.addWidget(made)
    made.resize(220, 600)
    made.show()
    return made


def _tree(panel: LibraryPanel) -> Tree:
    return [(entry.kind, entry.text, entry.figure) for entry in panel.shown()]


def _entry(panel: LibraryPanel, text: str) -> Entry:
    return next(entry for entry in panel.shown() if entry.text == text)


def _click(qtbot: QtBot, panel: LibraryPanel, text: str) -> None:
    view = panel.findChild(QListView)
    index = view.model().index([entry.text for entry in panel.shown()].index(text), 0)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())


def _actions(panel: LibraryPanel, text: str) -> dict[str, QAction]:
    menu = panel.menu_of(_entry(panel, text))
    assert menu is not None
    return {action.text(): action for action in menu.actions()}


def test_everything_is_listed_with_its_state(panel: LibraryPanel) -> None:
    assert _tree(panel) == [
        ("data", "shapes", "15"),
        ("data", "demo wardrobe", ""),
        ("header", "Runs", ""),
        ("run", "training", "epoch 2 / 4"),
        ("checkpoint", "Epoch 1 (partial)", "25.0 ★"),
        ("run", "done", "R@1 81.2"),
        ("checkpoint", "Epoch 4", "75.0"),
        ("checkpoint", "Epoch 3", "81.2 ★"),
        ("run", "broken", "crashed"),
        ("header", "Demo checkpoints", ""),
        ("checkpoint", "demo / epoch 10", ""),
    ]
    assert _entry(panel, "training").fraction == 0.5
    assert _entry(panel, "done").fraction is None
    panel.grab()


def test_what_is_used_is_marked(panel: LibraryPanel, session: Session) -> None:
    assert [entry.text for entry in panel.shown() if entry.slot] == ["shapes"]
    session.choose_checkpoint("A", _checkpoint(3, 0.8123))
    session.choose_checkpoint("B", SHIPPED)
    assert {entry.text: entry.slot for entry in panel.shown() if entry.kind == "checkpoint" and entry.slot} == {
        "Epoch 3": "A",
        "demo / epoch 10": "B",
    }
    panel.grab()


def test_figures_change_without_losing_the_place(panel: LibraryPanel, session: Session) -> None:
    view = panel.findChild(QListView)
    view.setCurrentIndex(view.model().index(5, 0))
    resets: list[None] = []
    view.model().modelReset.connect(lambda: resets.append(None))
    first, *others = session.runs.all
    session.runs.set_all([replace(first, epoch=3), *others])
    assert _entry(panel, "training").figure == "epoch 3 / 4"
    assert view.currentIndex().row() == 5 and resets == []
    session.runs.set_all([replace(first, checkpoints=()), *others])
    assert len(resets) == 1


@pytest.mark.parametrize("enter", [False, True])
def test_clicks_and_enter_use_what_is_there(qtbot: QtBot, panel: LibraryPanel, session: Session, enter: bool) -> None:
    opened: list[DataSource] = []
    session.data_requested.connect(opened.append)

    def use(text: str) -> None:
        if not enter:
            _click(qtbot, panel, text)
            return
        view = panel.findChild(QListView)
        view.setCurrentIndex(view.model().index([entry.text for entry in panel.shown()].index(text), 0))
        qtbot.keyClick(view, Qt.Key.Key_Return)

    use("demo wardrobe")
    use("shapes")
    assert opened == [DataSource(DEMO)], "what is open stays as it is"
    use("done")
    assert session.checkpoint["A"].epoch == 3, "a run means its best checkpoint"
    use("Epoch 4")
    assert session.checkpoint["A"].epoch == 4
    use("broken")
    assert session.checkpoint["A"].epoch == 4
    assert not session.comparing


def test_headers_are_passed_over(qtbot: QtBot, panel: LibraryPanel, session: Session) -> None:
    _click(qtbot, panel, "Runs")
    assert session.checkpoint["A"] is None
    view = panel.findChild(QListView)
    view.setCurrentIndex(view.model().index(1, 0))
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert panel.shown()[view.currentIndex().row()].text == "training"


def test_the_menu_compares_as_b(panel: LibraryPanel, session: Session) -> None:
    assert not _actions(panel, "Epoch 4")["Set as B"].isEnabled(), "with nothing to compare to"
    _actions(panel, "Epoch 4")["Set as A"].trigger()
    assert session.checkpoint["A"].epoch == 4
    assert set(_actions(panel, "done")) == {"Set as A", "Set as B"}
    _actions(panel, "done")["Set as B"].trigger()
    assert session.checkpoint["B"].epoch == 3
    _actions(panel, "Epoch 4")["Clear B"].trigger()
    assert not session.comparing
    for text in ("Runs", "broken"):
        assert panel.menu_of(_entry(panel, text)) is None


def test_opened_files_are_listed_once_and_vectors_are_read_again(
    qtbot: QtBot, panel: LibraryPanel, session: Session
) -> None:
    given = EmbeddingsFile(Path("/elsewhere/theirs.npz"), "1")
    for chosen in (SHIPPED, _checkpoint(3, 0.8123), made_checkpoint("by hand", recall=0.4), given):
        session.library.add_opened(chosen)
    session.library.add_opened(replace(given, identity="2"))
    assert _tree(panel)[-3:] == [
        ("header", "Opened files", ""),
        ("checkpoint", "theirs.npz", ""),
        ("checkpoint", "by hand", ""),
    ]
    wanted = []
    session.file_requested.connect(lambda slot, path: wanted.append((slot, path)))
    session.choose_checkpoint("A", SHIPPED)
    _click(qtbot, panel, "theirs.npz")
    _actions(panel, "theirs.npz")["Set as B"].trigger()
    assert wanted == [("A", given.path), ("B", given.path)]
    assert session.checkpoint["A"] == SHIPPED, "until it is read"
    session.choose_checkpoint("B", replace(given, identity="2"))
    assert _entry(panel, "theirs.npz").slot == "B"
    panel.grab()


def test_a_right_click_opens_the_menu(qtbot: QtBot, panel: LibraryPanel) -> None:
    view = panel.findChild(QListView)
    index = view.model().index([entry.text for entry in panel.shown()].index("Epoch 4"), 0)
    view.customContextMenuRequested.emit(view.visualRect(index).center())
    menus = [menu for menu in panel.findChildren(QMenu) if menu.isVisible()]
    assert len(menus) == 1
    menus[0].close()
    view.customContextMenuRequested.emit(QPoint(5, 595))
    assert not any(menu.isVisible() for menu in panel.findChildren(QMenu))


def test_tooltips_say_the_rest(panel: LibraryPanel) -> None:
    model = panel.findChild(QListView).model()
    tips = [model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(model.rowCount())]
    assert tips[0] == "shapes: /data/shapes"
    assert tips[3] == "training: running somehow"
    assert tips[4] == "epoch_1, epoch_1.safetensors; click to set as A, right-click for B"
    spoken = [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]
    assert spoken == tips


@pytest.mark.parametrize(
    ("state", "shown", "reason", "since"),
    [
        ("damaged", "damaged", "damaged: run.json is not what was written", None),
        ("newer", "newer", "written by version 9.0", None),
        ("unanswered", "no answer", "its files have not answered since 14:02", 1.0),
        ("running", "no answer", "its files have not answered since 14:02", 1.0),
    ],
)
def test_a_run_that_cannot_be_used_tells_why_in_its_tooltip(
    panel: LibraryPanel, session: Session, state: str, shown: str, reason: str, since: float | None
) -> None:
    run = replace(_run("broken", state, _checkpoint(1, 0.5)), sentence=reason, unanswered_since=since)
    session.runs.set_all([run])
    assert _entry(panel, "broken").figure == shown
    model = panel.findChild(QListView).model()
    row = [entry.text for entry in panel.shown()].index("broken")
    assert model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) == f"broken: {reason}"


def test_the_buttons_below_open_data_and_wish_a_run(qtbot: QtBot, panel: LibraryPanel) -> None:
    buttons = {button.text(): button for button in panel.findChildren(QPushButton)}
    asked: list[str] = []
    panel.commands.bind({name: partial(asked.append, name) for name in ("run.new", "data.open")})
    for text in ("New run", "Open…"):
        qtbot.mouseClick(buttons[text], Qt.MouseButton.LeftButton)
    assert asked == ["run.new", "data.open"]


def test_the_menu_of_a_data_set_is_that_of_its_card(panel: LibraryPanel) -> None:
    done: list[tuple[str, object]] = []
    names = ("data.rename", "data.recheck", "data.remove")
    panel.commands.bind({name: partial(lambda name, source: done.append((name, source)), name) for name in names})
    for text in ("Rename…", "Re-check files", "Remove from the list"):
        _actions(panel, "shapes")[text].trigger()
    assert done == [(name, SHAPES) for name in names]
    assert "Remove from the list" not in _actions(panel, "demo wardrobe")


def test_a_checkpoint_in_use_is_not_chosen_anew(
    qtbot: QtBot, panel: LibraryPanel, session: Session, heard: Callable[[], list[str]]
) -> None:
    _click(qtbot, panel, "Epoch 4")
    embeddings = made_embeddings(session.catalog, "epoch_4")
    set_embeddings(session, "A", embeddings)
    assert heard() == ["A"]
    _click(qtbot, panel, "Epoch 4")
    assert heard() == [] and session.results[EMBEDDINGS]["A"] is embeddings


@pytest.fixture
def heard(session: Session) -> Callable[[], list[str]]:
    """Checkpoints changed since the last call."""
    slots: list[str] = []
    session.checkpoint.changed.connect(slots.append)

    def since() -> list[str]:
        told = list(slots)
        slots.clear()
        return told

    return since


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (DEMO, "demo wardrobe"),
        ("/data/clothing", "clothing"),
        ("/data/omniglot/manifest.csv", "omniglot"),
        ("/data/omniglot/Images.CSV", "omniglot"),
        ("/data/birds.parquet", "birds"),
        ("/data/v1.2", "v1.2"),
    ],
)
def test_data_sets_have_short_names(location: str, name: str) -> None:
    assert source_name(DataSource(location)) == name


@pytest.mark.parametrize(
    ("source", "namesake", "names"),
    [
        (
            DataSource("/data/clothing/images.csv", label_column="sender_id"),
            DataSource("/data/clothing/images.csv"),
            ("clothing (class sender_id)", "clothing"),
        ),
        (
            DataSource("/data/birds", divide_by_class=0.8, divide_seed=1),
            DataSource("/data/birds", divide_by_class=0.8),
            ("birds (80% of classes to train, seed 1)", "birds (80% of classes to train, seed 0)"),
        ),
        (DataSource("/old/birds"), DataSource("/new/birds"), ("birds (old)", "birds (new)")),
        (DataSource("/old/birds"), DataSource("/new/fish", label_column="kind"), ("birds", "fish")),
    ],
)
def test_data_sets_of_one_name_are_disambiguated(
    session: Session, source: DataSource, namesake: DataSource, names: tuple[str, str]
) -> None:
    session.library.set_data_sets([source, namesake])
    assert (shown_name(session, source), shown_name(session, namesake)) == names
    session.library.rename(source, "mine")
    assert shown_name(session, source) == "mine"


def test_figures() -> None:
    assert [figure_of(RECALL_AT_1, share) for share in (0.8, 0.00049, None)] == ["80.0", "0.0", ""]
    assert figure_of(LABEL_DISTANCE_AT_10, 0.44216) == "0.442"


def test_figures_of_other_data_say_so(panel: LibraryPanel, session: Session) -> None:
    elsewhere = replace(_run("done", "finished", _checkpoint(3, 0.8123)), data=DataSource("/data/clothing"))
    session.runs.set_all([elsewhere, replace(elsewhere, name="here", data=SHAPES)])
    figures = [(text, figure) for kind, text, figure in _tree(panel) if kind in ("run", "checkpoint")]
    assert figures[:4] == [
        ("done", "on clothing"),
        ("Epoch 3", " ★"),
        ("here", "R@1 81.2"),
        ("Epoch 3", "81.2 ★"),
    ]
    assert panel.shown()[4].elsewhere == "R@1 81.2 on clothing"
    model = panel.findChild(QListView).model()
    tip = model.index(4, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "epoch_3, epoch_3.safetensors, R@1 81.2 on clothing; click to set as A, right-click for B"


def test_epochs_stand_further_in_than_their_run_and_stopping_is_said(panel: LibraryPanel, session: Session) -> None:
    depths = {entry.text: entry.depth for entry in panel.shown()}
    assert (depths["done"], depths["Epoch 4"], depths["demo / epoch 10"]) == (0, 2, 0)
    session.runs.set_all([replace(session.runs.all[0], sentence=STOPPING)])
    assert _entry(panel, "training").figure == "stopping…"


def test_the_figure_of_an_opened_file_is_said_to_be_of_its_own_data(panel: LibraryPanel, session: Session) -> None:
    session.library.add_opened(made_checkpoint("stray", recall=0.5))
    (entry,) = [entry for entry in panel.shown() if entry.text == "stray"]
    assert entry.figure == "" and entry.elsewhere == "R@1 50.0 on its own data"


def test_an_opened_file_that_tells_its_data_is_compared_with_those_that_are_open(
    panel: LibraryPanel, session: Session
) -> None:
    assert session.catalog is not None
    told = {"here": session.catalog.fingerprint, "changed": "0" * 16, "birds": "1" * 16}
    names = {"here": session.catalog.name, "changed": session.catalog.name, "birds": "birds"}
    for name, fingerprint in told.items():
        info = made_checkpoint(name, recall=0.5)
        data = {"name": names[name], "catalog": fingerprint}
        session.library.add_opened(replace(info, metrics={**info.metrics, "data": data}))
    assert (_entry(panel, "here").figure, _entry(panel, "here").elsewhere) == ("50.0", "")
    assert _entry(panel, "birds").elsewhere == "R@1 50.0 on birds" and _entry(panel, "birds").figure == ""
    assert _entry(panel, "changed").elsewhere == f"R@1 50.0 on another version of {session.catalog.name}"


@pytest.mark.parametrize("room", [90, 150, 190, 400])
def test_a_name_stays_beside_a_long_figure_and_figures_stay_whole(qtbot: QtBot, room: int) -> None:
    short, on = fitted(Entry("run", "small", "on My photographs 2026"), room)
    assert short == "small" and on.startswith("on") and (on.endswith("…") == (room < 400))
    assert fitted(Entry("run", "a run of a very long name indeed", "R@1 25.0"), 190)[1] == "R@1 25.0"
