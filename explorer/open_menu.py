"""The ways to name a data set, in the one menu that every "Open data…" opens."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from core.data.format_detection import FILE_PATTERNS
from core.data.readers.manifest_table import NAMED_SUFFIXES
from core.data.source import DataSource
from core.messages import Message
from explorer.commands import Commands
from explorer.file_dialogs import ask_for_file, ask_for_folder
from explorer.session import Session


class OpenMenu(QMenu):
    """A folder or a table; what is chosen in the dialog is opened. Its actions may stand in other menus too.

    The systems' own dialogs choose either a folder or a file; that is why there are two.
    """

    def __init__(self, session: Session, commands: Commands, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.setToolTipsVisible(True)
        calls = {"data.open_folder": self.choose_folder, "data.open_table": self.choose_table}
        commands.bind(calls)
        self.addActions([commands.action(name) for name in calls])

    def choose_folder(self) -> None:
        """Ask for a folder and open it."""
        folder = ask_for_folder(self._session, self._window, Message("open-folder"))
        if folder:
            self._session.open_data(DataSource(folder))

    def choose_table(self) -> None:
        """Ask for a table, or an index file of a published data set, and open it."""
        patterns = [f"*{suffix}" for suffix in NAMED_SUFFIXES]
        index_files = [pattern for pattern in FILE_PATTERNS if not pattern.lower().endswith(NAMED_SUFFIXES)]
        kinds = {Message("manifests"): patterns, Message("index-files"): index_files, Message("all-files"): ["*"]}
        offered = ";;".join(f"{kind} ({' '.join(names)})" for kind, names in kinds.items())
        name = ask_for_file(self._session, self._window, Message("choose-manifest"), offered)
        if name:
            self._session.open_data(DataSource(name))
