"""The window: where the panels are docked, its menu and its layout. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QMenu,
    QMessageBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from core.data.catalog import Catalog
from core.data.source import DataSource
from core.errors import DataError
from core.models.checkpoint_files import CheckpointInfo
from core.remedies import in_window
from explorer.about import About
from explorer.appearance import theme
from explorer.appearance.fitting import fit, keep_on_screen
from explorer.appearance.missing_font import unreadable
from explorer.appearance.plain import literal, question
from explorer.appearance.theme import ThemeName
from explorer.appearance.widgets import ProblemStrip, SectionHeader
from explorer.drop_hint import DropHint
from explorer.dropped import Dropped, files_in, look_at
from explorer.file_dialogs import ask_for_file
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.open_menu import OpenMenu
from explorer.panels.compare.panel import ComparePanel
from explorer.panels.gallery.panel import GalleryPanel
from explorer.panels.library.panel import LibraryPanel
from explorer.panels.map.panel import MapPanel
from explorer.panels.recall.panel import RecallPanel
from explorer.panels.runs.panel import TrainingPanel
from explorer.reading_options import ReadingOptions
from explorer.session import Session
from explorer.settings import THEME_NAMES, Settings
from explorer.shortcuts import ShortcutList
from explorer.state.problems import Problem
from explorer.state.slots import SlotKey
from explorer.state.subject import DATA, DROPPED, EMBEDDINGS, OPENED, QUERY, Subject
from explorer.status_line import StatusLine
from explorer.thumbnails import ThumbnailStore
from explorer.top_bar import TopBar

REFERENCE = QSize(1440, 900)
SMALLEST = QSize(1000, 640)


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
    ) -> None:
        super().__init__()
        self._session, self._runner, self._settings, self._is_training = session, runner, settings, is_training
        self.setWindowTitle("Embedding Explorer")
        self.setMinimumSize(SMALLEST)
        fit(self, REFERENCE)
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

        self.map = MapPanel(session, thumbnails)
        self._open_menu = OpenMenu(session, self)
        self.library = LibraryPanel(session, shipped, self._open_menu)
        self.gallery = GalleryPanel(session, thumbnails, runner)
        self.recall = RecallPanel(session, thumbnails)
        self.training = TrainingPanel(session)
        self.compare = ComparePanel(session, thumbnails)
        self.setCentralWidget(self.map)
        self._menu = QMenu(self)
        self._strip = ProblemStrip()
        self._hint = DropHint(runner, self)
        self._shown = ShownWork(session, runner)
        self._problems: list[Problem] = []
        self._bar = TopBar(session, runner, shipped, self._menu, self._open_menu)
        self.setMenuWidget(self._build_top())
        self.statusBar().addWidget(StatusLine(session), 1)
        self.statusBar().setSizeGripEnabled(False)
        self._docks = self._build_docks()
        self._build_menu()
        self._connect()
        self._default_layout()
        self._restore_layout()
        self._restore_measures()
        # Else the first chip of the bar begins with a focus ring.
        self.map.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.map.setFocus()

    # Building

    def _build_top(self) -> QWidget:
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(self._strip)
        return top

    def _build_docks(self) -> dict[str, QDockWidget]:
        docks = {
            "library": self._dock("Library", self.library, SectionHeader("Data sets")),
            "neighbours": self._dock("Neighbours", self.gallery, self.gallery.header),
            "recall": self._dock("Recall", self.recall, QWidget()),
            "training": self._dock("Training", self.training, QWidget()),
            "compare": self._dock("Compare", self.compare, QWidget()),
        }
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, Qt.DockWidgetArea.BottomDockWidgetArea)
        return docks

    def _dock(self, title: str, panel: QWidget, header: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower())
        # The panel's own heading is the handle to drag it by; tabs are handles already.
        dock.setTitleBarWidget(header)
        dock.setWidget(panel)
        # Behind another tab a panel is still there for the Tab key, unless it is disabled.
        dock.visibilityChanged.connect(panel.setEnabled)
        return dock

    def _build_menu(self) -> None:
        menu, reference = self._menu, self._session.reference
        menu.addActions(self._open_menu.actions())
        self._reading = self._add(menu, "Reading options…", self.show_reading_options)
        self._reading.setEnabled(False)
        self._add(menu, f"Open checkpoint as {reference}…", partial(self.choose_checkpoint_file, reference))
        self._add(menu, f"Open embeddings as {reference}…", partial(self.choose_embeddings_file, reference))
        self._add(menu, "New run…", self.new_run, "Ctrl+N")
        menu.addSeparator()
        panels = menu.addMenu("Panels")
        for dock in self._docks.values():
            panels.addAction(dock.toggleViewAction())
        self._add(menu, "Reset layout", self.reset_layout)
        looks = menu.addMenu("Theme")
        group = QActionGroup(self)
        for name in THEME_NAMES:
            action = self._add(looks, name.capitalize(), partial(self.set_theme, name))
            action.setCheckable(True)
            action.setChecked(name == self._settings.theme)
            group.addAction(action)
        menu.addSeparator()
        self._add(menu, "Keyboard shortcuts", self.show_shortcuts, "?")
        self._add(menu, "About Embedding Explorer", self.show_about)
        self._add(menu, "Quit", self.close, "Ctrl+Q")

    def _add(self, menu: QMenu, text: str, call: Callable[[], object], keys: str = "") -> QAction:
        action = menu.addAction(literal(text))
        action.triggered.connect(lambda _checked=False: call())
        if keys:
            action.setShortcut(QKeySequence(keys))
            self.addAction(action)
        return action

    def _connect(self) -> None:
        self.library.new_run_requested.connect(self.new_run)
        self.map.action_requested.connect(self._on_map_action_requested)
        self._bar.open_checkpoint_requested.connect(self.choose_checkpoint_file)
        self._bar.open_embeddings_requested.connect(self.choose_embeddings_file)
        self.compare.counts_changed.connect(self._on_counts_changed)
        self._session.problems.changed.connect(self._on_problem)
        self._session.reading_requested.connect(self._on_reading_requested)
        self._session.catalog_changed.connect(self._on_catalog_changed)
        self._session.checkpoint.changed.connect(self._on_checkpoint_changed)
        self._strip.closed.connect(self._on_strip_closed)
        self._strip.retry_requested.connect(self._on_retry_requested)
        QShortcut(QKeySequence("Ctrl+K"), self).activated.connect(self._bar.search.start)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self).activated.connect(self.paste)

    # Layout

    def _default_layout(self) -> None:
        for area, names in {
            Qt.DockWidgetArea.LeftDockWidgetArea: ("library",),
            Qt.DockWidgetArea.RightDockWidgetArea: ("neighbours",),
            Qt.DockWidgetArea.BottomDockWidgetArea: ("recall", "training", "compare"),
        }.items():
            for name in names:
                self.addDockWidget(area, self._docks[name])
                self._docks[name].setFloating(False)
                self._docks[name].show()
        self.tabifyDockWidget(self._docks["recall"], self._docks["training"])
        self.tabifyDockWidget(self._docks["training"], self._docks["compare"])
        self._docks["recall"].raise_()
        self._proportions()

    def _proportions(self) -> None:
        across = [self._docks["library"], self._docks["neighbours"]]
        widths = [max(200, self.width() * 15 // 100), self.width() * 27 // 100]
        self.resizeDocks(across, widths, Qt.Orientation.Horizontal)
        self.resizeDocks([self._docks["recall"]], [self.height() * 29 // 100], Qt.Orientation.Vertical)

    def _restore_layout(self) -> None:
        layout = self._settings.layout()
        if layout is not None:
            self.restoreGeometry(layout[0])
            # The screen that it was on may be smaller now, or gone.
            keep_on_screen(self)
            self.restoreState(layout[1])

    def _restore_measures(self) -> None:
        chosen = self._settings.measures()
        if chosen is not None:
            self.recall.measures.choose(*chosen)

    def reset_layout(self) -> None:
        """Put every panel back to where it was at first."""
        self._default_layout()

    def show_panel(self, name: str) -> None:
        """Bring a dock to the fore."""
        self._docks[name].show()
        self._docks[name].raise_()

    # Actions

    def choose_checkpoint_file(self, slot: SlotKey) -> None:
        """Ask for a checkpoint file and use it."""
        name = ask_for_file(self._session, self, f"Open checkpoint {slot}", "Checkpoints (*.safetensors)")
        if name:
            self.use_checkpoint(slot, Path(name))

    def choose_embeddings_file(self, slot: SlotKey) -> None:
        """Ask for a file of embeddings, which any program may have made, and use it."""
        name = ask_for_file(self._session, self, f"Open embeddings {slot}", "Embeddings (*.npz *.parquet)")
        if name:
            self.use_checkpoint(slot, Path(name))

    def use_checkpoint(self, slot: SlotKey, path: Path) -> None:
        """Use a checkpoint, a run directory or an embeddings file as A or B; a problem is shown in the window."""
        self._session.open_file(slot, path)

    def new_run(self) -> None:
        """Open the form for a new run."""
        self.show_panel("training")
        self.training.new_run()

    def set_theme(self, name: ThemeName) -> None:
        """Change the theme and remember it."""
        self._settings.theme = name
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, name)

    def show_shortcuts(self) -> None:
        """Show the list of shortcuts, once."""
        shown = self.findChild(ShortcutList) or ShortcutList(self)
        shown.show()
        shown.raise_()

    def show_about(self) -> None:
        """Show what this is and runs on, once."""
        shown = self.findChild(About) or About(self._session.workspace, self)
        shown.show()
        shown.raise_()

    # What happened

    @Slot(object, str, str)
    def _on_problem(self, subject: Subject, sentence: str, details: str) -> None:
        # The gallery tells of its own.
        if subject.about == QUERY.about:
            return
        self._problems = [problem for problem in self._problems if problem.subject != subject]
        if sentence:
            self._problems.append(next(each for each in self._session.problems.all if each.subject == subject))
        self._show_newest_problem()

    @Slot(object, object)
    def _on_reading_requested(self, source: DataSource, asked: DataError | None) -> None:
        """Ask how to read data; whoever does not say keeps what is open."""
        self._session.problems.clear(DATA)
        ReadingOptions(self._session, self._runner, source, asked, self).open()

    def show_reading_options(self) -> None:
        """Ask how the open data are to be read."""
        if self._session.source is not None:
            self._session.ask_how_to_read(self._session.source)

    @Slot()
    def _on_retry_requested(self) -> None:
        if self._problems:
            self._session.problems.retry(self._problems[-1].subject)

    @Slot()
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

    @Slot()
    def _on_catalog_changed(self) -> None:
        catalog = self._session.catalog
        name = catalog.name if catalog is not None else ""
        self.setWindowTitle(f"{name} – Embedding Explorer" if name else "Embedding Explorer")
        self._reading.setEnabled(catalog is not None)
        self._session.problems.clear(OPENED)
        told = _noteworthy(catalog) if catalog is not None else []
        if told:
            self._session.problems.set_notice(OPENED, " ".join(told))

    @Slot(str)
    def _on_checkpoint_changed(self, slot: str) -> None:
        if slot != self._session.reference and self._session.comparing:
            self._docks["compare"].setWindowTitle("Compare")

    @Slot(str)
    def _on_map_action_requested(self, action: str) -> None:
        if action == "open":
            self._open_menu.popup(self.map.empty.below_button)
        else:
            self._session.tasks.cancel("data")

    @Slot(int, int)
    def _on_counts_changed(self, _fixed: int, _broken: int) -> None:
        self._docks["compare"].setWindowTitle(self.compare.title())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            # Taken whatever it is: whoever refuses is not told when it is held there no more.
            event.acceptProposedAction()
            self._hint.show_data(files_in(event.mimeData()), self._free_side, self._session.catalog is not None)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hint.end()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self._hint.end()
        files = files_in(event.mimeData())
        if files:
            event.acceptProposedAction()
            self._use_dropped(files)

    def _use_dropped(self, files: list[Path]) -> None:
        again = partial(self._use_dropped, files)
        words = f"looking at {files[0].name or files[0]}"
        self._shown.submit("dropped", DROPPED, words, partial(look_at, files), self._on_dropped, again)

    def _on_dropped(self, found: Dropped) -> None:
        if found.data:
            self._session.open_data(DataSource(found.data))
        elif found.model is not None and self._session.catalog is not None:
            self.use_checkpoint(self._free_side, found.model)
        elif found.image is not None and self._session.catalog is not None:
            self.show_panel("neighbours")
            self.gallery.query_by_file(found.image)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that nothing in the window has a use of its own for.

        Space looks at the query at full size, Esc ends the last of what is in force on the map.
        """
        if event.key() == Qt.Key.Key_Escape:
            self.map.peel()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.gallery.preview()
        else:
            super().keyPressEvent(event)

    def paste(self) -> None:
        """Search by the image in the clipboard; a text field that has the focus takes the paste itself."""
        self.show_panel("neighbours")
        self.gallery.paste()

    @property
    def _free_side(self) -> SlotKey:
        """Where a dropped checkpoint goes: what is A stays and is compared, unless it could not be used."""
        session = self._session
        refused = Subject(EMBEDDINGS, session.reference)
        failed = any(problem.subject == refused for problem in session.problems.all)
        is_free = failed or not session.has_model
        return session.reference if is_free else session.slots[1]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_training() and not self._agree_to_close():
            event.ignore()
            return
        self._settings.save_layout(self.saveGeometry(), self.saveState())
        self._settings.save_measures(self.recall.measures.names, self.recall.measures.macro)
        event.accept()

    def _agree_to_close(self) -> bool:
        box = question(
            "A run is training",
            "A run is training. It can go on without the window; opening the window again shows it.",
            parent=self,
        )
        keep = box.addButton("Keep training", QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton("Stop and save", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        box.exec()
        if box.clickedButton() is stop:
            self.stop_all_requested.emit()
        return box.clickedButton() in (keep, stop)


def _noteworthy(catalog: Catalog) -> list[str]:
    """What to know of the data before looking at them; how they were divided is said elsewhere."""
    report = catalog.report
    told = []
    if report.is_noteworthy:
        told = [sentence for sentence in report.sentences if sentence != report.split_rule]
    return [in_window(sentence) for sentence in (*told, unreadable(catalog.classes)) if sentence]
