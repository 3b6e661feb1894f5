"""The query itself: its picture, large, and the facts about what it retrieves."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_row
from explorer.appearance.picture import draw_picture
from explorer.appearance.plain import Label
from explorer.appearance.widgets import Pill, button, quiet_label
from explorer.commands import act
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import Session
from explorer.thumbnails import ThumbnailStore

LARGE = 112
USUAL_FACTS = 6


class Picture(QWidget):
    """One picture in a square. Signal: clicked(), also by Space and Enter."""

    clicked = Signal()

    def __init__(self, size: int) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setFixedSize(size, size)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(Message("query-image"))

    def show_image(self, image: QImage | None) -> None:
        """Show `image`, or a quiet placeholder for None."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_picture(painter, self.rect(), self._image, theme.current().accent)
        if self.hasFocus():
            painter.setPen(QColor(theme.current().accent))
            painter.drawRect(self.rect().adjusted(4, 4, -5, -5))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not act(event, dict.fromkeys(("neighbours.preview", "neighbours.choose"), self.clicked.emit)):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()


class QueryCard(QWidget):
    """Facts of the query, one line each; in compare mode a line per checkpoint.

    Signal: missed_chosen(int row): the nearest missed image was clicked. `picture` is that of the query.
    """

    missed_chosen = Signal(int)

    def __init__(self, session: Session, thumbnails: ThumbnailStore) -> None:
        super().__init__()
        self._session, self._thumbnails = session, thumbnails
        self._missed: int | None = None
        self._lines = 0
        self.picture = Picture(LARGE)
        self.picture.setToolTip(Message("show-full-size-tip"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        # Few facts stand together.
        self._grid.setRowStretch(USUAL_FACTS + 1, 1)
        row = in_row(on=self, margins=(14, 2, 14, 8), spacing=12)
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._grid, 1)
        # Room for the usual facts at all times: else the results below move, and are painted anew, twice a click.
        self.setMinimumHeight(USUAL_FACTS * (self.fontMetrics().height() + 6) + 10)
        thumbnails.ready.connect(self._on_thumbnail)

    def show_query(self, file_image: QImage | None) -> None:
        """Show the session's query; `file_image` is its picture when it is a file outside the data set."""
        self._clear()
        session = self._session
        catalog = session.catalog
        if session.selection.query_image is not None:
            self.picture.show_image(file_image)
            self._fact(Message("file"), session.selection.query_image.name)
            self._fact(Message("class"), Message("unknown-class"))
            return
        if session.selection.query is None or catalog is None:
            return
        self.picture.show_image(self._thumbnails.get(session.selection.query))
        self._class(str(catalog.labels[session.selection.query]))
        self._fact(Message("file"), Path(str(catalog.paths[session.selection.query])).name)
        if session.comparing:
            for slot in session.slots:
                self._outcome_line(slot)
            self._add_overlap()
        else:
            self._outcome_lines()
        fault = self._thumbnails.fault(session.selection.query)
        if fault:
            self._fact(Message("problem"), fault)

    def _outcome_lines(self) -> None:
        found = self._session.results[NEIGHBOURS][self._session.reference]
        if found is None or found.outcome is None:
            return
        outcome = found.outcome
        self._fact_widget(Message("top-1"), _pill(outcome.right_at_1))
        self._fact("AP", _number(outcome.average_precision))
        catalog = self._session.catalog
        if outcome.first_miss is not None and outcome.first_miss <= len(found.rows) and catalog is not None:
            label = catalog.labels[found.rows[outcome.first_miss - 1]] or Message("no-class")
            self._fact(Message("first-wrong"), Message("first-wrong-at-rank", rank=outcome.first_miss, label=label))
        if outcome.missed is not None and found.missed_row is not None:
            self._missed = found.missed_row
            link = button(Message("nearest-correct-at-rank", rank=outcome.missed[0]), "link")
            link.setToolTip(Message("missed-image-explained"))
            link.clicked.connect(self._on_missed)
            self._fact_widget(Message("not-shown"), link)

    def _outcome_line(self, slot: str) -> None:
        found = self._session.results[NEIGHBOURS][slot]
        if found is None or found.outcome is None:
            return
        line = QWidget()
        precision = Message("average-precision", precision=_number(found.outcome.average_precision))
        in_row(_pill(found.outcome.right_at_1), Label(precision), 1, on=line)
        self._fact_widget(Message("top-1-in-slot", slot=slot), line)

    def _add_overlap(self) -> None:
        session, found = self._session, self._session.results[NEIGHBOURS]
        if session.compared is None:
            return
        a, b = found[session.reference], found[session.compared]
        if a is not None and b is not None and len(a.rows):
            shared = len(set(a.rows.tolist()) & set(b.rows.tolist()))
            both = Message("both-slots", first=session.reference, second=session.compared)
            self._fact(
                Message("shared"),
                Message("shared-of-nearest", shared=shared, nearest=len(a.rows)),
                Message("nearest-shared", both=both, shared=shared, nearest=len(a.rows)),
            )

    def _class(self, name: str) -> None:
        """The heading of the facts: it has all their width, which the name of a class may need."""
        label = ElidedLabel(name or Message("no-class"))
        label.setAccessibleName(Message("class-of-query", label=label.text()))
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        self._grid.addWidget(label, self._lines, 0, 1, 2, Qt.AlignmentFlag.AlignVCenter)
        self._lines += 1

    def _fact(self, name: str, value: str, tip: str = "") -> None:
        label = ElidedLabel(value)
        label.setToolTip(tip or value)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._fact_widget(name, label)

    def _fact_widget(self, name: str, widget: QWidget) -> None:
        line, self._lines = self._lines, self._lines + 1
        self._grid.addWidget(quiet_label(name), line, 0)
        self._grid.addWidget(widget, line, 1, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if isinstance(widget, ElidedLabel):
            self._grid.setAlignment(widget, Qt.AlignmentFlag.AlignVCenter)

    def _clear(self) -> None:
        self._missed, self._lines = None, 0
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _on_missed(self) -> None:
        if self._missed is not None:
            self.missed_chosen.emit(self._missed)

    def _on_thumbnail(self, row: int) -> None:
        if row == self._session.selection.query:
            self.picture.show_image(self._thumbnails.get(row))


def _pill(right: bool | None) -> Pill:
    if right is None:
        return Pill(Message("verdict-none"), "neutral")
    return Pill(Message("verdict-right"), "right") if right else Pill(Message("verdict-wrong"), "wrong")


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"
