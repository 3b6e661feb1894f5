"""What is in force on the map, as a row of chips: query, class in focus, selection, hidden groups.

What is not here is not in force. A cross ends one, Esc ends them one at a time, the last first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from core.wording import counted
from explorer.appearance import theme
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.widgets import IconButton, quiet_label
from explorer.map.hover_text import has_selection
from explorer.session import Session

Kind = Literal["query", "focus", "selection", "hidden"]
WIDEST = 300
HEIGHT = 28


@dataclass(frozen=True)
class Chip:
    """One thing in force: what it is called, what it holds in words, and what ends it."""

    kind: Kind
    title: str
    words: str


def chips_of(session: Session, hidden: int, group: tuple[str, str]) -> list[Chip]:
    """What is in force in a session while the legend hides so many groups; `group` is one, and several, in words."""
    catalog = session.catalog
    if catalog is None:
        return []
    chips = []
    if session.query is not None:
        chips.append(Chip("query", "query", str(catalog.paths[session.query]).rpartition("/")[2]))
    elif session.query_image is not None:
        # It is no point of the map; a broken ring marks the image nearest to it.
        chips.append(Chip("query", "query", f"{session.query_image.name}, shown at its nearest image"))
    if session.focus is not None:
        chips.append(Chip("focus", "focus", catalog.classes[session.focus]))
    if has_selection(session):
        shown = len(catalog.rows(session.split))
        chips.append(Chip("selection", "selected", f"{len(session.selected):,} of {shown:,}"))
    if hidden:
        chips.append(Chip("hidden", "hidden", counted(hidden, *group)))
    return chips


class ChipRow(QWidget):
    """As high without chips as with them, so that no click moves the map away under the pointer.

    Signal: ended(str), the kind of the chip whose cross was pressed.
    """

    ended = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("In force on the map")
        self._chips: list[Chip] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 5, 8, 5)
        self._row.setSpacing(6)
        self._row.addStretch(1)
        self.setFixedHeight(HEIGHT + 10)
        self.hide()

    @property
    def chips(self) -> list[Chip]:
        """What is shown, from left to right."""
        return list(self._chips)

    def show_chips(self, chips: Sequence[Chip]) -> None:
        """Show these, and nothing when there are none."""
        if list(chips) == self._chips:
            return
        self._chips = list(chips)
        while self._row.count() > 1:
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for place, chip in enumerate(self._chips):
            made = _ChipWidget(chip, self._ender(chip.kind))
            self._row.insertWidget(place, made)
            made.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(theme.current().background))

    def _ender(self, kind: Kind) -> Callable[[], None]:
        return lambda: self.ended.emit(kind)


class _ChipWidget(QWidget):
    def __init__(self, chip: Chip, end: Callable[[], None]) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        words = ElidedLabel(chip.words)
        words.setMaximumWidth(WIDEST)
        cross = IconButton("close", f"End {chip.title}: {chip.words}")
        cross.setFixedSize(QSize(20, 20))
        cross.clicked.connect(end)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 4, 0)
        row.setSpacing(6)
        for part in (quiet_label(chip.title), words, cross):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.panel))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, HEIGHT / 2, HEIGHT / 2)
