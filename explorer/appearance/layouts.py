"""Widgets beside each other, below each other and in the place of each other."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

# An int is room that stretches; a pair is a part and how much it stretches.
Placed = QWidget | QLayout | int | tuple[QWidget | QLayout, int]
Margins = tuple[int, int, int, int]
L = TypeVar("L", bound=QBoxLayout)


def in_row(
    *parts: Placed, on: QWidget | None = None, margins: Margins = (0, 0, 0, 0), spacing: int = -1
) -> QHBoxLayout:
    """Parts from left to right, on a widget or for another layout; `spacing` -1 is as in that one."""
    return _filled(QHBoxLayout() if on is None else QHBoxLayout(on), parts, margins, spacing)


def in_column(
    *parts: Placed, on: QWidget | None = None, margins: Margins = (0, 0, 0, 0), spacing: int = -1
) -> QVBoxLayout:
    """Parts from top to bottom, else as `in_row`."""
    return _filled(QVBoxLayout() if on is None else QVBoxLayout(on), parts, margins, spacing)


def stacked(*pages: QWidget, on: QWidget | None = None) -> QStackedLayout:
    """Pages of which one is seen, the first to begin with."""
    stack = QStackedLayout() if on is None else QStackedLayout(on)
    for page in pages:
        stack.addWidget(page)
    return stack


def divided(left: QWidget, right: QWidget, per_cent: int) -> QSplitter:
    """Two parts with a line between them to drag; the left one begins with `per_cent` of the room."""
    split = QSplitter(Qt.Orientation.Horizontal)
    split.setChildrenCollapsible(False)
    split.setHandleWidth(1)
    for place, (part, share) in enumerate(((left, per_cent), (right, 100 - per_cent))):
        split.addWidget(part)
        split.setStretchFactor(place, share)
    split.setSizes([10 * per_cent, 10 * (100 - per_cent)])
    return split


def _filled(layout: L, parts: tuple[Placed, ...], margins: Margins, spacing: int) -> L:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for part in parts:
        what, stretch = part if isinstance(part, tuple) else (part, 0)
        if isinstance(what, int):
            layout.addStretch(what)
        elif isinstance(what, QLayout):
            layout.addLayout(what, stretch)
        else:
            layout.addWidget(what, stretch)
    return layout
