"""What can be done with a data set of the list, in one menu for whoever shows it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from core.data.source import DEMO, DataSource, is_name
from explorer.appearance.plain import literal
from explorer.commands import COMMANDS, Commands

OF_ANY = ("data.rename", "data.recheck", "data.remove")


def data_menu(commands: Commands, source: DataSource, parent: QWidget, is_missing: bool = False) -> QMenu:
    """The menu of one data set; the demo always stays in the list, and what has a name lies nowhere else."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    names = ["data.look_at", *OF_ANY]
    if is_missing:
        names.remove("data.recheck")
    if not is_name(source.location):
        names.insert(2, "data.locate")
    if source.location == DEMO:
        names.remove("data.remove")
    for name in names:
        command = COMMANDS[name]
        action = menu.addAction(literal(command.menu or command.text))
        action.setToolTip(command.tip or command.text)
        action.triggered.connect(partial(_run, commands, name, source))
    return menu


def _run(commands: Commands, name: str, source: DataSource, _checked: bool = False) -> None:
    commands.run(name, source)
