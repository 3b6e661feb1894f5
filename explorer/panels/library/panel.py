"""The library: what can be opened (data sets) and used (checkpoints of runs), and the way to a new run."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from core.data.source import DataSource
from core.messages import Message
from core.models.checkpoint_files import CheckpointInfo
from core.retrieval.embeddings_file import EmbeddingsFile
from core.training.run_directory import RunSummary
from explorer.appearance import theme
from explorer.appearance.layouts import in_column
from explorer.appearance.plain import literal
from explorer.appearance.widgets import SectionHeader, button
from explorer.commands import Commands, act
from explorer.data_menu import data_menu
from explorer.panels.library.library_tree import Entry, entries
from explorer.panels.panel import Panel
from explorer.session import Session

EntryRole = Qt.ItemDataRole.UserRole
# Room for the name of an epoch beside its figure, and of a short run beside how far it is.
NARROWEST = 216
ROW, HEADER, WITH_BAR = 28, 34, 38
INDENT = 16
GAP = 10


class LibraryPanel(Panel):
    """The buttons below the list do `data.open` and `run.new` of the commands; its entries have menus."""

    def __init__(self, session: Session, shipped: list[CheckpointInfo], commands: Commands) -> None:
        super().__init__()
        self.header = SectionHeader(Message("data-sets"))
        self._session, self._shipped, self._commands = session, shipped, commands
        self.setAccessibleName(Message("library"))
        self.setMinimumWidth(NARROWEST)
        self._model = _EntryModel()
        self._view = _EntryView()
        self._view.setModel(self._model)
        self._view.activated_entry.connect(self.activate)
        self._view.customContextMenuRequested.connect(self._on_menu)
        train, opening = button(Message("new-run"), "primary"), button(Message("open-item"))
        train.clicked.connect(commands.action("run.new").trigger)
        opening.clicked.connect(commands.action("data.open").trigger)
        column = in_column((self._view, 1), on=self, margins=(0, 4, 0, 12), spacing=8)
        for part in (opening, train):
            part.setContentsMargins(0, 0, 0, 0)
            column.addLayout(in_column(part, margins=(14, 0, 14, 0)))
        for changed in (session.library.changed, session.catalog_changed, session.runs.changed):
            changed.connect(self._refresh)
        session.checkpoint.changed.connect(self._refresh)
        theme.notifier.changed.connect(self._view.viewport().update)
        self._refresh()

    def shown(self) -> list[Entry]:
        """What is listed, for tests."""
        return self._model.entries

    def _refresh(self) -> None:
        self._model.show(entries(self._session, self._shipped))

    def activate(self, entry: Entry) -> None:
        """Open a data set, or use a checkpoint (of a run: its best) as A."""
        value = entry.value
        if isinstance(value, DataSource):
            # A click on what is open would close its checkpoints; the bar on top reads it again where that is wanted.
            if not entry.slot:
                self._session.open_data(value)
        elif isinstance(value, CheckpointInfo | EmbeddingsFile):
            self._session.use(self._session.reference, value)
        elif isinstance(value, RunSummary) and value.best is not None:
            self._session.choose_checkpoint(self._session.reference, value.best)

    def menu_of(self, entry: Entry) -> QMenu | None:
        """What can be done with a data set, a checkpoint or a run's best one; None for other entries."""
        value = entry.value
        if isinstance(value, DataSource):
            return data_menu(self._commands, value, self)
        info = value.best if isinstance(value, RunSummary) else value
        if not isinstance(info, CheckpointInfo | EmbeddingsFile):
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        session = self._session
        for slot in session.slots:
            use = menu.addAction(literal(Message("set-as-slot", slot=slot)))
            use.triggered.connect(partial(session.use, slot, info))
            use.setEnabled(slot == session.reference or session.has_model)
        for slot in session.slots[1:]:
            if session.checkpoint[slot] is not None:
                menu.addAction(literal(Message("clear-slot", slot=slot))).triggered.connect(
                    partial(session.choose_checkpoint, slot, None)
                )
        return menu

    def _on_menu(self, place: QPoint) -> None:
        entry = self._view.indexAt(place).data(EntryRole)
        menu = self.menu_of(entry) if entry is not None else None
        if menu is not None:
            menu.popup(self._view.viewport().mapToGlobal(place))


class _EntryModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def show(self, listed: list[Entry]) -> None:
        if listed == self.entries:
            return
        if [entry.kind for entry in listed] == [entry.kind for entry in self.entries]:
            # Same shape: keep the selection and the scroll position while figures change.
            self.entries = listed
            self.dataChanged.emit(self.index(0), self.index(len(listed) - 1))
            return
        self.beginResetModel()
        self.entries = listed
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.entries)

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        if index.isValid() and self.entries[index.row()].kind == "header":
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        if role == EntryRole:
            return entry
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return _tooltip(entry)
        return None


class _EntryView(QListView):
    activated_entry = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_EntryDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(Message("data-sets-runs-and-checkpoints"))
        self.clicked.connect(self._on_clicked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entry = self.currentIndex().data(EntryRole)
        if not act(event, {"library.open": partial(self.activated_entry.emit, entry)} if entry is not None else {}):
            super().keyPressEvent(event)

    def _on_clicked(self, index: QModelIndex) -> None:
        self.activated_entry.emit(index.data(EntryRole))


class _EntryDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        entry: Entry = index.data(EntryRole)
        height = HEADER if entry.kind == "header" else WITH_BAR if entry.fraction is not None else ROW
        return QSize(120, height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(EntryRole)
        where: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.kind == "header":
            _paint_header(painter, where, entry)
        else:
            _paint_entry(painter, where, entry, state)
        painter.restore()


def _paint_header(painter: QPainter, where: QRect, entry: Entry) -> None:
    font = theme.text_font(theme.SMALL_PIXELS, QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.8)
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    painter.setFont(font)
    painter.setPen(QColor(theme.current().secondary))
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(where.adjusted(14, 8, -14, 0), left, entry.text)


def _paint_entry(painter: QPainter, where: QRect, entry: Entry, state: QStyle.StateFlag) -> None:
    tokens = theme.current()
    if entry.slot:
        painter.fillRect(where, QColor(tokens.selection))
        painter.fillRect(
            QRect(where.left(), where.top(), 3, where.height()), QColor(tokens.of_slot(entry.is_of_reference))
        )
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(where, QColor(tokens.hover))
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QColor(tokens.accent))
        painter.drawRoundedRect(QRectF(where).adjusted(4.5, 0.5, -2.5, -0.5), 4, 4)
    line = QRect(where.left(), where.top(), where.width(), ROW).adjusted(14, 0, -14, 0)
    left = line
    if isinstance(entry.value, RunSummary):
        _paint_state(painter, line, entry.value.state)
        left = line.adjusted(INDENT, 0, 0, 0)
    else:
        left = line.adjusted(INDENT * entry.depth, 0, 0, 0)
    text, figure = fitted(entry, left.width())
    painter.setFont(theme.text_font(12))
    painter.setPen(QColor(tokens.secondary))
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figure)
    painter.setFont(theme.text_font())
    painter.setPen(QColor(tokens.text))
    painter.drawText(left, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
    if entry.fraction is not None:
        _paint_bar(painter, QRectF(left.left(), line.bottom() + 2, left.width(), 3), entry.fraction)


def fitted(entry: Entry, room: int) -> tuple[str, str]:
    """Name and figure of an entry in so many pixels; where they do not fit, neither takes it all from the other."""
    names, figures = QFontMetrics(theme.text_font()), QFontMetrics(theme.text_font(12))
    figure = entry.figure if entry.kind != "checkpoint" or not entry.slot else f"{entry.slot}  {entry.figure}"
    for_name = min(names.horizontalAdvance(entry.text), room * 45 // 100)
    figure = figures.elidedText(figure, Qt.TextElideMode.ElideRight, room - for_name - GAP)
    for_name = room - figures.horizontalAdvance(figure) - GAP
    return names.elidedText(entry.text, Qt.TextElideMode.ElideMiddle, for_name), figure


def _paint_state(painter: QPainter, line: QRect, state: str) -> None:
    tokens = theme.current()
    colours = {"running": tokens.accent, "finished": tokens.right, "stopped": tokens.secondary}
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.get(state, tokens.wrong)))
    painter.drawEllipse(QRectF(line.left(), line.center().y() - 3, 8, 8))


def _paint_bar(painter: QPainter, where: QRectF, fraction: float) -> None:
    tokens = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.line))
    painter.drawRoundedRect(where, 1.5, 1.5)
    painter.setBrush(QColor(tokens.accent))
    painter.drawRoundedRect(QRectF(where.left(), where.top(), where.width() * min(1.0, fraction), 3), 1.5, 1.5)


def _tooltip(entry: Entry) -> str:
    value = entry.value
    if isinstance(value, DataSource):
        return f"{entry.text}: {value.location}"
    if isinstance(value, RunSummary):
        return f"{value.name}: {value.sentence}"
    if isinstance(value, CheckpointInfo):
        elsewhere = f", {entry.elsewhere}" if entry.elsewhere else ""
        return Message("checkpoint-tip", checkpoint=value.name, path=value.path.name, data=elsewhere)
    if isinstance(value, EmbeddingsFile):
        return Message("embeddings-tip", path=value.path)
    return entry.text
