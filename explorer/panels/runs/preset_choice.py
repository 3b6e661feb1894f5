"""The choice of a recipe to start from: small ones first, then those published for each data set."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QStandardItemModel
from PySide6.QtWidgets import QComboBox

from core.messages import Message
from core.training.recipe import Recipe
from explorer.appearance import theme

POPUP_WIDTH = 300
MOST_VISIBLE = 24
ANY_DATA = Message("for-any-data")


class PresetChoice(QComboBox):
    """A recipe out of groups with headings; typing the first letters finds one.

    `again` is a run's recipe to do again, listed first. Signal: chosen(Recipe), the user chose one.
    """

    chosen = Signal(object)

    def __init__(self, known: Sequence[Recipe], again: Recipe | None = None) -> None:
        super().__init__()
        if again is not None:
            self.addItem(Message("duplicate-of", name=again.name), again)
        group = None
        for recipe in known:
            title = recipe.data or ANY_DATA
            if title != group:
                self._add_heading(title)
                group = title
            self.addItem(recipe.name, recipe)
            self.setItemData(self.count() - 1, recipe.about, Qt.ItemDataRole.ToolTipRole)
        self.setMaxVisibleItems(MOST_VISIBLE)
        self.view().setMinimumWidth(POPUP_WIDTH)
        self.activated.connect(self._on_activated)

    def choose(self, recipe: Recipe) -> None:
        """Show this one as chosen, without telling anybody; nothing where it is not listed."""
        indices = [index for index in range(self.count()) if self.itemData(index) is recipe]
        self.setCurrentIndex(indices[0] if indices else -1)

    def _add_heading(self, title: str) -> None:
        self.addItem(title)
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        item = model.item(self.count() - 1)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setFont(theme.text_font(theme.SMALL_PIXELS, QFont.Weight.DemiBold))

    def _on_activated(self, index: int) -> None:
        self.chosen.emit(self.itemData(index))
