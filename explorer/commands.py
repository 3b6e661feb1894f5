"""The commands: all that has a key or stands in the window's menu, one entry each.

Menus, tooltips, keys and the list of shortcuts read the table. What a command does is said by the part that does it
(`Commands.bind`, `act`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from core.data.readers.manifest_table import SUFFIXES
from explorer.appearance.plain import literal
from explorer.appearance.widgets import IconButton
from explorer.session import Session
from explorer.state.slots import SLOTS

EVERYWHERE = "Everywhere"
# What must have the keyboard for the keys of a command to act; headings of the list of shortcuts.
PLACES = {
    "search": "Search",
    "map": "Map",
    "legend": "Legend",
    "neighbours": "Neighbours",
    "preview": "Full size",
    "recall": "Recall",
    "library": "Library",
}


@dataclass(frozen=True)
class Command:
    """One thing that the user can do.

    Attributes:
        name: where and what, as "map.fit"; its keys act there, or everywhere where that is no place.
        text: what it does, in the list of shortcuts and, where nothing else is said, in menus and tooltips.
        keys: each of them does it; spaces between them.
        also: keys that do the same and are not listed.
        gesture: what the mouse does instead.
        menu: its words in a menu.
        tip: its tooltip.
        unclaimed: its keys act in the whole window as well, where nothing that has the keyboard has a use for them.
        repeats: a key that is held down does it again and again.
        panel: what is brought to the fore first, "" for nothing.
        enabled: whether it can be done now.
    """

    name: str
    text: str
    keys: str = ""
    also: str = ""
    gesture: str = ""
    menu: str = ""
    tip: str = ""
    unclaimed: bool = False
    repeats: bool = False
    panel: str = ""
    enabled: Callable[[Session], bool] | None = None

    @property
    def place(self) -> str:
        """Where its keys act."""
        return PLACES.get(self.name.partition(".")[0], EVERYWHERE)

    @property
    def tooltip(self) -> str:
        """What it does, and its first key as the system writes it."""
        text = self.tip or self.text
        return f"{text} ({native(self.keys.split()[0])})" if self.keys else text

    def is_key(self, event: QKeyEvent) -> bool:
        """Whether a key of it was pressed."""
        return _pressed(event) in [QKeySequence(key) for key in f"{self.keys} {self.also}".split()]


_ENDINGS = ", ".join(suffix.removeprefix(".").upper() for suffix in SUFFIXES)
_COMMANDS = (
    Command(
        "data.open_folder",
        "Open a folder of images",
        "Ctrl+O",
        menu="Open folder of images…",
        tip="A folder with a folder per class, or a published data set as it was unpacked",
    ),
    Command(
        "data.open_table",
        "Open a manifest (CSV, Parquet, …)",
        "Ctrl+T",
        menu="Open manifest (CSV, Parquet, …)…",
        tip=f"A manifest has a row per image: {_ENDINGS}",
    ),
    Command("data.reading", "Reading options…", enabled=lambda session: session.catalog is not None),
    Command("slot.open_checkpoint", f"Open checkpoint as {SLOTS[0]}…"),
    Command("slot.open_embeddings", f"Open embeddings as {SLOTS[0]}…"),
    Command("run.new", "New run", "Ctrl+N", menu="New run…", panel="training"),
    Command("window.search", "Search classes and files", "Ctrl+K"),
    Command(
        "query.back", "Previous query", "Alt+Left", repeats=True, enabled=lambda session: session.selection.can_go_back
    ),
    Command(
        "query.forward",
        "Next query",
        "Alt+Right",
        repeats=True,
        enabled=lambda session: session.selection.can_go_forward,
    ),
    Command("query.open", "Open a query image", "Ctrl+Shift+O"),
    Command("query.paste", "Query by the image, or the image file, in the clipboard", "Ctrl+V", panel="neighbours"),
    Command("query.file", "Query by an image file", panel="neighbours"),
    Command(
        "window.end",
        "Clear the latest of hidden classes, selection, focus and query",
        "Esc",
        unclaimed=True,
        repeats=True,
    ),
    Command("window.menu", "Menu", "Alt+M"),
    Command("window.reset_layout", "Reset layout"),
    Command("window.shortcuts", "This list", "?", menu="Keyboard shortcuts"),
    Command("window.about", "About Embedding Explorer"),
    Command("window.quit", "Quit", "Ctrl+Q"),
    Command("search.clear", "Clear the search", "Esc"),
    Command("map.lasso", "Lasso / Pan", "S", tip="Lasso (Shift: box, Ctrl: add, Alt: remove)"),
    Command("map.pan", "Pan", "G"),
    Command("map.box", "Select a box", gesture="Shift+drag"),
    Command("map.add", "Add to the selection", gesture="Ctrl+drag"),
    Command("map.remove", "Remove from the selection", gesture="Alt+drag"),
    Command("map.zoom_in", "Zoom", "+", also="=", gesture="Wheel", repeats=True),
    Command("map.zoom_out", "Zoom", "-", repeats=True),
    Command("map.left", "Move the map", "Left", repeats=True),
    Command("map.right", "Move the map", "Right", repeats=True),
    Command("map.up", "Move the map", "Up", repeats=True),
    Command("map.down", "Move the map", "Down", repeats=True),
    Command("map.centre", "Centre here", gesture="Double-click"),
    Command("map.fit", "Show the whole map", "F", also="Home"),
    Command("map.legend", "Show or hide the legend", "L", tip="Show the legend"),
    Command("map.link", "Link or unlink A and B", "K", tip="Link A and B: pan and zoom together"),
    Command("legend.hide", "Hide or show the class", "Space Enter", also="Return"),
    Command("neighbours.choose", "Make the result the query", "Enter", also="Return"),
    Command("neighbours.preview", "Show it full size; arrow keys go on", "Space", unclaimed=True),
    Command("preview.previous", "The result before it", "Left Up", repeats=True),
    Command("preview.next", "The result after it", "Right Down", repeats=True),
    Command("preview.close", "Close", "Space Esc"),
    Command("recall.select", "Select the images of the class", "Enter", also="Return"),
    Command("recall.clear", "Focus no class", "Esc"),
    Command("recall.previous", "In the chart: the class before", "Left", repeats=True),
    Command("recall.next", "In the chart: the class after", "Right", repeats=True),
    Command("library.open", "Open the data set, or set the checkpoint as A", "Enter", also="Return"),
)
COMMANDS: dict[str, Command] = {command.name: command for command in _COMMANDS}


class Commands(QObject):
    """The commands of one window: an action each, with the keys that act everywhere in it.

    Signal: panel_requested(str): this panel should come to the fore, because a command of it is done.
    """

    panel_requested = Signal(str)

    def __init__(self, session: Session, window: QWidget, more: Iterable[Command] = ()) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.table = {**COMMANDS, **{command.name: command for command in more}}
        self._calls: dict[str, Callable[..., object]] = {}
        self._actions: dict[str, QAction] = {}
        session.catalog_changed.connect(self._update)
        session.selection.query_changed.connect(self._update)

    def bind(self, calls: Mapping[str, Callable[..., object]]) -> None:
        """Say what commands do; from then on their keys act."""
        self._calls |= calls
        for name in calls:
            self._window.addAction(self.action(name))

    def action(self, name: str) -> QAction:
        """A command for a menu or a button."""
        if name not in self._actions:
            command = self.table[name]
            action = QAction(literal(command.menu or command.text), self)
            action.setToolTip(command.tip or command.text)
            if command.place == EVERYWHERE and not command.unclaimed:
                action.setShortcuts([QKeySequence(key) for key in command.keys.split()])
            action.setAutoRepeat(command.repeats)
            action.triggered.connect(partial(self.run, name))
            self._actions[name] = action
            self._update()
        return self._actions[name]

    def run(self, name: str, *values: object) -> None:
        """Do a command, its panel in front."""
        panel = self.table[name].panel
        if panel:
            self.panel_requested.emit(panel)
        self._calls[name](*values)

    def act_unclaimed(self, event: QKeyEvent) -> bool:
        """Do what a key stands for that nothing else in the window has a use for; whether it stands for anything."""
        unclaimed = (name for name in self._calls if self.table[name].unclaimed)
        return act(event, {name: partial(self.run, name) for name in unclaimed})

    def _update(self) -> None:
        for name, action in self._actions.items():
            enabled = self.table[name].enabled
            action.setEnabled(enabled is None or enabled(self._session))


def act(event: QKeyEvent, calls: Mapping[str, Callable[[], object]]) -> bool:
    """Do what the pressed key stands for among these commands; whether it stands for any."""
    for name, call in calls.items():
        command = COMMANDS[name]
        if command.is_key(event):
            if command.repeats or not event.isAutoRepeat():
                call()
            return True
    return False


def icon_button(name: str, icon: str, checkable: bool = False) -> IconButton:
    """A button that says what a command does, and its key; the keys of a place press the button."""
    command = COMMANDS[name]
    is_own = command.place != EVERYWHERE
    made = IconButton(icon, command.tip or command.text, command.keys.split()[0] if is_own else "", checkable)
    made.setToolTip(command.tooltip)
    return made


def native(key: str) -> str:
    """A key as the system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def _pressed(event: QKeyEvent) -> QKeySequence:
    # Signs such as + lie on another level of the keyboard, with Shift or on the keypad.
    passed_over = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
    return QKeySequence(QKeyCombination(event.modifiers() & ~passed_over, Qt.Key(event.key())))
