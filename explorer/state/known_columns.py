"""What images can be filtered, coloured and grouped by: the columns of the catalog, and measures of the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, Signal

from core.data.catalog import Catalog
from core.data.columns import Column, columns_of
from explorer.state.slots import SlotKey


class KnownColumns(QObject):
    """By name, those of the catalog first. Signal: changed(), when there are others.

    `measured` are the names that measures may come to have; neither they nor those `reserved` are an attribute's.
    """

    changed = Signal()

    def __init__(
        self, measured: Iterable[str] = (), reserved: Iterable[str] = (), parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._measured = tuple(measured)
        self._reserved = (*self._measured, *reserved)
        self._of_catalog: list[Column] = []
        self._of_slots: dict[SlotKey, tuple[Column, ...]] = {}
        self._by_name: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column | None:
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Column]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def may_have(self, name: str) -> bool:
        """Whether there is such a column, or will be once it is measured."""
        return name in self._by_name or name in self._measured

    @property
    def of_catalog(self) -> tuple[Column, ...]:
        """Those that the data set brought."""
        return tuple(self._of_catalog)

    def set_catalog(self, catalog: Catalog | None) -> None:
        """Another data set; what was measured went with the former one."""
        self._of_catalog = [] if catalog is None else columns_of(catalog, self._reserved)
        self._of_slots.clear()
        self._announce()

    def set_measured(self, slot: SlotKey, columns: tuple[Column, ...]) -> None:
        """What is measured of each image by the model of a slot; none while that is not known."""
        if columns or self._of_slots.get(slot):
            self._of_slots[slot] = columns
            self._announce()

    def _announce(self) -> None:
        measured = [column for columns in self._of_slots.values() for column in columns]
        self._by_name = {column.name: column for column in (*self._of_catalog, *measured)}
        self.changed.emit()
