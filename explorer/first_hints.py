"""Five hints on the very first start, each pointing at the thing that it is about; they never return."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import QFrame, QWidget

from core.messages import Message
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import IconButton, button, quiet_label
from explorer.settings import Settings

HINTS = {
    "rail": Message("hint-rail"),
    "open": Message("hint-open"),
    "grid": Message("hint-grid"),
    "quick_look": Message("hint-quick-look"),
    "neighbours": Message("hint-neighbours"),
}
WIDTH, WORDS, GAP = 288, 232, 12
# The share of the window from which a thing is pointed at in its middle.
LARGE = 1 / 3
# How often it is looked where the things are that are pointed at.
LOOK_MS = 200
Target = Callable[[], QWidget | None]


class FirstHints(QFrame):
    """A small card beside what it is about, which has a ring; it takes no keyboard and blocks nothing.

    A hint about what is not to be seen waits, others come first. Esc or its cross ends them all. `targets` finds what
    each of `HINTS` is about.
    """

    def __init__(self, window: QWidget, settings: Settings, targets: Mapping[str, Target]) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._targets = targets
        self._left = list(HINTS)
        self._shown = ""
        self.setObjectName("firstHint")
        self.setFixedWidth(WIDTH)
        self._words, self._count = Label(), quiet_label(small=True)
        self._words.setWordWrap(True)
        self._words.setFixedWidth(WORDS)
        self._next = button("", "primary")
        self._next.clicked.connect(self._on_next)
        self._close = IconButton("close", Message("skip-the-hints"), "Esc")
        self._close.clicked.connect(self.end)
        top = in_row(self._words, 1, self._close, spacing=6)
        top.setAlignment(self._close, Qt.AlignmentFlag.AlignTop)
        bottom = in_row(self._count, 1, self._next)
        in_column(top, bottom, on=self, margins=(14, 10, 8, 10), spacing=8)
        self._ring = QFrame(window)
        self._ring.setObjectName("firstHintRing")
        self._ring.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ring.hide()
        self.hide()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @property
    def shown(self) -> str:
        """The key of the hint that is shown, "" while none is."""
        return self._shown

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def look(self) -> None:
        """Show the first hint whose thing can be seen, where that is now."""
        if not self._is_in_sight(self._shown):
            self._shown = next((key for key in self._left if self._is_in_sight(key)), "")
            self._tell()
        target = self._targets[self._shown]() if self._shown else None
        if target is not None:
            self._point_at(QRect(target.mapTo(self._window, QPoint(0, 0)), target.size()))

    def end(self) -> None:
        """Take them away for good."""
        self._timer.stop()
        for part in (self._ring, self):
            part.hide()
            part.deleteLater()

    def _on_next(self) -> None:
        self._left.remove(self._shown)
        self._shown = ""
        if self._left:
            self.look()
        else:
            self.end()

    def _is_in_sight(self, key: str) -> bool:
        target = self._targets[key]() if key in self._left else None
        if target is None or not target.isVisible() or target.window() is not self._window:
            return False
        # Something else may lie over it, such as the start screen.
        there = self._window.childAt(target.mapTo(self._window, target.rect().center()))
        return there is not None and any(part is there or part.isAncestorOf(there) for part in (target, self))

    def _tell(self) -> None:
        for part in (self._ring, self):
            part.setVisible(bool(self._shown))
        if not self._shown:
            return
        # Seen once is seen: also where the window is killed now.
        self._settings.hints_seen = True
        number = len(HINTS) - len(self._left) + 1
        self._words.setText(HINTS[self._shown])
        self.setAccessibleName(HINTS[self._shown])
        self._count.setText(Message("hint-of-all", number=number, hints=len(HINTS)))
        self._next.setText(Message("next-hint") if number < len(HINTS) else Message("last-hint"))

    def _point_at(self, thing: QRect) -> None:
        """Stand where there is room: at the right of it or below, at the left, above, else in its middle.

        In what takes most of the window it hides less there than beside it.
        """
        # Docks that are arranged anew would lie over it.
        self._ring.raise_()
        self.raise_()
        self._ring.setGeometry(thing.adjusted(1, 1, -1, -1))
        self._words.setFixedHeight(self._words.heightForWidth(WORDS))
        self.adjustSize()
        inside, size = self._window.rect().adjusted(GAP, GAP, -GAP, -GAP), self.size()
        right = QRect(QPoint(thing.right() + GAP, thing.top() + GAP), size)
        below = QRect(QPoint(thing.left(), thing.bottom() + GAP), size)
        beside = (
            *((below, right) if thing.height() < thing.width() else (right, below)),
            QRect(QPoint(thing.left() - GAP - size.width(), thing.top() + GAP), size),
            QRect(QPoint(thing.left(), thing.top() - GAP - size.height()), size),
        )
        place = next((each for each in beside if inside.contains(each)), None)
        is_large = thing.width() * thing.height() > self._window.width() * self._window.height() * LARGE
        middle = thing.center() - self.rect().center()
        self.move(middle if place is None or is_large else place.topLeft())
