"""From a chosen data set and checkpoint to everything the panels show.

    data -> catalog -> embeddings of A and B -> index, measures, PCA map -> UMAP map -> comparison, neighbours

Each arrow is a job in a thread or a child process; a newer choice makes older answers void. What children compute is
kept in the workspace under names made of what it was computed from, so it is found again and never stale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Slot

from core.child_process import ProcessOutcome
from core.comparison import Comparison, compare_once
from core.data.catalog import Catalog
from core.errors import EmbeddingsError, StorageError
from core.progress import REMADE, Reporter
from core.projection.compiled_code import is_compiled
from core.projection.projection import Projection, load, pca_map
from core.retrieval.distance_rule import distance_of
from core.retrieval.embeddings import Embeddings, Origin, Vectors, is_complete, load_folder
from core.retrieval.embeddings_file import EmbeddingsFile
from core.retrieval.evaluation import RECALL_AT, Evaluation
from core.retrieval.evaluation_file import evaluate_once
from core.retrieval.index import Index, judge
from core.storage import discard
from explorer.jobs.artifact_paths import ArtifactPaths
from explorer.jobs.child_processes import ChildProcesses
from explorer.jobs.dataset_loader import DatasetLoader
from explorer.jobs.external_embeddings import ExternalEmbeddings
from explorer.jobs.image_query import ImageQuery
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork, report_cancelled
from explorer.session import SLOTS, EmbeddingSource, QueryResult, Session, SlotKey

UMAP_SEED = 42
PRECISION_AT = RECALL_AT


class Pipeline(QObject):
    """Answers the session's requests for data, embeddings, measures, maps and neighbours."""

    def __init__(self, session: Session, runner: JobRunner, children: ChildProcesses, device: str = "auto") -> None:
        super().__init__(session)
        self._session, self._runner, self._children, self._device = session, runner, children, device
        self._work = ShownWork(session, runner)
        self._results = ArtifactPaths(session.workspace)
        self._healed: set[Path] = set()
        # Of each slot: where its embeddings and its map are, or are to be.
        self._folders: dict[str, Path] = {}
        self._maps: dict[str, Path] = {}
        # Before we hear of a query ourselves, so that no vector of an earlier image is met.
        self._image = ImageQuery(session, runner, children, device)
        self._image.embedded.connect(self._find_neighbours)
        self._given = ExternalEmbeddings(session, runner)
        self._last_used: dict[str, EmbeddingSource | None] = dict.fromkeys(SLOTS)
        self._opening = DatasetLoader(session, runner, children, self)
        session.checkpoint_changed.connect(self._on_checkpoint_changed)
        session.split_changed.connect(self._on_split_changed)
        session.query_changed.connect(self._on_query_changed)
        session.k_changed.connect(self._on_k_changed)

    def compile_ahead(self) -> None:
        """On a machine's first start, compile the map's code while data and embeddings are being made."""
        if not is_compiled():
            ignored = partial(self._children.stop, "prepare")
            self._children.start("prepare", ["prepare"], "compiling the map's code, once", ignored, lambda _: ignored())

    @property
    def busy(self) -> bool:
        """Whether anything the panels will show is still being made."""
        return self._runner.busy or self._children.busy

    # Embeddings

    @Slot(str)
    def _on_checkpoint_changed(self, slot: SlotKey) -> None:
        works = ("find", "index", "evaluation", "pca", "find map", "map", "neighbours")
        for work in (*(f"{work} {slot}" for work in works), "comparison"):
            self._runner.forget(work)
            self._session.end_task(work)
        for child in ("embed", "project"):
            self._children.stop(f"{child} {slot}")
        if self._session.checkpoint[slot] is None:
            self._last_used[slot] = None
        if slot == "A":
            # B's map leans on A's; its neighbours and measures stay.
            self._children.stop("project B")
            for work in ("find map B", "map B"):
                self._runner.forget(work)
                self._session.end_task(work)
        self._embed(slot)

    @Slot()
    def _on_split_changed(self) -> None:
        for slot in SLOTS:
            self._on_checkpoint_changed(slot)

    def _embed(self, slot: SlotKey) -> None:
        """Look whether the embeddings are kept, and have them made where they are not."""
        name = self._name(slot)
        if name:
            self._work.submit(
                f"find {slot}",
                slot,
                "looking for kept embeddings",
                partial(_find_embeddings, self._results, name),
                partial(self._on_found, slot),
                partial(self._embed, slot),
            )

    def _on_found(self, slot: SlotKey, found: tuple[Path, bool]) -> None:
        session = self._session
        info, (folder, is_there) = session.checkpoint[slot], found
        self._folders[slot] = folder
        if is_there:
            self._load(slot)
            return
        assert info is not None and session.source is not None
        self._children.start(
            f"embed {slot}",
            [
                "embed", str(info.path), *session.source.arguments(), "--split", session.split,
                "--device", self._device, "--out", str(folder),
            ],
            f"loading {info.name}",
            done=partial(self._load, slot),
            failed=partial(self._on_embed_failed, slot),
            cancelled=partial(session.choose_checkpoint, slot, None),
        )  # fmt: skip

    def _load(self, slot: SlotKey) -> None:
        catalog = self._session.catalog
        if catalog is not None:
            self._work.submit(
                f"index {slot}",
                slot,
                "reading the embeddings",
                partial(_load_and_index, self._folders[slot], catalog),
                partial(self._on_embeddings, slot),
                partial(self._embed, slot),
            )

    def _on_embeddings(self, slot: SlotKey, answer: tuple[Embeddings, Index] | _Damaged) -> None:
        session = self._session
        if isinstance(answer, _Damaged):
            self._heal(slot, answer, partial(self._embed, slot))
            return
        embeddings, index = answer
        session.set_device(embeddings.origin.device)
        session.set_embeddings(slot, embeddings, index)
        self._last_used[slot] = session.checkpoint[slot]
        info = session.checkpoint[slot]
        told = _left_out(embeddings.origin, info.name if info is not None else "")
        if told:
            session.set_problem(f"unreadable {slot}", told)
        if not self._results.is_persistent:
            sentence = f"{session.workspace} cannot be written to: what is made is kept only until the window closes."
            session.set_problem("workspace", sentence)
        self._measure(slot)
        self._draw_components(slot)
        self._find_neighbours(slot)
        self._project(slot)

    def _heal(self, slot: SlotKey, damaged: _Damaged, again: Callable[[], None]) -> None:
        """Make what is damaged once more, and say so; what is damaged again, or cannot be removed, is a problem."""
        if damaged.path in self._healed or not self._results.may_remove(damaged.path):
            self._session.set_problem(slot, damaged.sentence)
            return
        self._healed.add(damaged.path)
        self._session.set_problem(REMADE, f"What was kept is damaged and is made once more. {damaged.sentence}")
        self._work.submit(
            f"find {slot}",
            slot,
            "removing what is damaged",
            partial(discard, damaged.path),
            lambda _: again(),
            again,
        )

    def _measure(self, slot: SlotKey) -> None:
        embeddings = self._session.embeddings[slot]
        if embeddings is None:
            return
        self._work.submit(
            f"evaluation {slot}",
            f"recall {slot}",
            "measuring recall",
            partial(_evaluate, self._results, self._name(slot), embeddings, self._folders[slot]),
            partial(self._on_evaluation, slot),
            partial(self._measure, slot),
            figures=True,
        )

    def _on_evaluation(self, slot: SlotKey, evaluation: Evaluation) -> None:
        self._session.set_evaluation(slot, evaluation)
        self._compare()

    # Maps

    def _draw_components(self, slot: SlotKey) -> None:
        """The map that is there at once, B's turned like A's; nothing where there is a better one."""
        session = self._session
        embeddings, present = session.embeddings[slot], session.projection[slot]
        if embeddings is None or (present is not None and present.method == "umap"):
            return
        like = session.projection["A"] if slot == "B" else None
        self._runner.submit(
            f"pca {slot}",
            partial(pca_map, embeddings, like),
            partial(self._on_components, slot),
            partial(self._on_failed, f"map {slot}", partial(self._draw_components, slot)),
        )

    def _on_components(self, slot: SlotKey, projection: Projection) -> None:
        self._session.set_projection(slot, projection)
        if slot == "A":
            self._draw_components("B")

    def _project(self, slot: SlotKey) -> None:
        """Make the UMAP map, or load it; B's starts from A's and is made again when A's is another."""
        name = self._map_name(slot)
        if name:
            self._work.submit(
                f"find map {slot}",
                f"map {slot}",
                "looking for a kept map",
                partial(_find_map, self._results, name),
                partial(self._on_map_found, slot),
                partial(self._project, slot),
            )

    def _on_map_found(self, slot: SlotKey, found: tuple[Path, bool]) -> None:
        path, is_there = found
        self._maps[slot] = path
        if is_there:
            self._load_map(slot, path)
            return
        arguments = ["project", str(self._folders[slot]), "--out", str(path), "--method", "umap"]
        arguments += ["--seed", str(UMAP_SEED)]
        if slot == "B":
            arguments += ["--initial", str(self._maps["A"])]
        self._children.start(
            f"project {slot}",
            arguments,
            f"computing UMAP of {slot}" if self._session.comparing else "computing UMAP",
            done=partial(self._load_map, slot, path),
            failed=partial(self._on_child_failed, f"map {slot}", partial(self._project, slot)),
            cancelled=partial(self._on_cancelled, f"map {slot}", "computing UMAP", partial(self._project, slot)),
        )

    def _load_map(self, slot: SlotKey, path: Path) -> None:
        self._work.submit(
            f"map {slot}",
            f"map {slot}",
            "reading the map",
            partial(_load_map, path),
            partial(self._on_map, slot),
            partial(self._project, slot),
        )

    def _on_map(self, slot: SlotKey, projection: Projection | _Damaged) -> None:
        if isinstance(projection, _Damaged):
            self._heal(slot, projection, partial(self._project, slot))
            return
        self._runner.forget(f"pca {slot}")
        self._session.set_projection(slot, projection)
        if slot == "A" and self._session.embeddings["B"] is not None:
            self._project("B")

    def _map_name(self, slot: SlotKey) -> str:
        """What the UMAP map of a slot is called; "" when B's cannot be made yet because A's is missing."""
        name = self._name(slot)
        if slot == "A" or not name:
            return name and f"{name}-umap-{UMAP_SEED}.npz"
        other = self._session.projection["A"]
        if self._session.embeddings["A"] is None or other is None or other.method != "umap":
            return ""
        return f"{name}-umap-{UMAP_SEED}-as-{self._name('A')}.npz"

    # Neighbours and comparison

    @Slot()
    def _on_query_changed(self) -> None:
        self._session.clear_problem("query")
        self._on_k_changed()

    @Slot()
    def _on_k_changed(self) -> None:
        for slot in SLOTS:
            self._find_neighbours(slot)

    @Slot(str)
    def _find_neighbours(self, slot: SlotKey) -> None:
        session = self._session
        index, vector = session.index[slot], self._image.vector(slot)
        if index is None:
            return
        work: Callable[[], QueryResult]
        if session.query is not None:
            work = partial(_retrieve, index, session.query, session.k)
        elif vector is not None:
            work = partial(_retrieve_by_vector, index, vector, session.k)
        else:
            self._runner.forget(f"neighbours {slot}")
            return
        self._runner.submit(
            f"neighbours {slot}",
            work,
            partial(self._on_neighbours, slot),
            partial(self._on_failed, "query", self._on_k_changed),
        )

    def _on_neighbours(self, slot: SlotKey, retrieved: QueryResult) -> None:
        self._session.set_neighbours(slot, retrieved)

    def _compare(self) -> None:
        """Once both slots are measured: from what each query found, so that nothing is searched a second time."""
        session = self._session
        a, b, checkpoint_b = session.embeddings["A"], session.embeddings["B"], session.checkpoint["B"]
        of_a, of_b = session.evaluation["A"], session.evaluation["B"]
        if a is not None and b is not None and of_a is not None and of_b is not None and checkpoint_b is not None:
            name, folders = f"{self._name('A')}-{checkpoint_b.identity}", (self._folders["A"], self._folders["B"])
            self._work.submit(
                "comparison",
                "comparison",
                "comparing A and B",
                partial(_compare, self._results, name, (a, b), (of_a, of_b), folders),
                session.set_comparison,
                self._compare,
                figures=True,
            )

    # Common endings

    def _name(self, slot: SlotKey) -> str:
        """What the embeddings of a slot are called; "" while there are none to be made."""
        catalog, info = self._session.catalog, self._session.checkpoint[slot]
        if catalog is None or info is None or self._session.source is None:
            return ""
        return f"{catalog.fingerprint}-{self._session.split}-{info.identity}"

    def _on_failed(self, subject: str, again: Callable[[], None], sentence: str, details: str) -> None:
        self._session.set_problem(subject, sentence, details, again)

    def _on_cancelled(self, subject: str, words: str, again: Callable[[], None]) -> None:
        report_cancelled(self._session, subject, words, again)

    def _on_embed_failed(self, slot: SlotKey, outcome: ProcessOutcome) -> None:
        """What cannot be used does not take the place of what could."""
        session, refused, before = self._session, self._session.checkpoint[slot], self._last_used[slot]
        sentence = outcome.sentence
        if refused is not None and isinstance(refused, EmbeddingsFile):
            session.drop_opened(refused)
        if before is not None and before != refused:
            session.choose_checkpoint(slot, before)
            sentence = f"{sentence} {slot} is still {before.name}."
        session.set_problem(slot, sentence, outcome.details, partial(self._choose_again, slot, refused))

    def _choose_again(self, slot: SlotKey, info: EmbeddingSource | None) -> None:
        self._session.choose_checkpoint(slot, info)

    def _on_child_failed(self, subject: str, again: Callable[[], None], outcome: ProcessOutcome) -> None:
        self._session.set_problem(subject, outcome.sentence, outcome.details, again)


@dataclass(frozen=True)
class _Damaged:
    """A kept result that cannot be used, and why."""

    path: Path
    sentence: str


def _find_embeddings(results: ArtifactPaths, name: str) -> tuple[Path, bool]:
    """Where the embeddings called so are, or are to be; and whether they are there."""
    folder = results.path("embeddings", name)
    return folder, is_complete(folder)


def _find_map(results: ArtifactPaths, name: str) -> tuple[Path, bool]:
    path = results.path("maps", name)
    return path, path.is_file()


def _evaluate(
    results: ArtifactPaths,
    name: str,
    embeddings: Embeddings,
    folder: Path,
    should_stop: Callable[[], bool],
    reporter: Reporter,
) -> Evaluation:
    path = results.path("evaluations", f"{name}.npz")
    return evaluate_once(
        embeddings, folder, path, precision_at=PRECISION_AT, should_stop=should_stop, reporter=reporter
    )


def _compare(
    results: ArtifactPaths,
    name: str,
    slots: tuple[Embeddings, Embeddings],
    evaluations: tuple[Evaluation, Evaluation],
    folders: tuple[Path, Path],
    should_stop: Callable[[], bool],
    reporter: Reporter,
) -> Comparison:
    path = results.path("comparisons", f"{name}.npz")
    return compare_once(*slots, evaluations, folders, path, should_stop=should_stop, reporter=reporter)


def _load_map(path: Path) -> Projection | _Damaged:
    try:
        return load(path)
    except EmbeddingsError as error:
        return _Damaged(path, str(error))


def _load_and_index(folder: Path, catalog: Catalog) -> tuple[Embeddings, Index] | _Damaged:
    try:
        embeddings = load_folder(folder, catalog)
    except (EmbeddingsError, StorageError) as error:
        return _Damaged(folder, str(error))
    return embeddings, Index(embeddings, distance_of(embeddings.vectors))


def _left_out(origin: Origin, name: str) -> str:
    """What is not shown of the split, or of the file `name`, and how that was read; "" when all is as expected."""
    unreadable = origin.unreadable
    if origin.description:
        return f"{name}: {origin.description}."
    if not unreadable:
        return ""
    if len(unreadable) == 1:
        return f"{unreadable[0]} could not be read and is left out."
    return f"{len(unreadable):,} images could not be read and are left out (first: {unreadable[0]})."


def _retrieve(index: Index, row: int, k: int) -> QueryResult:
    embeddings = index.embeddings
    position = int(np.searchsorted(embeddings.rows, row))
    if position >= len(embeddings) or embeddings.rows[position] != row:
        why = "the file lacks it" if embeddings.origin.left_out else "it could not be read"
        raise EmbeddingsError(f"This image has no embedding, because {why}; nothing is near to it.", row)
    found = index.neighbours(position, k)
    outcome = judge(embeddings, position, found, index)
    label = embeddings.labels[position]
    right = (embeddings.labels[found.positions] == label).astype(bool) if label else None
    missed = None if outcome.missed is None else int(embeddings.rows[outcome.missed[1]])
    return QueryResult(
        row, embeddings.rows[found.positions], found.similarities, right, outcome, missed, index.distance
    )


def _retrieve_by_vector(index: Index, vector: Vectors, k: int) -> QueryResult:
    found = index.neighbours_of_vector(vector, k)
    return QueryResult(
        None, index.embeddings.rows[found.positions], found.similarities, None, None, None, index.distance
    )
