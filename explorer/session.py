"""The session: the only state that panels share, and the wishes they may utter.

Panels call the methods, which change state or emit a wish (`*_wanted`), and listen to what changed. The pipeline and
the training jobs answer wishes by the `put_*` methods. Images are catalog rows everywhere.
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
    from core.retrieval.index import Index, Verdict
    from core.training.recipe import Recipe

Side = Literal["A", "B"]
SIDES: tuple[Side, Side] = ("A", "B")
# What a side can be: a network, or vectors without one.
Chosen = CheckpointInfo | EmbeddingsFile
Colouring = Literal["class", "correctness"]
HISTORY = 200


@dataclass(frozen=True)
class Activity:
    """Background work in words; `fraction` 0..1 or None when unknown; `cancel` ends it, None when it cannot be."""

    key: str
    words: str
    fraction: float | None = None
    cancel: Callable[[], None] | None = None


def places_of(side: str) -> tuple[str, ...]:
    """Where problems of a side stand: itself, what of it could not be read, its measures and its map."""
    works = (f"recall {side}", f"map {side}")
    return (side, f"unreadable {side}", *works, *(f"cancelled {work}" for work in (side, *works)))


@dataclass(frozen=True)
class Problem:
    """Something went wrong at a place ("data", "A", "map A", "query", "run"): one sentence, and details to copy.

    `retry` tries again; None where that is not to be had.
    """

    place: str
    sentence: str
    details: str = ""
    retry: Callable[[], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class Retrieved:
    """What one query retrieves on one side.

    Attributes:
        query: catalog row, or None when the query is an image file.
        rows: (K,) catalog rows, nearest first.
        similarities: (K,) cosine similarities, or minus the Euclidean distances.
        right: (K,) whether a result is of the query's class; None where the query has no class.
        verdict: facts about the query's whole ranking; None for an image file.
        missed_row: catalog row of the nearest image of the class beyond the shown ones, None when there is none.
        distance: what near is, one of `core.retrieval.search.DISTANCES`.
    """

    query: int | None
    rows: Rows
    similarities: np.ndarray
    right: np.ndarray | None
    verdict: Verdict | None
    missed_row: int | None
    distance: str = "cosine"


class Session(QObject):
    """What is open, chosen, selected and known.

    Signals say what changed; those with a side carry "A" or "B". `neighbours_changed` follows the query,
    `run_advanced` carries the run's path. `catalog_closing` comes while everything of the open data set is still there.
    `reading_wanted` asks the user how data are to be read: their source, and what kept them from being opened or None.
    `data_refused` carries why data that were wanted cannot be opened, where nobody need be asked.
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
    activity_changed = Signal()
    device_changed = Signal()
    problem = Signal(str, str, str)

    data_wanted = Signal(object)
    reading_wanted = Signal(object, object)
    data_refused = Signal(object)
    file_wanted = Signal(str, object)
    query_image_wanted = Signal(object)
    run_wanted = Signal(object, object, str)
    stop_wanted = Signal(object)
    resume_wanted = Signal(object)
    delete_wanted = Signal(object)
    run_read_again_wanted = Signal(object)

    def __init__(self, workspace: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workspace = Path(workspace)
        self.source: DataSource | None = None
        self.catalog: Catalog | None = None
        self.split = "all"
        self.checkpoint: dict[str, Chosen | None] = dict.fromkeys(SIDES)
        self.opened: list[Chosen] = []
        self.embeddings: dict[str, Embeddings | None] = dict.fromkeys(SIDES)
        self.index: dict[str, Index | None] = dict.fromkeys(SIDES)
        self.evaluation: dict[str, Evaluation | None] = dict.fromkeys(SIDES)
        self.projection: dict[str, Projection | None] = dict.fromkeys(SIDES)
        self.neighbours: dict[str, Retrieved | None] = dict.fromkeys(SIDES)
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
        self._activities: dict[str, Activity] = {}
        self._problems: dict[str, Problem] = {}
        self._messages: dict[Path, list[dict[str, Any]]] = {}
        self._history: list[int | Path] = []
        self._place = -1

    # What panels ask for

    def open_data(self, source: DataSource) -> None:
        """Open a data set; everything of the previous one is closed first."""
        self.data_wanted.emit(source)

    def cancel(self, key: str) -> None:
        """End background work, where it goes on and can be ended."""
        activity = self._activities.get(key)
        if activity is not None and activity.cancel is not None:
            activity.cancel()

    def use(self, side: Side, chosen: Chosen) -> None:
        """Use what a list offers as A or B; an embeddings file is read again, because it may have changed."""
        if isinstance(chosen, EmbeddingsFile):
            self.open_file(side, chosen.path)
        else:
            self.choose_checkpoint(side, chosen)

    def open_file(self, side: Side, path: Path) -> None:
        """Use a checkpoint, a run's directory or the vectors in a file as A or B, once a thread has read what it is."""
        self.file_wanted.emit(side, path)

    def choose_checkpoint(self, side: Side, info: Chosen | None) -> None:
        """Use a checkpoint, or what was read of an embeddings file, as A or B; None for B ends the comparison.

        Choosing the same one again does nothing once its embeddings are there, and else tries again.
        """
        if info is not None and info == self.checkpoint[side] and self.embeddings[side] is not None:
            return
        self._clear_side(side)
        self.checkpoint[side] = info
        for place in places_of(side):
            self.clear_problem(place)
        self.checkpoint_changed.emit(side)

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

    def put_row_of_query_image(self, row: int) -> None:
        """The query's file is this row of the data: the row takes its place, on the way back too."""
        if self.query_image is not None and self._place >= 0 and self._history[self._place] == self.query_image:
            self._history[self._place] = row
        self.select([row], query=row)

    @property
    def can_go_back(self) -> bool:
        """Whether there was a query before this one."""
        return self._place > 0 or (not self._asked and self._place >= 0)

    @property
    def can_go_forward(self) -> bool:
        """Whether `back` was called."""
        return self._place < len(self._history) - 1

    def back(self) -> None:
        """Return to the query before this one."""
        if self.can_go_back:
            if self._asked:
                self._place -= 1
            self._show_again(self._history[self._place])

    def forward(self) -> None:
        """Undo `back`."""
        if self.can_go_forward:
            self._place += 1
            self._show_again(self._history[self._place])

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
        self.run_wanted.emit(recipe, source, device)

    def stop_run(self, path: Path) -> None:
        """End a run at its next batch; its checkpoint is kept."""
        self.stop_wanted.emit(path)

    def resume_run(self, path: Path) -> None:
        """Continue a run that ended before its last epoch."""
        self.resume_wanted.emit(path)

    def read_run_again(self, path: Path) -> None:
        """Ask a run whose files have not answered once more."""
        self.run_read_again_wanted.emit(path)

    def delete_run(self, path: Path) -> None:
        """Remove a run's directory for good."""
        self.delete_wanted.emit(path)

    # What is known

    @property
    def comparing(self) -> bool:
        """Whether a second checkpoint is chosen."""
        return self.checkpoint["B"] is not None

    def collapse_of(self, side: Side) -> str:
        """What is said of vectors that (nearly) all lie at one place; "" of others, and while there is no map."""
        projection = self.projection[side]
        return "" if projection is None else str(projection.parameters.get("collapsed", ""))

    @property
    def activities(self) -> list[Activity]:
        """Background work under way, oldest first."""
        return list(self._activities.values())

    @property
    def problems(self) -> list[Problem]:
        """What is wrong at present."""
        return list(self._problems.values())

    def run_messages(self, path: Path) -> list[dict[str, Any]]:
        """All messages of a run so far; the list grows."""
        return self._messages.setdefault(path, [])

    # What the pipeline and the jobs answer

    def put_catalog(self, source: DataSource, catalog: Catalog, split: str) -> None:
        """A data set was opened."""
        self.catalog_closing.emit()
        self._close_images()
        self.checkpoint = dict.fromkeys(SIDES)
        self.focus = None
        self.source, self.catalog, self.split = source, catalog, split
        for side in SIDES:
            self.checkpoint_changed.emit(side)
        # Last, because whoever hears of the catalog may choose checkpoints for it at once.
        self.catalog_changed.emit()

    def ask_how_to_read(self, source: DataSource, asked: DataError | None = None) -> None:
        """Data can be opened once the user has said how, or the user would like them read otherwise."""
        self.reading_wanted.emit(source, asked)

    def refuse_data(self, error: CoreError) -> None:
        """Data that were wanted cannot be opened; the problem is put besides."""
        self.data_refused.emit(error)

    def put_embeddings(self, side: Side, embeddings: Embeddings, index: Index) -> None:
        """A checkpoint's embeddings of the split are there."""
        self.embeddings[side], self.index[side] = embeddings, index
        self.embeddings_changed.emit(side)

    def put_evaluation(self, side: Side, evaluation: Evaluation) -> None:
        """A side was measured."""
        self.evaluation[side] = evaluation
        self.evaluation_changed.emit(side)

    def put_projection(self, side: Side, projection: Projection) -> None:
        """A side has a map, or a better one."""
        self.projection[side] = projection
        self.projection_changed.emit(side)

    def put_comparison(self, comparison: Comparison) -> None:
        """Both sides were compared."""
        self.comparison = comparison
        self.comparison_changed.emit()

    def put_neighbours(self, side: Side, retrieved: Retrieved) -> None:
        """The query's neighbours on one side."""
        self.neighbours[side] = retrieved
        self.neighbours_changed.emit(side)

    def put_runs(self, runs: list[RunSummary]) -> None:
        """The runs of the workspace, newest first."""
        if runs != self.runs:
            self.runs = runs
            self.runs_changed.emit()

    def put_run_messages(self, path: Path, messages: list[dict[str, Any]]) -> None:
        """New messages of a run."""
        self._messages.setdefault(path, []).extend(messages)
        self.run_advanced.emit(path)

    def forget_run(self, path: Path) -> None:
        """Drop a run's messages, because it was deleted or starts anew."""
        self._messages.pop(path, None)

    def put_opened(self, chosen: Chosen) -> None:
        """A file was named by hand; of one that was opened before only the newest state is kept."""
        self.opened = [chosen, *(other for other in self.opened if other.path != chosen.path)]
        self.library_changed.emit()

    def put_all_opened(self, opened: list[Chosen]) -> None:
        """All files that were named by hand, those of earlier times too, newest first."""
        self.opened = opened
        self.library_changed.emit()

    def drop_opened(self, chosen: Chosen) -> None:
        """A file that was named by hand turned out to be of no use."""
        if chosen in self.opened:
            self.opened = [other for other in self.opened if other != chosen]
            self.library_changed.emit()

    def put_library(self, library: list[DataSource]) -> None:
        """The data sets this workspace knows."""
        self.library = library
        self.library_changed.emit()

    def put_device(self, name: str) -> None:
        """The device that children compute on."""
        if name and name != self.device:
            self.device = name
            self.device_changed.emit()

    def put_activity(self, activity: Activity) -> None:
        """Work goes on, or got further."""
        self._activities[activity.key] = activity
        self.activity_changed.emit()

    def end_activity(self, key: str) -> None:
        """Work ended, however it did."""
        if self._activities.pop(key, None) is not None:
            self.activity_changed.emit()

    def put_problem(
        self, place: str, sentence: str, details: str = "", retry: Callable[[], None] | None = None
    ) -> None:
        """Something went wrong; it is shown until the place is cleared."""
        self._problems[place] = Problem(place, sentence, details, retry)
        self.problem.emit(place, sentence, details)

    def retry(self, place: str) -> None:
        """Try again what went wrong at a place."""
        problem = self._problems.get(place)
        if problem is not None and problem.retry is not None:
            self.clear_problem(place)
            problem.retry()

    def clear_problem(self, place: str) -> None:
        """A place is in order again; an empty sentence says so."""
        if self._problems.pop(place, None) is not None:
            self.problem.emit(place, "", "")

    def _show_query(self, row: int | None) -> None:
        self.query, self.query_image = row, None
        self._forget_neighbours()
        self.query_changed.emit()

    @property
    def _asked(self) -> bool:
        return self.query is not None or self.query_image is not None

    def _remember(self, asked: int | Path) -> None:
        if self._place < 0 or self._history[self._place] != asked:
            self._history = [*self._history[: self._place + 1], asked][-HISTORY:]
            self._place = len(self._history) - 1

    def _show_again(self, asked: int | Path) -> None:
        if isinstance(asked, Path):
            self._show_query_image(asked)
        else:
            self._show_query(asked)

    def _show_query_image(self, path: Path) -> None:
        self.query, self.query_image = None, path
        self._forget_neighbours()
        self.query_changed.emit()
        self.query_image_wanted.emit(path)

    def _forget_neighbours(self) -> None:
        self.neighbours = dict.fromkeys(SIDES)

    def _close_images(self) -> None:
        """Forget what is known of the images, selected among them and wrong with them, while they are still there."""
        for side in SIDES:
            self._clear_side(side)
        self._history, self._place = [], -1
        self.select([])
        self.set_query(None)
        for place in (
            *places_of("A"),
            *places_of("B"),
            "comparison",
            "cancelled comparison",
            "query",
            "window",
            REMADE,
        ):
            self.clear_problem(place)

    def _clear_side(self, side: Side) -> None:
        """Forget everything about a side before anybody hears of it: who listens must not meet half of it."""
        known = (
            (self.projection, self.projection_changed),
            (self.evaluation, self.evaluation_changed),
            (self.neighbours, self.neighbours_changed),
            (self.embeddings, self.embeddings_changed),
        )
        gone = [changed for values, changed in known if values[side] is not None]
        was_compared = self.comparison is not None
        self.comparison = self.index[side] = None
        for values, _ in known:
            values[side] = None
        for changed in gone:
            changed.emit(side)
        if was_compared:
            self.comparison_changed.emit()
