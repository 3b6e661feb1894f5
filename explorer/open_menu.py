"""The ways to name a data set, in the one menu that every "Open data…" opens."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from core.data.readers.manifest_table import NAMED_SUFFIXES, SUFFIXES
from core.data.source import DataSource
from explorer.appearance.plain import literal
from explorer.file_dialogs import ask_for_file, ask_for_folder
from explorer.session import Session

# The systems' own dialogs choose either a folder or a file; that is why there are two.
FOLDER, TABLE = "Open folder of images…", "Open manifest (CSV, Parquet, …)…"


class OpenMenu(QMenu):
    """A folder or a table; what is chosen in the dialog is opened. Its actions may stand in other menus too."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.setToolTipsVisible(True)
        endings = ", ".join(suffix.removeprefix(".").upper() for suffix in SUFFIXES)
        self._offer(FOLDER, "A folder with a folder per class, or a published data set as it was unpacked", "Ctrl+O")
        self._offer(TABLE, f"A manifest has a row per image: {endings}", "Ctrl+T")
        folder, table = self.actions()
        folder.triggered.connect(self.choose_folder)
        table.triggered.connect(self.choose_table)

    def _offer(self, text: str, tooltip: str, keys: str) -> QAction:
        action = self.addAction(literal(text))
        action.setToolTip(tooltip)
        action.setShortcut(QKeySequence(keys))
        # A menu that is not open hears no keys.
        self._window.addAction(action)
        return action

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder and open it."""
        folder = ask_for_folder(self._session, self._window, "Open a folder of images")
        if folder:
            self._session.open_data(DataSource(folder))

    @Slot()
    def choose_table(self) -> None:
        """Ask for a table, or an index file of a published data set, and open it."""
        tables = f"Manifests ({' '.join(f'*{suffix}' for suffix in NAMED_SUFFIXES)})"
        name = ask_for_file(self._session, self._window, "Open a manifest", f"{tables};;All files (*)")
        if name:
            self._session.open_data(DataSource(name))
