"""One family of line icons, drawn on a 16 x 16 grid and tinted by the theme."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from explorer.appearance import theme

GRID = 16
_SIZES = (16, 20, 24)
_DISC = "M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4"

# SVG path data; every icon is a stroke of 1.4 with round ends.
PATHS: dict[str, str] = {
    "pan": "M8 1.5v13M1.5 8h13M6 3.5l2-2 2 2M6 12.5l2 2 2-2M3.5 6l-2 2 2 2M12.5 6l2 2-2 2",
    "lasso": "M8 2.2c3.6 0 6.2 1.7 6.2 4s-2.6 4-6.2 4-6.2-1.7-6.2-4 2.6-4 6.2-4"
    "M4.6 9.6c-1 .8-.6 2.2.6 2.2 1.3 0 1.3-1.6.2-2M5.4 11.9c-.2 1-.9 1.7-2 2",
    "box": "M2 4.5V2h2.5M7 2h2M11.5 2H14v2.5M14 7v2M14 11.5V14h-2.5M9 14H7M4.5 14H2v-2.5M2 9V7",
    "fit": "M9.5 2H14v4.5M14 2L9.5 6.5M6.5 14H2V9.5M2 14l4.5-4.5",
    "sort-up": "M3.5 10.5L8 5l4.5 5.5",
    "sort-down": "M3.5 5.5L8 11l4.5-5.5",
    "back": "M10 3L5 8l5 5",
    "forward": "M6 3l5 5-5 5",
    "close": "M3.5 3.5l9 9M12.5 3.5l-9 9",
    "stop": "M4.5 4.5h7v7h-7z",
    "play": "M5 3l7.5 5L5 13z",
    "trash": "M2.5 4.3h11M6 4.3V2.5h4v1.8M4 4.3l.6 9.2h6.8l.6-9.2M6.7 7v4M9.3 7v4",
    "duplicate": "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    "search": "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.3 10.3L14 14",
    "folder": "M1.8 12.8V3.2h4.4l1.6 2h6.4v7.6z",
    "check": "M3 8.5l3.3 3.3L13 4.5",
    "cross": "M4 4l8 8M12 4l-8 8",
    "chevron-down": "M4 6.2l4 4 4-4",
    "chevron-right": "M6.2 4l4 4-4 4",
    "image": "M2 3h12v10H2zM2 11l3.5-3.5 3 3L11 8l3 3M10.7 5.3v.9",
    "link": "M6.6 9.4l2.8-2.8M7.2 4.6l1.5-1.5a2.9 2.9 0 0 1 4.1 4.1l-1.5 1.5"
    "M8.8 11.4l-1.5 1.5a2.9 2.9 0 0 1-4.1-4.1l1.5-1.5",
    "legend": "M3 4h.1M6.5 4h7M3 8h.1M6.5 8h7M3 12h.1M6.5 12h7",
    "compare": "M2 3h5v10H2zM9 3h5v10H9z",
    "warning": "M8 2.2L14.5 13.5h-13zM8 6.5v3.3M8 11.6v.2",
    "info": _DISC + "M8 7.3v4M8 4.8v.2",
    "menu": "M2.5 4h11M2.5 8h11M2.5 12h11",
    "more": "M3.2 8h.1M8 8h.1M12.8 8h.1",
    "grid": "M2.5 2.5h4.2v4.2H2.5zM9.3 2.5h4.2v4.2H9.3zM2.5 9.3h4.2v4.2H2.5zM9.3 9.3h4.2v4.2H9.3z",
    "points": "M3.6 3.4a1.1 1.1 0 1 0 .1 0M8.4 6.3a1.1 1.1 0 1 0 .1 0M12.7 3a1.1 1.1 0 1 0 .1 0"
    "M4.2 10.4a1.1 1.1 0 1 0 .1 0M11.7 10.6a1.1 1.1 0 1 0 .1 0",
    "bolt": "M9 1.6L3.6 9h3.9l-.8 5.4L12.4 7H8.4z",
    "network": "M3.4 6.3a1.6 1.6 0 1 0 .1 0M12.5 2.2a1.6 1.6 0 1 0 .1 0M12.5 10.5a1.6 1.6 0 1 0 .1 0"
    "M4.9 7.2l6.1-2.7M4.9 8.7l6.1 2.7",
    "curve": "M2.5 2v11.5H14M4.8 4.2c.9 4.6 3.6 6.2 8.7 6.4",
    "help": _DISC + "M6.1 6.3a2 2 0 1 1 3 1.7c-.8.5-1.1.8-1.1 1.6M8 11.4v.2",
    "settings": "M8 5.7a2.3 2.3 0 1 0 .1 0M8 1.6v1.9M8 12.5v1.9M1.6 8h1.9M12.5 8h1.9"
    "M3.5 3.5l1.3 1.3M11.2 11.2l1.3 1.3M3.5 12.5l1.3-1.3M11.2 4.8l1.3-1.3M8 3.5a4.5 4.5 0 1 0 .1 0",
    "undo": "M2.8 6h6.7a3.6 3.6 0 0 1 0 7.2H6M5.8 3L2.8 6l3 3",
    "redo": "M13.2 6H6.5a3.6 3.6 0 0 0 0 7.2H10M10.2 3l3 3-3 3",
}


class HasIcon(Protocol):
    """A button or an action."""

    def setIcon(self, icon: QIcon) -> None: ...


def icon(name: str, colour: str | None = None) -> QIcon:
    """The icon in `colour`, else in the theme's text colour; fainter when disabled.

    Raises KeyError for an unknown name. An icon keeps its colours; use `bind` for one that follows the theme.
    """
    tokens = theme.current()
    result = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, colour or tokens.text), (QIcon.Mode.Disabled, tokens.faint)):
        for size in _SIZES:
            for ratio in _ratios():
                result.addPixmap(pixmap(name, size, tint, ratio), mode)
    return result


def bind(target: QObject, name: str, token: str = "text") -> None:
    """Give `target` (button or action) an icon that changes with the theme; `token` names a colour of Theme."""
    for old in target.findChildren(_Tint, options=Qt.FindChildOption.FindDirectChildrenOnly):
        old.setParent(None)
        old.deleteLater()
    _Tint(target, name, token)


class _Tint(QObject):
    """Keeps one button or action in the theme's colour; ends with it."""

    def __init__(self, target: QObject, name: str, token: str) -> None:
        super().__init__(target)
        self._name = name
        self._token = token
        theme.notifier.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def _on_theme_changed(self) -> None:
        target: HasIcon | None = self.parent()  # type: ignore[assignment]
        if target is not None:
            target.setIcon(icon(self._name, getattr(theme.current(), self._token)))


@lru_cache(maxsize=1024)
def pixmap(name: str, size: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """The icon as a transparent pixmap of `size` logical pixels for a screen of `ratio` device pixels each."""
    result = QPixmap(round(size * ratio), round(size * ratio))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter, name, QRectF(0, 0, result.width(), result.height()), colour)
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def paint(painter: QPainter, name: str, where: QRectF, colour: str) -> None:
    """Draw the icon into `where` of a painter."""
    _renderer(name, colour).render(painter, where)


def paint_outcome(painter: QPainter, right: bool, where: QRectF, disc: str, colour: str, inset: float = 2.0) -> None:
    """A tick or a cross in `colour`, on a disc that fills `where` and reaches `inset` pixels beyond it."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(disc))
    painter.drawEllipse(where)
    paint(painter, "check" if right else "cross", where.adjusted(inset, inset, -inset, -inset), colour)


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {GRID} {GRID}" fill="none" stroke="{colour}" '
        f'stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round"><path d="{PATHS[name]}"/></svg>'
    )
    return QSvgRenderer(QByteArray(svg.encode()))


def _ratios() -> tuple[float, ...]:
    return tuple(sorted({1.0, 2.0} | {screen.devicePixelRatio() for screen in QGuiApplication.screens()}))
