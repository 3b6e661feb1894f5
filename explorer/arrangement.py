"""Where the panels stand in the window: as the view says, or as the user has moved them in that view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QByteArray, QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QTabBar, QTabWidget, QWidget

from explorer.panels.panel import Panel, PanelSpec
from explorer.settings import Settings
from explorer.views import BOTTOM, LEFT, RIGHT, View, home_of, with_all

NARROWEST = 200


class Arrangement(QObject):
    """The docks of a window, and its middle; one view at a time, each arranged as it was left.

    Signal: view_changed(str), the name of the view that is shown now.
    """

    view_changed = Signal(str)

    def __init__(
        self,
        window: QMainWindow,
        specs: Sequence[PanelSpec],
        panels: Mapping[str, Panel],
        views: Sequence[View],
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window, self._panels, self._settings = window, panels, settings
        self._views = {view.name: view for view in with_all(views, specs)}
        self._view = self._views.get(settings.view, home_of(list(self._views.values())))
        window.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            window.setCorner(corner, BOTTOM)
        self._middle = QStackedWidget()
        self._docks: dict[str, QDockWidget] = {}
        # Views that were left, and how: what is remembered from earlier may not know all panels.
        self._left: dict[str, QByteArray] = {}
        # (view, panel) of panels that came to the fore by themselves.
        self._offered: set[tuple[str, str]] = set()
        for spec in specs:
            if spec.is_central:
                self._middle.addWidget(panels[spec.name])
            else:
                self._docks[spec.name] = self._dock(spec, panels[spec.name])
        # After the docks, which Tab reaches before it.
        window.setCentralWidget(self._middle)
        self.reset()

    @property
    def view(self) -> View:
        """The view that is shown."""
        return self._view

    @property
    def actions(self) -> list[QAction]:
        """Show and hide each of the docked panels."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def show_view(self, name: str) -> None:
        """Change the view; this one is kept as it is now."""
        if name == self._view.name:
            return
        self.save()
        self._view = self._views[name]
        # Else each dock would be seen to move.
        self._window.setUpdatesEnabled(False)
        if name in self._left:
            self._show_centre()
            self._apply(self._left[name])
        else:
            self.reset()
            self.restore()
        self._window.setUpdatesEnabled(True)
        self.focus()
        self.view_changed.emit(name)

    def noted(self) -> tuple[str, dict[str, bytes]]:
        """The view that is shown, and how each that was seen is arranged."""
        self._left[self._view.name] = self._window.saveState()
        return self._view.name, {name: bytes(state.data()) for name, state in self._left.items()}

    def arrange(self, name: str, states: Mapping[str, bytes]) -> None:
        """Show a view; it and others are arranged as was noted, those that were not noted as they are."""
        known = {view: QByteArray(state) for view, state in states.items() if view in self._views}
        if name in self._views:
            self.show_view(name)
        self._left |= known
        if self._view.name in known:
            self._apply(known[self._view.name])

    def view_about(self, name: str) -> str | None:
        """The view in whose middle a panel stands, this one where it is there; None for a panel that is docked."""
        about = [view.name for view in self._views.values() if view.centre == name]
        return self._view.name if self._view.name in about else next(iter(about), None)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the fore, also one that this view does without."""
        dock = self._docks.get(name)
        if dock is None:
            self._middle.setCurrentWidget(self._panels[name])
        else:
            dock.show()
            dock.raise_()

    def offer_panel(self, name: str) -> None:
        """Bring a panel of this view to the fore the first time; later the choice of the user stays.

        The keyboard stays where it is, and a panel that was hidden stays so.
        """
        dock, offered = self._docks.get(name), (self._view.name, name)
        if dock is not None and offered not in self._offered and dock.toggleViewAction().isChecked():
            self._offered.add(offered)
            dock.raise_()

    def focus(self) -> None:
        """Give the keyboard to what is in the middle; else what has it might be hidden."""
        centre = self._middle.currentWidget()
        if centre is not None:
            centre.setFocus()

    def reset(self) -> None:
        """Put every panel where the view has it."""
        docked = self._view.docked
        elsewhere = [name for name in self._docks if not any(name in names for names in docked.values())]
        for area, names in {**docked, BOTTOM: (*docked.get(BOTTOM, ()), *elsewhere)}.items():
            for name in names:
                self._window.addDockWidget(area, self._docks[name])
                self._docks[name].setFloating(False)
                self._docks[name].setVisible(name not in elsewhere)
            for before, after in pairwise(names):
                self._window.tabifyDockWidget(self._docks[before], self._docks[after])
        for names in docked.values():
            self._docks[names[0]].raise_()
        self._show_centre()
        self._divide()
        self._apply(self._window.saveState())

    def restore(self) -> None:
        """Put every panel where it was when an earlier window left this view, if one did."""
        state = self._settings.arrangement(self._view.name)
        if state is not None:
            self._apply(state)

    def save(self) -> None:
        """Keep where everything is."""
        self._left[self._view.name] = self._window.saveState()
        self._settings.view = self._view.name
        self._settings.save_arrangement(self._view.name, self._left[self._view.name])

    def _dock(self, spec: PanelSpec, panel: Panel) -> QDockWidget:
        dock = QDockWidget(panel.windowTitle() or spec.title, self._window)
        dock.setObjectName(spec.name)
        # The panel's own heading is the handle to drag it by; tabs are handles already.
        dock.setTitleBarWidget(panel.header or QWidget())
        dock.setWidget(panel)
        panel.windowTitleChanged.connect(dock.setWindowTitle)
        # Behind another tab a panel is still there for the Tab key, unless it is disabled.
        dock.visibilityChanged.connect(panel.setEnabled)
        return dock

    def _show_centre(self) -> None:
        self._middle.setVisible(bool(self._view.centre))
        if self._view.centre:
            self._middle.setCurrentWidget(self._panels[self._view.centre])

    def _apply(self, state: QByteArray) -> None:
        # Of tabs that are put elsewhere Qt 6.11 makes new bars, and leaves the old ones where they were.
        for bar in self._bars():
            bar.hide()
        self._window.restoreState(state)
        self._join_new_panels(state)
        # Where no panels are tabs it makes one as well, without any, which the Tab key would reach out of sight.
        for bar in self._bars():
            if not bar.count():
                bar.hide()

    def _join_new_panels(self, state: QByteArray) -> None:
        """Make panels that were not there when this was saved tabs behind those beside which the view has them."""
        # Qt writes names so.
        saved = bytes(state.data())
        for names in self._view.docked.values():
            for before, name in pairwise(names):
                if name.encode("utf-16-be") not in saved and not self._docks[before].isFloating():
                    self._window.tabifyDockWidget(self._docks[before], self._docks[name])
                    self._docks[before].raise_()

    def _bars(self) -> list[QTabBar]:
        return self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def _divide(self) -> None:
        docked, shares, size = self._view.docked, self._view.shares, self._window.size()
        across = {area: max(NARROWEST, size.width() * shares[area] // 100) for area in (LEFT, RIGHT) if area in docked}
        docks = [self._docks[docked[area][0]] for area in across]
        self._window.resizeDocks(docks, list(across.values()), Qt.Orientation.Horizontal)
        if BOTTOM in docked:
            height = size.height() * shares[BOTTOM] // 100
            self._window.resizeDocks([self._docks[docked[BOTTOM][0]]], [height], Qt.Orientation.Vertical)
