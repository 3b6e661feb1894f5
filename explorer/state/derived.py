"""What can be known of a slot, declared: what a result needs, how it is made, and the file that keeps it.

A panel with a result of its own declares it, and reads `session.results[RESULT][slot]`; who makes it, when, and what
becomes of it when a model is chosen is the same for all (`explorer.jobs.result_engine`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy.typing as npt

from core.array_file import load_arrays
from core.disk_cache import store
from core.progress import Reporter

if TYPE_CHECKING:
    from core.data.catalog import Catalog
    from core.data.source import DataSource
    from explorer.state.results import Entry
    from explorer.state.slots import EmbeddingSource, SlotKey

T = TypeVar("T")
# What the arrays of a result may take together.
BUDGET_BYTES = 1_000_000_000


class OfReference(NamedTuple):
    """A need: the result of that name of the reference slot. The reference itself is made without it."""

    name: str


@dataclass(frozen=True)
class Stored(Generic[T]):
    """The file or folder that a result is cached in.

    Attributes:
        suffix: of its name.
        load: reads it; where that raises CoreError or one of `core.array_file.DAMAGE`, it is made once more and said.
        save: writes it; raises CoreError or OSError where it cannot. None where a child process does.
        is_there: whether it is wholly there.
        title: what it is called while it is looked for.
    """

    suffix: str
    load: Callable[[Path, Request], T]
    save: Callable[[Path, T], None] | None = None
    is_there: Callable[[Path], bool] = Path.is_file
    title: str = ""


# For a result that is one array.
ARRAY: Stored[npt.NDArray[Any]] = Stored(
    ".npz",
    lambda path, _: load_arrays(path)["array"],
    lambda path, array: store(path, {"array": array}, BUDGET_BYTES),
)


@dataclass(frozen=True)
class Child:
    """A verb of the core in a child process, which writes the result's file.

    Attributes:
        verb: the first word of its command line; a slot has one child of each.
        arguments: the words after it.
        words: what it does, until it says so itself.
    """

    verb: str
    arguments: Callable[[Request], list[str]]
    words: Callable[[Request], str]


@dataclass(frozen=True, eq=False)
class Derived(Generic[T]):
    """A result of a slot.

    Attributes:
        name: of the result, of its folder in the workspace, and what its problems are about.
        words: what is done while a thread makes it, as "measuring recall"; None for what is too quick to tell.
        needs: what must be there: results of the same slot, or `OfReference`. When one of them is another, so is this.
        compute: makes it in a thread; raises CoreError. One with words may say how far it is (`Request.reporter`) and
            has to end when nobody waits any more (`Request.should_stop`).
        child: makes it in a child process instead; needs `stored`.
        stored: how it is cached; None where it is made anew each time, or `compute` sees to `Request.path` itself.
        folder: of the workspace that its files are in; "" is one of its name among those of the panels' results.
        file_stem: names its file after what it is made from; None does, where that follows from images and models.
        draft: makes something to show until the result is there, of whatever is there of the reference by then.
        stays: shown until the new one is there when it is made anew for the same model.
        of_reference: whether the reference slot has it too.
        subject: what its problems are about, where that is not its name.

    Raises ValueError where these do not go together.
    """

    name: str
    words: Callable[[Request], str] | None = None
    needs: tuple[Derived[Any] | OfReference, ...] = ()
    compute: Callable[[Request], T] | None = None
    child: Child | None = None
    stored: Stored[T] | None = None
    folder: str = ""
    file_stem: Callable[[Request], str] | None = None
    draft: Callable[[Request], T] | None = None
    stays: bool = False
    of_reference: bool = True
    subject: str = ""

    def __post_init__(self) -> None:
        if self.child is not None and (self.compute is not None or self.stored is None):
            raise ValueError(f"{self.name}: a child process makes it alone, and writes what is `stored`.")
        if self.stored is not None and self.child is None and not self.words:
            raise ValueError(f"{self.name}: what is `stored` takes time, which is told by `words`.")

    @property
    def is_chosen(self) -> bool:
        """Whether nobody makes it."""
        return self.compute is None and self.child is None

    @property
    def leans_on_reference(self) -> bool:
        """Whether it is another where the reference slot has another model."""
        return any(isinstance(need, OfReference) or need.leans_on_reference for need in self.needs)

    def name_file(self, request: Request) -> str:
        """What its file is called, without the suffix."""
        if self.file_stem is not None:
            return self.file_stem(request)
        of_both = self.leans_on_reference and request.compared
        stem = request.stem(request.reference if of_both else request.slot)
        return f"{stem}-{request[SOURCE].identity}" if of_both else stem


@dataclass(frozen=True)
class ShownData:
    """The images in question: a data set, its catalog, and the split."""

    source: DataSource
    catalog: Catalog
    split: str


# What a person chooses, of which all else follows; nobody makes them.
SHOWN: Derived[ShownData] = Derived("shown")
SOURCE: Derived[EmbeddingSource] = Derived("source")


def checked(declared: Sequence[Derived[Any]]) -> tuple[Derived[Any], ...]:
    """The same, each after those it needs.

    Raises ValueError where that does not hold, a name is there twice, one file would stand for several queries, or two
    results would stop each other's child process.
    """
    follows_from: dict[str, frozenset[str]] = {}
    verbs: set[str] = set()
    for derived in declared:
        if derived.name in follows_from or derived.is_chosen:
            raise ValueError(f"{derived.name} is listed twice, or nothing makes it.")
        choices: frozenset[str] = frozenset()
        for need in derived.needs:
            if isinstance(need, Derived) and need.is_chosen:
                choices |= {need.name}
            elif need.name in follows_from:
                choices |= follows_from[need.name]
            elif need.name != derived.name:
                raise ValueError(f"{derived.name} needs {need.name}, which is not listed before it.")
        if derived.stored is not None and derived.file_stem is None and choices - {SHOWN.name, SOURCE.name}:
            raise ValueError(f"{derived.name} needs a `file_stem`: it follows from more than images and models.")
        if derived.child is not None and derived.child.verb in verbs:
            raise ValueError(f"{derived.name} is made by `{derived.child.verb}`: a slot has one child of each verb.")
        verbs |= {derived.child.verb} if derived.child is not None else set()
        follows_from[derived.name] = choices
    return tuple(declared)


class Request:
    """What a result is to be made from, as it was when that was asked for; made for a thread, and knows no widget.

    Attributes:
        slot: the slot.
        reference: the reference slot; the same where this is it.
        path: of the result's file; `.npz` where it is not declared.
        reporter: hears how far it is.
        should_stop: True once nobody waits any more.
        device: that child processes compute on.
    """

    def __init__(
        self, slot: SlotKey, reference: SlotKey, entries: dict[tuple[str, SlotKey], Entry[Any]], device: str
    ) -> None:
        self.slot, self.reference, self.device = slot, reference, device
        self._entries = entries
        self.path = Path()
        self.reporter = Reporter()
        self.should_stop: Callable[[], bool] = lambda: False

    def __getitem__(self, derived: Derived[T]) -> T:
        """A result of the slot that was declared as a need. Raises KeyError for any other."""
        return self._of(derived, self.slot)

    def of_reference(self, derived: Derived[T]) -> T:
        """The same of the reference slot."""
        return self._of(derived, self.reference)

    def draft_of_reference(self, derived: Derived[T]) -> T | None:
        """The same, for a draft, which does not wait for it; None too for the reference itself."""
        key = (derived.name, self.reference)
        return None if self.reference == self.slot or key not in self._entries else self._of(derived, self.reference)

    def path_of(self, derived: Derived[Any], slot: SlotKey | None = None) -> Path:
        """Where a needed result is cached."""
        return self._entries[derived.name, slot or self.slot].path

    @property
    def compared(self) -> bool:
        """Whether the slot is another than the reference."""
        return self.slot != self.reference

    def stem(self, slot: SlotKey) -> str:
        """Names the files of a slot: after the images and the model."""
        shown, source = self._of(SHOWN, slot), self._of(SOURCE, slot)
        return f"{shown.catalog.fingerprint}-{shown.split}-{source.identity}"

    def _of(self, derived: Derived[T], slot: SlotKey) -> T:
        value: T = self._entries[derived.name, slot].value
        return value
