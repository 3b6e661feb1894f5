"""The window around the panels: its bar, its menu, and what is dropped on it. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QMessageBox,
    QWidget,
)

from core.data.catalog import Catalog
from core.data.source import DataSource
from core.errors import DataError
from core.messages import Message
from core.models.checkpoint_files import CheckpointInfo
from core.remedies import in_window
from explorer.about import About
from explorer.appearance import theme
from explorer.appearance.fitting import fit, keep_on_screen
from explorer.appearance.layouts import in_column
from explorer.appearance.missing_font import unreadable
from explorer.appearance.plain import literal, question
from explorer.appearance.theme import ThemeName
from explorer.appearance.widgets import ProblemStrip
from explorer.arrangement import Arrangement
from explorer.chip_row import ChipRow
from explorer.commands import Commands
from explorer.drop_hint import DropHint
from explorer.dropped import files_in
from explorer.empty_panels import use_best, use_quick_look
from explorer.file_dialogs import ask_for_file
from explorer.first_hints import FirstHints
from explorer.jobs.runner import JobRunner
from explorer.opening.dialog import OpenDialog
from explorer.opening.door import Door
from explorer.opening.list_care import ListCare
from explorer.opening.start_screen import StartScreen
from explorer.panels.panel import Panel, PanelContext, PanelSpec
from explorer.panels.table import PANELS
from explorer.rail import Rail
from explorer.reading_options import ReadingOptions
from explorer.session import Session
from explorer.settings import Settings
from explorer.shortcuts import ShortcutList
from explorer.state.problems import Problem
from explorer.state.slots import SlotKey
from explorer.state.subject import DATA, OPENED, QUERY, Subject
from explorer.status_line import StatusLine
from explorer.thumbnails import ThumbnailStore
from explorer.top_bar import TopBar
from explorer.views import DATA_VIEW, VIEWS, View, commands_of

REFERENCE = QSize(1440, 900)
SMALLEST = QSize(1000, 640)
# The beginning of the menu, before the arrangement of the window, and its end.
MENU = (
    "data.open",
    "data.open_folder",
    "data.open_table",
    "window.start",
    "data.reading",
    "data.export",
    "slot.open_checkpoint",
    "slot.open_embeddings",
    "run.new",
)
# Embeddings may come from any program.
MODEL_FILES = {
    "checkpoint": ("open-checkpoint-of-slot", Message("checkpoint-files")),
    "embeddings": ("open-embeddings-of-slot", Message("embeddings-files")),
}
# The button that gives a map without a model.
QUICK_LOOK = "quickLook"
LAST_IN_MENU = ("window.shortcuts", "window.about", "window.quit")
THEMES: dict[ThemeName, str] = {
    "dark": Message("theme-dark"),
    "light": Message("theme-light"),
    "system": Message("theme-system"),
}


class MainWindow(QMainWindow):
    """All panels around one session. Signal: stop_all_requested(): close, and end the runs that train."""

    stop_all_requested = Signal()

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        thumbnails: ThumbnailStore,
        settings: Settings,
        shipped: list[CheckpointInfo],
        is_training: Callable[[], bool],
        panels: Sequence[PanelSpec] = PANELS,
        views: Sequence[View] = VIEWS,
    ) -> None:
        super().__init__()
        self._session, self._runner, self._settings, self._is_training = session, runner, settings, is_training
        self.setWindowTitle("Embedding Explorer")
        self.setMinimumSize(SMALLEST)
        fit(self, REFERENCE)
        self.setAcceptDrops(True)
        self.commands = Commands(session, self, commands_of(views))
        self._door = Door(session, runner, self.commands, self)
        ListCare(session, runner, self.commands, self)
        context = PanelContext(session, runner, thumbnails, settings, shipped, self.commands)
        self._panels = {spec.name: spec.build(context) for spec in panels}
        self._menu = QMenu(self)
        self._strip = ProblemStrip()
        self._hint = DropHint(runner, self)
        self._problems: list[Problem] = []
        self._chips = ChipRow(session)
        self._bar = TopBar(session, runner, shipped, self._menu, self.commands.action("data.open"))
        self.setMenuWidget(self._build_top())
        self._settings_menu = QMenu(self)
        self._rail = Rail(self.commands, views, self._settings_menu, self)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self._rail)
        self._arrangement = Arrangement(self, panels, self._panels, views, settings)
        self._status = StatusLine(session)
        self.statusBar().addWidget(self._status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self._start = StartScreen(session, runner, self.commands, self)
        self._bind(views)
        self._build_menu(views)
        self._on_view_changed(self._arrangement.view.name)
        self._connect()
        geometry = settings.geometry()
        if geometry is not None:
            self.restoreGeometry(geometry)
            # The screen that it was on may be smaller now, or gone.
            keep_on_screen(self)
        self._arrangement.restore()
        # Else the first chip of the bar begins with a focus ring.
        self._arrangement.focus()

    def panel(self, name: str) -> Panel:
        """One of the table of panels."""
        return self._panels[name]

    @property
    def chips(self) -> ChipRow:
        """What is in force."""
        return self._chips

    @property
    def busy_reason(self) -> str:
        """What its panels are still doing, "" when all that they show is final."""
        return ", ".join(words for panel in self._panels.values() if (words := panel.busy_reason))

    def shutdown(self) -> bool:
        """End what its panels do in the background. Returns whether that has ended."""
        ended = [panel.shutdown() for panel in self._panels.values()]
        return all(ended)

    # Building

    def _build_top(self) -> QWidget:
        top = QWidget()
        in_column(self._bar, self._strip, self._chips, on=top, spacing=0)
        return top

    def _bind(self, views: Sequence[View]) -> None:
        self.commands.bind(
            {
                "data.open": self.show_open,
                "window.start": self._start.show_again,
                "data.reading": self.show_reading_options,
                "slot.use_best": partial(use_best, self._session),
                "slot.quick_look": partial(use_quick_look, self._session),
                "slot.open_checkpoint": partial(self.choose_model_file, "checkpoint", self._session.reference),
                "slot.open_embeddings": partial(self.choose_model_file, "embeddings", self._session.reference),
                "window.reset_layout": self._arrangement.reset,
                "window.shortcuts": self.show_shortcuts,
                "window.about": self.show_about,
                "window.quit": self.close,
            }
        )
        self.commands.bind({f"view.{view.name}": partial(self.show_view, view.name) for view in views})
        for calls in (self._bar.calls(), self._chips.calls(), *(panel.calls() for panel in self._panels.values())):
            self.commands.bind(calls)

    def _build_menu(self, views: Sequence[View]) -> None:
        menu, action = self._menu, self.commands.action
        menu.setToolTipsVisible(True)
        menu.addActions([action(name) for name in MENU])
        menu.addSeparator()
        of_views = [action(f"view.{view.name}") for view in views]
        one_of_them = QActionGroup(self)
        for each in of_views:
            each.setCheckable(True)
            each.setActionGroup(one_of_them)
        menu.addMenu(Message("view")).addActions(of_views)
        panels = menu.addMenu(Message("panels"))
        panels.addActions(self._arrangement.actions)
        menu.addActions([action("window.reset_layout")])
        looks = menu.addMenu(Message("theme"))
        self._settings_menu.addActions(
            [panels.menuAction(), action("window.reset_layout"), looks.menuAction(), action("window.about")]
        )
        group = QActionGroup(self)
        for name, words in THEMES.items():
            look = looks.addAction(literal(words))
            look.triggered.connect(partial(self.set_theme, name))
            look.setCheckable(True)
            look.setChecked(name == self._settings.theme)
            look.setActionGroup(group)
        menu.addSeparator()
        menu.addActions([action(name) for name in LAST_IN_MENU])

    def _connect(self) -> None:
        self.commands.panel_requested.connect(self.show_panel)
        for panel in self._panels.values():
            panel.command_wished.connect(self.commands.run)
        self._arrangement.view_changed.connect(self._on_view_changed)
        self._chips.panel_requested.connect(self._show_where_it_stands)
        self._session.selection.gathered.connect(partial(self._arrangement.offer_panel, "selection"))
        self._bar.open_checkpoint_requested.connect(partial(self.choose_model_file, "checkpoint"))
        self._bar.open_embeddings_requested.connect(partial(self.choose_model_file, "embeddings"))
        self._session.problems.changed.connect(self._on_problem)
        self._session.reading_requested.connect(self._on_reading_requested)
        self._session.catalog_changed.connect(self._on_catalog_changed)
        self._session.library.changed.connect(self._show_name)
        self._strip.closed.connect(self._on_strip_closed)
        self._strip.retry_requested.connect(self._on_retry_requested)

    # Actions

    @property
    def arrangement(self) -> Arrangement:
        """Which view is shown, and where its panels stand."""
        return self._arrangement

    def show_view(self, name: str) -> None:
        """Arrange the panels for another question."""
        self._start.leave()
        self._arrangement.show_view(name)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the fore."""
        self._arrangement.show_panel(name)

    def _show_where_it_stands(self, name: str) -> None:
        """Bring a panel to the fore; one that takes the middle of a view, in the view that is about it."""
        view = self._arrangement.view_about(name)
        if view is None:
            self.show_panel(name)
        else:
            self.show_view(view)

    def choose_model_file(self, kind: str, slot: SlotKey) -> None:
        """Ask for a file of a kind in `MODEL_FILES` and use it."""
        message_id, files = MODEL_FILES[kind]
        name = ask_for_file(self._session, self, Message(message_id, slot=slot), files)
        if name:
            self._session.open_file(slot, Path(name))

    def set_theme(self, name: ThemeName) -> None:
        """Change the theme and remember it."""
        self._settings.theme = name
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, name)

    def show_first_hints(self) -> None:
        """Point at what a person should know of, on the very first start alone."""
        if self._settings.hints_seen:
            return
        FirstHints(
            self,
            self._settings,
            {
                "rail": lambda: self._rail,
                "open": lambda: self._bar.data_chip,
                "grid": lambda: self._panels.get("grid"),
                "quick_look": lambda: next(filter(QWidget.isVisible, self.findChildren(QWidget, QUICK_LOOK)), None),
                "neighbours": lambda: self._panels.get("neighbours"),
            },
        )

    def show_shortcuts(self) -> None:
        """Show the list of shortcuts, once."""
        shown = self.findChild(ShortcutList) or ShortcutList(self.commands.table.values(), self)
        shown.show()
        shown.raise_()

    def show_about(self) -> None:
        """Show what this is and runs on, once."""
        shown = self.findChild(About) or About(self._session.workspace, self)
        shown.show()
        shown.raise_()

    # What happened

    def _on_view_changed(self, name: str) -> None:
        self.commands.action(f"view.{name}").setChecked(True)
        # That view says it at length.
        self._status.show_data(name != DATA_VIEW)

    def _on_problem(self, subject: Subject, sentence: str, details: str) -> None:
        # The gallery tells of its own.
        if subject.about == QUERY.about:
            return
        self._problems = [problem for problem in self._problems if problem.subject != subject]
        if (problem := self._session.problems.get(subject)) is not None:
            self._problems.append(problem)
        self._show_newest_problem()

    def _on_reading_requested(self, source: DataSource, asked: DataError | None) -> None:
        """Ask how to read data; whoever does not say keeps what is open."""
        self._session.problems.clear(DATA)
        ReadingOptions(self._session, self._runner, source, asked, self).open()

    def show_open(self, source: DataSource | None = None) -> None:
        """Show what can be opened, once; and what a source is."""
        shown = self.findChild(OpenDialog) or OpenDialog(self._session, self._runner, self._door, self)
        shown.show()
        shown.raise_()
        shown.activateWindow()
        if source is not None:
            shown.show_source(source)

    def show_reading_options(self, row: str = "") -> None:
        """Ask how the open data are to be read, beginning at a row of `explorer.reading_form`."""
        if self._session.source is not None:
            self._session.problems.clear(DATA)
            dialog = ReadingOptions(self._session, self._runner, self._session.source, None, self)
            dialog.open()
            dialog.start_at(row)

    def _on_retry_requested(self) -> None:
        if self._problems:
            self._session.problems.retry(self._problems[-1].subject)

    def _on_strip_closed(self) -> None:
        if self._problems:
            self._problems.pop()
        self._show_newest_problem()

    def _show_newest_problem(self) -> None:
        if self._problems:
            newest = self._problems[-1]
            self._strip.show_problem(newest.sentence, newest.details, not newest.is_notice, newest.retry is not None)
        else:
            self._strip.clear()

    def _on_catalog_changed(self) -> None:
        catalog = self._session.catalog
        self._show_name()
        self._session.problems.clear(OPENED)
        notices = _noteworthy(catalog) if catalog is not None else []
        if notices:
            self._session.problems.set_notice(OPENED, " ".join(notices))

    def _show_name(self) -> None:
        source, catalog = self._session.source, self._session.catalog
        facts = self._session.library.facts.get(source) if source is not None else None
        name = "" if catalog is None else (facts.name if facts is not None else "") or catalog.name
        self.setWindowTitle(Message("window-title", name=name) if name else "Embedding Explorer")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            # Taken whatever it is: whoever refuses is not told when it is held there no more.
            event.acceptProposedAction()
            self._hint.show_data(files_in(event.mimeData()), self._door.free_slot, self._session.catalog is not None)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hint.end()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self._hint.end()
        files = files_in(event.mimeData())
        if files:
            event.acceptProposedAction()
            self._door.use(files)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that nothing in the window has a use of its own for."""
        if not self.commands.act_unclaimed(event):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._rail.leave_room(self.width())

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_training() and not self._agree_to_close():
            event.ignore()
            return
        self._settings.save_geometry(self.saveGeometry())
        self._arrangement.save()
        event.accept()

    def _agree_to_close(self) -> bool:
        box = question(
            Message("run-is-training"),
            Message("run-goes-on-without-window"),
            parent=self,
        )
        keep = box.addButton(Message("keep-training"), QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton(Message("stop-and-save"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        box.exec()
        if box.clickedButton() is stop:
            self.stop_all_requested.emit()
        return box.clickedButton() in (keep, stop)


def _noteworthy(catalog: Catalog) -> list[str]:
    """What to know of the data before looking at them; how they were divided is said elsewhere."""
    report = catalog.report
    sentences = []
    if report.is_noteworthy:
        sentences = [sentence for sentence in report.sentences if sentence != report.split_rule]
    return [in_window(sentence) for sentence in (*sentences, unreadable(catalog.classes)) if sentence]
