"""The legend beside a plot of terms: each a switch with its colour, its name and its newest figure."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QSizePolicy, QWidget

from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.layouts import in_column
from explorer.appearance.plain import literal
from explorer.panels.runs.curve_colours import colour

WIDTH = 184
ROW_HEIGHT = 24
SWATCH = 12
EDGE = 8


class TermSwitch(QAbstractButton):
    """Shows and hides one curve; its line is hollow and its words dim while the curve is hidden."""

    def __init__(self, name: str, index: int) -> None:
        super().__init__()
        self._index = index
        self._figure = ""
        self._name = name
        self.setText(literal(name))
        self.setCheckable(True)
        self.setChecked(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(Message("curve-tip", name=name))
        theme.notifier.changed.connect(self.update)

    def show_figure(self, value: float) -> None:
        """Say the newest value."""
        self._figure = f"{value:.3g}".replace("-", "−")
        self.setAccessibleName(f"{self.text()} {self._figure}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, ROW_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse():
            painter.fillRect(self.rect(), QColor(tokens.hover))
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 4, 4)
        line = QRect(EDGE, (self.height() - 4) // 2, SWATCH, 4)
        foreground = QColor(colour(self._index))
        painter.setPen(Qt.PenStyle.NoPen if self.isChecked() else QPen(QColor(tokens.secondary), 1))
        painter.setBrush(foreground if self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(line, 2, 2)
        self._paint_text(painter, tokens)

    def _paint_text(self, painter: QPainter, tokens: theme.Theme) -> None:
        inside = self.rect().adjusted(EDGE + SWATCH + 8, 0, -EDGE, 0)
        painter.setFont(theme.number_font(12))
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._figure)
        fonts = painter.fontMetrics()
        room = inside.width() - fonts.horizontalAdvance(self._figure) - 8
        painter.setPen(QColor(tokens.text if self.isChecked() else tokens.secondary))
        words = fonts.elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


class TermList(QScrollArea):
    """A switch for each curve of a plot. Signal: toggled(): read `shown`."""

    toggled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.switches: dict[str, TermSwitch] = {}
        self.setFixedWidth(WIDTH)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(Message("curves"))

    @property
    def shown(self) -> frozenset[str]:
        """The terms whose switch is on."""
        return frozenset(term for term, switch in self.switches.items() if switch.isChecked())

    def list_terms(self, terms: Mapping[str, str]) -> None:
        """List these terms (term -> what it is called); what is hidden stays so while the terms stay."""
        if list(terms) == list(self.switches):
            return
        box = QWidget()
        self.switches = {}
        for index, (term, name) in enumerate(terms.items()):
            switch = TermSwitch(name, index)
            switch.toggled.connect(self.toggled)
            self.switches[term] = switch
        in_column(*self.switches.values(), 1, on=box, margins=(0, 4, 0, 4), spacing=0)
        self.setWidget(box)
