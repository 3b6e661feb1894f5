"""One list of changed queries under its heading."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QWidget

from core.data.catalog import Catalog
from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.item_list import ITEM, ItemList
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import quiet_label
from explorer.panels.compare.changed_queries import NOTHING, ChangedQueries, ChangedQuery
from explorer.panels.compare.query_cards import CARD, QueryCards
from explorer.thumbnails import ThumbnailStore

HEADING_HEIGHT = 28
MARK = 14


class QueryView(QWidget):
    """The fixed, or the broken, queries as cards that fill the width.

    A click chooses one, Ctrl adds, Shift takes a range, Ctrl+A all.

    Signals: query_chosen(int): click or arrow key went to a query; its catalog row. queries_gathered(list): several
    are chosen; their catalog rows.

    Attributes:
        heading, cards: what stands above the list, and the list itself.
        queries: what is listed.
        heading_row: others may stand at the right end of the heading.
    """

    query_chosen = Signal(int)
    queries_gathered = Signal(list)

    def __init__(self, thumbnails: ThumbnailStore, fixed: bool) -> None:
        super().__init__()
        self._fixed = fixed
        self.setObjectName("fixedQueries" if fixed else "brokenQueries")
        self.heading = Label()
        self.heading.setFont(theme.number_font())
        self._mark = Label()
        self.cards = CardGrid()
        self.cards.setItemDelegate(QueryCards(thumbnails, right_in_a=not fixed, parent=self))
        self.cards.setAccessibleName(Message("name-of-changed-queries", fixed=fixed))
        self.queries = NOTHING
        self._list = ItemList[ChangedQuery](lambda query: query.labels[0])
        self.cards.setModel(self._list)
        self._lay_out()
        self.cards.selectionModel().currentChanged.connect(self._on_current_changed)
        self.cards.selectionModel().selectionChanged.connect(self._on_chosen)
        thumbnails.ready.connect(self._on_thumbnail_ready)
        theme.notifier.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def show_queries(self, queries: ChangedQueries, total: int, catalog: Catalog | None) -> None:
        """List queries; `total` is how many there are over all classes."""
        shown = len(queries)
        self.heading.setText(
            Message("changed-queries", fixed=self._fixed, total=total)
            if shown == total
            else Message("changed-queries-of-all", fixed=self._fixed, shown=shown, total=total)
        )
        of_class = Message("none-of-class", fixed=self._fixed)
        self.cards.nothing = of_class if total else Message("none-at-all", fixed=self._fixed)
        self.queries = queries
        self._list.show([] if catalog is None else queries.listed(catalog))

    def mark_query(self, row: int | None) -> None:
        """Make the window's query current where it is listed."""
        position = self.queries.index_of(row)
        if position is None:
            self.cards.setCurrentIndex(QModelIndex())
            self.cards.clearSelection()
        elif position != self.cards.currentIndex().row():
            self.cards.setCurrentIndex(self._list.index(position))

    def _lay_out(self) -> None:
        words = quiet_label(Message("order-of-changed-queries", fixed=self._fixed), small=True)
        words.setContentsMargins(4, 0, 0, 0)
        top = QWidget()
        top.setFixedHeight(HEADING_HEIGHT)
        self.heading_row = in_row(self._mark, self.heading, words, 1, on=top, margins=(14, 0, 14, 0), spacing=6)
        in_column(top, (self.cards, 1), on=self, spacing=0)

    def _on_current_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            self.query_chosen.emit(current.data(ITEM).rows[0])

    def _on_chosen(self) -> None:
        chosen = [index.data(ITEM).rows[0] for index in self.cards.selectionModel().selectedIndexes()]
        if len(chosen) > 1:
            self.queries_gathered.emit(chosen)

    def _on_thumbnail_ready(self, row: int) -> None:
        del row  # only what is on the screen is painted again, which costs less than finding the card
        self.cards.viewport().update()

    def _on_theme_changed(self) -> None:
        colours = theme.current()
        name, colour = ("check", colours.right) if self._fixed else ("cross", colours.wrong)
        self._mark.setPixmap(icons.pixmap(name, MARK, colour, self.devicePixelRatioF()))
        self.cards.viewport().update()


class CardGrid(QListView):
    """Cards side by side, as many as fit; says `nothing` while it is empty."""

    nothing = ""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)

    def resizeEvent(self, event: QResizeEvent) -> None:
        width = self.viewport().width() - 1  # columns that fill it to the last pixel are wrapped
        columns = max(1, width // CARD.width())
        self.setGridSize(QSize(width // columns, CARD.height()))
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.model() is not None and self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.nothing)
