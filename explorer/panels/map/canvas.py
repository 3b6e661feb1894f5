"""The canvas: discs, pictures, and the mouse and keys that move through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from core.data.catalog import Rows
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.colouring import as_rgb
from explorer.appearance.hover_card import CardContent, HoverCard
from explorer.appearance.oklch import Bytes
from explorer.commands import act
from explorer.panels.map import lasso, overlay
from explorer.panels.map.disc_layer import DiscLayer
from explorer.panels.map.gesture import Gesture, GestureKind
from explorer.panels.map.kernels import Kernels
from explorer.panels.map.pictures import NOWHERE, PictureLayer
from explorer.panels.map.scene import MapScene, Mask, disc_radius
from explorer.panels.map.transition import MILLISECONDS, Transition, between
from explorer.panels.map.viewport import Viewport

PICK_RADIUS = 10.0
DWELL_MILLISECONDS = 125
FRAME_MILLISECONDS = 16
REST_MILLISECONDS = 150
MOST_WHILE_MOVING = 500_000
# Whoever drags the end of a range waits for each of many changes.
MOST_AT_ONCE = 150_000
KEY_PAN = 60.0
KEY_ZOOM = 1.3

Mode = Literal["pan", "select"]


class MapCanvas(QWidget):
    """N points on a plane. It knows ids (catalog rows) and indices 0..N-1, and nothing of what they mean.

    `card_provider` and `thumbnail_provider` answer at once or with None; call `on_thumbnail_ready` when a thumbnail
    came later, which `has_picture` denies of some. `animations` may be switched off.

    Attributes:
        scene, view: what is shown, and from where it is looked at.
        mode: whether a drag pans or selects.

    Signals:
        clicked(int, object): the id under a click, -1 on an empty place; keyboard modifiers.
        lassoed(object, str): (M,) ids within an outline, and "replace", "add" or "remove".
        hovered(int): another id is under the cursor, -1 for none.
        view_changed(): the user panned or zoomed.
        mode_changed(str): "pan" or "select".
        drawn(): what is in view may have changed.
    """

    clicked = Signal(int, object)
    lassoed = Signal(object, str)
    hovered = Signal(int)
    view_changed = Signal()
    mode_changed = Signal(str)
    drawn = Signal()

    def __init__(self, kernels: Kernels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.animations = True
        self.card_provider: Callable[[int], CardContent | None] = lambda _row: None
        self.thumbnail_provider: Callable[[int], QImage | None] = lambda _row: None
        self.has_picture: Callable[[int], bool] = lambda _row: True
        self._kernels = kernels
        self.scene = MapScene()
        self.view = Viewport()
        self.mode: Mode = "pan"
        self._query = self._beside = self._linked_hover = self._hover = NOWHERE
        self._links: list[tuple[int, bool | None]] = []
        self._gesture: Gesture | None = None
        self._discs = DiscLayer()
        self._pictures = PictureLayer()
        self._card_awaits_image = False
        self._transition: Transition | None = None
        self._clock = QElapsedTimer()
        self._positions = self.scene.xy
        self._stale = True
        self._reached_by_key = False
        # What was in view, and of which points: asked for with every change of what is hidden.
        self._counted: tuple[Viewport, npt.NDArray[np.float32], int] | None = None
        # How many points are drawn for the moment, None for all of them.
        self._most: int | None = None
        self.card = HoverCard(self)
        self._dwell = self._timer(DWELL_MILLISECONDS, self._on_dwelt)
        self._frames = self._timer(FRAME_MILLISECONDS, self._on_frame, repeating=True)
        self._rest = self._timer(REST_MILLISECONDS, self._on_rest)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(Message("map"))
        self.setMinimumSize(120, 120)
        kernels.ready.connect(self._redraw)
        theme.notifier.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    # What is shown

    def set_points(self, xy: npt.NDArray[np.float32], ids: Rows, animate: bool = True) -> None:
        """Show N points: xy (N, 2) float32 finite, ids (N,) catalog rows. Points with a known id move over."""
        before = (self._positions, self.scene.ids, self.view)
        self.scene.set_points(xy, ids)
        self.view = Viewport(self.scene.bounds, max(1, self.width()), max(1, self.height())).fitted()
        self._query = self._beside = self._linked_hover = NOWHERE
        self._links = []
        self._set_hover(NOWHERE)
        self._transition = None
        self._positions = self.scene.xy
        if animate and self.animations and len(before[1]) and self.isVisible():
            self._transition = between(before, (self.scene.xy, self.scene.ids, self.view))
            self._positions = self._transition.at(0.0)
            self._clock.start()
            self._frames.start()
        self._redraw()

    def set_colours(self, palette: Bytes, codes: npt.NDArray[np.int64], front: Mask | None = None) -> None:
        """Point n has the colour palette[codes[n]] (P, 3); -1 means the last; `front` points lie over the rest."""
        self.scene.set_colours(palette, codes, front)
        self._redraw()

    def set_dimmed(self, mask: Mask) -> None:
        """(N,) points to dim; they cannot be pointed at or selected. Of a million a sample is drawn first."""
        if np.array_equal(mask, self.scene.dimmed):
            return
        self.scene.set_dimmed(mask)
        if len(self.scene) > MOST_WHILE_MOVING:
            self._most = MOST_AT_ONCE
            self._rest.start()
        self._redraw()

    def set_selected(self, mask: Mask) -> None:
        """(N,) points to emphasise; with several, the others fade."""
        self.scene.set_selected(mask)
        self._redraw()

    def set_query(self, index: int, beside: int = NOWHERE) -> None:
        """The point with the accent ring, -1 for none; `beside` is the point nearest to a query that is no point."""
        self._query, self._beside = index, beside
        self.update()

    def set_linked_hover(self, index: int) -> None:
        """The point with the cross-hair, because the cursor is on it in another map; -1 for none."""
        if index != self._linked_hover:
            self._linked_hover = index
            self.update()

    def set_links(self, indices: Sequence[int], right: Sequence[bool | None]) -> None:
        """Dashed lines from the query to these points; `right` says which are of its class, None if unknown."""
        self._links = [(index, mark) for index, mark in zip(indices, right, strict=True) if index >= 0]
        self.update()

    def set_view(self, view: Viewport) -> None:
        """Look where a linked map leads; emits nothing."""
        self._look(view, tell=False)

    def set_mode(self, mode: Mode) -> None:
        """Whether a drag pans or selects."""
        if mode == self.mode:
            return
        self.mode = mode
        self._show_cursor()
        self.mode_changed.emit(mode)

    def fit(self) -> None:
        """All points in view."""
        self._look(self.view.fitted())

    @property
    def query(self) -> tuple[int, int]:
        """The query's point, and the point nearest to a query that is none; -1 where there is no such."""
        return self._query, self._beside

    @property
    def in_view(self) -> int:
        """How many points are in view."""
        where = (self.view, self.scene.xy)
        if self._counted is None or self._counted[0] != where[0] or self._counted[1] is not where[1]:
            self._counted = *where, int(np.count_nonzero(self.view.in_view(self.scene.xy)))
        return self._counted[2]

    @property
    def drawn_while_moving(self) -> int | None:
        """How many points are drawn at present, when that is only a sample because the map is being moved."""
        return len(self.scene) // self._step() if self._most is not None else None

    @property
    def is_idle(self) -> bool:
        """Whether everything that should be seen is drawn."""
        drawable = self._kernels.raster is not None or not len(self.scene)
        waiting = self._pictures.awaited or (self._card_awaits_image and self.card.isVisible())
        return drawable and self._transition is None and not waiting and self._most is None

    def on_thumbnail_ready(self, row: int) -> None:
        """A thumbnail that was not there at first can be had now."""
        if row == self.card.row and self._card_awaits_image:
            image = self.thumbnail_provider(row)
            self._card_awaits_image = image is None
            if image is not None:
                self.card.set_image(image)
        if row in self._pictures.awaited:
            self.update()

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(800, 560)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        if not len(self.scene):
            painter.fillRect(self.rect(), QColor(tokens.background))
            return
        raster = self._kernels.raster
        if raster is None:
            painter.fillRect(self.rect(), QColor(tokens.background))
            overlay.paint_text(painter, tokens, QRectF(self.rect()), Message("preparing-the-map"))
            return
        if self._stale:
            self._draw_discs(raster, tokens)
        self._discs.paint(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect())
        self._pictures.paint(painter, tokens, room, self.scene, self._query, self.thumbnail_provider)
        if self._transition is None:
            self._paint_marks(painter, tokens)
        if self._gesture is not None and self._gesture.corners:
            overlay.paint_outline(painter, tokens, self._gesture.corners)
        if self._reached_by_key and self.hasFocus():
            overlay.paint_focus(painter, tokens, room)

    def _draw_discs(self, raster: ModuleType, tokens: theme.Theme) -> None:
        self._discs.draw(
            raster,
            self.scene,
            self._positions,
            self.view,
            self._disc_radius(),
            self.devicePixelRatioF(),
            QColor(tokens.background),
            self._step(),
        )
        # Whether the filter leaves so few that they become pictures is found out when the hand rests.
        waits = self._most == MOST_AT_ONCE and self._pictures.is_empty
        if self._transition is not None:
            self._pictures.clear()
        elif not waits:
            self._pictures.place(raster, self.scene, self.view, self.has_picture)
        self._stale = False

    def _paint_marks(self, painter: QPainter, tokens: theme.Theme) -> None:
        radius = self._disc_radius()
        if self._query >= 0:
            self._paint_links(painter, tokens, self._query)
            if self._query not in self._pictures:
                overlay.paint_query(painter, tokens, self._point_of(self._query), radius)
        elif self._beside >= 0:
            self._paint_links(painter, tokens, self._beside)
            overlay.paint_query_beside(painter, tokens, self._point_of(self._beside), radius)
        if self._linked_hover >= 0:
            overlay.paint_cross_hair(painter, tokens, self._point_of(self._linked_hover), QRectF(self.rect()))
        if self._hover >= 0:
            if self._hover in self._pictures:
                overlay.paint_frame(painter, tokens, self._pictures.frame(self._hover))
            else:
                overlay.paint_hover(painter, tokens, self._point_of(self._hover), radius)

    def _paint_links(self, painter: QPainter, tokens: theme.Theme, start: int) -> None:
        ends = [(self._point_of(end), mark) for end, mark in self._links]
        overlay.paint_links(painter, tokens, self._point_of(start), ends)

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._gesture = Gesture(event.position(), event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gesture is None:
            self._set_hover(self._hit(event.position()))
            return
        step = self._gesture.move(event.position(), self.mode == "select", event.modifiers())
        if self._gesture.kind is GestureKind.PRESS:
            return
        self._set_hover(NOWHERE)
        if self._gesture.kind is GestureKind.PAN:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._look(self.view.panned(step.x(), step.y()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            return
        if gesture.kind is GestureKind.PRESS and gesture.button == Qt.MouseButton.LeftButton:
            index = self._hit(event.position())
            self.clicked.emit(int(self.scene.ids[index]) if index >= 0 else NOWHERE, event.modifiers())
        elif gesture.corners:
            self._enclose(gesture.corners, event.modifiers())
        self._show_cursor()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._gesture = None
        if event.button() == Qt.MouseButton.LeftButton:
            self._look(self.view.centred(event.position().x(), event.position().y()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if delta := event.angleDelta().y():
            self._look(self.view.wheeled(delta, event.position().x(), event.position().y()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        middle = self.width() / 2, self.height() / 2
        calls: dict[str, Callable[[], object]] = {
            "map.left": lambda: self._look(self.view.panned(KEY_PAN, 0.0)),
            "map.right": lambda: self._look(self.view.panned(-KEY_PAN, 0.0)),
            "map.up": lambda: self._look(self.view.panned(0.0, KEY_PAN)),
            "map.down": lambda: self._look(self.view.panned(0.0, -KEY_PAN)),
            "map.zoom_in": lambda: self._look(self.view.zoomed(KEY_ZOOM, *middle)),
            "map.zoom_out": lambda: self._look(self.view.zoomed(1 / KEY_ZOOM, *middle)),
            "map.fit": self.fit,
            "map.lasso": lambda: self.set_mode("pan" if self.mode == "select" else "select"),
        }
        if self._gesture is not None:
            calls["window.end"] = self._give_up
        if not act(event, calls):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # A click shows where it went by itself.
        self._reached_by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(NOWHERE)
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.view = self.view.resized(self.width(), self.height())
        self.card.hide()
        self._redraw()
        super().resizeEvent(event)

    # Steps

    def _show_cursor(self) -> None:
        self.setCursor(Qt.CursorShape.CrossCursor if self.mode == "select" else Qt.CursorShape.ArrowCursor)

    def _look(self, view: Viewport, tell: bool = True) -> None:
        if view == self.view:
            return
        self.view = view
        self.card.hide()
        self._dwell.stop()
        if len(self.scene) > MOST_WHILE_MOVING:
            self._most = MOST_WHILE_MOVING
            self._rest.start()
        self._stale = True
        self.update()
        self.drawn.emit()
        if tell:
            self.view_changed.emit()

    def _redraw(self) -> None:
        self._stale = True
        self._discs.forget_positions()
        self.update()
        self.drawn.emit()

    def _hit(self, place: QPointF) -> int:
        """Index of the point or picture under the cursor, -1 for none."""
        if not len(self.scene) or self._transition is not None:
            return NOWHERE
        picture = self._pictures.hit(place)
        if picture != NOWHERE:
            return picture
        x, y = self.view.to_map(place.x(), place.y())
        return self.scene.grid.nearest(x, y, PICK_RADIUS / self.view.scale, self.scene.pickable)

    def _set_hover(self, index: int) -> None:
        if index == self._hover:
            return
        self._hover = index
        self.card.hide()
        self._dwell.stop()
        if index >= 0:
            self._dwell.start()
        self.update()
        self.hovered.emit(int(self.scene.ids[index]) if 0 <= index < len(self.scene) else NOWHERE)

    def _enclose(self, corners: Sequence[QPointF], modifiers: Qt.KeyboardModifier) -> None:
        outline = np.array([self.view.to_map(corner.x(), corner.y()) for corner in corners], np.float64)
        chosen = lasso.inside(self.scene.xy, outline) & ~self.scene.dimmed
        how = "replace"
        if modifiers & Qt.KeyboardModifier.AltModifier:
            how = "remove"
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            how = "add"
        self.lassoed.emit(self.scene.ids[chosen], how)

    def _give_up(self) -> None:
        self._gesture = None
        self.update()

    def _point_of(self, index: int) -> QPointF:
        x, y = self._positions[index]
        return QPointF(*self.view.to_screen(float(x), float(y)))

    def _step(self) -> int:
        """Every how many-th point is drawn: moving through more than a frame has time for shows a sample."""
        return 1 if self._most is None else -(-len(self.scene) // self._most)

    def _disc_radius(self) -> float:
        return disc_radius(len(self.scene), self.view.zoom, min(self.width(), self.height()))

    def _timer(self, milliseconds: int, slot: Callable[[], None], repeating: bool = False) -> QTimer:
        timer = QTimer(self, interval=milliseconds, singleShot=not repeating)
        timer.timeout.connect(slot)
        return timer

    def _on_dwelt(self) -> None:
        if self._hover < 0:
            return
        row = int(self.scene.ids[self._hover])
        content = self.card_provider(row)
        if content is None:
            return
        image = self.thumbnail_provider(row)
        self._card_awaits_image = image is None and self.has_picture(row)
        self.card.show_at(self._point_of(self._hover).toPoint(), row, content, image)

    def _on_frame(self) -> None:
        moment = self._clock.elapsed() / MILLISECONDS
        if self._transition is None or moment >= 1:
            self._frames.stop()
            self._transition = None
            self._positions = self.scene.xy
        else:
            self._positions = self._transition.at(moment)
        self._redraw()

    def _on_rest(self) -> None:
        self._most = None
        self._redraw()

    def _on_theme_changed(self) -> None:
        self.scene.set_outline(as_rgb(theme.current().text))
        self._redraw()
