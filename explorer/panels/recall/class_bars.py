"""The bar chart of classes, worst first, painted by hand so that 10,000 classes cost as much as 17."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.data.catalog import Rows
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.number_format import per_cent, signed
from explorer.commands import act
from explorer.panels.recall.bar_layout import BarLayout, lay_out
from explorer.panels.recall.class_measures import ClassMeasures, Numbers

CAPTION_HEIGHT = 18
ROUND = 2.0
ROUND_FROM = 5
GAP_SHARE = 0.3
GAP_FROM = 3.0
LEAST_HEIGHT = 2


class ClassBars(QWidget):
    """Bars of the main measure: recall from zero, differences above and below zero.

    Hovering names a class and its value in the caption; click, Left and Right focus classes. Signals:
        class_chosen(int): the user asks for a class; its code.
    """

    class_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._measures: ClassMeasures | None = None
        self._order: Rows = np.empty(0, np.int64)
        self._values: Numbers = np.empty(0)
        self._layout: BarLayout = lay_out(self._values, 0)
        self._focused: int | None = None
        self._hovered: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(Message("classes-sorted-by-recall"))
        theme.notifier.changed.connect(self.update)

    @property
    def caption(self) -> str:
        """What the line above the bars says."""
        if self._measures is None or not len(self._order):
            return ""
        return self._describe_all() if self._hovered is None else self._describe_class(self._hovered)

    def show_measures(self, measures: ClassMeasures | None) -> None:
        """Draw other classes; those that are not measured are left out and counted."""
        self._measures = measures
        numbers = np.empty(0) if measures is None else measures.columns[measures.main].numbers
        order = np.argsort(numbers, kind="stable")
        self._order = order[: int(np.sum(~np.isnan(numbers)))].astype(np.int64)
        self._values = numbers[self._order]
        self._hovered = None
        self._lay_out()

    def focus_class(self, code: int | None) -> None:
        """Draw one class in the accent colour; None for none."""
        found = np.flatnonzero(self._codes() == (-1 if code is None else code))
        self._focused = int(found[0]) if code is not None and found.size else None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(340, 110)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, CAPTION_HEIGHT + 14)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._layout.class_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = self._layout.class_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and position is not None:
            self._choose(position)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        calls = {"recall.previous": partial(self._step, -1), "recall.next": partial(self._step, 1)}
        if not act(event, calls if len(self._order) else {}):
            super().keyPressEvent(event)

    def _step(self, step: int) -> None:
        start = self._focused if self._focused is not None else (-1 if step > 0 else len(self._order))
        self._choose(min(max(start + step, 0), len(self._order) - 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.current()
        painter.setFont(theme.number_font(theme.SMALL_PIXELS))
        painter.setPen(QColor(colours.secondary))
        caption = QFontMetrics(painter.font()).elidedText(self.caption, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, 0, self.width(), CAPTION_HEIGHT - 4), Qt.AlignmentFlag.AlignLeft, caption)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._layout.bars:
            self._paint_bars(painter, QRectF(0, CAPTION_HEIGHT, self.width(), self.height() - CAPTION_HEIGHT - 1))
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, CAPTION_HEIGHT - 2.5, -0.5, -0.5), 3, 3)

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.current()
        zero, unit = self._scale(area)
        lit = None if self._focused is None else self._layout.bar_of(self._focused)
        hovered = None if self._hovered is None else self._layout.bar_of(self._hovered)
        quiet = theme.mix(colours.panel, colours.secondary, 0.35)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
        painter.setPen(Qt.PenStyle.NoPen)
        for bar, value in enumerate(self._layout.heights.tolist()):
            colour = colours.accent if bar == lit else self._bar_colour(value, quiet)
            if bar == hovered and bar != lit:
                colour = theme.mix(colour, colours.text, 0.35)
            if value == 0 and self._compared and bar not in (lit, hovered):
                continue  # no difference: the line of zero is enough
            painter.setBrush(QColor(colour))
            shape = self._bar(bar, value, zero, unit)
            round_by = ROUND if shape.width() >= ROUND_FROM else 0.0
            painter.drawRoundedRect(QRectF(shape), round_by, round_by)

    def _bar(self, bar: int, value: float, zero: float, unit: float) -> QRect:
        """Where a bar is drawn, on whole pixels: blurred edges would make narrow bars shimmer."""
        slot = self._layout.slot
        gap = 0 if slot < GAP_FROM else max(1, round(slot * GAP_SHARE))
        left, right = round(bar * slot), round((bar + 1) * slot) - gap
        height = max(LEAST_HEIGHT, round(abs(value) * unit))
        return QRect(left, round(zero) - height if value >= 0 else round(zero), max(right - left, 1), height)

    def _bar_colour(self, value: float, quiet: str) -> str:
        if not self._compared or value == 0:
            return quiet
        colours = theme.current()
        return theme.mix(colours.panel, colours.right if value > 0 else colours.wrong, 0.7)

    def _scale(self, area: QRectF) -> tuple[float, float]:
        """(y of zero, pixels for a value of 1). Recall spans 0 to 1; differences span what there is."""
        if not self._compared:
            return area.bottom(), area.height()
        highest, lowest = max(0.0, float(self._values[-1])), min(0.0, float(self._values[0]))
        unit = area.height() / max(highest - lowest, 1e-9)
        return area.top() + highest * unit, unit

    def _lay_out(self) -> None:
        self._layout = lay_out(self._values, float(self.width()))
        self.update()

    def _codes(self) -> Rows:
        """(M,) codes of the drawn classes, worst first."""
        return np.empty(0, np.int64) if self._measures is None else self._measures.codes[self._order]

    def _hover(self, position: int | None) -> None:
        if position != self._hovered:
            self._hovered = position
            self.update()

    def _choose(self, position: int) -> None:
        self._hovered = None
        self.class_chosen.emit(int(self._codes()[position]))

    @property
    def _compared(self) -> bool:
        return self._measures is not None and self._measures.compared

    def _main_title(self) -> str:
        return "" if self._measures is None else self._measures.columns[self._measures.main].title

    def _describe_class(self, position: int) -> str:
        assert self._measures is not None
        value = float(self._values[position])
        words = (
            Message("difference-in-points", points=signed(value))
            if self._compared
            else f"{self._main_title()} {per_cent(value)}"
        )
        shared = self._layout.sharing(position)
        others = Message("one-in-this-bar", shared=shared) if shared > 1 else ""
        return f"{self._measures.names[int(self._order[position])]} · {words}{others}"

    def _describe_all(self) -> str:
        assert self._measures is not None
        words = [Message("classes-by-measure", classes=len(self._order), measure=self._main_title())]
        if self._layout.per_bar > 1:
            words.append(Message("bar-is-mean", classes=self._layout.per_bar))
        missing = len(self._measures) - len(self._order)
        if missing:
            words.append(Message("classes-not-measured", classes=missing))
        return " · ".join(words)
