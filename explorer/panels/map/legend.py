"""The legend: what the colours mean, how many there are, and which are hidden."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from core.messages import Message
from core.wording import counted
from explorer.appearance import theme
from explorer.appearance.colouring import Codes
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.oklch import Bytes
from explorer.appearance.plain import Label
from explorer.appearance.tables import flatten_list
from explorer.appearance.widgets import button, quiet_label
from explorer.commands import act
from explorer.panels.map.scale_bar import ScaleBar
from explorer.panels.map.shading import Scale
from explorer.spelling import folded

NAME_ROLE = Qt.ItemDataRole.DisplayRole
COUNT_ROLE = Qt.ItemDataRole.UserRole
COLOUR_ROLE = Qt.ItemDataRole.UserRole + 1
HIDDEN_ROLE = Qt.ItemDataRole.UserRole + 2
GROUP_ROLE = Qt.ItemDataRole.UserRole + 3

ROW_HEIGHT = 26
WIDTH, NARROWEST = 208, 190
SEARCH_FROM = 10

Index = QModelIndex | QPersistentModelIndex


class LegendModel(QAbstractListModel):
    """Groups that have points, filtered by name; a row is looked at only when it is shown.

    `hidden` (G,) says which groups are dimmed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._folded = np.empty(0, np.str_)
        self._palette: Bytes = np.empty((0, 3), np.uint8)
        self._counts = self._shown = np.empty(0, np.int64)
        self._present = np.empty(0, bool)
        self._selected: Codes | None = None
        self.hidden = np.empty(0, bool)
        self._filter = ""

    @property
    def groups(self) -> int:
        """Groups that have points, found by the filter or not."""
        return int(np.count_nonzero(self._present))

    def set_groups(
        self, names: tuple[str, ...], palette: Bytes, counts: Codes, beside: npt.NDArray[np.bool_] | None = None
    ) -> None:
        """G groups with their colours and points; what is dimmed stays so while the names stay.

        beside: (G,) groups that have points on the map beside.
        """
        self.beginResetModel()
        if names != self._names:
            self.hidden = np.zeros(len(names), bool)
            self._folded = np.array([folded(name) for name in names], np.str_)
        self._names, self._palette, self._counts = names, palette, counts
        self._present = counts > 0 if beside is None else (counts > 0) | beside
        self._shown = self._visible_codes()
        self.endResetModel()

    def set_selected(self, selected: Codes | None) -> None:
        """(G,) selected points of each group; None when nothing is selected."""
        self._selected = selected
        self._emit_changed()

    def set_filter(self, text: str) -> None:
        """Show only groups with `text` in their name."""
        self.beginResetModel()
        self._filter = folded(text)
        self._shown = self._visible_codes()
        self.endResetModel()

    def set_hidden(self, hidden: npt.NDArray[np.bool_]) -> None:
        """Dim exactly these groups (G,)."""
        self.hidden = hidden
        self._emit_changed()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        group = int(self._shown[index.row()])
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._names[group]
            case Qt.ItemDataRole.AccessibleTextRole:
                dimmed = Message("legend-hidden") if self.hidden[group] else ""
                return Message("legend-entry", label=self._names[group], images=self._count(group), state=dimmed)
            case Qt.ItemDataRole.ToolTipRole:
                return Message("legend-tip", label=self._names[group])
            case _ if role == COUNT_ROLE:
                return self._count(group)
            case _ if role == COLOUR_ROLE:
                return QColor(*(int(channel) for channel in self._palette[group]))
            case _ if role == HIDDEN_ROLE:
                return bool(self.hidden[group])
            case _ if role == GROUP_ROLE:
                return group
        return None

    def _count(self, group: int) -> str:
        count = f"{int(self._counts[group]):,}"
        return count if self._selected is None else f"{int(self._selected[group]):,} / {count}"

    def _visible_codes(self) -> Codes:
        found = self._present
        if self._filter:
            found = found & (np.char.find(self._folded, self._filter) >= 0)
        return np.flatnonzero(found)

    def _emit_changed(self) -> None:
        if len(self._shown):
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))


class LegendDelegate(QStyledItemDelegate):
    """A disc in the group's colour (hollow when dimmed), the name, the count at the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        rect = QRect(option.rect)
        state = option.state
        hidden = bool(index.data(HIDDEN_ROLE))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(tokens.hover))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(2.5, 0.5, -2.5, -0.5), 4, 4)
        colour = QColor(index.data(COLOUR_ROLE))
        painter.setPen(QPen(QColor(tokens.secondary) if hidden else colour, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if hidden else colour)
        painter.drawEllipse(QRectF(rect.left() + 12, rect.center().y() - 3.5, 9, 9))
        self._paint_text(painter, rect, index, tokens.secondary if hidden else tokens.text, tokens)
        painter.restore()

    def _paint_text(self, painter: QPainter, rect: QRect, index: Index, foreground: str, tokens: theme.Theme) -> None:
        inside = rect.adjusted(30, 0, -12, 0)
        font = theme.number_font(12)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        count = str(index.data(COUNT_ROLE))
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        painter.setPen(QColor(foreground))
        room = inside.width() - metrics.horizontalAdvance(count) - 8
        name = metrics.elidedText(str(index.data(NAME_ROLE)), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)


class _List(QListView):
    """Tells of Space and Enter on a row: toggled(index)."""

    toggled = Signal(object)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if not act(event, {"legend.hide": partial(self.toggled.emit, index)} if index.isValid() else {}):
            super().keyPressEvent(event)


class Legend(QFrame):
    """Groups with their colours; a click hides one, a double-click hides all others, a search finds one in thousands.

    Signals: hidden_changed(), read `hidden`; searched(str), only entries with that text are listed.
    """

    hidden_changed = Signal()
    searched = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(Message("legend"))
        self.model = LegendModel()
        self._before_click: npt.NDArray[np.bool_] | None = None
        self.kind, self._where = ("class", "classes"), ""
        self._is_known = True
        self._title = Label()
        self._column = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.scale = ScaleBar()
        self._all = button(Message("show-all"), "quiet")
        self._search = QLineEdit()
        self._search.setPlaceholderText(Message("find-a-class"))
        self._search.setAccessibleName(Message("find-class-in-legend"))
        self._search.setClearButtonEnabled(True)
        self._list = self._made_list()
        self._nothing = quiet_label(Message("no-class-name-contains-this"))
        self._nothing.setContentsMargins(12, 4, 12, 8)
        self._lay_out()
        self._search.textChanged.connect(self._on_search_changed)
        self._all.clicked.connect(self.show_all)
        self._list.clicked.connect(self._on_clicked)
        self._list.doubleClicked.connect(self._on_double_clicked)
        self._list.toggled.connect(self._on_toggled)
        theme.notifier.changed.connect(self.update)
        self._update_text()

    @property
    def hidden(self) -> npt.NDArray[np.bool_]:
        """(G,) which groups are dimmed."""
        return self.model.hidden

    def set_groups(
        self,
        kind: tuple[str, str],
        names: tuple[str, ...],
        palette: Bytes,
        counts: Codes,
        beside: npt.NDArray[np.bool_] | None = None,
        column: str = "",
        scale: Scale | None = None,
    ) -> None:
        """Show G groups, which are a `kind` of thing (singular, plural) in a `column`; see LegendModel.

        A `scale` takes the place of groups, of which there are none. Where the map `beside` has other points in the
        groups, it is said that the counts are A's.
        """
        self.kind, self._where = kind, "" if beside is None else Message("legend-in-a")
        self._column.setText(column)
        self._column.setVisible(bool(column))
        self.scale.setVisible(scale is not None)
        self._is_known = bool(names) or scale is not None
        if scale is not None:
            self.scale.show_scale(scale, palette)
        self.model.set_groups(names, palette, counts, beside)
        self._update_text()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().panel))

    def _made_list(self) -> _List:
        rows = _List()
        rows.setModel(self.model)
        rows.setItemDelegate(LegendDelegate(rows))
        flatten_list(rows)
        rows.setAccessibleName(Message("colours"))
        return rows

    def _lay_out(self) -> None:
        top = in_row(self._title, 1, self._all, margins=(12, 0, 6, 0))
        field = in_row(self._search, margins=(8, 0, 8, 2))
        named = in_row(self._column, margins=(12, 0, 12, 0))
        parts = (named, top, field, self.scale, self._nothing, (self._list, 1))
        in_column(*parts, on=self, margins=(0, 10, 0, 6), spacing=4)
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDTH)

    def leave_room(self, room: int) -> None:
        """Be no wider than `room` pixels, as far as names and counts allow it."""
        self.setMaximumWidth(min(max(room, NARROWEST), WIDTH))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, super().sizeHint().height())

    def _update_text(self) -> None:
        dimmed = int(np.count_nonzero(self.hidden))
        groups = self.model.groups
        counts = counted(groups, *self.kind) + self._where
        self._title.setText(Message("legend-hidden-of-all", hidden=dimmed, groups=groups) if dimmed else counts)
        self._title.setVisible(groups > 0)
        self._all.setVisible(dimmed > 0)
        self._search.setVisible(groups > SEARCH_FROM)
        self._nothing.setText(Message("no-class-name-contains-this") if self._is_known else Message("not-measured-yet"))
        self._nothing.setVisible(self.model.rowCount() == 0 and (groups > 0 or not self._is_known))

    def _hide(self, hidden: npt.NDArray[np.bool_]) -> None:
        self.model.set_hidden(hidden)
        self._update_text()
        self.hidden_changed.emit()

    def show_all(self) -> None:
        """Hide none."""
        self._hide(np.zeros_like(self.hidden))

    def isolate(self, group: int) -> None:
        """Hide all groups but this one."""
        alone = np.ones_like(self.hidden)
        alone[group] = False
        self._hide(alone)

    def _on_search_changed(self, text: str) -> None:
        self.model.set_filter(text)
        self._update_text()
        self.searched.emit(text.strip())

    def clear_search(self) -> None:
        """List all entries."""
        self._search.clear()

    def _on_toggled(self, index: QModelIndex) -> None:
        hidden = self.hidden.copy()
        hidden[index.data(GROUP_ROLE)] ^= True
        self._hide(hidden)

    def _on_clicked(self, index: QModelIndex) -> None:
        # A double-click begins as a click; it needs to know what was dimmed before that.
        self._before_click = self.hidden
        self._on_toggled(index)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        # A second double-click on the same row undoes the first.
        group, before = index.data(GROUP_ROLE), self._before_click
        if before is not None and not before[group] and np.count_nonzero(~before) == 1:
            self.show_all()
        else:
            self.isolate(group)
