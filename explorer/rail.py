"""The rail at the left edge of the window: a button for each view, and at its foot help and settings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.layouts import in_column
from explorer.commands import Commands, native
from explorer.views import View

WIDE, NARROW = 64, 48
# In a window that is no wider, the buttons are their icons alone.
LITTLE_ROOM = 1180
FOOT = 40
ICON, BAR, LINE = 20, 3, 1


class Rail(QToolBar):
    """Changes the view; the one that is shown has a bar in the accent colour.

    A bar of tools, because those lie outside of all docks and stay at their edge. `settings` opens at its foot.
    """

    def __init__(self, commands: Commands, views: Sequence[View], settings: QMenu, window: QMainWindow) -> None:
        super().__init__(Message("views"), window)
        # Whatever an arrangement that was saved earlier says of it, it is not moved or hidden.
        self.setObjectName("rail")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setEnabled(False)
        self.toggleViewAction().setVisible(False)
        self._views = {view.name: _ViewButton(view, commands) for view in views}
        help_, menu = _RailButton("help"), _RailButton("settings")
        shortcuts = commands.table["window.shortcuts"]
        help_.name_it(shortcuts.menu, f"{shortcuts.menu} ({native(shortcuts.keys)})")
        help_.clicked.connect(commands.action("window.shortcuts").trigger)
        menu.name_it(Message("settings"), Message("settings-tip"))
        menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu.setMenu(settings)
        self._foot = (help_, menu)
        column = QWidget()
        column.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        in_column(*self._views.values(), 1, *self._foot, on=column, margins=(0, 0, 0, 6), spacing=0)
        self.addWidget(column)
        self.leave_room(LITTLE_ROOM + 1)

    def button(self, view: str) -> QToolButton:
        """The button of a view."""
        return self._views[view]

    @property
    def foot(self) -> tuple[QToolButton, QToolButton]:
        """Help and settings."""
        return self._foot

    def leave_room(self, window_width: int) -> None:
        """Be as wide as suits a window of that width."""
        wide = window_width > LITTLE_ROOM
        width = WIDE if wide else NARROW
        for button in self._views.values():
            button.has_word = wide
            button.setFixedSize(width, WIDE if wide else NARROW)
        for other in self._foot:
            other.setFixedSize(width, FOOT)
        self.setFixedWidth(width + LINE)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        # Each style has margins of its own, which no rule of a style sheet reaches; a line is at the right.
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.Polish) and (layout := self.layout()) is not None:
            layout.setContentsMargins(0, 0, LINE, 0)
        return done


class _RailButton(QToolButton):
    """An icon, with a word below it where there is room."""

    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon, self.has_word = icon, False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(theme.text_font(theme.SMALL_PIXELS))
        theme.notifier.changed.connect(self.update)

    def name_it(self, word: str, tooltip: str) -> None:
        """Say what it does."""
        self.setText(word)
        self.setAccessibleName(word)
        self.setToolTip(tooltip)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens, painter, whole = theme.current(), QPainter(self), QRectF(self.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.underMouse() or self.isDown():
            painter.fillRect(whole, QColor(tokens.selection if self.isChecked() else tokens.hover))
        if self.isChecked():
            painter.fillRect(QRectF(0, 0, BAR, self.height()), QColor(tokens.accent))
        colour = tokens.text if self.isChecked() or self.underMouse() else tokens.secondary
        word = self.fontMetrics().height() + 5 if self.has_word else 0
        top = (self.height() - ICON - word) / 2
        icons.paint(painter, self._icon, QRectF((self.width() - ICON) / 2, top, ICON, ICON), colour)
        if self.has_word:
            painter.setPen(QColor(colour))
            below = QRectF(2, top + ICON + 5, self.width() - 4, self.fontMetrics().height())
            fitting = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, round(below.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, fitting)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(whole.adjusted(5, 3, -3, -3), theme.RADIUS, theme.RADIUS)


class _ViewButton(_RailButton):
    """Shows a view; pressed in while that is the one shown."""

    def __init__(self, view: View, commands: Commands) -> None:
        super().__init__(view.icon)
        self._action = commands.action(f"view.{view.name}")
        self.setCheckable(True)
        self.name_it(view.title, commands.table[f"view.{view.name}"].tooltip)
        self._action.toggled.connect(self.setChecked)
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        action: QAction = self._action
        action.trigger()
        # A press on the view that is shown leaves it.
        self.setChecked(action.isChecked())
