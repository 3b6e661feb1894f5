"""What single panels hide by themselves, told to all, so that nothing that is hidden is in force unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class PanelFilter:
    """Something that one panel hides.

    Attributes:
        title: what kind of hiding it is, such as "hidden".
        words: what it holds.
        end: shows all again.
        panel: the panel's name.
    """

    title: str
    words: str
    end: Callable[[], object]
    panel: str


class PanelFilters(QObject):
    """By a key of whoever hides, in the order in which they began. Signal: changed()."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_key: dict[str, PanelFilter] = {}

    @property
    def all(self) -> tuple[PanelFilter, ...]:
        """Those in force."""
        return tuple(self._by_key.values())

    def put(self, key: str, hiding: PanelFilter | None) -> None:
        """Say what is hidden now, None for nothing."""
        if self._by_key.get(key) == hiding:
            return
        if hiding is None:
            del self._by_key[key]
        else:
            self._by_key[key] = hiding
        self.changed.emit()
