"""The grid of neighbours: thumbnails framed right or wrong, with rank, class and similarity."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from PySide6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.data.catalog import Rows
from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.item_list import ITEM, Index, ItemList
from explorer.appearance.picture import draw_picture
from explorer.commands import act
from explorer.image_grid.marks import Marks
from explorer.panels.gallery.result_list import ResultItem
from explorer.thumbnails import ThumbnailStore

GAP = 8
CAPTION = 36
SMALLEST = 76
# In a column of its own for each checkpoint on a small screen: else one result would be all that is seen.
SMALLEST_OF_TWO = 62
MARK = 16
# How strongly a result is drawn that the filter hides elsewhere.
PALE = 0.3


class ResultGrid(QListView):
    """Shows `list` in columns that fill the width.

    Signals: chosen(int row) on click or Enter; preview_requested(int row) on Space; selection_wished(rows) where Ctrl
    adds to what is selected, Shift takes a range, and Ctrl+A all that are listed. While no result is current, as after
    a click on one, which makes it the query, Space is left to whoever shows the query.
    """

    chosen = Signal(int)
    preview_requested = Signal(int)
    selection_wished = Signal(object)

    def __init__(self, thumbnails: ThumbnailStore, name: str) -> None:
        super().__init__()
        self.list = ItemList[ResultItem]()
        self.marks = Marks()
        # Where a range begins.
        self._anchor = 0
        self.setModel(self.list)
        self.setItemDelegate(_ResultDelegate(thumbnails, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(name)
        self.clicked.connect(self._on_clicked)
        thumbnails.ready.connect(self._on_thumbnail)
        theme.notifier.changed.connect(self.viewport().update)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        result = self.currentIndex().data(ITEM)
        # Without a result Space is the window's, which shows the query; a list would keep it.
        calls: dict[str, Callable[[], object]] = {
            "neighbours.preview": event.ignore,
            "neighbours.all": partial(self._wish, 0, len(self.list.items) - 1),
        }
        if result is not None:
            calls["neighbours.choose"] = partial(self.chosen.emit, result.row)
            calls["neighbours.preview"] = partial(self.preview_requested.emit, result.row)
        if not act(event, calls):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._wish(min(self._anchor, index.row()), max(self._anchor, index.row()))
                return
            self._anchor = index.row()
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.selection_wished.emit(np.setxor1d(self.marks.selected, [index.data(ITEM).row]))
                return
        super().mousePressEvent(event)

    def set_selected(self, rows: Rows) -> None:
        """Mark those that are selected."""
        self.marks.select(rows)
        self.viewport().update()

    def _wish(self, first: int, last: int) -> None:
        """Select the results from one place to another."""
        self.selection_wished.emit(np.unique([result.row for result in self.list.items[first : last + 1]]))

    def _fit_columns(self) -> None:
        # One pixel less than the viewport: a list view wraps a row that fills it exactly.
        width = self.viewport().width() - 1
        columns = max(1, width // (SMALLEST + GAP), min(2, width // (SMALLEST_OF_TWO + GAP)))
        cell = max(SMALLEST_OF_TWO + GAP, width // columns)
        self.setGridSize(QSize(cell, cell - GAP + CAPTION + 4))

    def indices_of(self, row: int) -> list[int]:
        """Where a catalog row is listed."""
        return [index for index, result in enumerate(self.list.items) if result.row == row]

    def _on_thumbnail(self, row: int) -> None:
        # Saying so through the model would lay out and paint the whole grid again for each picture.
        for index in self.indices_of(row):
            self.update(self.list.index(index))

    def _on_clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(ITEM).row)


class _ResultDelegate(QStyledItemDelegate):
    """Paints one result."""

    def __init__(self, thumbnails: ThumbnailStore, grid: ResultGrid) -> None:
        super().__init__(grid)
        self._thumbnails, self._grid = thumbnails, grid

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._grid.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        result: ResultItem = index.data(ITEM)
        tokens = theme.current()
        cell: QRect = option.rect
        side = cell.width() - GAP
        square = QRect(cell.left(), cell.top(), side, side)
        frame = {True: tokens.right, False: tokens.wrong, None: tokens.line}[result.right]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if result.filtered_out:
            painter.setOpacity(PALE)
        ratio = self._grid.devicePixelRatioF()
        image = self._thumbnails.get(result.row)
        if image is None:
            painter.drawPixmap(square.topLeft(), _placeholder(side, frame, tokens.name, ratio))
        else:
            draw_picture(painter, square, image, frame)
        if self._grid.marks.is_selected(result.row):
            painter.setPen(QPen(QColor(tokens.accent), 3))
            painter.drawRoundedRect(QRectF(square).adjusted(3.5, 3.5, -3.5, -3.5), 3, 3)
        state: QStyle.StateFlag = option.state
        if state & (QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver):
            painter.setPen(QPen(QColor(tokens.accent if state & QStyle.StateFlag.State_HasFocus else tokens.text), 1))
            painter.drawRoundedRect(QRectF(square).adjusted(2.5, 2.5, -2.5, -2.5), 3, 3)
        painter.drawPixmap(square.left() + 3, square.top(), _rank_stamp(result.rank, ratio))
        if result.right is not None:
            mark = _mark_stamp(result.right, frame, ratio)
            painter.drawPixmap(square.right() - MARK - 3, square.top() + 4, mark)
        _paint_caption(painter, QRect(square.left(), square.bottom() + 3, side, CAPTION - 6), result)
        painter.restore()


# Ranks, marks and placeholders are drawn once and then only copied: outlined text costs a third of a millisecond.


@lru_cache(maxsize=1024)
def _rank_stamp(rank: int, ratio: float) -> QPixmap:
    """The number, white with a dark outline: readable on any picture."""
    font = theme.text_font(theme.SMALL_PIXELS, QFont.Weight.DemiBold)
    path = QPainterPath()
    path.addText(3, 15, font, str(rank))
    pixmap, painter = _blank(QSize(8 + 8 * len(str(rank)), 20), ratio)
    outline = QPen(QColor(0, 0, 0, 170), 2.5)
    outline.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(outline)
    painter.drawPath(path)
    painter.fillPath(path, QColor("#ffffff"))
    painter.end()
    return pixmap


@lru_cache(maxsize=64)
def _placeholder(side: int, frame: str, _theme: str, ratio: float) -> QPixmap:
    """What stands for a thumbnail that is on its way: most of a page after a click."""
    pixmap, painter = _blank(QSize(side, side), ratio)
    draw_picture(painter, QRect(0, 0, side, side), None, frame)
    painter.end()
    return pixmap


@lru_cache(maxsize=64)
def _mark_stamp(right: bool, colour: str, ratio: float) -> QPixmap:
    """A tick or a cross in a disc of its colour."""
    pixmap, painter = _blank(QSize(MARK, MARK), ratio)
    icons.paint_outcome(painter, right, QRectF(0, 0, MARK, MARK), colour, "#ffffff", 3.5)
    painter.end()
    return pixmap


def _blank(size: QSize, ratio: float) -> tuple[QPixmap, QPainter]:
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return pixmap, painter


def _paint_caption(painter: QPainter, where: QRect, result: ResultItem) -> None:
    tokens = theme.current()
    painter.setFont(theme.text_font(theme.SMALL_PIXELS))
    metrics = painter.fontMetrics()
    painter.setPen(QColor(tokens.secondary))
    second = where.adjusted(0, metrics.height(), 0, 0)
    painter.drawText(second, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, result.figure)
    change = _change(result)
    if change is not None:
        painter.setPen(QColor(change[1]))
        painter.drawText(second, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, change[0])
    painter.setPen(QColor(tokens.text))
    label = metrics.elidedText(result.label or Message("no-class"), Qt.TextElideMode.ElideMiddle, where.width())
    painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, label)


def _change(result: ResultItem) -> tuple[str, str] | None:
    tokens = theme.current()
    if result.new:
        return Message("result-new"), tokens.secondary
    if not result.moved:
        return None
    return (f"▲{result.moved}", tokens.right) if result.moved > 0 else (f"▼{-result.moved}", tokens.wrong)
