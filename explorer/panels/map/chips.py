"""What is in force on the map, as a row of chips: query, class in focus, selection, hidden groups.

What is not here is not in force. A cross ends one, Esc ends them one at a time, the last first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.messages import Message
from core.wording import counted
from explorer.appearance import theme
from explorer.appearance.elided import LEAST, ElidedLabel
from explorer.appearance.layouts import in_row
from explorer.appearance.widgets import IconButton, quiet_label
from explorer.panels.map.hover_text import has_selection
from explorer.session import Session

Kind = Literal["query", "focus", "selection", "hidden"]
TITLES: dict[Kind, str] = {
    "query": Message("chip-query"),
    "focus": Message("chip-focus"),
    "selection": Message("chip-selected"),
    "hidden": Message("chip-hidden"),
}
WIDEST = 300
# Words up to this width are whole before longer ones get more than they can do with.
SHORT = 90
HEIGHT = 28


@dataclass(frozen=True)
class FilterChip:
    """One thing in force, and what it holds in words."""

    kind: Kind
    words: str

    @property
    def title(self) -> str:
        """What it is called."""
        return TITLES[self.kind]


def chips_of(session: Session, hidden: int, group: tuple[str, str]) -> list[FilterChip]:
    """What is in force in a session while the legend hides so many groups; `group` is one, and several, in words."""
    catalog = session.catalog
    if catalog is None:
        return []
    chips = []
    if session.selection.query is not None:
        chips.append(FilterChip("query", str(catalog.paths[session.selection.query]).rpartition("/")[2]))
    elif session.selection.query_image is not None:
        # It is no point of the map; a broken ring marks the image nearest to it.
        chips.append(FilterChip("query", Message("shown-at-nearest-image", name=session.selection.query_image.name)))
    if session.selection.focus is not None:
        chips.append(FilterChip("focus", catalog.classes[session.selection.focus]))
    if has_selection(session):
        selected, shown = len(session.selection.rows), len(catalog.rows(session.split))
        chips.append(FilterChip("selection", Message("selected-of-shown", selected=selected, shown=shown)))
    if hidden:
        chips.append(FilterChip("hidden", counted(hidden, *group)))
    return chips


class ChipRow(QWidget):
    """As high without chips as with them, so that no click moves the map away under the pointer.

    `chips` are shown, from left to right. Signal: ended(str), the kind of the chip whose cross was pressed.
    """

    ended = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(Message("active-filters"))
        self.chips: list[FilterChip] = []
        self._made: list[_ChipWidget] = []
        self._row = in_row(1, on=self, margins=(8, 5, 8, 5), spacing=6)
        self.setFixedHeight(HEIGHT + 10)
        self.hide()

    def show_chips(self, chips: Sequence[FilterChip]) -> None:
        """Show these, and nothing when there are none."""
        if list(chips) == self.chips:
            return
        for widget in self._made:
            self._row.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.chips = list(chips)
        self._made = [_ChipWidget(chip, partial(self.ended.emit, chip.kind)) for chip in chips]
        for index, widget in enumerate(self._made):
            self._row.insertWidget(index, widget)
            widget.show()
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """Long words give way before short ones: of "24 of 1,152" and "08.jpg" nothing can be left out."""
        margins = self._row.contentsMargins()
        taken = margins.left() + margins.right() + sum(chip.other_width() + self._row.spacing() for chip in self._made)
        widths = shares([chip.text_width() for chip in self._made], self.width() - taken)
        for chip, width in zip(self._made, widths, strict=True):
            chip.give_words(width)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(theme.current().background))


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


class _ChipWidget(QWidget):
    def __init__(self, chip: FilterChip, end: Callable[[], None]) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._words = ElidedLabel(chip.words)
        self._words.setMaximumWidth(WIDEST)
        cross = IconButton("close", Message("clear-chip", title=chip.title, words=chip.words))
        cross.setFixedSize(QSize(20, 20))
        cross.clicked.connect(end)
        row = in_row(on=self, margins=(10, 0, 4, 0), spacing=6)
        for part in (quiet_label(chip.title), self._words, cross):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)

    def text_width(self) -> int:
        """The width of the whole words, in pixels, within bounds."""
        return min(self._words.sizeHint().width(), WIDEST)

    def other_width(self) -> int:
        """The width of all but the words, in pixels."""
        return self.sizeHint().width() - min(self._words.sizeHint().width(), self._words.maximumWidth())

    def give_words(self, width: int) -> None:
        """Let the words take at most so many pixels, and never less than can be read."""
        self._words.setMaximumWidth(max(width, self._words.minimumSizeHint().width()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.panel))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, HEIGHT / 2, HEIGHT / 2)
