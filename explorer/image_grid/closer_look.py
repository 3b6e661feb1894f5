"""A closer look at single images of a grid: what is told of one, its full size, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QToolTip

from core.data.images import stored_size
from core.messages import Message
from explorer.appearance.hover_card import CardContent
from explorer.image_grid.card import card_of
from explorer.image_grid.grid import ImageGrid
from explorer.jobs.runner import JobRunner
from explorer.preview import Preview
from explorer.session import Session

SIZE_OF_IMAGE = "size of image"


class CloserLook(QObject):
    """Answers what a grid wishes of single images. `ask` makes one the query, which needs a model."""

    def __init__(self, grid: ImageGrid, session: Session, runner: JobRunner, ask: Callable[[int], object]) -> None:
        super().__init__(grid)
        self._grid, self._session, self._runner, self._ask = grid, session, runner, ask
        # Width and height of the image that was looked at last.
        self._sizes: dict[int, tuple[int, int]] = {}
        self._preview: Preview | None = None
        grid.set_card_of(self._card_of)
        grid.query_wished.connect(self._on_query_wished)
        grid.preview_wished.connect(self.show_preview)
        grid.menu_wished.connect(self._show_menu)
        session.catalog_changed.connect(self._on_catalog_changed)

    def show_preview(self, row: int) -> None:
        """Show an image at full size; arrow keys walk the grid."""
        catalog = self._session.catalog
        if catalog is None:
            return
        if self._preview is None:
            self._preview = Preview(self._runner, self._grid.window())
            self._preview.stepped.connect(self._on_preview_stepped)
        self._preview.show_row(catalog, row)

    def menu_of(self, row: int) -> QMenu:
        """What can be done with an image."""
        catalog, menu = self._session.catalog, QMenu(self._grid)
        if catalog is None:
            return menu
        path = catalog.path(row)
        query = menu.addAction(Message("make-image-the-query"), partial(self._on_query_wished, row))
        query.setEnabled(self._session.has_model)
        query.setToolTip("" if query.isEnabled() else Message("query-needs-model"))
        menu.setToolTipsVisible(True)
        if not catalog.has_picture(row):
            name = str(catalog.paths[row])
            menu.addAction(Message("copy-name"), partial(QGuiApplication.clipboard().setText, name))
            return menu
        menu.addAction(Message("show-image-full-size"), partial(self.show_preview, row))
        menu.addSeparator()
        menu.addAction(Message("copy-path"), partial(QGuiApplication.clipboard().setText, str(path)))
        folder = QUrl.fromLocalFile(str(path.parent))
        menu.addAction(Message("show-in-folder"), partial(QDesktopServices.openUrl, folder))
        return menu

    def _on_catalog_changed(self) -> None:
        self._sizes = {}

    def _on_query_wished(self, row: int) -> None:
        if self._session.has_model:
            self._ask(row)
        else:
            QToolTip.showText(self._grid.where_on_screen(row), Message("query-needs-model"), self._grid)

    def _show_menu(self, row: int, where: QPoint) -> None:
        menu = self.menu_of(row)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    def _on_preview_stepped(self, step: int) -> None:
        row = self._grid.step(step)
        if row is not None:
            self.show_preview(row)

    def _card_of(self, row: int) -> CardContent | None:
        catalog = self._session.catalog
        if catalog is None or not 0 <= row < len(catalog):
            return None
        if row not in self._sizes and catalog.has_picture(row):
            # Only the head of the file is read; of one that hangs nothing is said.
            self._runner.submit(SIZE_OF_IMAGE, partial(stored_size, catalog.path(row)), partial(self._on_size, row))
        return card_of(catalog, row, self._sizes.get(row))

    def _on_size(self, row: int, size: tuple[int, int]) -> None:
        self._sizes = {row: size}
        self._grid.refresh_card(row)
