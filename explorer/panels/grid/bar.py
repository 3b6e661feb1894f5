"""The bar over the grid: how it is grouped and sorted, how large the pictures are, and opening all groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QSlider, QWidget

from core.data.columns import CLASS, ROLE, SPLIT, Column, NumberColumn
from core.messages import Message
from explorer.appearance.elided import BriefButton, ElidedLabel
from explorer.appearance.layouts import in_row
from explorer.appearance.plain import literal
from explorer.appearance.widgets import Chip, button, quiet_label
from explorer.column_words import title_of
from explorer.commands import COMMANDS
from explorer.image_grid.grid import LARGEST, SMALLEST, STEP

NOT_GROUPED = ""
GROUPED = {CLASS: Message("by-class"), NOT_GROUPED: Message("by-nothing")}
AS_IN_DATA, BY_NAME = "", "name"
WITHIN = {AS_IN_DATA: Message("order-of-data"), BY_NAME: Message("order-of-names")}
# Narrower there is no slider beside the choices: Ctrl+wheel is left.
COMFORTABLE = 760
# Before the empty room beside it.
FIRST = 1000
# Before the name of a column.
RISING, FALLING = "<", ">"


class Choices(Chip):
    """A chip with a menu of a few choices. Signal: chosen(str), the key of another choice.

    Attributes:
        options: key -> words.
        key: of what is chosen.
    """

    chosen = Signal(str)

    def __init__(self, label: str, options: Mapping[str, str], chosen: str) -> None:
        super().__init__(label)
        self.options, self.key = dict(options), chosen
        menu = QMenu(self)
        menu.aboutToShow.connect(partial(self._fill, menu))
        self.setMenu(menu)
        self.offer(options)

    def offer(self, options: Mapping[str, str]) -> None:
        """Offer other choices; what is chosen stays."""
        self.options = dict(options)
        self.choose(self.key)

    def choose(self, key: str) -> None:
        """Show another choice as chosen, and say so where it was not."""
        is_other, self.key = key != self.key, key
        self.set_value(self.options.get(key, key.lstrip(RISING + FALLING)))
        if is_other:
            self.chosen.emit(key)

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        for key, words in self.options.items():
            action = menu.addAction(literal(words))
            action.setCheckable(True)
            action.setChecked(key == self.key)
            action.triggered.connect(partial(self.choose, key))


class GridBar(QWidget):
    """Signals: changed() when an order is; side_wished(int) pixels; all_wished() to open or close all.

    every_split_wished() to see the images of all splits.
    """

    changed = Signal()
    side_wished = Signal(int)
    all_wished = Signal()
    every_split_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.group = Choices(Message("grid-group"), GROUPED, CLASS)
        orders = {"most": Message("most-images"), "fewest": Message("fewest-images"), "name": Message("by-name")}
        self.groups_order = Choices(Message("grid-sort"), orders, "most")
        self.images_order = Choices(Message("grid-within"), WITHIN, "")
        self.groups_order.setToolTip(Message("order-of-groups-tip"))
        self.images_order.setToolTip(Message("order-of-images-tip"))
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setRange(SMALLEST // STEP, LARGEST // STEP)
        self._size.setPageStep(1)
        self._size.setFixedWidth(96)
        self._size.setAccessibleName(Message("size-of-images"))
        self._size.setToolTip(Message("size-of-images-tip"))
        self._counts = ElidedLabel(where=Qt.TextElideMode.ElideRight)
        self._counts.setProperty("quiet", True)
        self._counts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # It has what the choices leave.
        self._counts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # In its place where the split leaves images out.
        self._split_counts = BriefButton()
        self._split_counts.hide()
        self._all = button(Message("expand-all"), "quiet")
        self._all.setToolTip(COMMANDS["grid.open_all"].tooltip)
        self._size_label = quiet_label(Message("grid-size"))
        self._size_label.setBuddy(self._size)
        chips = (self.group, self.groups_order, self.images_order)
        in_row(
            *chips,
            self._size_label,
            self._size,
            1,
            (self._counts, FIRST),
            (self._split_counts, FIRST),
            self._all,
            on=self,
            margins=(16, 6, 16, 6),
            spacing=8,
        )
        for chip in (self.groups_order, self.images_order):
            chip.chosen.connect(self._on_chosen)
        self._size.valueChanged.connect(self._on_size)
        self._all.clicked.connect(self.all_wished)
        self._split_counts.clicked.connect(self.every_split_wished)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_comfortable = event.size().width() >= COMFORTABLE
        for part in (self._size_label, self._size):
            part.setVisible(is_comfortable)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 40)

    def minimumSizeHint(self) -> QSize:
        # Without the slider, which goes where the bar is narrow.
        hint, parts = super().minimumSizeHint(), (self._size_label, self._size)
        return QSize(hint.width() - sum(part.width() for part in parts if not part.isHidden()), hint.height())

    def offer_columns(self, columns: Iterable[Column]) -> None:
        """Offer to group and to sort by these too."""
        groups: dict[str, str] = dict(GROUPED)
        within: dict[str, str] = dict(WITHIN)
        for column in columns:
            if column.name != CLASS:
                groups[column.name] = title_of(column.name)
            if isinstance(column, NumberColumn):
                within[RISING + column.name] = Message("lowest-first", column=column.name)
                within[FALLING + column.name] = Message("highest-first", column=column.name)
            elif column.name not in (CLASS, SPLIT, ROLE):
                within[RISING + column.name] = column.name
        self.group.offer(groups)
        self.images_order.offer(within)

    def show_side(self, side: int) -> None:
        """Put the slider where the size is."""
        self._size.setValue(side // STEP)

    def show_counts(self, words: str, all_open: bool, can_open: bool) -> None:
        """Say how much is shown, and whether groups can be opened or closed."""
        self._counts.setText(words)
        self._counts.show()
        self._split_counts.hide()
        self._show_opening(all_open, can_open)

    def show_split(self, words: str, brief: str, tip: str, all_open: bool, can_open: bool) -> None:
        """Say how much of all is shown where the split leaves images out; a click asks for those too."""
        self._counts.hide()
        self._split_counts.say(words, brief)
        self._split_counts.setToolTip(tip)
        self._split_counts.show()
        self._show_opening(all_open, can_open)

    def _show_opening(self, all_open: bool, can_open: bool) -> None:
        self._all.setText(literal(Message("collapse-all") if all_open else Message("expand-all")))
        self._all.setVisible(can_open)
        self.groups_order.setVisible(can_open)

    def _on_chosen(self, _key: str) -> None:
        self.changed.emit()

    def _on_size(self, steps: int) -> None:
        self.side_wished.emit(steps * STEP)
