"""The grid: pictures in groups, scrolled, selected and walked; only what is in view is looked at and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from core.data.catalog import Rows
from explorer.appearance import theme
from explorer.appearance.hover_card import CardContent
from explorer.commands import act
from explorer.image_grid import painting, walk
from explorer.image_grid.dwelling import Dwelling
from explorer.image_grid.groups import Group
from explorer.image_grid.layout import HEAD, MARGIN, GridLayout, Hit
from explorer.image_grid.marks import NO_ROWS, Marks, Mask
from explorer.image_grid.order import NOWHERE, Order
from explorer.image_grid.ready_pictures import ReadyPictures, Thumbnails
from explorer.image_grid.walk import Place

SMALLEST, LARGEST, STEP = 48, 192, 16
USUAL_SIDE = 80
FRAME_MS = 16
# A scroll bar counts to 2^31; the pixels of tens of millions of pictures are more.
MOST_STEPS = 1 << 30
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class _Square(NamedTuple):
    """A picture in view."""

    row: int
    place: Place
    frame: QRect


class ImageGrid(QAbstractScrollArea):
    """Shows groups of catalog rows; what is selected is told to it, what the user wishes it tells.

    A double click shows a picture at full size, or makes it the query where it `asks_at_double_click`.

    Signals: selection_wished(rows), query_wished(row), preview_wished(row); menu_wished(row, QPoint) where on the
    screen; side_changed(int); opened_changed() when groups were opened or closed.
    """

    selection_wished = Signal(object)
    query_wished = Signal(int)
    preview_wished = Signal(int)
    menu_wished = Signal(int, QPoint)
    side_changed = Signal(int)
    opened_changed = Signal()

    def __init__(self, thumbnails: Thumbnails, name: str, asks_at_double_click: bool = False) -> None:
        super().__init__()
        self._opened_by_mouse = self.query_wished if asks_at_double_click else self.preview_wished
        self._thumbnails, self._pictures = thumbnails, ReadyPictures(thumbnails)
        self._order, self._marks = Order(), Marks()
        # Titles of open groups, which stay open when the pictures are sorted anew.
        self._opened: set[str] = set()
        self._edge = USUAL_SIDE
        self._layout = self._laid_out()
        # Pixels of one step of the scroll bar.
        self._unit = 1
        # Positions: where the keys are, and where a range begins.
        self._current = self._anchor = NOWHERE
        self._seen: dict[int, _Square] | None = None
        # Rows whose pictures were asked for and had not come.
        self._wanted: set[int] = set()
        self._hover: Hit | None = None
        self._dwelling = Dwelling(thumbnails, self.viewport())
        # Pictures that came meanwhile are painted together: each alone would take the decoder's time.
        self._arrived: set[int] = set()
        self._soon = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._soon.timeout.connect(self._paint_arrived)
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
        """All groups that have pictures."""
        return self._order.groups

    @property
    def side(self) -> int:
        """Of a picture, in pixels."""
        return self._edge

    @property
    def layout_now(self) -> GridLayout:
        """Where everything is."""
        return self._layout

    @property
    def rows_in_view(self) -> list[int]:
        """The rows whose pictures are in view, from the first."""
        return [square.row for square in self._in_view().values()]

    @property
    def current(self) -> int | None:
        """The row that the keys are on."""
        return self._order.row(self._current)

    @property
    def top(self) -> int:
        """Pixels that are scrolled away."""
        most = max(0, self._layout.height - self.viewport().height())
        return min(self.verticalScrollBar().value() * self._unit, most)

    @property
    def all_open(self) -> bool:
        """Whether no group hides anything."""
        return bool(self._layout.is_open.all())

    def set_groups(self, groups: Sequence[Group]) -> None:
        """Show other groups, from the first; open ones stay open by their titles, and the keys on their picture."""
        current, anchor, before = self.current, self._order.row(self._anchor), self._order.rows
        self._order = Order(groups)
        self._current, self._anchor = self._order.find(current), self._order.find(anchor)
        self._lay_out()
        if not np.array_equal(before, self._order.rows):
            self._scroll_top(0)

    def set_selected(self, rows: Rows) -> None:
        """Mark rows as selected; nothing is scrolled."""
        self._marks.select(rows)
        self.viewport().update()

    def set_query(self, row: int | None) -> None:
        """Mark the query; nothing is scrolled."""
        self._marks.query = row
        self.viewport().update()

    def set_wrong(self, wrong: Mask | None) -> None:
        """Mark rows whose nearest image is of another class: (N,) over catalog rows, None where that is unknown."""
        self._marks.wrong = wrong
        self.viewport().update()

    def set_card_of(self, card_of: Callable[[int], CardContent | None]) -> None:
        """Say what is told of a row while the pointer rests on its picture, or the keys are on it; None for nothing."""
        self._dwelling.card_of = card_of

    def refresh_card(self, row: int) -> None:
        """More is known of a row by now, whose card may be shown."""
        self._dwelling.refresh(row)

    def set_side(self, side: int) -> None:
        """Show the pictures in another size; what is at the top stays there."""
        side = min(max(side // STEP * STEP, SMALLEST), LARGEST)
        if side != self._edge:
            self._edge = side
            self._lay_out()
            self.side_changed.emit(side)

    def open_all(self) -> None:
        """Show all pictures of all groups."""
        self._set_opened(self._order.titles())

    def close_all(self) -> None:
        """Show one line of each group."""
        self._set_opened(set())

    def toggle_all(self) -> None:
        """Open all groups, or close them where all are open."""
        if self.all_open:
            self.close_all()
        else:
            self.open_all()

    def reveal(self, row: int) -> None:
        """Put the keys on a picture and scroll to it, opening its group where that hides it; nothing for other rows."""
        position = self._order.find(row)
        if position == NOWHERE:
            return
        at = self._order.place(position)
        if at.place >= self._layout.shown[at.group]:
            self._set_opened(self._opened | {self.groups[at.group].title})
        self._anchor = position
        self._put_current(at)

    def where_on_screen(self, row: int) -> QPoint:
        """The middle of a picture on the screen; that of the grid for one that is not in view."""
        frames = (square.frame for square in self._in_view().values() if square.row == row)
        return self.viewport().mapToGlobal(next(frames, self.viewport().rect()).center())

    def step(self, step: int) -> int | None:
        """Put the keys on the picture before (-1) or after (+1), in view; its row, None where there is none."""
        if self._current != NOWHERE:
            self._put_current(walk.beside(self._layout, self._order.place(self._current), step))
        return self.current

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
        region, groups = event.region(), self._groups_in_view()
        for group in groups:
            self._paint_head(painter, region, group)
            self._paint_more(painter, region, group)
        # The first in view last: what is asked for last is decoded first.
        for square in reversed(self._in_view().values()):
            if region.intersects(square.frame.adjusted(-4, -4, 4, 4)):
                self._paint_square(painter, square)
        if groups and self._head_y(groups[0]) > int(self._layout.tops[groups[0]]) - self.top:
            self._paint_head(painter, region, groups[0])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & CONTROL:
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
            if not event.modifiers() & (CONTROL | SHIFT):
                self.selection_wished.emit(NO_ROWS)
        elif hit.kind == "picture":
            self._choose(Place(hit.group, hit.place), event.modifiers())
        elif event.modifiers() & CONTROL:
            self._choose_group(hit.group)
        else:
            self._toggle(hit.group)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hit = self._hit(event.position().toPoint())
        if hit is not None and hit.kind == "picture" and not event.modifiers() & (CONTROL | SHIFT):
            self._opened_by_mouse.emit(self._row_at(hit))
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hit = self._hit(event.position().toPoint())
        if hit != self._hover:
            self._end_hover()
            self._hover = hit
            self.viewport().update()
        if hit is not None and hit.kind == "picture":
            position = self._order.position(Place(hit.group, hit.place))
            self._dwelling.begin(self._row_at(hit), self._in_view()[position].frame)

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
            row = self._row_at(hit)
            if not self._marks.is_selected(row):
                self._choose(Place(hit.group, hit.place), Qt.KeyboardModifier.NoModifier)
            self.menu_wished.emit(row, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._end_hover()
        if not self.groups or not act(event, self._calls(bool(event.modifiers() & SHIFT))):
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._current == NOWHERE and event.reason() != Qt.FocusReason.MouseFocusReason:
            # Where the keys begin is seen before they are pressed.
            self._current = self._anchor = next(iter(self._in_view()), NOWHERE)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # What the user does

    def _calls(self, extends: bool) -> dict[str, Callable[[], object]]:
        """What keys stand for; with Shift the way to a picture selects all on it."""
        layout, to = self._layout, partial(self._walk, extends)
        page = max(1, (self.viewport().height() - layout.head) // layout.pitch)
        calls: dict[str, Callable[[], object]] = {
            "grid.left": partial(to, lambda at: walk.beside(layout, at, -1)),
            "grid.right": partial(to, lambda at: walk.beside(layout, at, 1)),
            "grid.up": partial(to, lambda at: walk.below(layout, at, -1)),
            "grid.down": partial(to, lambda at: walk.below(layout, at, 1)),
            "grid.page_up": partial(to, lambda at: walk.below(layout, at, -page)),
            "grid.page_down": partial(to, lambda at: walk.below(layout, at, page)),
            "grid.first": partial(to, lambda _at: Place(0, 0)),
            "grid.last": partial(to, lambda _at: walk.last(layout)),
            "grid.all": lambda: self.selection_wished.emit(np.sort(self._order.rows)),
            "grid.larger": lambda: self.set_side(self._edge + STEP),
            "grid.smaller": lambda: self.set_side(self._edge - STEP),
            "grid.open_all": self.toggle_all,
        }
        if (query := self._marks.query) is not None:
            calls["grid.show_query"] = partial(self.reveal, query)
        if (current := self.current) is not None:
            calls["grid.preview"] = partial(self.preview_wished.emit, current)
            calls["grid.query"] = partial(self.query_wished.emit, current)
            calls["grid.open"] = partial(self._toggle, self._order.place(self._current).group)
        return calls

    def _choose(self, at: Place, modifiers: Qt.KeyboardModifier) -> None:
        """What a click on a picture wishes."""
        adds, anchor = bool(modifiers & CONTROL), self._anchor
        self._put_current(at)
        if modifiers & SHIFT and anchor != NOWHERE:
            rows = self._order.between(anchor, self._current, self._layout.shown)
            rows = np.union1d(self._marks.selected, rows) if adds else np.sort(rows)
        else:
            self._anchor = self._current
            rows = self._order.rows[[self._current]]
            rows = np.setxor1d(self._marks.selected, rows) if adds else rows
        self.selection_wished.emit(rows)

    def _choose_group(self, group: int) -> None:
        """Add all pictures of a group to the selection, hidden ones too, or take them away where all are selected."""
        rows, selected = self.groups[group].rows, self._marks.selected
        is_there = len(np.intersect1d(rows, selected)) == len(rows)
        self.selection_wished.emit(np.setdiff1d(selected, rows) if is_there else np.union1d(selected, rows))

    def _walk(self, extends: bool, to: Callable[[Place], Place]) -> None:
        """What an arrow key wishes: the next picture alone, or all from where the range began."""
        at = Place(0, 0) if self._current == NOWHERE else to(self._order.place(self._current))
        self._choose(at, SHIFT if extends else Qt.KeyboardModifier.NoModifier)

    def _toggle(self, group: int) -> None:
        title = self.groups[group].title
        self._set_opened(self._opened ^ {title})
        # Of a closed group of which the middle was in view the head is what is left.
        top = int(self._layout.tops[group])
        if top < self.top and title not in self._opened:
            self._scroll_top(top)

    # Laying out and scrolling

    def _laid_out(self) -> GridLayout:
        groups = self.groups
        has_heads = len(groups) != 1 or bool(groups[0].title)
        is_open = np.array([group.title in self._opened for group in groups], bool)
        width = self.viewport().width()
        # Of one group alone there is nothing to look over.
        return GridLayout(self._order.counts, is_open | (len(groups) == 1), width, self._edge, has_heads)

    def _lay_out(self) -> None:
        """Place everything anew; the picture at the top stays at the top."""
        before, top, room = self._layout, self.top, self.viewport().height()
        kept = next(before.lines(top, top + room), None) if top else None
        self._layout = self._laid_out()
        bar = self.verticalScrollBar()
        self._unit = 1 + self._layout.height // MOST_STEPS
        bar.setRange(0, -(-max(0, self._layout.height - room) // self._unit))
        bar.setPageStep(max(1, (room - self._layout.head) // self._unit))
        bar.setSingleStep(max(1, self._layout.pitch // 2 // self._unit))
        if kept is not None and kept.group < len(self.groups):
            at = walk.on_show(self._layout, Place(kept.group, kept.first))
            self._scroll_top(self._layout.corner(*at)[1] + top - kept.y)
        self._look_anew()

    def _set_opened(self, titles: set[str]) -> None:
        """Open these groups alone; the group at the top stays there."""
        top = self.top
        group = self._layout.group_at(top)
        self._opened = titles
        if group >= 0:
            beyond = top - int(self._layout.tops[group])
            self._layout = self._laid_out()
            self._lay_out()
            height = int(np.diff(self._layout.tops[group : group + 2])[0])
            self._scroll_top(int(self._layout.tops[group]) + min(beyond, max(0, height - self._layout.pitch)))
        if self._current != NOWHERE:
            self._current = self._order.position(walk.on_show(self._layout, self._order.place(self._current)))
        self.opened_changed.emit()

    def _put_current(self, at: Place) -> None:
        """Put the keys on a picture, and bring it into view by no more than is needed."""
        self._current = self._order.position(at)
        content = self._dwelling.card_of(int(self._order.rows[self._current]))
        self.setAccessibleDescription("" if content is None else ", ".join((content.title, *content.lines)))
        _, y = self._layout.corner(*at)
        room = self.viewport().height()
        above, under = y - self._layout.head, y + self._edge + MARGIN
        if above < self.top:
            self._scroll_top(above)
        elif under > self.top + room:
            self._scroll_top(min(above, under - room))
        self.viewport().update()

    def _scroll_top(self, top: int) -> None:
        self.verticalScrollBar().setValue(round(top / self._unit))

    # What is in view

    def _look_anew(self) -> None:
        self._seen = None
        self._end_hover()
        self.viewport().update()

    def _in_view(self) -> dict[int, _Square]:
        """Position -> the picture there, of those in view."""
        if self._seen is None:
            self._seen, top = {}, self.top
            for line in self._layout.lines(top, top + self.viewport().height()):
                for place in range(line.first, min(line.end, int(self._layout.shown[line.group]))):
                    x = MARGIN + (place - line.first) * self._layout.pitch
                    at = Place(line.group, place)
                    position = self._order.position(at)
                    frame = QRect(x, line.y - top, self._edge, self._edge)
                    self._seen[position] = _Square(int(self._order.rows[position]), at, frame)
            self._ask(list(self._seen.values()))
        return self._seen

    def _ask(self, squares: list[_Square]) -> None:
        """Ask for the thumbnails of these, the first last, for that is decoded first; and for no others any more."""
        self._thumbnails.give_up(self._wanted.difference(square.row for square in squares))
        asked = [square.row for square in reversed(squares)]
        self._wanted = {row for row in asked if self._thumbnails.get(row, passing=True) is None}

    def _groups_in_view(self) -> range:
        if not self.groups:
            return range(0)
        top = self.top
        return range(self._layout.group_at(top), self._layout.group_at(top + self.viewport().height()) + 1)

    def _head_y(self, group: int) -> int:
        """Where a head is in the viewport: at its top until the next one pushes it out, where the group began above."""
        top, end = (int(at) - self.top for at in self._layout.tops[group : group + 2])
        return max(top, min(0, end - HEAD))

    def _hit(self, at: QPoint) -> Hit | None:
        # A pointer that is held down is followed beyond the edge.
        if not self.groups or not self.viewport().rect().contains(at):
            return None
        group = self._layout.group_at(self.top)
        if self._layout.has_heads and at.y() < self._head_y(group) + HEAD:
            return Hit("head", group)
        return self._layout.hit(at.x(), at.y() + self.top)

    def _row_at(self, hit: Hit) -> int:
        return int(self._order.rows[self._order.position(Place(hit.group, hit.place))])

    def _end_hover(self) -> None:
        self._dwelling.end()
        self._hover = None

    # Painting

    def _paint_head(self, painter: QPainter, region: QRegion, group: int) -> None:
        head = QRect(0, self._head_y(group), self.viewport().width(), HEAD)
        if self._layout.has_heads and region.intersects(head):
            is_open, is_hovered = bool(self._layout.is_open[group]), self._hover == Hit("head", group)
            painting.paint_head(painter, head, self.groups[group], is_open, is_hovered)

    def _paint_more(self, painter: QPainter, region: QRegion, group: int) -> None:
        more = self._layout.more(group)
        x, y = self._layout.corner(group, int(self._layout.shown[group]))
        square = QRect(x, y - self.top, self._edge, self._edge)
        if more and region.intersects(square):
            painting.paint_more(painter, square, more, self._hover == Hit("more", group))

    def _paint_square(self, painter: QPainter, square: _Square) -> None:
        row, frame = square.row, square.frame
        picture = self._pictures.get(row, self._edge, self.devicePixelRatioF())
        is_broken = bool(self._thumbnails.fault(row))
        if picture is None:
            self._wanted.add(row)
        if picture is None or is_broken:
            painting.paint_placeholder(painter, frame, is_broken)
        else:
            painter.drawPixmap(frame.topLeft(), picture)
        is_query = row == self._marks.query
        if is_query or self._marks.is_selected(row):
            painting.paint_chosen(painter, frame, is_query)
        elif self._hover == Hit("picture", *square.place):
            painting.paint_hovered(painter, frame)
        if self._marks.is_wrong(row):
            painting.paint_wrong(painter, frame)
        if self.hasFocus() and self._current == self._order.position(square.place):
            painting.paint_focus(painter, frame)

    def _on_thumbnail(self, row: int) -> None:
        if row in self._wanted:
            self._arrived.add(row)
            if not self._soon.isActive():
                self._soon.start()

    def _paint_arrived(self) -> None:
        for square in () if self._seen is None else self._seen.values():
            if square.row in self._arrived:
                self.viewport().update(square.frame)
        self._arrived.clear()
