"""What the mouse is doing on the map between press and release."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from PySide6.QtCore import QPointF, Qt

CLICK_SLOP = 4.0


class GestureKind(Enum):
    """What a press has become so far."""

    PRESS = "press"
    PAN = "pan"
    LASSO = "lasso"
    BOX = "box"


@dataclass
class Gesture:
    """One press of a button: where it began, what it became, and the way of the cursor since."""

    start: QPointF
    button: Qt.MouseButton
    kind: GestureKind = GestureKind.PRESS
    way: list[QPointF] = field(default_factory=list)

    def move(self, place: QPointF, selecting: bool, modifiers: Qt.KeyboardModifier) -> QPointF:
        """Follow the cursor; returns its step since the last move, nothing within the click slop.

        A drag outlines when `selecting`, a box when Shift is held, and otherwise pans.
        """
        if self.kind is GestureKind.PRESS:
            if (place - self.start).manhattanLength() <= CLICK_SLOP:
                return QPointF(0, 0)
            self.kind = self._become(selecting, modifiers)
            self.way = [self.start]
        step = place - self.way[-1]
        self.way.append(place)
        return step

    @property
    def corners(self) -> list[QPointF]:
        """The outline drawn so far; empty for a pan or a click."""
        if self.kind is GestureKind.LASSO:
            return self.way
        if self.kind is GestureKind.BOX:
            first, last = self.way[0], self.way[-1]
            return [first, QPointF(last.x(), first.y()), last, QPointF(first.x(), last.y())]
        return []

    def _become(self, selecting: bool, modifiers: Qt.KeyboardModifier) -> GestureKind:
        if self.button != Qt.MouseButton.LeftButton:
            return GestureKind.PAN
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return GestureKind.BOX
        return GestureKind.LASSO if selecting else GestureKind.PAN
