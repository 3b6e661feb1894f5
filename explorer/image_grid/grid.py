"""The grid: pictures in groups, scrolled, selected and walked; only what is in view is looked at and drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from core.data.catalog import Rows
from explorer.appearance import theme
from explorer.appearance.hover_card import CardContent, HoverCard
from explorer.commands import act
from explorer.image_grid import painting, walk
from explorer.image_grid.groups import Group
from explorer.image_grid.layout import HEAD, MARGIN, GridLayout, Hit
from explorer.image_grid.ready_pictures import ReadyPictures, Thumbnails
from explorer.image_grid.walk import Place

SMALLEST, LARGEST, STEP = 48, 192, 16
USUAL_SIDE = 80
DWELL_MS = 125
# A scroll bar counts to 2^31; the pixels of tens of millions of pictures are more.
MOST_STEPS = 1 << 30
NOWHERE = -1
REASON_WIDTH = 46


class _Square(NamedTuple):
    """A picture in view."""

    row: int
    place: Place
    frame: QRect


class ImageGrid(QAbstractScrollArea):
    """Shows groups of catalog rows; what is selected is told to it, what the user wishes it tells.

    Signals: selection_wished(rows), query_wished(row), preview_wished(row); menu_wished(row, QPoint) where on the
    screen; side_changed(int); opened_changed() when groups were opened or closed.

    Attributes:
        card_of: what is said of a row while the pointer rests on it, None for nothing.
    """

    selection_wished = Signal(object)
    query_wished = Signal(int)
    preview_wished = Signal(int)
    menu_wished = Signal(int, QPoint)
    side_changed = Signal(int)
    opened_changed = Signal()

    def __init__(self, thumbnails: Thumbnails, name: str) -> None:
        super().__init__()
        self._thumbnails, self._pictures = thumbnails, ReadyPictures(thumbnails)
        self._groups: list[Group] = []
        self._rows: Rows = np.empty(0, np.int64)
        self._starts: Rows = np.zeros(1, np.int64)
        self._opened: set[str] = set()
        self._edge = USUAL_SIDE
        self._layout = self._laid_out()
        self._unit = 1
        self._selected: Rows = np.empty(0, np.int64)
        self._is_selected = np.empty(0, bool)
        self._is_wrong: npt.NDArray[np.bool_] | None = None
        self._query = NOWHERE
        # Positions in `_rows`, which go on over the ends of groups.
        self._current = self._anchor = NOWHERE
        self._seen: dict[int, _Square] | None = None
        self._hover: Hit | None = None
        self.card_of: Callable[[int], CardContent | None] = lambda _row: None
        self._card = HoverCard(self.viewport())
        self._dwell = QTimer(self, singleShot=True, interval=DWELL_MS)
        self._dwell.timeout.connect(self._show_card)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Else the columns would change when the bar comes and goes.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(name)
        thumbnails.ready.connect(self._on_thumbnail)
        theme.notifier.changed.connect(self.viewport().update)

    # What is shown

    @property
    def groups(self) -> Sequence[Group]:
        """All groups, as they were given."""
        return self._groups

    @property
    def side(self) -> int:
        """Of a picture, in pixels."""
        return self._edge

    @property
    def layout_now(self) -> GridLayout:
        """Where everything is."""
        return self._layout

    @property
    def current(self) -> int | None:
        """The row that the keys are on."""
        return None if self._current == NOWHERE else int(self._rows[self._current])

    @property
    def top(self) -> int:
        """Pixels that are scrolled away."""
        most = max(0, self._layout.height - self.viewport().height())
        return min(self.verticalScrollBar().value() * self._unit, most)

    def set_groups(self, groups: Sequence[Group]) -> None:
        """Show other groups; open ones stay open by their titles, and the keys on the picture they are on."""
        current, anchor = self.current, None if self._anchor == NOWHERE else int(self._rows[self._anchor])
        self._groups = [group for group in groups if len(group.rows)]
        counts = [len(group.rows) for group in self._groups]
        self._rows = np.concatenate([group.rows for group in self._groups]) if counts else np.empty(0, np.int64)
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        self._current, self._anchor = self._position_of(current), self._position_of(anchor)
        self._lay_out()

    def set_selected(self, rows: Rows) -> None:
        """Mark rows as selected; nothing is scrolled."""
        self._selected = np.asarray(rows, np.int64)
        self._is_selected = np.zeros(int(self._selected.max(initial=-1)) + 1, bool)
        self._is_selected[self._selected] = True
        self.viewport().update()

    def set_query(self, row: int | None) -> None:
        """Mark the query."""
        self._query = NOWHERE if row is None else row
        self.viewport().update()

    def set_wrong(self, is_wrong: npt.NDArray[np.bool_] | None) -> None:
        """Mark rows whose nearest image is of another class: (N,) over catalog rows, None where that is unknown."""
        self._is_wrong = is_wrong
        self.viewport().update()

    def set_side(self, side: int) -> None:
        """Show the pictures in another size; what is at the top stays there."""
        side = min(max(side, SMALLEST), LARGEST)
        if side != self._edge:
            self._edge = side
            self._lay_out()
            self.side_changed.emit(side)

    def open_all(self) -> None:
        """Show all pictures of all groups."""
        self._set_opened({group.title for group in self._groups})

    def close_all(self) -> None:
        """Show one line of each group."""
        self._set_opened(set())

    @property
    def all_open(self) -> bool:
        """Whether no group hides anything."""
        return all(group.title in self._opened for group in self._groups)

    def reveal(self, row: int) -> None:
        """Scroll to a picture, and open its group where it is hidden; nothing where it is not among them."""
        position = self._position_of(row)
        if position == NOWHERE:
            return
        at = self._place_at(position)
        if at.place >= self._layout.shown[at.group]:
            self._set_opened(self._opened | {self._groups[at.group].title})
        self._current = self._anchor = position
        self._scroll_to(at)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self._look_anew()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), QColor(theme.current().background))
        region = event.region()
        for square in self._in_view().values():
            if region.intersects(square.frame.adjusted(-4, -4, 4, 4)):
                self._paint_square(painter, square)
        self._paint_tiles_and_heads(painter)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            up = event.angleDelta().y()
            self.set_side(self._edge + STEP * ((up > 0) - (up < 0)))
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._end_hover()
        hit = self._hit(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if hit is None:
            if not _modifies(event.modifiers()):
                self.selection_wished.emit(np.empty(0, np.int64))
        elif hit.kind == "picture":
            self._choose(Place(hit.group, hit.place), event.modifiers())
        else:
            self._toggle(hit.group)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hit = self._hit(event.position().toPoint())
        if hit is not None and hit.kind == "picture" and not _modifies(event.modifiers()):
            self.preview_wished.emit(self._row_at(Place(hit.group, hit.place)))
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hit = self._hit(event.position().toPoint())
        if hit != self._hover:
            self._end_hover()
            self._hover = hit
            self.viewport().update()
        if hit is not None and hit.kind == "picture" and not self._card.isVisible():
            self._dwell.start()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._end_hover()
            self.viewport().update()
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._end_hover()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            square = self._in_view().get(self._current)
            if square is not None:
                self.menu_wished.emit(square.row, self.viewport().mapToGlobal(square.frame.center()))
            return
        hit = self._hit(event.pos())
        if hit is not None and hit.kind == "picture":
            row = self._row_at(Place(hit.group, hit.place))
            if not self._is_marked(row):
                self._choose(Place(hit.group, hit.place), Qt.KeyboardModifier.NoModifier)
            self.menu_wished.emit(row, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        lines = max(1, (self.viewport().height() - self._layout.head) // self._layout.pitch)
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        to = partial(self._walk, extends)
        calls: dict[str, Callable[[], object]] = {
            "grid.left": partial(to, lambda at: walk.beside(self._layout, at, -1)),
            "grid.right": partial(to, lambda at: walk.beside(self._layout, at, 1)),
            "grid.up": partial(to, lambda at: walk.below(self._layout, at, -1)),
            "grid.down": partial(to, lambda at: walk.below(self._layout, at, 1)),
            "grid.page_up": partial(to, lambda at: walk.below(self._layout, at, -lines)),
            "grid.page_down": partial(to, lambda at: walk.below(self._layout, at, lines)),
            "grid.first": partial(to, lambda _at: Place(0, 0)),
            "grid.last": partial(to, lambda _at: walk.last(self._layout)),
            "grid.all": lambda: self.selection_wished.emit(np.sort(self._rows)),
            "grid.larger": lambda: self.set_side(self._edge + STEP),
            "grid.smaller": lambda: self.set_side(self._edge - STEP),
            "grid.open_all": self.toggle_all,
        }
        if (current := self.current) is not None:
            calls["grid.preview"] = partial(self.preview_wished.emit, current)
            calls["grid.query"] = partial(self.query_wished.emit, current)
            calls["grid.open"] = partial(self._toggle, self._place_at(self._current).group)
        self._end_hover()
        if not self._groups or not act(event, calls):
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # What the user does

    def toggle_all(self) -> None:
        """Open all groups, or close them where all are open."""
        if self.all_open:
            self.close_all()
        else:
            self.open_all()

    def step(self, step: int) -> int | None:
        """Put the keys on the picture before (-1) or after (+1), in view; its row, None where there is none."""
        if self._current == NOWHERE:
            return None
        self._put_current(walk.beside(self._layout, self._place_at(self._current), step))
        return self.current

    def _choose(self, at: Place, modifiers: Qt.KeyboardModifier) -> None:
        """What a click on a picture wishes."""
        row = self._row_at(at)
        adds = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        anchor = self._anchor
        self._put_current(at)
        if modifiers & Qt.KeyboardModifier.ShiftModifier and anchor != NOWHERE:
            rows = self._between(anchor, self._current)
            rows = np.union1d(self._selected, rows) if adds else np.sort(rows)
        else:
            self._anchor = self._current
            rows = np.setxor1d(self._selected, [row]) if adds else np.array([row], np.int64)
        self.selection_wished.emit(rows)

    def _walk(self, extends: bool, to: Callable[[Place], Place]) -> None:
        """What an arrow key wishes: the next picture alone, or all from where the range began."""
        at = Place(0, 0) if self._current == NOWHERE else to(self._place_at(self._current))
        self._choose(at, Qt.KeyboardModifier.ShiftModifier if extends else Qt.KeyboardModifier.NoModifier)

    def _toggle(self, group: int) -> None:
        title = self._groups[group].title
        self._set_opened(self._opened ^ {title})
        # Of a closed group of which the middle was in view the head is what is left.
        top = int(self._layout.tops[group])
        if top < self.top and title not in self._opened:
            self._scroll_top(top)

    # Steps

    def _laid_out(self) -> GridLayout:
        counts = np.diff(self._starts)
        has_heads = len(self._groups) != 1 or bool(self._groups[0].title)
        is_open = np.array([group.title in self._opened for group in self._groups], bool)
        return GridLayout(counts, is_open | (not has_heads), self.viewport().width(), self._edge, has_heads)

    def _lay_out(self) -> None:
        """Place everything anew; the picture at the top stays at the top."""
        before, top = self._layout, self.top
        kept = next(iter(before.lines(top, top + self.viewport().height())), None) if top else None
        self._layout = self._laid_out()
        bar, room = self.verticalScrollBar(), self.viewport().height()
        self._unit = 1 + self._layout.height // MOST_STEPS
        bar.setRange(0, -(-max(0, self._layout.height - room) // self._unit))
        bar.setPageStep(max(1, (room - self._layout.head) // self._unit))
        bar.setSingleStep(max(1, self._layout.pitch // 2 // self._unit))
        if kept is not None and kept.group < len(self._groups):
            at = walk.on_show(self._layout, Place(kept.group, kept.first))
            self._scroll_top(self._layout.corner(*at)[1] + top - kept.y)
        self._look_anew()

    def _set_opened(self, titles: set[str]) -> None:
        group = self._layout.group_at(self.top)
        beyond = self.top - int(self._layout.tops[group]) if group >= 0 else 0
        self._opened = titles
        self._layout = self._laid_out()
        self._lay_out()
        if group >= 0:
            height = int(np.diff(self._layout.tops[group : group + 2])[0])
            self._scroll_top(int(self._layout.tops[group]) + min(beyond, max(0, height - self._layout.pitch)))
        self.opened_changed.emit()

    def _look_anew(self) -> None:
        self._seen = None
        self._end_hover()
        self.viewport().update()

    def _in_view(self) -> dict[int, _Square]:
        """Position -> the picture there, of those in view; their thumbnails are asked for, the first in view first."""
        if self._seen is None:
            top, side = self.top, self._edge
            self._seen = {}
            for line in self._layout.lines(top, top + self.viewport().height()):
                end = min(line.end, int(self._layout.shown[line.group]))
                for place in range(line.first, end):
                    x = MARGIN + (place - line.first) * self._layout.pitch
                    position = int(self._starts[line.group]) + place
                    frame = QRect(x, line.y - top, side, side)
                    self._seen[position] = _Square(int(self._rows[position]), Place(line.group, place), frame)
            # The last that was asked for is decoded first.
            for square in reversed(self._seen.values()):
                self._thumbnails.get(square.row)
        return self._seen

    def _paint_square(self, painter: QPainter, square: _Square) -> None:
        row, frame = square.row, square.frame
        picture = self._pictures.get(row, self._edge, self.devicePixelRatioF())
        is_broken = bool(self._thumbnails.fault(row))
        if picture is None or is_broken:
            painting.paint_placeholder(painter, frame, is_broken)
        else:
            painter.drawPixmap(frame.topLeft(), picture)
        if row == self._query or self._is_marked(row):
            painting.paint_chosen(painter, frame, row == self._query)
        elif self._hover == Hit("picture", *square.place):
            painting.paint_hovered(painter, frame)
        if self._is_wrong is not None and row < len(self._is_wrong) and self._is_wrong[row]:
            painting.paint_wrong(painter, frame)
        if self.hasFocus() and self._current == self._starts[square.place.group] + square.place.place:
            painting.paint_focus(painter, frame)

    def _paint_tiles_and_heads(self, painter: QPainter) -> None:
        layout, top, room = self._layout, self.top, self.viewport().rect()
        if not self._groups:
            return
        first, last = layout.group_at(top), layout.group_at(top + room.height())
        for group in range(first, last + 1):
            if more := layout.more(group):
                x, y = layout.corner(group, int(layout.shown[group]))
                square = QRect(x, y - top, self._edge, self._edge)
                painting.paint_more(painter, square, more, self._hover == Hit("more", group))
        # The head of the first stays at the top, until the next one pushes it out.
        for group in range(last, first - 1, -1) if layout.has_heads else ():
            head = QRect(0, self._head_y(group), room.width(), HEAD)
            is_open = bool(layout.is_open[group])
            painting.paint_head(painter, head, self._groups[group], is_open, self._hover == Hit("head", group))

    def _head_y(self, group: int) -> int:
        """Where a head is in the viewport: that of a group which goes on above it sticks to its top."""
        top, end = (int(at) - self.top for at in self._layout.tops[group : group + 2])
        return max(top, min(0, end - HEAD))

    def _hit(self, at: QPoint) -> Hit | None:
        if not self._groups:
            return None
        group = self._layout.group_at(self.top)
        if self._layout.has_heads and at.y() < self._head_y(group) + HEAD:
            return Hit("head", group)
        return self._layout.hit(at.x(), at.y() + self.top)

    def _put_current(self, at: Place) -> None:
        self._current = int(self._starts[at.group]) + at.place
        self._describe_current()
        self._scroll_to(at)

    def _describe_current(self) -> None:
        content = None if self.current is None else self.card_of(self.current)
        words = () if content is None else (content.title, *content.lines)
        self.setAccessibleDescription(", ".join(words))

    def _scroll_to(self, at: Place) -> None:
        """Bring a picture into view, by no more than is needed."""
        _, y = self._layout.corner(*at)
        room = self.viewport().height()
        above, under = y - self._layout.head, y + self._edge + MARGIN
        if above < self.top:
            self._scroll_top(above)
        elif under > self.top + room:
            self._scroll_top(under - room)
        self.viewport().update()

    def _scroll_top(self, top: int) -> None:
        self.verticalScrollBar().setValue(round(top / self._unit))

    def _row_at(self, at: Place) -> int:
        return int(self._rows[int(self._starts[at.group]) + at.place])

    def _place_at(self, position: int) -> Place:
        group = int(np.searchsorted(self._starts, position, side="right")) - 1
        return Place(group, position - int(self._starts[group]))

    def _position_of(self, row: int | None) -> int:
        if row is None:
            return NOWHERE
        found = np.flatnonzero(self._rows == row)
        return int(found[0]) if len(found) else NOWHERE

    def _between(self, first: int, last: int) -> Rows:
        """The rows from one position to another, of those that are shown."""
        positions = np.arange(min(first, last), max(first, last) + 1)
        groups = np.searchsorted(self._starts, positions, side="right") - 1
        return self._rows[positions[positions - self._starts[groups] < self._layout.shown[groups]]]

    def _is_marked(self, row: int) -> bool:
        return row < len(self._is_selected) and bool(self._is_selected[row])

    # The card

    def _show_card(self) -> None:
        hit = self._hover
        if hit is None or hit.kind != "picture":
            return
        row = self._row_at(Place(hit.group, hit.place))
        content = self.card_of(row)
        if content is None:
            return
        reason = self._thumbnails.fault(row)
        if reason:
            content = CardContent(content.title, (*content.lines, *textwrap.wrap(reason, REASON_WIDTH)))
        image = None if reason else self._thumbnails.get(row)
        pointer = self.viewport().mapFromGlobal(self.cursor().pos())
        square = self._in_view().get(int(self._starts[hit.group]) + hit.place)
        if square is not None and not square.frame.contains(pointer):
            pointer = square.frame.center()
        self._card.show_at(pointer, row, content, image)

    def refresh_card(self, row: int) -> None:
        """Say what is known of a row by now, where its card is shown."""
        if self._card.isVisible() and self._card.row == row:
            self._show_card()

    def _end_hover(self) -> None:
        self._dwell.stop()
        self._card.hide()
        self._hover = None

    def _on_thumbnail(self, row: int) -> None:
        if self._card.isVisible() and self._card.row == row and (image := self._thumbnails.get(row)) is not None:
            self._card.set_image(image)
        for square in () if self._seen is None else self._seen.values():
            if square.row == row:
                self.viewport().update(square.frame)


def _modifies(modifiers: Qt.KeyboardModifier) -> bool:
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    return bool(modifiers & both)
