"""Views: which panels stand where, changing between them, and what is remembered of each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QListView, QTabBar, QVBoxLayout
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.jobs.runner import JobRunner
from explorer.main_window import MainWindow
from explorer.panels.panel import Panel, PanelContext, PanelSpec
from explorer.panels.table import PANELS
from explorer.session import Session
from explorer.settings import Settings
from explorer.thumbnails import ThumbnailStore
from explorer.views import BOTTOM, LEFT, RIGHT, TOP, VIEWS, View
from tests.explorer.factories import made_catalog

# What a window saved before it had views: Library hidden, Training docked at the left, Compare in front at the bottom.
BEFORE_VIEWS = Path(__file__).with_name("window_before_views.ini")
Made = Callable[..., MainWindow]


class CountPanel(Panel):
    """All that a panel needs: it hears the session, and says what it does for a command."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._label = session, QLabel(self)
        QVBoxLayout(self).addWidget(self._label)
        session.selection.rows_changed.connect(self._show)
        self._show()

    def calls(self) -> dict[str, Callable[..., object]]:
        return {"window.about": self._session.selection.select}

    def _show(self) -> None:
        self._label.setText(f"{len(self._session.selection.rows)} selected")
        self.setWindowTitle(f"Selection ({len(self._session.selection.rows)})")


COUNT = PanelSpec("count", "Selection", lambda context: CountPanel(context.session))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "window.ini")


@pytest.fixture
def made(qtbot: QtBot, session: Session, runner: JobRunner, tmp_path: Path, settings: Settings) -> Made:
    thumbnails = ThumbnailStore(tmp_path / "workspace", parent=session)
    windows: list[MainWindow] = []

    def make(
        panels: Sequence[PanelSpec] = PANELS, views: Sequence[View] = VIEWS, settings: Settings = settings
    ) -> MainWindow:
        window = MainWindow(session, runner, thumbnails, settings, [], lambda: False, panels, views)
        windows.append(window)
        qtbot.addWidget(window)
        window.show()
        return window

    yield make
    for window in windows:
        window.shutdown()
    thumbnails.shutdown()


NAMED = {view.name: view for view in VIEWS}


def docks(window: MainWindow) -> dict[str, QDockWidget]:
    return {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}


def shown(window: MainWindow) -> dict[str, str]:
    """Panel -> the edge it is docked at, "" in the middle; of tabs only the one in front is enabled."""
    QApplication.processEvents()
    edges = {TOP: "top", LEFT: "left", RIGHT: "right", BOTTOM: "bottom"}
    found = {}
    for name, panel in window._panels.items():
        dock = docks(window).get(name)
        if (panel if dock is None else dock).isVisible():
            found[name] = "" if dock is None else edges[window.dockWidgetArea(dock)]
    return found


def tabs(window: MainWindow) -> list[list[str]]:
    """What bars of tabs can be seen to say."""
    QApplication.processEvents()
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    seen = [bar for bar in bars if bar.isVisible() and window.rect().intersects(bar.geometry())]
    return [[bar.tabText(place) for place in range(bar.count())] for bar in seen]


def placed(view: View) -> dict[str, str]:
    edges = {TOP: "top", LEFT: "left", RIGHT: "right", BOTTOM: "bottom"}
    found = {name: edges[area] for area, names in view.docked.items() for name in names}
    return found | ({view.centre: ""} if view.centre else {})


# As the design has them, with panels that are not there yet.
FIVE = (
    View("data", "Data", "is it sound?", "grid", {RIGHT: ("columns", "splits"), BOTTOM: ("duplicates", "mislabels")}),
    View(
        "explore", "Explore", "what is found?", "map", {LEFT: ("library",), RIGHT: ("neighbours",), BOTTOM: ("recall",)}
    ),
    View(
        "diagnose",
        "Diagnose",
        "where does it fail?",
        "pairs",
        {
            LEFT: ("confusions",),
            RIGHT: ("neighbours", "selection"),
            BOTTOM: ("distances", "hubs", "classes", "lens", "why"),
        },
    ),
    View(
        "compare",
        "Compare",
        "is B better?",
        "map",
        {RIGHT: ("neighbours",), BOTTOM: ("changed", "fixed", "leaderboard")},
        {RIGHT: 35, BOTTOM: 40},
    ),
    View(
        "train", "Train", "how does it learn?", "", {LEFT: ("runs",), RIGHT: ("new run",), BOTTOM: ("curves", "time")}
    ),
)
CENTRAL = ("grid", "map", "pairs")


def fakes(views: Sequence[View]) -> list[PanelSpec]:
    def build(context: PanelContext) -> Panel:
        panel = Panel()
        panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return panel

    names = sorted({name for view in views for name in placed(view)})
    return [PanelSpec(name, name.capitalize(), build, name in CENTRAL) for name in names]


def test_the_five_views_of_the_design_are_arranged_and_changed(qtbot: QtBot, made: Made, session: Session) -> None:
    window = made(fakes(FIVE), FIVE)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    session.selection.select([2, 5], query=2)
    for view, key in ((FIVE[number], Qt.Key.Key_1 + number) for number in (0, 1, 2, 3, 4, 2, 0, 1)):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert shown(window) == placed(view)
        beside = [[name.capitalize() for name in names] for names in view.docked.values() if len(names) > 1]
        assert sorted(tabs(window)) == sorted(beside), "and no bar is left behind"
        assert list(session.selection.rows) == [2, 5] and session.selection.query == 2
    share = docks(window)["library"].width() / window.width()
    assert share == pytest.approx(0.15, abs=0.02)


def test_each_view_comes_back_as_it_was_left(made: Made, settings: Settings, tmp_path: Path) -> None:
    window = made()
    assert shown(window) == placed(NAMED["explore"])
    docks(window)["library"].hide()
    window.show_view("compare")
    window.show_panel("training")
    assert shown(window) == {**placed(NAMED["compare"]), "training": "bottom"} and window.panel("training").isEnabled()
    window.show_view("explore")
    without = {name: edge for name, edge in placed(NAMED["explore"]).items() if name != "library"}
    assert shown(window) == without
    window.show_view("compare")
    assert shown(window) == {**placed(NAMED["compare"]), "training": "bottom"}
    assert window.close()
    settings.sync()
    again = made(settings=Settings(tmp_path / "window.ini"))
    assert shown(again) == {**placed(NAMED["compare"]), "training": "bottom"}
    again.commands.run("window.reset_layout")
    assert shown(again) == placed(NAMED["compare"])
    again.show_view("explore")
    assert shown(again) == without


def test_views_come_back_where_nothing_may_be_written(made: Made, tmp_path: Path) -> None:
    (tmp_path / "newer.ini").write_text("[General]\nformat=99\n")
    window = made(settings=Settings(tmp_path / "newer.ini"))
    docks(window)["library"].hide()
    window.show_view("compare")
    window.show_view("explore")
    assert shown(window) == {name: edge for name, edge in placed(NAMED["explore"]).items() if name != "library"}
    assert tabs(window) == [["Neighbours", "Selection"], ["Recall", "Training", "Compare"]]


def test_what_was_arranged_before_there_were_views_is_explore(made: Made, tmp_path: Path) -> None:
    shutil.copy(BEFORE_VIEWS, tmp_path / "before.ini")
    window = made((*PANELS, COUNT), settings=Settings(tmp_path / "before.ini"))
    assert window.size().toTuple() == (1000, 640)
    arranged = {"map": "", "training": "left", "neighbours": "right", "recall": "bottom", "compare": "bottom"}
    new = {"selection": "right", "count": "bottom"}
    assert shown(window) == {**arranged, **new}, "panels that are new since are there too"
    assert ["Neighbours", "Selection"] in tabs(window) and window.panel("neighbours").isEnabled()
    assert window.panel("compare").isEnabled() and not window.panel("recall").isEnabled()
    window.show_view("train")
    assert shown(window) == placed(NAMED["train"])


def test_a_panel_needs_its_folder_and_a_line(made: Made, session: Session) -> None:
    window = made((*PANELS, COUNT))
    assert tabs(window)[1:] == [["Recall", "Training", "Compare", "Selection (0)"]]
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    session.selection.select([1, 2, 3])
    window.show_panel("count")
    assert window.panel("count").findChild(QLabel).text() == "3 selected"
    assert tabs(window)[1:] == [["Recall", "Training", "Compare", "Selection (3)"]]
    window.commands.run("window.about", [])
    assert len(session.selection.rows) == 0


def test_a_panel_comes_to_the_fore_by_itself_once_in_each_view(made: Made, session: Session, qtbot: QtBot) -> None:
    window = made()
    window.activateWindow()
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    window.panel("map").setFocus()
    in_front = window.panel("selection").isEnabled
    session.selection.gather([3])
    assert not in_front(), "one image is no selection"
    session.selection.gather([3, 4])
    QApplication.processEvents()
    assert in_front() and window.focusWidget() is window.panel("map"), "the keyboard stays"
    window.show_panel("neighbours")
    session.selection.gather([5, 6, 7])
    QApplication.processEvents()
    assert not in_front(), "the choice of the user stays"
    window.show_view("compare")
    docks(window)["selection"].hide()
    session.selection.gather([1, 2])
    QApplication.processEvents()
    assert not docks(window)["selection"].isVisible(), "it was put away"
    window.show_view("train")
    session.selection.gather([1, 2, 3])
    assert not docks(window)["selection"].isVisible(), "it is not of this view"


def test_no_hidden_panel_keeps_the_keyboard(made: Made) -> None:
    window = made()
    window.activateWindow()
    window.panel("library").findChild(QListView).setFocus()
    window.show_view("compare")
    assert window.focusWidget() is window.panel("map")
