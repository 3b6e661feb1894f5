"""The results of all slots as they are known now. Whoever listens never meets one that no longer follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from explorer.state.derived import Derived, OfReference
from explorer.state.slots import SlotKey

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Entry(Generic[T]):
    """A value, and the entries it was made from, in the order of its needs; None for what was not there."""

    value: T
    inputs: tuple[Entry[Any] | None, ...] = ()
    is_draft: bool = False
    path: Path = Path()


class SlotResults(QObject, Generic[T]):
    """One result, by slot. Signal: changed(slot)."""

    changed = Signal(str)

    def __init__(self, derived: Derived[T], results: ResultStore) -> None:
        super().__init__(results)
        self.derived = derived
        self.entries: dict[SlotKey, Entry[T]] = {}
        self._results = results

    def __getitem__(self, slot: SlotKey) -> T | None:
        entry = self.entries.get(slot)
        return None if entry is None else entry.value

    def put(
        self,
        slot: SlotKey,
        value: T,
        inputs: tuple[Entry[Any] | None, ...] | None = None,
        is_draft: bool = False,
        path: Path = Path(),
    ) -> None:
        """Take a new value, made from what is there unless `inputs` says otherwise; what followed from the old goes."""
        known = self._results.inputs_of(self.derived, slot) if inputs is None else inputs
        self.entries[slot] = Entry(value, known, is_draft, path)
        self._results.drop_outdated()
        self.changed.emit(slot)

    def drop(self, slot: SlotKey) -> None:
        """There is no such result any more, nor what followed from it."""
        if self.entries.pop(slot, None) is not None:
            self._results.drop_outdated()
            self.changed.emit(slot)


class ResultStore(QObject):
    """What is known of every slot. Signal: choices_changed(): after what a person chose has changed, and was told."""

    choices_changed = Signal()

    def __init__(self, slots: Sequence[SlotKey], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.slots, self.reference = tuple(slots), slots[0]
        self._by_name: dict[str, SlotResults[Any]] = {}

    def __getitem__(self, derived: Derived[T]) -> SlotResults[T]:
        """One result of all slots; the first who asks makes it known."""
        if derived.name not in self._by_name:
            self._by_name[derived.name] = SlotResults(derived, self)
        return self._by_name[derived.name]

    def entry(self, need: Derived[Any] | OfReference, slot: SlotKey) -> Entry[Any] | None:
        """What stands for a need of a slot at present."""
        of_one = self._by_name.get(need.name)
        return None if of_one is None else of_one.entries.get(self.slot_of(need, slot))

    def slot_of(self, need: Derived[Any] | OfReference, slot: SlotKey) -> SlotKey:
        """Whose result a need of a slot is."""
        return self.reference if isinstance(need, OfReference) else slot

    def inputs_of(self, derived: Derived[Any], slot: SlotKey) -> tuple[Entry[Any] | None, ...]:
        """What is there of all that a result needs."""
        return tuple(None if self.is_itself(need, slot) else self.entry(need, slot) for need in derived.needs)

    def is_itself(self, need: Derived[Any] | OfReference, slot: SlotKey) -> bool:
        """Whether a need is one of the reference slot, which does without."""
        return isinstance(need, OfReference) and slot == self.reference

    def clear(self, slot: SlotKey, keep: Sequence[Derived[Any]] = ()) -> None:
        """Forget all of a slot but what is to be kept, before anybody hears of it."""
        staying = {derived.name for derived in keep}
        gone = [
            of for name, of in self._by_name.items() if name not in staying and of.entries.pop(slot, None) is not None
        ]
        self.drop_outdated()
        for of_one in reversed(gone):
            of_one.changed.emit(slot)

    def drop_outdated(self) -> None:
        """Forget what no longer follows from what is there, before anybody hears of it."""
        gone: list[tuple[SlotResults[Any], SlotKey]] = []
        while outdated := [
            (of_one, slot)
            for of_one in self._by_name.values()
            for slot, entry in of_one.entries.items()
            if self._is_outdated(of_one.derived, slot, entry)
        ]:
            for of_one, slot in outdated:
                del of_one.entries[slot]
            gone += outdated
        for of_one, slot in reversed(gone):
            of_one.changed.emit(slot)

    def _is_outdated(self, derived: Derived[Any], slot: SlotKey, entry: Entry[Any]) -> bool:
        for need, former in zip(derived.needs, entry.inputs, strict=False):
            now = self.entry(need, slot)
            if former is None or now is former:
                continue
            if derived.stays and (now is not None or isinstance(need, OfReference)):
                continue
            return True
        return False
