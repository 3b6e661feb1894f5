"""The session: the only state that panels share, and the requests they may make.

Panels call the methods, which change state or emit a request (`*_requested`), and listen to what changed. The pipeline
and the training jobs answer requests by the `set_*` methods. Images are catalog rows everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.data.catalog import Catalog, Rows
from core.data.source import DataSource
from core.errors import CoreError, DataError
from core.models.checkpoint_files import CheckpointInfo
from core.progress import REMADE
from core.retrieval.embeddings_file import EmbeddingsFile
from core.training.run_directory import RunSummary

if TYPE_CHECKING:
    from core.comparison import Comparison
    from core.projection.projection import Projection
    from core.retrieval.embeddings import Embeddings
    from core.retrieval.evaluation import Evaluation
    from core.retrieval.index import Index, QueryOutcome
    from core.training.recipe import Recipe

SlotKey = Literal["A", "B"]
SLOTS: tuple[SlotKey, SlotKey] = ("A", "B")
# What a slot can be: a network, or vectors without one.
EmbeddingSource = CheckpointInfo | EmbeddingsFile
Colouring = Literal["class", "correctness"]
HISTORY = 200


@dataclass(frozen=True)
class Task:
    """Background work in words; `fraction` 0..1 or None when unknown; `cancel` ends it, None when it cannot be."""

    key: str
    words: str
    fraction: float | None = None
    cancel: Callable[[], None] | None = None


def problem_subjects(slot: str) -> tuple[str, ...]:
    """Where problems of a slot stand: itself, what of it could not be read, its measures and its map."""
    works = (f"recall {slot}", f"map {slot}")
    return (slot, f"unreadable {slot}", *works, *(f"cancelled {work}" for work in (slot, *works)))


@dataclass(frozen=True)
class Problem:
    """Something went wrong with a subject ("data", "A", "map A", "query", "run"): one sentence, and details to copy.

    `retry` tries again; None where that is not to be had.
    """

    subject: str
    sentence: str
    details: str = ""
    retry: Callable[[], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class QueryResult:
    """What one query retrieves on one slot.

    Attributes:
        query: catalog row, or None when the query is an image file.
        rows: (K,) catalog rows, nearest first.
        similarities: (K,) cosine similarities, or minus the Euclidean distances.
        right: (K,) whether a result is of the query's class; None where the query has no class.
        outcome: facts about the query's whole ranking; None for an image file.
        missed_row: catalog row of the nearest image of the class beyond the shown ones, None when there is none.
        distance: what near is, one of `core.retrieval.search.DISTANCES`.
    """

    query: int | None
    rows: Rows
    similarities: np.ndarray
    right: np.ndarray | None
    outcome: QueryOutcome | None
    missed_row: int | None
    distance: str = "cosine"


class Session(QObject):
    """What is open, chosen, selected and known.

    Signals say what changed; those with a slot carry "A" or "B". `neighbours_changed` follows the query,
    `run_advanced` carries the run's path. `catalog_closing` comes while everything of the open data set is still there.
    `reading_requested` asks the user how data are to be read: their source, and what kept them from being opened or
    None. `data_refused` carries why data that were wanted cannot be opened, where nobody need be asked.
    """

    catalog_closing = Signal()
    catalog_changed = Signal()
    split_changed = Signal()
    checkpoint_changed = Signal(str)
    embeddings_changed = Signal(str)
    evaluation_changed = Signal(str)
    projection_changed = Signal(str)
    comparison_changed = Signal()
    selection_changed = Signal()
    query_changed = Signal()
    neighbours_changed = Signal(str)
    focus_changed = Signal()
    colouring_changed = Signal()
    k_changed = Signal()
    runs_changed = Signal()
    run_advanced = Signal(object)
    library_changed = Signal()
    tasks_changed = Signal()
    device_changed = Signal()
    problem = Signal(str, str, str)

    data_requested = Signal(object)
    reading_requested = Signal(object, object)
    data_refused = Signal(object)
    file_requested = Signal(str, object)
    query_image_requested = Signal(object)
    run_requested = Signal(object, object, str)
    stop_requested = Signal(object)
    resume_requested = Signal(object)
    delete_requested = Signal(object)
    run_read_again_wanted = Signal(object)

    def __init__(self, workspace: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workspace = Path(workspace)
        self.source: DataSource | None = None
        self.catalog: Catalog | None = None
        self.split = "all"
        self.checkpoint: dict[str, EmbeddingSource | None] = dict.fromkeys(SLOTS)
        self.opened: list[EmbeddingSource] = []
        self.embeddings: dict[str, Embeddings | None] = dict.fromkeys(SLOTS)
        self.index: dict[str, Index | None] = dict.fromkeys(SLOTS)
        self.evaluation: dict[str, Evaluation | None] = dict.fromkeys(SLOTS)
        self.projection: dict[str, Projection | None] = dict.fromkeys(SLOTS)
        self.neighbours: dict[str, QueryResult | None] = dict.fromkeys(SLOTS)
        self.comparison: Comparison | None = None
        self.selected: Rows = np.empty(0, dtype=np.int64)
        self.query: int | None = None
        self.query_image: Path | None = None
        self.focus: int | None = None
        self.colouring: Colouring = "class"
        self.k = 20
        self.runs: list[RunSummary] = []
        self.library: list[DataSource] = []
        self.device = ""
        # Where a file or folder was last chosen in a dialog.
        self.last_folder = ""
        self._tasks: dict[str, Task] = {}
        self._problems: dict[str, Problem] = {}
        self._messages: dict[Path, list[dict[str, Any]]] = {}
        self._history: list[int | Path] = []
        self._history_index = -1

    # What panels ask for

    def open_data(self, source: DataSource) -> None:
        """Open a data set; everything of the previous one is closed first."""
        self.data_requested.emit(source)

    def cancel(self, key: str) -> None:
        """End background work, where it goes on and can be ended."""
        task = self._tasks.get(key)
        if task is not None and task.cancel is not None:
            task.cancel()

    def use(self, slot: SlotKey, chosen: EmbeddingSource) -> None:
        """Use what a list offers as A or B; an embeddings file is read again, because it may have changed."""
        if isinstance(chosen, EmbeddingsFile):
            self.open_file(slot, chosen.path)
        else:
            self.choose_checkpoint(slot, chosen)

    def open_file(self, slot: SlotKey, path: Path) -> None:
        """Use a checkpoint, a run's directory or the vectors in a file as A or B, once a thread has read what it is."""
        self.file_requested.emit(slot, path)

    def choose_checkpoint(self, slot: SlotKey, info: EmbeddingSource | None) -> None:
        """Use a checkpoint, or what was read of an embeddings file, as A or B; None for B ends the comparison.

        Choosing the same one again does nothing once its embeddings are there, and else tries again.
        """
        if info is not None and info == self.checkpoint[slot] and self.embeddings[slot] is not None:
            return
        self._clear_slot(slot)
        self.checkpoint[slot] = info
        for subject in problem_subjects(slot):
            self.clear_problem(subject)
        self.checkpoint_changed.emit(slot)

    def set_split(self, split: str) -> None:
        """Measure and show another split of the catalog."""
        if split == self.split or self.catalog is None:
            return
        self._close_images()
        self.split = split
        self.split_changed.emit()

    def select(self, rows: Rows | list[int], query: int | None = None) -> None:
        """Select catalog rows; with `query` also make one of them the query."""
        chosen = np.unique(np.asarray(rows, dtype=np.int64))
        if not np.array_equal(chosen, self.selected):
            self.selected = chosen
            self.selection_changed.emit()
        if query is not None:
            self.set_query(query)

    def set_query(self, row: int | None) -> None:
        """Ask what an image retrieves; the step is remembered for back and forward."""
        if row == self.query and self.query_image is None:
            return
        if row is not None:
            self._remember(row)
        self._show_query(row)

    def set_query_image(self, path: Path) -> None:
        """Ask what an image file outside the data set retrieves; remembered as rows are."""
        self._remember(Path(path))
        self._show_query_image(Path(path))

    def set_row_of_query_image(self, row: int) -> None:
        """The query's file is this row of the data: the row takes its place, on the way back too."""
        if (
            self.query_image is not None
            and self._history_index >= 0
            and self._history[self._history_index] == self.query_image
        ):
            self._history[self._history_index] = row
        self.select([row], query=row)

    @property
    def can_go_back(self) -> bool:
        """Whether there was a query before this one."""
        return self._history_index > 0 or (not self._asked and self._history_index >= 0)

    @property
    def can_go_forward(self) -> bool:
        """Whether `back` was called."""
        return self._history_index < len(self._history) - 1

    def back(self) -> None:
        """Return to the query before this one."""
        if self.can_go_back:
            if self._asked:
                self._history_index -= 1
            self._show_again(self._history[self._history_index])

    def forward(self) -> None:
        """Undo `back`."""
        if self.can_go_forward:
            self._history_index += 1
            self._show_again(self._history[self._history_index])

    def set_focus(self, code: int | None) -> None:
        """Bring one class (an index into catalog.classes) to the fore."""
        if code != self.focus:
            self.focus = code
            self.focus_changed.emit()

    def set_colouring(self, name: Colouring) -> None:
        """Colour the map by class or by correctness."""
        if name != self.colouring:
            self.colouring = name
            self.colouring_changed.emit()

    def set_k(self, k: int) -> None:
        """How many neighbours are shown."""
        if k != self.k:
            self.k = k
            self.k_changed.emit()

    def start_run(self, recipe: Recipe, source: DataSource, device: str = "auto") -> None:
        """Train a recipe on a data set in a child process."""
        self.run_requested.emit(recipe, source, device)

    def stop_run(self, path: Path) -> None:
        """End a run at its next batch; its checkpoint is kept."""
        self.stop_requested.emit(path)

    def resume_run(self, path: Path) -> None:
        """Continue a run that ended before its last epoch."""
        self.resume_requested.emit(path)

    def read_run_again(self, path: Path) -> None:
        """Ask a run whose files have not answered once more."""
        self.run_read_again_wanted.emit(path)

    def delete_run(self, path: Path) -> None:
        """Remove a run's directory for good."""
        self.delete_requested.emit(path)

    # What is known

    @property
    def comparing(self) -> bool:
        """Whether a second checkpoint is chosen."""
        return self.checkpoint["B"] is not None

    def collapse_of(self, slot: SlotKey) -> str:
        """What is said of vectors that (nearly) all lie at one place; "" of others, and while there is no map."""
        projection = self.projection[slot]
        return "" if projection is None else str(projection.parameters.get("collapsed", ""))

    @property
    def tasks(self) -> list[Task]:
        """Background work under way, oldest first."""
        return list(self._tasks.values())

    @property
    def problems(self) -> list[Problem]:
        """What is wrong at present."""
        return list(self._problems.values())

    def run_messages(self, path: Path) -> list[dict[str, Any]]:
        """All messages of a run so far; the list grows."""
        return self._messages.setdefault(path, [])

    # What the pipeline and the jobs answer

    def set_catalog(self, source: DataSource, catalog: Catalog, split: str) -> None:
        """A data set was opened."""
        self.catalog_closing.emit()
        self._close_images()
        self.checkpoint = dict.fromkeys(SLOTS)
        self.focus = None
        self.source, self.catalog, self.split = source, catalog, split
        for slot in SLOTS:
            self.checkpoint_changed.emit(slot)
        # Last, because whoever hears of the catalog may choose checkpoints for it at once.
        self.catalog_changed.emit()

    def ask_how_to_read(self, source: DataSource, asked: DataError | None = None) -> None:
        """Data can be opened once the user has said how, or the user would like them read otherwise."""
        self.reading_requested.emit(source, asked)

    def refuse_data(self, error: CoreError) -> None:
        """Data that were wanted cannot be opened; the problem is put besides."""
        self.data_refused.emit(error)

    def set_embeddings(self, slot: SlotKey, embeddings: Embeddings, index: Index) -> None:
        """A checkpoint's embeddings of the split are there."""
        self.embeddings[slot], self.index[slot] = embeddings, index
        self.embeddings_changed.emit(slot)

    def set_evaluation(self, slot: SlotKey, evaluation: Evaluation) -> None:
        """A slot was measured."""
        self.evaluation[slot] = evaluation
        self.evaluation_changed.emit(slot)

    def set_projection(self, slot: SlotKey, projection: Projection) -> None:
        """A slot has a map, or a better one."""
        self.projection[slot] = projection
        self.projection_changed.emit(slot)

    def set_comparison(self, comparison: Comparison) -> None:
        """Both slots were compared."""
        self.comparison = comparison
        self.comparison_changed.emit()

    def set_neighbours(self, slot: SlotKey, retrieved: QueryResult) -> None:
        """The query's neighbours on one slot."""
        self.neighbours[slot] = retrieved
        self.neighbours_changed.emit(slot)

    def set_runs(self, runs: list[RunSummary]) -> None:
        """The runs of the workspace, newest first."""
        if runs != self.runs:
            self.runs = runs
            self.runs_changed.emit()

    def add_run_messages(self, path: Path, messages: list[dict[str, Any]]) -> None:
        """New messages of a run."""
        self._messages.setdefault(path, []).extend(messages)
        self.run_advanced.emit(path)

    def forget_run(self, path: Path) -> None:
        """Drop a run's messages, because it was deleted or starts anew."""
        self._messages.pop(path, None)

    def add_opened(self, chosen: EmbeddingSource) -> None:
        """A file was named by hand; of one that was opened before only the newest state is kept."""
        self.opened = [chosen, *(other for other in self.opened if other.path != chosen.path)]
        self.library_changed.emit()

    def set_opened(self, opened: list[EmbeddingSource]) -> None:
        """All files that were named by hand, those of earlier times too, newest first."""
        self.opened = opened
        self.library_changed.emit()

    def drop_opened(self, chosen: EmbeddingSource) -> None:
        """A file that was named by hand turned out to be of no use."""
        if chosen in self.opened:
            self.opened = [other for other in self.opened if other != chosen]
            self.library_changed.emit()

    def set_library(self, library: list[DataSource]) -> None:
        """The data sets this workspace knows."""
        self.library = library
        self.library_changed.emit()

    def set_device(self, name: str) -> None:
        """The device that children compute on."""
        if name and name != self.device:
            self.device = name
            self.device_changed.emit()

    def set_task(self, task: Task) -> None:
        """Work goes on, or got further."""
        self._tasks[task.key] = task
        self.tasks_changed.emit()

    def end_task(self, key: str) -> None:
        """Work ended, however it did."""
        if self._tasks.pop(key, None) is not None:
            self.tasks_changed.emit()

    def set_problem(
        self, subject: str, sentence: str, details: str = "", retry: Callable[[], None] | None = None
    ) -> None:
        """Something went wrong; it is shown until the subject is cleared."""
        self._problems[subject] = Problem(subject, sentence, details, retry)
        self.problem.emit(subject, sentence, details)

    def retry(self, subject: str) -> None:
        """Try again what went wrong with a subject."""
        problem = self._problems.get(subject)
        if problem is not None and problem.retry is not None:
            self.clear_problem(subject)
            problem.retry()

    def clear_problem(self, subject: str) -> None:
        """A subject is in order again; an empty sentence says so."""
        if self._problems.pop(subject, None) is not None:
            self.problem.emit(subject, "", "")

    def _show_query(self, row: int | None) -> None:
        self.query, self.query_image = row, None
        self._forget_neighbours()
        self.query_changed.emit()

    @property
    def _asked(self) -> bool:
        return self.query is not None or self.query_image is not None

    def _remember(self, asked: int | Path) -> None:
        if self._history_index < 0 or self._history[self._history_index] != asked:
            self._history = [*self._history[: self._history_index + 1], asked][-HISTORY:]
            self._history_index = len(self._history) - 1

    def _show_again(self, asked: int | Path) -> None:
        if isinstance(asked, Path):
            self._show_query_image(asked)
        else:
            self._show_query(asked)

    def _show_query_image(self, path: Path) -> None:
        self.query, self.query_image = None, path
        self._forget_neighbours()
        self.query_changed.emit()
        self.query_image_requested.emit(path)

    def _forget_neighbours(self) -> None:
        self.neighbours = dict.fromkeys(SLOTS)

    def _close_images(self) -> None:
        """Forget what is known of the images, selected among them and wrong with them, while they are still there."""
        for slot in SLOTS:
            self._clear_slot(slot)
        self._history, self._history_index = [], -1
        self.select([])
        self.set_query(None)
        for subject in (
            *problem_subjects("A"),
            *problem_subjects("B"),
            "comparison",
            "cancelled comparison",
            "query",
            "window",
            REMADE,
        ):
            self.clear_problem(subject)

    def _clear_slot(self, slot: SlotKey) -> None:
        """Forget everything about a slot before anybody hears of it: who listens must not meet half of it."""
        known = (
            (self.projection, self.projection_changed),
            (self.evaluation, self.evaluation_changed),
            (self.neighbours, self.neighbours_changed),
            (self.embeddings, self.embeddings_changed),
        )
        gone = [changed for values, changed in known if values[slot] is not None]
        was_compared = self.comparison is not None
        self.comparison = self.index[slot] = None
        for values, _ in known:
            values[slot] = None
        for changed in gone:
            changed.emit(slot)
        if was_compared:
            self.comparison_changed.emit()
