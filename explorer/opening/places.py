"""Where to look for what to open: data that were open before, and the usual folders of a computer."""

from __future__ import annotations

from PySide6.QtCore import QSize, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QWidget

from core.data.source import DataSource
from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.layouts import in_column
from explorer.appearance.widgets import SectionHeader
from explorer.panels.library.library_tree import shown_name
from explorer.session import Session

USUAL = {
    Message("place-home"): QStandardPaths.StandardLocation.HomeLocation,
    Message("place-pictures"): QStandardPaths.StandardLocation.PicturesLocation,
    Message("place-documents"): QStandardPaths.StandardLocation.DocumentsLocation,
    Message("place-downloads"): QStandardPaths.StandardLocation.DownloadLocation,
}
ROW, ICON, HIGHEST = 30, 16, 10
SourceRole = Qt.ItemDataRole.UserRole


class Places(QWidget):
    """Signal: chosen(DataSource): data of before, as they were read; of a place its folder."""

    chosen = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.recent = _list(Message("recent-data"))
        self.usual = _list(Message("places"))
        for part in (self.recent, self.usual):
            part.itemClicked.connect(self._on_chosen)
            part.itemActivated.connect(self._on_chosen)
        in_column(
            *(SectionHeader(Message("recent-data")), (self.recent, 1)),
            *(SectionHeader(Message("places")), self.usual),
            on=self, margins=(0, 4, 0, 8), spacing=0,
        )  # fmt: skip
        for words, location in USUAL.items():
            if folder := QStandardPaths.writableLocation(location):
                self._add(self.usual, "folder", words, DataSource(folder))
        if session.last_folder:
            self._add(self.usual, "folder", Message("place-last"), DataSource(session.last_folder))
        self.usual.setFixedHeight(ROW * self.usual.count() + 4)
        theme.notifier.changed.connect(self._show_recent)
        session.library.changed.connect(self._show_recent)
        self._show_recent()

    def _show_recent(self) -> None:
        self.recent.clear()
        for source in self._session.library.data_sets:
            self._add(self.recent, "image", shown_name(self._session, source), source)

    def _add(self, within: QListWidget, icon: str, words: str, source: DataSource) -> None:
        item = QListWidgetItem(icons.icon(icon, theme.current().secondary), words, within)
        item.setToolTip(source.location)
        item.setSizeHint(QSize(0, ROW))
        item.setData(SourceRole, source)

    def _on_chosen(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(SourceRole))


def _list(name: str) -> QListWidget:
    made = QListWidget()
    made.setAccessibleName(name)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setIconSize(QSize(ICON, ICON))
    made.setTextElideMode(Qt.TextElideMode.ElideRight)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return made
