"""A field on top of a long menu that leaves only the entries with a text in them."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget, QWidgetAction

from explorer.appearance.layouts import in_column
from explorer.spelling import folded

# Fewer entries are seen at once.
SEARCH_FROM = 12


def add_search(menu: QMenu, hint: str) -> QLineEdit | None:
    """Put a field before the entries that a menu has, where they are many; it has the keyboard when the menu opens."""
    entries = menu.actions()
    if len(entries) < SEARCH_FROM:
        return None
    field, around, holder = QLineEdit(), QWidget(), QWidgetAction(menu)
    field.setPlaceholderText(hint)
    field.setAccessibleName(hint)
    field.setClearButtonEnabled(True)
    in_column(field, on=around, margins=(4, 2, 4, 6))
    holder.setDefaultWidget(around)
    menu.insertAction(entries[0], holder)
    field.textChanged.connect(lambda text: _leave(entries, folded(text)))
    field.returnPressed.connect(lambda: _trigger_first(menu, entries))
    # A menu takes the keyboard when it opens.
    QTimer.singleShot(0, field, field.setFocus)
    return field


def _leave(entries: list[QAction], text: str) -> None:
    for entry in entries:
        entry.setVisible(text in folded(entry.text()))


def _trigger_first(menu: QMenu, entries: list[QAction]) -> None:
    first = next((entry for entry in entries if entry.isVisible() and not entry.isSeparator()), None)
    menu.close()
    if first is not None:
        first.trigger()
