"""The pointer in tests."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget


def hover(widget: QWidget, at: QPoint) -> None:
    """Let the pointer move there; Qt's own test function sends nothing where the pointer is there already."""
    nothing, none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    on_screen = QPointF(widget.mapToGlobal(at))
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, QPointF(at), on_screen, nothing, nothing, none))
