"""What stands in the window while no data are open: a place to drop things on, data of before, and sets to try."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QMainWindow, QToolBar, QWidget

from core.data.catalog_opening import torchvision_folder
from core.data.images import decode
from core.data.official.sources import SOURCES
from core.data.official.table import TORCHVISION
from core.data.source import DEMO, DataSource, is_name
from core.errors import CoreError
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.fitting import scrolling
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import IconButton, SectionHeader, button, quiet_label
from explorer.commands import Commands
from explorer.data_menu import data_menu
from explorer.jobs.recent_pictures import kept_picture
from explorer.jobs.runner import JobRunner
from explorer.opening.data_card import SIZE, CardText, DataCard, counts_and_when
from explorer.opening.fetch_list import FetchList
from explorer.panels.library.library_tree import shown_name
from explorer.session import Session
from explorer.state.library import DataFacts
from explorer.state.subject import DATA
from explorer.thumbnails import as_qimage

KEY = "opening.start"
GAP, EDGE = 12, 24
TO_TRY_WIDTH = 340
DROP_HEIGHT = 148


class _Found(NamedTuple):
    """Of a data set its pictures and whether it is there."""

    pictures: list[QImage]
    is_missing: bool


class StartScreen(QFrame):
    """Lies over the panels while no data are open, and when it is asked for."""

    def __init__(self, session: Session, runner: JobRunner, commands: Commands, window: QMainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._commands, self._window = session, runner, commands, window
        self._is_asked_for = self._is_shown = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(partial(self._show, True))
        self.cards: list[DataCard] = []
        self.setObjectName("startScreen")
        self.setAutoFillBackground(True)
        self._drop = _DropArea()
        self.open_button = self._drop.open_button
        self.open_button.clicked.connect(partial(commands.run, "data.open"))
        self._close = IconButton("close", Message("back-to-the-data"))
        self._close.clicked.connect(self.leave)
        self._nothing = quiet_label(Message("no-recent-data"))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.fetch_list = FetchList(session)
        self._build()
        for changed in (session.catalog_changed, session.library.changed, session.tasks.changed):
            changed.connect(self._update)
        session.library.changed.connect(self._on_library_changed)
        window.installEventFilter(self)
        self.hide()

    def show_again(self) -> None:
        """Show it over the open data."""
        self._is_asked_for = True
        self._close.setVisible(self._session.catalog is not None)
        self._show(True)

    def _build(self) -> None:
        head, recent = SectionHeader(Message("recent-data")), QWidget()
        head.setContentsMargins(-14, 0, 0, 2)
        in_column(head, self._nothing, self._grid, 1, on=recent, spacing=0)
        left = in_column(self._drop, (scrolling(recent), 1), margins=(EDGE, EDGE, GAP, 0), spacing=GAP)
        to_try = scrolling(self.fetch_list)
        to_try.setFixedWidth(TO_TRY_WIDTH)
        right = in_column(in_row(1, self._close), (to_try, 1), margins=(0, GAP, GAP, GAP))
        in_row((left, 1), right, on=self, spacing=0)

    # When it shows

    @Slot()
    def _update(self) -> None:
        session = self._session
        has_data = session.catalog is not None
        is_opening = any(task.subject == DATA for task in session.tasks.all)
        self._is_asked_for = self._is_asked_for and not is_opening
        # What is known is looked up first: until then it is not known that nothing will be opened.
        wanted = not is_opening and bool(session.library.data_sets) and (self._is_asked_for or not has_data)
        self._close.setVisible(has_data)
        if not wanted:
            self._soon.stop()
        if wanted and not self._is_shown:
            # Not before it is known that nothing is opened in the same breath.
            self._soon.start()
        elif not wanted and self._is_shown:
            self._show(False)

    def _show(self, wanted: bool) -> None:
        self._is_shown = wanted
        if wanted:
            self._place()
            self._fill()
            self.show()
            self.raise_()
            self.open_button.setFocus()
        else:
            self._is_asked_for = False
            self.hide()

    def leave(self) -> None:
        """Go back to the open data, where there are any."""
        self._is_asked_for = False
        self._update()

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """What lies below is not reached by the keyboard; when this is hidden, something there takes it."""
        if not self._is_shown:
            return super().focusNextPrevChild(forwards)
        parts = [
            part
            for part in self.findChildren(QWidget)
            if part.isVisible() and part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        focused = self.window().focusWidget()
        place = parts.index(focused) if focused in parts else -1
        parts[(place + (1 if forwards else -1)) % len(parts)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    # What it shows

    @Slot()
    def _on_library_changed(self) -> None:
        if self.isVisible():
            self._fill()

    def _fill(self) -> None:
        library = self._session.library
        for card in self.cards:
            card.hide()
            card.deleteLater()
        known = [source for source in library.data_sets if source.location != DEMO or source in library.facts]
        known.sort(key=lambda source: library.facts.get(source, DataFacts()).opened, reverse=True)
        self.cards = [self._card(source) for source in known]
        self._nothing.setVisible(not self.cards)
        self._arrange()
        facts = {source: library.facts.get(source, DataFacts()) for source in known}
        self._runner.submit(KEY, partial(_look_up, self._session.workspace, facts), self._on_looked_up)

    def _card(self, source: DataSource) -> DataCard:
        text = CardText(
            shown_name(self._session, source),
            counts_and_when(self._session.library.facts.get(source)),
            Message("demo-needs-nothing") if source.location == DEMO else source.location,
        )
        card = DataCard(source, text, self)
        card.clicked.connect(partial(self._on_card_clicked, card))
        card.menu_requested.connect(partial(self._on_menu, card))
        return card

    def _on_looked_up(self, found: tuple[dict[DataSource, _Found], set[str], str]) -> None:
        of_data, there, folder = found
        for card in self.cards:
            if card.source in of_data:
                card.show_pictures(*of_data[card.source])
        self.fetch_list.show_there(there, folder)

    def _on_card_clicked(self, card: DataCard) -> None:
        if card.is_missing:
            self._commands.run("data.locate", card.source)
        elif card.source == self._session.source and self._session.catalog is not None:
            self.leave()
        else:
            self._session.open_data(card.source)

    def _on_menu(self, card: DataCard, place: QPoint) -> None:
        data_menu(self._commands, card.source, self, card.is_missing).popup(place)

    # Where it stands

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show) and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _place(self) -> None:
        window = self._window
        rail, bar = window.findChild(QToolBar), window.menuWidget()
        left = rail.width() if rail is not None and rail.isVisibleTo(window) else 0
        top = bar.geometry().bottom() + 1 if bar is not None else 0
        bottom = window.statusBar().geometry().top()
        self.setGeometry(QRect(left, top, window.width() - left, bottom - top))

    def _arrange(self) -> None:
        room = self.width() - TO_TRY_WIDTH - EDGE - 3 * GAP
        columns = max(1, (room + GAP) // (SIZE.width() + GAP))
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // columns, place % columns)


class _DropArea(QFrame):
    """The broad place to drop on, with the one filled button."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(DROP_HEIGHT)
        title = Label(Message("drop-anything-here"))
        title.setFont(theme.text_font(15, QFont.Weight.DemiBold))
        more = quiet_label(Message("what-can-be-opened"))
        more.setWordWrap(True)
        self.open_button = button(Message("open-item"), "primary")
        for label in (title, more):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        centred = in_row(1, self.open_button, 1)
        in_column(1, title, more, centred, 1, on=self, margins=(32, 12, 32, 12), spacing=8)
        theme.notifier.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().strong_line), 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)


def _pictures(workspace: Path, facts: DataFacts) -> list[QImage]:
    """Those that were kept and are still there."""
    found = []
    for row in facts.pictures:
        with suppress(CoreError, OSError):
            found.append(as_qimage(decode(kept_picture(workspace, facts.fingerprint, row))))
    return found


def _look_up(workspace: Path, facts: dict[DataSource, DataFacts]) -> tuple[dict[DataSource, _Found], set[str], str]:
    """Pictures and presence of data sets, which published ones are there, and in which folder; for a thread."""
    found = {
        source: _Found(
            _pictures(workspace, each),
            not is_name(source.location) and not os.path.exists(source.location),  # noqa: PTH110 - raises for long names
        )
        for source, each in facts.items()
    }
    folder = torchvision_folder()
    there = {
        name
        for name in SOURCES
        if any(TORCHVISION[name].found_in(folder / each) is not None for each in TORCHVISION[name].folders)
    }
    return found, there, str(folder)
