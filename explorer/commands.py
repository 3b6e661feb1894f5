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
from core.messages import Message
from explorer.appearance.plain import literal
from explorer.appearance.widgets import IconButton
from explorer.session import Session
from explorer.state.slots import SLOTS

EVERYWHERE: str = Message("everywhere")
# What must have the keyboard for the keys of a command to act; headings of the list of shortcuts.
PLACES = {
    "search": Message("search"),
    "grid": Message("images"),
    "selection": Message("selection"),
    "map": Message("map"),
    "legend": Message("legend"),
    "neighbours": Message("neighbours"),
    "preview": Message("full-size"),
    "recall": Message("recall"),
    "columns": Message("columns"),
    "library": Message("library"),
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
        "data.open",
        Message("open-anything"),
        "Ctrl+O",
        menu=Message("open-item"),
        tip=Message("open-tip"),
    ),
    Command(
        "data.open_folder",
        Message("open-folder"),
        menu=Message("open-folder-item"),
        tip=Message("open-folder-tip"),
    ),
    Command(
        "data.open_table",
        Message("open-manifest"),
        "Ctrl+T",
        menu=Message("open-manifest-item"),
        tip=Message("open-manifest-tip", endings=_ENDINGS),
    ),
    Command("data.look_at", Message("look-at-data"), menu=Message("look-at-data-item")),
    Command("data.rename", Message("rename-data"), menu=Message("rename-data-item")),
    Command("data.recheck", Message("recheck-data"), tip=Message("recheck-data-tip")),
    Command("data.locate", Message("locate-data"), menu=Message("locate-data-item")),
    Command("data.remove", Message("remove-data"), tip=Message("remove-data-tip")),
    Command("window.start", Message("start-screen")),
    Command("data.reading", Message("reading-options"), enabled=lambda session: session.catalog is not None),
    Command("slot.quick_look", Message("quick-look"), tip=Message("quick-look-tip")),
    Command(
        "data.export",
        Message("export-images"),
        "Ctrl+E",
        menu=Message("export-item"),
        tip=Message("export-tip"),
        enabled=lambda session: session.catalog is not None,
    ),
    Command("slot.use_best", Message("set-best-as-a")),
    Command("slot.choose_other", Message("choose-b")),
    Command("slot.open_checkpoint", Message("open-checkpoint-as", slot=SLOTS[0])),
    Command("slot.open_embeddings", Message("open-embeddings-as", slot=SLOTS[0])),
    Command("run.new", Message("new-run"), "Ctrl+N", menu=Message("new-run-item"), panel="training"),
    Command("window.search", Message("search-classes-and-files"), "Ctrl+K"),
    Command(
        "query.back",
        Message("previous-query"),
        "Alt+Left",
        repeats=True,
        enabled=lambda session: session.selection.can_go_back,
    ),
    Command(
        "query.forward",
        Message("next-query"),
        "Alt+Right",
        repeats=True,
        enabled=lambda session: session.selection.can_go_forward,
    ),
    Command("query.open", Message("open-query-image"), "Ctrl+Shift+O"),
    Command("query.paste", Message("query-by-clipboard"), "Ctrl+V", panel="neighbours"),
    Command("query.file", Message("query-by-file"), panel="neighbours"),
    Command(
        "window.end",
        Message("clear-the-latest"),
        "Esc",
        unclaimed=True,
        repeats=True,
    ),
    Command(
        "steps.undo",
        Message("undo"),
        "Ctrl+Z",
        repeats=True,
        enabled=lambda session: bool(session.steps.undo_words),
    ),
    Command(
        "steps.redo",
        Message("redo"),
        "Ctrl+Shift+Z",
        repeats=True,
        enabled=lambda session: bool(session.steps.redo_words),
    ),
    Command("window.menu", Message("menu"), "Alt+M"),
    Command("window.reset_layout", Message("reset-layout")),
    Command("window.shortcuts", Message("this-list"), "?", menu=Message("keyboard-shortcuts")),
    Command("window.about", Message("about-embedding-explorer")),
    Command("window.quit", Message("quit"), "Ctrl+Q"),
    Command("search.clear", Message("clear-the-search"), "Esc"),
    Command("grid.add", Message("add-or-remove-image"), gesture=Message("ctrl-click")),
    Command("grid.range", Message("select-range"), gesture=Message("shift-click")),
    Command("grid.group", Message("add-or-remove-group"), gesture=Message("ctrl-click-on-head")),
    Command("grid.all", Message("select-all-images"), "Ctrl+A"),
    Command("grid.left", Message("next-image"), "Left", repeats=True),
    Command("grid.right", Message("next-image"), "Right", repeats=True),
    Command("grid.up", Message("next-image"), "Up", repeats=True),
    Command("grid.down", Message("next-image"), "Down", repeats=True),
    Command("grid.page_up", Message("page-of-images"), "PgUp", repeats=True),
    Command("grid.page_down", Message("page-of-images"), "PgDown", repeats=True),
    Command("grid.first", Message("first-or-last-image"), "Home"),
    Command("grid.last", Message("first-or-last-image"), "End"),
    Command("grid.preview", Message("show-full-size"), "Space", gesture=Message("double-click")),
    Command("grid.query", Message("make-image-the-query"), "Enter", also="Return"),
    Command("grid.show_query", Message("go-to-the-query"), "Q"),
    Command("grid.open", Message("open-or-close-group"), "O"),
    Command("grid.open_all", Message("open-or-close-all-groups"), "E"),
    Command("grid.larger", Message("size-of-images"), "+", also="=", gesture=Message("ctrl-wheel"), repeats=True),
    Command("grid.smaller", Message("size-of-images"), "-", repeats=True),
    Command("selection.query", Message("make-image-the-query"), gesture=Message("double-click")),
    Command("selection.take_out", Message("take-out-of-selection"), "Del", also="Backspace"),
    Command("selection.keep", Message("keep-only-classes"), "Enter", also="Return", gesture=Message("double-click")),
    Command("map.lasso", Message("lasso-or-pan"), "S", tip=Message("lasso-tip")),
    Command("map.pan", Message("pan"), "G"),
    Command("map.box", Message("select-a-box"), gesture=Message("shift-drag")),
    Command("map.add", Message("add-to-the-selection"), gesture=Message("ctrl-drag")),
    Command("map.remove", Message("remove-from-the-selection"), gesture=Message("alt-drag")),
    Command("map.zoom_in", Message("zoom"), "+", also="=", gesture=Message("wheel"), repeats=True),
    Command("map.zoom_out", Message("zoom"), "-", repeats=True),
    Command("map.left", Message("move-the-map"), "Left", repeats=True),
    Command("map.right", Message("move-the-map"), "Right", repeats=True),
    Command("map.up", Message("move-the-map"), "Up", repeats=True),
    Command("map.down", Message("move-the-map"), "Down", repeats=True),
    Command("map.centre", Message("centre-here"), gesture=Message("double-click")),
    Command("map.fit", Message("show-the-whole-map"), "F", also="Home"),
    Command("map.legend", Message("show-or-hide-legend"), "L", tip=Message("show-the-legend")),
    Command("map.link", Message("link-or-unlink-maps"), "K", tip=Message("link-maps-tip")),
    Command("legend.hide", Message("hide-or-show-the-class"), "Space Enter", also="Return"),
    Command("neighbours.choose", Message("make-result-the-query"), "Enter", also="Return"),
    Command("neighbours.add", Message("add-or-remove-image"), gesture=Message("ctrl-click")),
    Command("neighbours.range", Message("select-range"), gesture=Message("shift-click")),
    Command("neighbours.all", Message("select-all-images"), "Ctrl+A"),
    Command("neighbours.preview", Message("show-full-size"), "Space", unclaimed=True),
    Command("preview.previous", Message("the-image-before-it"), "Left Up", repeats=True),
    Command("preview.next", Message("the-image-after-it"), "Right Down", repeats=True),
    Command("preview.close", Message("close"), "Space Esc"),
    Command("recall.select", Message("select-images-of-class"), "Enter", also="Return"),
    Command("recall.clear", Message("focus-no-class"), "Esc"),
    Command("recall.previous", Message("chart-class-before"), "Left", repeats=True),
    Command("recall.next", Message("chart-class-after"), "Right", repeats=True),
    Command("columns.open", Message("open-the-column"), "Enter", also="Return"),
    Command("columns.all", Message("select-images-of-all-classes"), "Ctrl+A"),
    Command("columns.check", Message("check-the-value"), "Space"),
    Command("library.open", Message("open-or-set-as-a"), "Enter", also="Return"),
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
        session.steps.changed.connect(self._update)

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
