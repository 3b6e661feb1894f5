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

from core.child_process import Outcome
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
from explorer.jobs.children import Children
from explorer.jobs.given_embeddings import GivenEmbeddings
from explorer.jobs.image_query import ImageQuery
from explorer.jobs.opening import Opening
from explorer.jobs.results import Results
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork, tell_cancelled
from explorer.session import SIDES, Chosen, Retrieved, Session, Side

UMAP_SEED = 42
PRECISION_AT = RECALL_AT


class Pipeline(QObject):
    """Answers the session's wishes for data, embeddings, measures, maps and neighbours."""

    def __init__(self, session: Session, runner: JobRunner, children: Children, device: str = "auto") -> None:
        super().__init__(session)
        self._session, self._runner, self._children, self._device = session, runner, children, device
        self._work = ShownWork(session, runner)
        self._results = Results(session.workspace)
        self._healed: set[Path] = set()
        # Of each side: where its embeddings and its map are, or are to be.
        self._folders: dict[str, Path] = {}
        self._maps: dict[str, Path] = {}
        # Before we hear of a query ourselves, so that no vector of an earlier image is met.
        self._image = ImageQuery(session, runner, children, device)
        self._image.embedded.connect(self._find_neighbours)
        self._given = GivenEmbeddings(session, runner)
        self._last_used: dict[str, Chosen | None] = dict.fromkeys(SIDES)
        self._opening = Opening(session, runner, children, self)
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
    def _on_checkpoint_changed(self, side: Side) -> None:
        works = ("find", "index", "evaluation", "pca", "find map", "map", "neighbours")
        for work in (*(f"{work} {side}" for work in works), "comparison"):
            self._runner.forget(work)
            self._session.end_activity(work)
        for child in ("embed", "project"):
            self._children.stop(f"{child} {side}")
        if self._session.checkpoint[side] is None:
            self._last_used[side] = None
        if side == "A":
            # B's map leans on A's; its neighbours and measures stay.
            self._children.stop("project B")
            for work in ("find map B", "map B"):
                self._runner.forget(work)
                self._session.end_activity(work)
        self._embed(side)

    @Slot()
    def _on_split_changed(self) -> None:
        for side in SIDES:
            self._on_checkpoint_changed(side)

    def _embed(self, side: Side) -> None:
        """Look whether the embeddings are kept, and have them made where they are not."""
        name = self._name(side)
        if name:
            self._work.submit(
                f"find {side}",
                side,
                "looking for kept embeddings",
                partial(_find_embeddings, self._results, name),
                partial(self._on_found, side),
                partial(self._embed, side),
            )

    def _on_found(self, side: Side, found: tuple[Path, bool]) -> None:
        session = self._session
        info, (folder, is_there) = session.checkpoint[side], found
        self._folders[side] = folder
        if is_there:
            self._load(side)
            return
        assert info is not None and session.source is not None
        self._children.start(
            f"embed {side}",
            [
                "embed", str(info.path), *session.source.arguments(), "--split", session.split,
                "--device", self._device, "--out", str(folder),
            ],
            f"loading {info.name}",
            done=partial(self._load, side),
            failed=partial(self._on_embed_failed, side),
            cancelled=partial(session.choose_checkpoint, side, None),
        )  # fmt: skip

    def _load(self, side: Side) -> None:
        catalog = self._session.catalog
        if catalog is not None:
            self._work.submit(
                f"index {side}",
                side,
                "reading the embeddings",
                partial(_load_and_index, self._folders[side], catalog),
                partial(self._on_embeddings, side),
                partial(self._embed, side),
            )

    def _on_embeddings(self, side: Side, answer: tuple[Embeddings, Index] | _Damaged) -> None:
        session = self._session
        if isinstance(answer, _Damaged):
            self._heal(side, answer, partial(self._embed, side))
            return
        embeddings, index = answer
        session.put_device(embeddings.origin.device)
        session.put_embeddings(side, embeddings, index)
        self._last_used[side] = session.checkpoint[side]
        info = session.checkpoint[side]
        told = _left_out(embeddings.origin, info.name if info is not None else "")
        if told:
            session.put_problem(f"unreadable {side}", told)
        if not self._results.kept:
            sentence = f"{session.workspace} cannot be written to: what is made is kept only until the window closes."
            session.put_problem("workspace", sentence)
        self._measure(side)
        self._draw_components(side)
        self._find_neighbours(side)
        self._project(side)

    def _heal(self, side: Side, damaged: _Damaged, again: Callable[[], None]) -> None:
        """Make what is damaged once more, and say so; what is damaged again, or cannot be removed, is a problem."""
        if damaged.path in self._healed or not self._results.may_remove(damaged.path):
            self._session.put_problem(side, damaged.sentence)
            return
        self._healed.add(damaged.path)
        self._session.put_problem(REMADE, f"What was kept is damaged and is made once more. {damaged.sentence}")
        self._work.submit(
            f"find {side}",
            side,
            "removing what is damaged",
            partial(discard, damaged.path),
            lambda _: again(),
            again,
        )

    def _measure(self, side: Side) -> None:
        embeddings = self._session.embeddings[side]
        if embeddings is None:
            return
        self._work.submit(
            f"evaluation {side}",
            f"recall {side}",
            "measuring recall",
            partial(_evaluate, self._results, self._name(side), embeddings, self._folders[side]),
            partial(self._on_evaluation, side),
            partial(self._measure, side),
            figures=True,
        )

    def _on_evaluation(self, side: Side, evaluation: Evaluation) -> None:
        self._session.put_evaluation(side, evaluation)
        self._compare()

    # Maps

    def _draw_components(self, side: Side) -> None:
        """The map that is there at once, B's turned like A's; nothing where there is a better one."""
        session = self._session
        embeddings, present = session.embeddings[side], session.projection[side]
        if embeddings is None or (present is not None and present.method == "umap"):
            return
        like = session.projection["A"] if side == "B" else None
        self._runner.submit(
            f"pca {side}",
            partial(pca_map, embeddings, like),
            partial(self._on_components, side),
            partial(self._on_failed, f"map {side}", partial(self._draw_components, side)),
        )

    def _on_components(self, side: Side, projection: Projection) -> None:
        self._session.put_projection(side, projection)
        if side == "A":
            self._draw_components("B")

    def _project(self, side: Side) -> None:
        """Make the UMAP map, or load it; B's starts from A's and is made again when A's is another."""
        name = self._map_name(side)
        if name:
            self._work.submit(
                f"find map {side}",
                f"map {side}",
                "looking for a kept map",
                partial(_find_map, self._results, name),
                partial(self._on_map_found, side),
                partial(self._project, side),
            )

    def _on_map_found(self, side: Side, found: tuple[Path, bool]) -> None:
        path, is_there = found
        self._maps[side] = path
        if is_there:
            self._load_map(side, path)
            return
        arguments = ["project", str(self._folders[side]), "--out", str(path), "--method", "umap"]
        arguments += ["--seed", str(UMAP_SEED)]
        if side == "B":
            arguments += ["--initial", str(self._maps["A"])]
        self._children.start(
            f"project {side}",
            arguments,
            f"computing UMAP of {side}" if self._session.comparing else "computing UMAP",
            done=partial(self._load_map, side, path),
            failed=partial(self._on_child_failed, f"map {side}", partial(self._project, side)),
            cancelled=partial(self._on_cancelled, f"map {side}", "computing UMAP", partial(self._project, side)),
        )

    def _load_map(self, side: Side, path: Path) -> None:
        self._work.submit(
            f"map {side}",
            f"map {side}",
            "reading the map",
            partial(_load_map, path),
            partial(self._on_map, side),
            partial(self._project, side),
        )

    def _on_map(self, side: Side, projection: Projection | _Damaged) -> None:
        if isinstance(projection, _Damaged):
            self._heal(side, projection, partial(self._project, side))
            return
        self._runner.forget(f"pca {side}")
        self._session.put_projection(side, projection)
        if side == "A" and self._session.embeddings["B"] is not None:
            self._project("B")

    def _map_name(self, side: Side) -> str:
        """What the UMAP map of a side is called; "" when B's cannot be made yet because A's is missing."""
        name = self._name(side)
        if side == "A" or not name:
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
        for side in SIDES:
            self._find_neighbours(side)

    @Slot(str)
    def _find_neighbours(self, side: Side) -> None:
        session = self._session
        index, vector = session.index[side], self._image.vector(side)
        if index is None:
            return
        work: Callable[[], Retrieved]
        if session.query is not None:
            work = partial(_retrieve, index, session.query, session.k)
        elif vector is not None:
            work = partial(_retrieve_by_vector, index, vector, session.k)
        else:
            self._runner.forget(f"neighbours {side}")
            return
        self._runner.submit(
            f"neighbours {side}",
            work,
            partial(self._on_neighbours, side),
            partial(self._on_failed, "query", self._on_k_changed),
        )

    def _on_neighbours(self, side: Side, retrieved: Retrieved) -> None:
        self._session.put_neighbours(side, retrieved)

    def _compare(self) -> None:
        """Once both sides are measured: from what each query found, so that nothing is searched a second time."""
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
                session.put_comparison,
                self._compare,
                figures=True,
            )

    # Common endings

    def _name(self, side: Side) -> str:
        """What the embeddings of a side are called; "" while there are none to be made."""
        catalog, info = self._session.catalog, self._session.checkpoint[side]
        if catalog is None or info is None or self._session.source is None:
            return ""
        return f"{catalog.fingerprint}-{self._session.split}-{info.identity}"

    def _on_failed(self, place: str, again: Callable[[], None], sentence: str, details: str) -> None:
        self._session.put_problem(place, sentence, details, again)

    def _on_cancelled(self, place: str, words: str, again: Callable[[], None]) -> None:
        tell_cancelled(self._session, place, words, again)

    def _on_embed_failed(self, side: Side, outcome: Outcome) -> None:
        """What cannot be used does not take the place of what could."""
        session, refused, before = self._session, self._session.checkpoint[side], self._last_used[side]
        sentence = outcome.sentence
        if refused is not None and isinstance(refused, EmbeddingsFile):
            session.drop_opened(refused)
        if before is not None and before != refused:
            session.choose_checkpoint(side, before)
            sentence = f"{sentence} {side} is still {before.name}."
        session.put_problem(side, sentence, outcome.details, partial(self._choose_again, side, refused))

    def _choose_again(self, side: Side, info: Chosen | None) -> None:
        self._session.choose_checkpoint(side, info)

    def _on_child_failed(self, place: str, again: Callable[[], None], outcome: Outcome) -> None:
        self._session.put_problem(place, outcome.sentence, outcome.details, again)


@dataclass(frozen=True)
class _Damaged:
    """A kept result that cannot be used, and why."""

    path: Path
    sentence: str


def _find_embeddings(results: Results, name: str) -> tuple[Path, bool]:
    """Where the embeddings called so are, or are to be; and whether they are there."""
    folder = results.path("embeddings", name)
    return folder, is_complete(folder)


def _find_map(results: Results, name: str) -> tuple[Path, bool]:
    path = results.path("maps", name)
    return path, path.is_file()


def _evaluate(
    results: Results,
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
    results: Results,
    name: str,
    sides: tuple[Embeddings, Embeddings],
    evaluations: tuple[Evaluation, Evaluation],
    folders: tuple[Path, Path],
    should_stop: Callable[[], bool],
    reporter: Reporter,
) -> Comparison:
    path = results.path("comparisons", f"{name}.npz")
    return compare_once(*sides, evaluations, folders, path, should_stop=should_stop, reporter=reporter)


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
    if origin.told:
        return f"{name}: {origin.told}."
    if not unreadable:
        return ""
    if len(unreadable) == 1:
        return f"{unreadable[0]} could not be read and is left out."
    return f"{len(unreadable):,} images could not be read and are left out (first: {unreadable[0]})."


def _retrieve(index: Index, row: int, k: int) -> Retrieved:
    embeddings = index.embeddings
    place = int(np.searchsorted(embeddings.rows, row))
    if place >= len(embeddings) or embeddings.rows[place] != row:
        why = "the file lacks it" if embeddings.origin.left_out else "it could not be read"
        raise EmbeddingsError(f"This image has no embedding, because {why}; nothing is near to it.", row)
    found = index.neighbours(place, k)
    verdict = judge(embeddings, place, found, index)
    label = embeddings.labels[place]
    right = (embeddings.labels[found.positions] == label).astype(bool) if label else None
    missed = None if verdict.missed is None else int(embeddings.rows[verdict.missed[1]])
    return Retrieved(row, embeddings.rows[found.positions], found.similarities, right, verdict, missed, index.distance)


def _retrieve_by_vector(index: Index, vector: Vectors, k: int) -> Retrieved:
    found = index.neighbours_of_vector(vector, k)
    return Retrieved(None, index.embeddings.rows[found.positions], found.similarities, None, None, None, index.distance)
