"""The row of chips under the bar: what is in force, in every view, and the way back.

What is not here is not in force (`explorer.in_force`). A click on a chip shows what it holds, its cross ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QSizePolicy, QToolButton, QWidget

from core.data.conditions import InRows
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.elided import LEAST
from explorer.appearance.layouts import in_row
from explorer.appearance.popup import Popup
from explorer.appearance.widgets import IconButton, quiet_label
from explorer.commands import COMMANDS, icon_button, native
from explorer.condition_editor import ConditionEditor
from explorer.in_force import InForce, in_force
from explorer.session import Session

WIDEST = 300
# Words up to this width are whole before longer ones get more than they can do with.
SHORT = 90
HEIGHT = 28
# Rather than with fewer words than these pixels hold, a chip stands in another line.
READABLE = 150
EDGE, GAP = 8, 6
ROOMY = 1000


class ChipRow(QFrame):
    """Hidden while nothing is in force and nothing can be undone.

    Signal: panel_requested(str), the panel that shows more of what a chip holds.
    """

    panel_requested = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName(Message("active-filters"))
        self._shown: list[InForce] = []
        self._chips = _Chips()
        self._words = quiet_label()
        self._words.setFixedHeight(HEIGHT)
        self._undo, self._redo = icon_button("steps.undo", "undo"), icon_button("steps.redo", "redo")
        self._undo.clicked.connect(session.steps.undo)
        self._redo.clicked.connect(session.steps.redo)
        row = in_row((self._chips, 1), on=self, margins=(EDGE, 5, EDGE, 5), spacing=EDGE)
        for part in (self._words, self._undo, self._redo):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self.show_now)
        for changed in (
            *(session.catalog_changed, session.split_changed, session.selection.query_changed),
            *(session.selection.focus_changed, session.selection.rows_changed, session.filter.changed),
            *(session.panel_filters.changed, session.steps.changed),
        ):
            changed.connect(self._show_soon)
        theme.notifier.changed.connect(self.update)
        self.show_now()

    def calls(self) -> dict[str, Callable[..., object]]:
        """What the row does for commands."""
        return {
            "window.end": self.end_last,
            "steps.undo": self._session.steps.undo,
            "steps.redo": self._session.steps.redo,
        }

    @property
    def chips(self) -> list[InForce]:
        """What is in force, from left to right."""
        return in_force(self._session)

    def end_last(self) -> None:
        """End the last of what is in force."""
        if chips := self.chips:
            chips[-1].end()

    def _show_soon(self) -> None:
        """Of a click, which selects and asks, one row is made.

        The first moves all below it: after the time of a double click, the second half of which would go astray.
        """
        self._soon.start(QApplication.doubleClickInterval() if self.isHidden() else 0)

    def show_now(self) -> None:
        """Show what is in force at this moment."""
        self._soon.stop()
        shown, steps = self.chips, self._session.steps
        if shown != self._shown:
            self._shown = shown
            self._chips.fill([_ChipWidget(chip, partial(self._open, chip)) for chip in shown])
        self._words.setText(Message("undo-step", words=steps.undo_words) if steps.undo_words else "")
        for button, words, name, command in (
            (self._undo, steps.undo_words, Message("undo"), "steps.undo"),
            (self._redo, steps.redo_words, Message("redo"), "steps.redo"),
        ):
            button.setEnabled(bool(words))
            title = f"{name}: {words}" if words else name
            button.setAccessibleName(title)
            button.setToolTip(f"{title} ({native(COMMANDS[command].keys)})")
        self._share_room()
        self.setVisible(bool(shown or steps.undo_words or steps.redo_words))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """In a narrow window the button alone tells what it undoes, when it is pointed at."""
        self._words.setVisible(bool(self._words.text()) and self.width() >= ROOMY)

    def _open(self, chip: InForce, widget: QWidget) -> None:
        """Show what a chip holds."""
        session = self._session
        if chip.panel:
            self.panel_requested.emit(chip.panel)
        elif isinstance(chip.condition, InRows):
            session.selection.select(chip.condition.rows)
            self.panel_requested.emit("selection")
        elif chip.condition is not None and (column := session.columns[chip.condition.column]) is not None:
            Popup(ConditionEditor(session.filter, column, chip.condition), self).open_below(widget)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme.current()
        painter.fillRect(self.rect(), QColor(tokens.background))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(tokens.line))


class _Chips(QWidget):
    """Chips beside each other; where they have no room even with short words, below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._chips: list[_ChipWidget] = []
        self.setMinimumWidth(LEAST)
        self.setFixedHeight(HEIGHT)

    def fill(self, chips: list[_ChipWidget]) -> None:
        """Show these instead."""
        for former in self._chips:
            former.hide()
            former.deleteLater()
        self._chips = chips
        for chip in chips:
            chip.setParent(self)
            chip.show()
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        lines = self._lines()
        for line, chips in enumerate(lines):
            # Long words give way before short ones: of "24 of 1,152" and "08.jpg" nothing can be left out.
            taken = sum(chip.other_width() + GAP for chip in chips) - GAP
            left = 0
            for chip, width in zip(chips, shares([c.text_width() for c in chips], self.width() - taken), strict=True):
                chip.give_words(width)
                chip.setGeometry(left, line * (HEIGHT + GAP), chip.width_with(width), HEIGHT)
                left += chip.width() + GAP
        self.setFixedHeight(max(1, len(lines)) * (HEIGHT + GAP) - GAP)

    def _lines(self) -> list[list[_ChipWidget]]:
        lines: list[list[_ChipWidget]] = [[]]
        room = self.width()
        for chip in self._chips:
            if lines[-1] and chip.least_width() > room:
                lines.append([])
                room = self.width()
            lines[-1].append(chip)
            room -= chip.least_width() + GAP
        return lines


def shares(wanted: Sequence[int], room: int) -> list[int]:
    """What each of several widths gets of a room: all of it, or as much as each of the others that want more.

    Short ones get all while the rest keep `LEAST`.
    """
    given, left = [0] * len(wanted), max(0, room)
    for done, index in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        others = len(wanted) - done - 1
        share = left // (others + 1)
        if wanted[index] <= SHORT:
            share = max(share, left - LEAST * others)
        given[index] = min(wanted[index], share)
        left -= given[index]
    return given


class _ChipWidget(QToolButton):
    """A chip: a button that shows what it holds, with a cross that ends it."""

    _EDGE, _CROSS = 10, 20

    def __init__(self, chip: InForce, show: Callable[[QWidget], object]) -> None:
        super().__init__()
        self._chip, self._room = chip, WIDEST
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{chip.title}: {chip.words}")
        self.setToolTip("\n".join(part for part in (chip.words, chip.tip) if part))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(partial(show, self))
        self._cross = IconButton("close", Message("clear-chip", title=chip.title, words=chip.words))
        self._cross.setParent(self)
        self._cross.setFixedSize(QSize(self._CROSS, self._CROSS))
        self._cross.setIconSize(QSize(12, 12))
        self._cross.clicked.connect(chip.end)

    def text_width(self) -> int:
        """The width of the whole words, in pixels, within bounds."""
        return min(self.fontMetrics().horizontalAdvance(self._chip.words) + 1, WIDEST)

    def other_width(self) -> int:
        """The width of all but the words, in pixels."""
        return self.fontMetrics().horizontalAdvance(self._chip.title) + GAP + self._EDGE + self._CROSS + 12

    def least_width(self) -> int:
        """The width with as few words as can be read."""
        return self.other_width() + min(self.text_width(), READABLE)

    def width_with(self, words: int) -> int:
        """The width where its words take so many pixels."""
        return self.other_width() + max(words, min(LEAST, self.text_width()))

    def give_words(self, width: int) -> None:
        """Let the words take at most so many pixels, and never less than can be read."""
        self._room = max(width, min(LEAST, self.text_width()))

    @property
    def shown_words(self) -> str:
        """The words as far as they have room."""
        return self.fontMetrics().elidedText(self._chip.words, Qt.TextElideMode.ElideRight, self._room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cross.move(QPoint(self.width() - self._CROSS - 5, (HEIGHT - self._CROSS) // 2))

    def sizeHint(self) -> QSize:
        return QSize(self.width_with(self._room), HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.accent if self.hasFocus() else tokens.line))
        painter.setBrush(QColor(tokens.hover if self.underMouse() else tokens.panel))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, HEIGHT / 2, HEIGHT / 2)
        inside = self.rect().adjusted(self._EDGE, 0, 0, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(inside, left, self._chip.title)
        inside.setLeft(inside.left() + self.fontMetrics().horizontalAdvance(self._chip.title) + GAP)
        painter.setPen(QColor(tokens.faint if self._chip.is_waiting else tokens.text))
        painter.drawText(inside, left, self.shown_words)
