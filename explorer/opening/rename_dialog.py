"""Asks what a data set is to be called in the list."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from core.messages import Message
from explorer.appearance.fitting import fit
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import button

SIZE = QSize(420, 130)


class RenameDialog(QDialog):
    """Signal: named(str): what was typed; "" for the name that it has by where it lies."""

    named = Signal(str)

    def __init__(self, own_name: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(Message("rename-data"))
        asked = Label(Message("name-in-list", path=own_name))
        asked.setWordWrap(True)
        self.field = QLineEdit(name)
        self.field.setAccessibleName(Message("name"))
        self.field.setPlaceholderText(own_name)
        self.field.selectAll()
        cancel, ready = button(Message("cancel")), button(Message("rename"), "primary")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        ready.setDefault(True)
        ready.clicked.connect(self.accept)
        in_column(
            *(asked, self.field, 1, in_row(1, cancel, ready, spacing=8)), on=self, margins=(20, 16, 20, 16), spacing=12
        )
        fit(self, SIZE)

    def accept(self) -> None:
        self.named.emit(self.field.text())
        super().accept()
