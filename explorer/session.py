"""The session: what is open and chosen, and all that panels share. It composes the parts of `explorer.state`.

Panels call the methods, which change state or emit a request (`*_requested`), and listen to what changed. Loader,
result engine and training jobs answer by the `set_*` methods and with `results`. Images are catalog rows everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.data.catalog import Catalog, Rows
from core.data.columns import Column
from core.data.source import DataSource
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measured_columns import measured_columns, measured_names
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.results.neighbours import ASKED, NEIGHBOURS
from explorer.state.derived import SHOWN, SOURCE, ShownData
from explorer.state.filter import Filter
from explorer.state.known_columns import KnownColumns
from explorer.state.library import Library
from explorer.state.panel_filters import PanelFilters
from explorer.state.problems import Problems
from explorer.state.results import ResultStore, SlotResults
from explorer.state.runs import Runs
from explorer.state.selection import Selection
from explorer.state.slots import SLOTS, EmbeddingSource, SlotKey
from explorer.state.steps import Steps
from explorer.state.subject import MADE_ANEW, QUERY, WINDOW
from explorer.state.tasks import Tasks

if TYPE_CHECKING:
    from core.comparison import Comparison

# By class, by what the model retrieves for an image, or by the column of that name.
CLASS, CORRECTNESS = "class", "correctness"


class Session(QObject):
    """What is open, chosen, selected and known.

    Attributes:
        results: what is known of each slot.
        selection, runs, library, tasks, problems: parts that stand alone.
        source, catalog, split: the open data set, and the split of it that is shown.
        columns, filter: what images can be told apart by, and which of them are shown.
        panel_filters: what single panels hide besides.
        steps: the way back of filter, focus and selection.
        colouring, grouping: the column by which maps are coloured, or "correctness", and by which lists of images are
            grouped, "" for not at all.
        last_folder: where a file or folder was last chosen in a dialog.

    Signals say what changed. `catalog_closing` comes while everything of the open data set is still there.
    `reading_requested` asks the user how data are to be read: their source, and what kept them from being opened or
    None. `data_refused` carries why data that were wanted cannot be opened, where nobody need be asked.
    """

    catalog_closing = Signal()
    catalog_changed = Signal()
    split_changed = Signal()
    colouring_changed = Signal()
    grouping_changed = Signal()
    device_changed = Signal()

    data_requested = Signal(object)
    reading_requested = Signal(object, object)
    data_refused = Signal(object)
    file_requested = Signal(str, object)
    fetch_requested = Signal(str)
    features_requested = Signal(str)

    def __init__(self, workspace: Path, parent: QObject | None = None, slots: Sequence[SlotKey] = SLOTS) -> None:
        super().__init__(parent)
        self.workspace = Path(workspace)
        self.results = ResultStore(slots, self)
        self.selection = Selection(self.results, NEIGHBOURS, self)
        self.runs, self.library = Runs(self), Library(self)
        self.tasks, self.problems = Tasks(self), Problems(self)
        self.source: DataSource | None = None
        self.catalog: Catalog | None = None
        self.split = "all"
        self.columns = KnownColumns(measured_names(self.slots), (CORRECTNESS,), self)
        self.filter = Filter(self.columns, self)
        self.panel_filters = PanelFilters(self)
        self.steps = Steps(self.filter, self.selection, self)
        self.colouring = self.grouping = CLASS
        self.device = ""
        self.last_folder = ""
        self.results[EMBEDDINGS].changed.connect(self._on_measured)
        self.results[EVALUATION].changed.connect(self._on_measured)

    # What panels ask for

    def open_data(self, source: DataSource) -> None:
        """Open a data set; everything of the previous one is closed first."""
        self.data_requested.emit(source)

    def fetch(self, name: str) -> None:
        """Download one of torchvision's data sets, and open it."""
        self.fetch_requested.emit(name)

    def use(self, slot: SlotKey, chosen: EmbeddingSource) -> None:
        """Use what a list offers in a slot; an embeddings file is read again, because it may have changed."""
        if isinstance(chosen, EmbeddingsFile):
            self.open_file(slot, chosen.path)
        else:
            self.choose_checkpoint(slot, chosen)

    def open_file(self, slot: SlotKey, path: Path) -> None:
        """Use a checkpoint, a run's directory or the vectors in a file, once a thread has read what it is."""
        self.file_requested.emit(slot, path)

    def use_features(self, weights: str = "") -> None:
        """Use a backbone with ImageNet's weights as A, which are downloaded where need be, or with those of a file."""
        self.features_requested.emit(weights)

    def choose_checkpoint(self, slot: SlotKey, info: EmbeddingSource | None) -> None:
        """Use a checkpoint, or what was read of an embeddings file, in a slot; None for B ends the comparison.

        Choosing the same one again does nothing once its embeddings are there, and else tries again.
        """
        if info is not None and info == self.checkpoint[slot] and self.results[EMBEDDINGS][slot] is not None:
            return
        self.results.clear(slot, keep=(SHOWN, SOURCE, ASKED))
        self.problems.clear_where(lambda subject: subject.slot == slot)
        if info is None:
            self.checkpoint.drop(slot)
        else:
            self.checkpoint.put(slot, info)
        self.results.choices_changed.emit()

    def set_split(self, split: str) -> None:
        """Measure and show another split of the catalog."""
        if split == self.split or self.catalog is None:
            return
        self._close_images()
        self.split = split
        self._show_images()
        self.steps.clear()
        self.split_changed.emit()
        self.results.choices_changed.emit()

    def set_colouring(self, name: str) -> None:
        """Colour maps by a column, or by correctness; by class where there is no such column."""
        if not (name == CORRECTNESS or self.columns.may_have(name)):
            name = CLASS
        if name != self.colouring:
            self.colouring = name
            self.colouring_changed.emit()

    def set_grouping(self, name: str) -> None:
        """Group lists of images by a column, "" for not at all; by class where there is no such column."""
        if name and not self.columns.may_have(name):
            name = CLASS
        if name != self.grouping:
            self.grouping = name
            self.grouping_changed.emit()

    # What is known

    @property
    def slots(self) -> tuple[SlotKey, ...]:
        """All slots, the reference first."""
        return self.results.slots

    @property
    def reference(self) -> SlotKey:
        """The slot that stands alone while nothing is compared."""
        return self.results.reference

    @property
    def compared(self) -> SlotKey | None:
        """The slot that is compared with the reference; None while there is none."""
        return next((slot for slot in self.slots[1:] if self.checkpoint[slot] is not None), None)

    @property
    def comparing(self) -> bool:
        """Whether a second model is chosen."""
        return self.compared is not None

    @property
    def comparison(self) -> Comparison | None:
        """How the compared slot differs from the reference, once that is known."""
        known = (self.results[COMPARISON][slot] for slot in self.slots[1:])
        return next((comparison for comparison in known if comparison is not None), None)

    @property
    def checkpoint(self) -> SlotResults[EmbeddingSource]:
        """The model of each slot."""
        return self.results[SOURCE]

    @property
    def has_model(self) -> bool:
        """Whether a model is chosen for the reference, without which the other slots have none either."""
        return self.checkpoint[self.reference] is not None

    def model_name(self, slot: SlotKey | None) -> str:
        """What the model of a slot is called, "" where there is none."""
        source = None if slot is None else self.checkpoint[slot]
        return "" if source is None else source.name

    def rows_of_classes(self, codes: Sequence[int]) -> Rows:
        """The images of some classes that are shown: of the split, and not hidden by the filter."""
        if self.catalog is None:
            return np.empty(0, np.int64)
        rows, mask = self.catalog.rows(self.split), self.filter.mask
        is_wanted = np.zeros(len(self.catalog.classes) + 1, bool)
        is_wanted[list(codes)] = True
        is_shown = is_wanted[self.catalog.codes[rows]]
        shown: Rows = rows[is_shown if mask is None else is_shown & mask[rows]]
        return shown

    def collapse_of(self, slot: SlotKey) -> str:
        """What is said of vectors that (nearly) all lie at one place; "" of others, and while there is no map."""
        projection = self.results[MAP][slot]
        return "" if projection is None else projection.collapse

    # What the jobs answer

    def set_catalog(self, source: DataSource, catalog: Catalog, split: str) -> None:
        """A data set was opened."""
        self.catalog_closing.emit()
        self._close_images()
        self.selection.focus = None
        self.filter.clear()
        self.source, self.catalog, self.split = source, catalog, split
        self.columns.set_catalog(catalog)
        self.set_colouring(self.colouring)
        self.set_grouping(CLASS)
        for slot in self.slots:
            self.checkpoint.drop(slot)
        self._show_images()
        self.steps.clear()
        # Last, because whoever hears of the catalog may choose checkpoints for it at once.
        self.catalog_changed.emit()
        self.results.choices_changed.emit()

    def set_device(self, name: str) -> None:
        """The device that children compute on."""
        if name and name != self.device:
            self.device = name
            self.device_changed.emit()

    def _on_measured(self, slot: SlotKey) -> None:
        """What is measured of each image is known, or no longer."""
        evaluation, embeddings = self.results[EVALUATION][slot], self.results[EMBEDDINGS][slot]
        measured: tuple[Column, ...] = ()
        if evaluation is not None and embeddings is not None and self.catalog is not None:
            measured = measured_columns(
                len(self.catalog), embeddings, evaluation, "" if slot == self.reference else slot
            )
        self.columns.set_measured(slot, measured)

    def _close_images(self) -> None:
        """Forget what is known of the images, selected among them and wrong with them, while they are still there."""
        for slot in self.slots:
            self.results.clear(slot, keep=(SOURCE, ASKED))
        self.selection.clear()
        self.problems.clear_where(lambda subject: bool(subject.slot) or subject in (QUERY, WINDOW, MADE_ANEW))

    def _show_images(self) -> None:
        if self.source is None or self.catalog is None:
            return
        shown = ShownData(self.source, self.catalog, self.split)
        for slot in self.slots:
            self.results[SHOWN].put(slot, shown)
