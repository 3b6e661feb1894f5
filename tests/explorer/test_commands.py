"""Commands: each key does what the list of shortcuts says, and none while one types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.projection.projection import pca_map
from core.retrieval.evaluation import evaluate
from explorer.appearance.widgets import IconButton
from explorer.application import Explorer
from explorer.class_search import ClassSearch
from explorer.commands import COMMANDS, EVERYWHERE, Command, Commands, act, icon_button
from explorer.main_window import MainWindow
from explorer.panels.gallery.result_grid import ResultGrid
from explorer.panels.recall.class_bars import ClassBars
from explorer.panels.recall.class_table import ClassTable
from explorer.preview import Preview
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import Session
from explorer.settings import Settings
from explorer.shortcuts import in_two, listed
from explorer.value_list import ValueList
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

NO_MODIFIER, SHIFT, KEYPAD = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
)


@pytest.fixture
def window(qtbot: QtBot, workspace: Path, tmp_path: Path) -> Iterator[MainWindow]:
    """A window with everything to see, and two steps of history."""
    explorer = Explorer(workspace, Settings(tmp_path / "window.ini"), "cpu", shipped=[])
    explorer.window.show()
    qtbot.waitExposed(explorer.window)
    session, source = explorer.session, DataSource("shapes")
    session.library.set_data_sets([source])
    session.set_catalog(source, made_catalog(), "all")
    embeddings = made_embeddings(session.catalog, "first")
    session.choose_checkpoint("A", made_checkpoint("first"))
    explorer.processes.stop("embed A")
    set_embeddings(session, "A", embeddings)
    session.results[EVALUATION].put("A", evaluate(embeddings))
    session.results[MAP].put("A", pca_map(embeddings))
    explorer.window.show_view("explore")
    for row in (3, 5, 4):
        session.selection.select([row], query=row)
    session.selection.back()
    session.selection.set_focus(0)
    session.selection.set_focus(1)
    session.steps.undo()
    explorer.window.panel("map").tools.legend.click()
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["A"] is not None)
    explorer.window.activateWindow()
    yield explorer.window
    explorer.shutdown()
    explorer.window.deleteLater()


def press(widget: QWidget, key: str) -> None:
    combination = QKeySequence(key)[0]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


def with_keyboard(window: MainWindow, place: str, command: str) -> QWidget:
    """What has the keyboard at a place of the list."""
    if place == "Full size":
        window.panel("neighbours").preview()
        return window.findChild(Preview)
    if place == "Search":
        search = window.findChild(ClassSearch)
        search.setText("hat")
        return search
    if place == "Selection":
        return in_tray(window, command)
    window.show_panel("grid" if place == "Images" else "map")
    window.show_panel("neighbours")
    images = window.panel("grid").grid
    images.reveal(0)
    images.set_query(0)
    grid, library = window.panel("neighbours").findChild(ResultGrid), window.panel("library").findChild(QListView)
    grid.setCurrentIndex(grid.model().index(0, 0))
    library.setCurrentIndex(library.model().index(0, 0))
    legend = window.panel("map").legend.findChild(QListView)
    legend.setCurrentIndex(legend.model().index(0, 0))
    if place == "Columns":
        return of_columns(window, command)
    window.show_panel("recall")
    classes = window.panel("recall").findChild(ClassTable)
    classes.setCurrentIndex(classes.model().index(0, 0))
    chart = command in ("recall.previous", "recall.next")
    return {
        "Images": images,
        "Map": window.panel("map").pane("A").canvas,
        "Legend": legend,
        "Neighbours": grid,
        "Library": library,
        "Recall": window.panel("recall").findChild(ClassBars) if chart else classes,
    }[place]


def in_tray(window: MainWindow, command: str) -> QWidget:
    """The pictures of a selection, one of them marked; or its classes, one of them chosen."""
    panel = window.panel("selection")
    panel._session.selection.select([0, 1, 2, 3])
    window.show_panel("selection")
    QApplication.processEvents()
    panel.lines.view.setCurrentIndex(panel.lines.lines.index(0))
    return panel.lines.view if command == "selection.keep" else panel.grid


def of_columns(window: MainWindow, command: str) -> QWidget:
    """The columns, or the values of one, in the filter that opens below them."""
    window.show_panel("columns")
    QApplication.processEvents()
    panel = window.panel("columns")
    panel.columns.setCurrentIndex(panel.columns.model().index(0, 0))
    if command == "columns.all":
        return panel.classes
    if command == "columns.open":
        return panel.columns
    panel.open_filter(panel.columns.table.columns[0])
    values = panel.editor.findChild(ValueList)
    values.setCurrentIndex(values.values.index(0))
    return values


def test_every_key_of_the_list_does_its_command(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in window.commands.table:
        if window.commands.table[name].place == EVERYWHERE:
            window.commands.bind({name: partial(done.append, name)})
    is_key = Command.is_key

    def noted(command: Command, event: QKeyEvent) -> bool:
        found = is_key(command, event)
        done.extend([command.name] if found else [])
        return found

    monkeypatch.setattr(Command, "is_key", noted)
    for button in window.panel("map").tools.findChildren(IconButton):
        name = next(each.name for each in COMMANDS.values() if each.place == "Map" and each.tooltip == button.toolTip())
        button.clicked.connect(lambda _on=False, name=name: done.append(name))
    keys = [
        (command, key) for command in window.commands.table.values() for key in f"{command.keys} {command.also}".split()
    ]
    assert len(keys) > 40
    for command, key in keys:
        widget = window if command.place == EVERYWHERE else with_keyboard(window, command.place, command.name)
        window.panel("map").tools.offer_link(True)
        widget.setFocus()
        done.clear()
        press(widget, key)
        assert set(done) == {command.name}, f"{key} at {command.place}"


@pytest.mark.parametrize("where", ["search", "filter", "number"])
def test_no_key_acts_while_one_types(window: MainWindow, where: str) -> None:
    done: list[str] = []
    for name in window.commands.table:
        window.commands.bind({name: partial(done.append, name)})
    for button in window.panel("map").tools.findChildren(IconButton):
        button.clicked.connect(lambda: done.append("button"))
    number = QSpinBox(window)
    number.setPrefix("k")
    number.show()
    field = {
        "search": window.findChild(ClassSearch),
        "filter": window.panel("recall").findChild(ClassTable).filter_box,
        "number": number,
    }[where]
    field.setFocus()
    typed = [
        key
        for each in COMMANDS.values()
        for key in each.keys.split()
        if len(key) == 1 or key in ("Left", "Right", "Space")
    ]
    assert len(typed) > 10
    for key in typed:
        press(field, key)
    press(field, "Ctrl+V")
    assert done == []
    if isinstance(field, QLineEdit):
        assert set("sgflk?+-") <= set(field.text().lower())


@pytest.mark.parametrize(
    ("name", "key", "modifiers", "is_one"),
    [
        ("map.zoom_in", Qt.Key.Key_Plus, SHIFT, True),
        ("map.zoom_in", Qt.Key.Key_Plus, KEYPAD, True),
        ("map.zoom_in", Qt.Key.Key_Equal, NO_MODIFIER, True),
        ("map.fit", Qt.Key.Key_Home, NO_MODIFIER, True),
        ("map.fit", Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier, False),
        ("query.back", Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier, True),
        ("query.back", Qt.Key.Key_Left, NO_MODIFIER, False),
        ("neighbours.choose", Qt.Key.Key_Return, NO_MODIFIER, True),
        ("neighbours.choose", Qt.Key.Key_Enter, KEYPAD, True),
    ],
)
def test_a_key_is_known_however_the_keyboard_writes_it(
    name: str, key: Qt.Key, modifiers: Qt.KeyboardModifier, is_one: bool
) -> None:
    assert COMMANDS[name].is_key(QKeyEvent(QEvent.Type.KeyPress, key, modifiers)) == is_one


@pytest.mark.parametrize(("name", "times"), [("map.left", 3), ("neighbours.preview", 1)])
def test_a_key_held_down_repeats_steps_alone(name: str, times: int) -> None:
    done: list[None] = []
    for repeated in (False, True, True):
        key = QKeySequence(COMMANDS[name].keys)[0].key()
        event = QKeyEvent(QEvent.Type.KeyPress, key, NO_MODIFIER, "", repeated)
        assert act(event, {name: lambda: done.append(None)})
    assert len(done) == times


def test_a_command_is_offered_while_it_can_be_done(qtbot: QtBot, session: Session) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    commands = Commands(session, window)
    names = ("data.reading", "query.back", "query.forward", "run.new")
    actions: list[QAction] = [commands.action(name) for name in names]
    assert [action.isEnabled() for action in actions] == [False, False, False, True]
    session.set_catalog(DataSource("shapes"), made_catalog(), "all")
    for row in (1, 2):
        session.selection.set_query(row)
    assert [action.isEnabled() for action in actions] == [True, True, False, True]
    session.selection.back()
    assert [action.isEnabled() for action in actions] == [True, False, True, True]


def test_a_command_says_the_same_everywhere(qtbot: QtBot, session: Session) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    action = Commands(session, window).action("data.open_table")
    command = COMMANDS["data.open_table"]
    assert action.text() == command.menu and action.shortcut() == QKeySequence("Ctrl+T")
    assert action.toolTip() == command.tip
    assert listed([command]) == {EVERYWHERE: {command.text: "Ctrl+T"}}
    for name, own in (("map.fit", "F"), ("query.back", "")):
        made = icon_button(name, "fit")
        qtbot.addWidget(made)
        assert made.shortcut().toString() == own
        assert made.toolTip() == f"{COMMANDS[name].text} ({COMMANDS[name].keys})"


def test_the_list_of_shortcuts_has_two_columns_of_one_height() -> None:
    places = listed(COMMANDS.values())
    columns = in_two(places)
    assert next(iter(columns[0])) == EVERYWHERE
    assert {**columns[0], **columns[1]} == places and list({**columns[0], **columns[1]})[1:] == list(places)[1:]
    left, right = (sum(len(lines) + 2 for lines in column.values()) for column in columns)
    assert abs(left - right) <= max(len(lines) + 2 for lines in places.values())


def test_what_is_done_in_several_ways_has_one_line() -> None:
    lines = listed(COMMANDS.values())["Map"]
    assert lines["Zoom"] == "Wheel, +, -" and lines["Move the map"] == "Left, Right, Up, Down"
    assert lines["Select a box"] == "Shift+drag"
