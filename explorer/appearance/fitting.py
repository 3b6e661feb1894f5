"""Windows and dialogs that fit the screen they are on: the one place that sizes them.

A window is no larger than what panels and docks of the desktop leave of its screen, and lies within it, after a
restart with other screens too. What a dialog has more than that is scrolled to.
"""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QWidget

from explorer.appearance.layouts import in_column

# What window managers put around a window, where it is not known yet because the window was never shown.
FRAME = QMargins(4, 36, 4, 4)


def available(window: QWidget) -> QRect | None:
    """The part of its screen that a window may cover, frame included; None where there is no screen at all."""
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        return None
    return window.screen().availableGeometry()


def room(window: QWidget) -> QRect | None:
    """Where the window itself, inside its frame, may lie."""
    around = available(window)
    return around.marginsRemoved(_frame(window)) if around is not None else None


def fit(window: QWidget, wanted: QSize) -> None:
    """Give a window that is not shown yet the size it would like, or what its screen has of it.

    Where it lies is left open: a dialog that has been given a place does not open in the middle of its window.
    """
    window.resize(wanted)
    _bound(window)


def keep_on_screen(window: QWidget) -> None:
    """Make a window smaller, and move it, as far as its screen asks for that; call it again when the window shows."""
    inside = _bound(window)
    if inside is None:
        return
    if (place := _within(window.geometry(), inside)) != window.geometry().topLeft():
        window.move(place - QPoint(_frame(window).left(), _frame(window).top()))


def scrolling(content: QWidget) -> QScrollArea:
    """`content`, scrolled to upwards and downwards where it has no room."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    # What is in it takes the focus, and is scrolled to.
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def fill(dialog: QDialog, content: QWidget) -> None:
    """Let a dialog be as large as its content where the screen has room, and scroll elsewhere."""
    area, wanted = scrolling(content), content.sizeHint().expandedTo(content.minimumSize())
    area.setMinimumWidth(wanted.width() + area.verticalScrollBar().sizeHint().width())
    area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    in_column(area, on=dialog)
    fit(dialog, QSize(area.minimumWidth(), wanted.height()))


def _bound(window: QWidget) -> QRect | None:
    """Make a window no larger than its screen has room for; where that room is, None where nothing bounds it."""
    inside = room(window)
    if inside is None or window.isMaximized() or window.isFullScreen():
        return None
    least = window.minimumSize()
    if least != least.boundedTo(inside.size()):
        window.setMinimumSize(least.boundedTo(inside.size()))
    if (size := window.size().boundedTo(inside.size())) != window.size():
        window.resize(size)
    return inside


def _frame(window: QWidget) -> QMargins:
    outer, inner = window.frameGeometry(), window.geometry()
    if not window.isVisible() or outer == inner:
        return FRAME
    return QMargins(
        inner.left() - outer.left(), inner.top() - outer.top(),
        outer.right() - inner.right(), outer.bottom() - inner.bottom(),
    )  # fmt: skip


def _within(place: QRect, inside: QRect) -> QPoint:
    left = max(inside.left(), min(place.left(), inside.right() + 1 - place.width()))
    top = max(inside.top(), min(place.top(), inside.bottom() + 1 - place.height()))
    return QPoint(left, top)
