"""The shared state: what changes it, and who hears of what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject

from core.comparison import compare
from core.data.source import DataSource
from core.projection.projection import pca_map
from core.retrieval.evaluation import evaluate
from core.retrieval.index import Index
from explorer.session import HISTORY, QueryResult, Session, SlotKey, Task
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings

SOURCE = DataSource("shapes")
CHANGES = (
    "catalog_changed",
    "split_changed",
    "checkpoint_changed",
    "embeddings_changed",
    "evaluation_changed",
    "projection_changed",
    "comparison_changed",
    "selection_changed",
    "query_changed",
    "neighbours_changed",
    "focus_changed",
    "colouring_changed",
    "k_changed",
    "runs_changed",
    "tasks_changed",
    "device_changed",
)


class SignalRecorder(QObject):
    """Notes every change as "name" or "name side", in order."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.heard: list[str] = []
        for name in CHANGES:
            signal: Any = getattr(session, name)
            signal.connect(lambda *slot, name=name: self.heard.append(" ".join((name.removesuffix("_changed"), *slot))))

    def since(self) -> list[str]:
        heard, self.heard = self.heard, []
        return heard


@pytest.fixture
def session(qapp: QObject, tmp_path: Path) -> Session:
    made = Session(tmp_path)
    made.set_catalog(SOURCE, made_catalog(), "test")
    return made


@pytest.fixture
def ear(session: Session) -> SignalRecorder:
    return SignalRecorder(session)


def _fill(session: Session, slot: SlotKey, name: str) -> None:
    """Everything that is known of a side once its work is done."""
    assert session.catalog is not None
    session.choose_checkpoint(slot, made_checkpoint(name))
    embeddings = made_embeddings(session.catalog, name)
    session.set_embeddings(slot, embeddings, Index(embeddings))
    session.set_evaluation(slot, evaluate(embeddings))
    session.set_projection(slot, pca_map(embeddings))
    session.set_neighbours(slot, _nothing_found(0))


def _nothing_found(row: int) -> QueryResult:
    return QueryResult(row, np.empty(0, np.int64), np.empty(0, np.float32), None, None, None)


def _both(session: Session) -> None:
    for slot, name in (("A", "first"), ("B", "second")):
        _fill(session, slot, name)
    a, b = session.embeddings["A"], session.embeddings["B"]
    assert a is not None and b is not None
    session.set_comparison(compare(a, b))


def test_history_goes_back_and_forward(session: Session) -> None:
    for row in (3, 5, 8):
        session.set_query(row)
    assert session.can_go_back and not session.can_go_forward
    session.back()
    session.back()
    assert session.query == 3
    assert not session.can_go_back and session.can_go_forward
    session.back()
    assert session.query == 3
    session.forward()
    assert session.query == 5
    session.set_query(9)
    assert not session.can_go_forward
    session.forward()
    session.back()
    assert session.query == 5


def test_back_from_an_image_file_returns_to_the_last_row(session: Session) -> None:
    session.set_query_image(Path("photo.jpg"))
    assert not session.can_go_back
    session.set_query(4)
    session.set_query_image(Path("photo.jpg"))
    assert session.query is None and session.query_image == Path("photo.jpg")
    assert session.can_go_back
    session.back()
    assert session.query == 4 and session.query_image is None
    session.back()
    assert session.query is None and session.query_image == Path("photo.jpg")
    assert not session.can_go_back


def test_back_from_nothing_returns_to_the_last_row(session: Session) -> None:
    session.set_query(4)
    session.set_query(None)
    assert session.query is None
    session.back()
    assert session.query == 4


def test_history_is_bounded(session: Session) -> None:
    for row in range(HISTORY + 50):
        session.set_query(row)
    steps = 0
    while session.can_go_back:
        session.back()
        steps += 1
    assert steps == HISTORY - 1
    assert session.query == 50


def test_asking_the_same_twice_is_one_step_and_one_change(session: Session, ear: SignalRecorder) -> None:
    session.select([4], query=4)
    assert ear.since() == ["selection", "query"]
    session.select([4], query=4)
    assert ear.since() == []
    assert not session.can_go_back


def test_selection_is_sorted_and_each_row_once(session: Session) -> None:
    session.select([5, 2, 5])
    assert session.selected.tolist() == [2, 5]
    assert session.selected.dtype == np.int64


def test_settings_tell_only_of_changes(session: Session, ear: SignalRecorder) -> None:
    for _ in range(2):
        session.set_k(50)
        session.set_focus(1)
        session.set_colouring("correctness")
        session.set_device("CPU (2 cores)")
        session.set_device("")
    assert ear.since() == ["k", "focus", "colouring", "device"]
    session.set_split("test")
    assert ear.since() == []


def test_choosing_a_checkpoint_clears_its_side_only(session: Session, ear: SignalRecorder) -> None:
    _both(session)
    session.set_problem("A", "It was damaged.")
    of_b = session.embeddings["B"]
    ear.since()
    session.choose_checkpoint("A", made_checkpoint("third"))
    assert ear.since() == [
        "projection A",
        "evaluation A",
        "neighbours A",
        "embeddings A",
        "comparison",
        "checkpoint A",
    ]
    for values in (session.embeddings, session.index, session.evaluation, session.projection, session.neighbours):
        assert values["A"] is None
        assert values["B"] is not None
    assert session.embeddings["B"] is of_b
    assert session.comparison is None
    assert session.problems == []


def test_whoever_listens_never_meets_half_of_an_old_side(session: Session) -> None:
    _both(session)
    met: list[bool] = []

    def look(*_: object) -> None:
        known = (session.embeddings, session.index, session.evaluation, session.projection, session.neighbours)
        met.append(session.comparison is None and all(values["A"] is None for values in known))

    for name in CHANGES:
        getattr(session, name).connect(look)
    session.choose_checkpoint("A", made_checkpoint("third"))
    assert met and all(met)


def test_the_same_checkpoint_again_is_nothing_new_once_embedded(session: Session, ear: SignalRecorder) -> None:
    info = made_checkpoint("first")
    session.choose_checkpoint("A", info)
    session.choose_checkpoint("A", info)
    assert ear.since() == ["checkpoint A", "checkpoint A"]
    _fill(session, "A", "first")
    ear.since()
    session.choose_checkpoint("A", info)
    assert ear.since() == []


def test_none_ends_the_comparison(session: Session, ear: SignalRecorder) -> None:
    _both(session)
    assert session.comparing
    ear.since()
    session.choose_checkpoint("B", None)
    assert not session.comparing
    assert session.comparison is None
    assert ear.since()[-2:] == ["comparison", "checkpoint B"]


def test_another_split_closes_what_was_measured_but_keeps_the_checkpoints(
    session: Session, ear: SignalRecorder
) -> None:
    _both(session)
    session.select([1, 2], query=2)
    ear.since()
    session.set_split("all")
    assert session.split == "all"
    assert session.embeddings == session.evaluation == {"A": None, "B": None}
    assert session.query is None and not session.selected.size
    assert not session.can_go_back, "rows of another split are no way back"
    assert session.checkpoint["A"] is not None and session.comparing
    assert ear.since()[-1] == "split"


def test_another_catalog_closes_everything_and_is_told_last(session: Session, ear: SignalRecorder) -> None:
    _both(session)
    session.select([1, 2], query=2)
    session.set_focus(1)
    for place in ("A", "B", "query", "comparison", "window", "run"):
        session.set_problem(place, "Something is wrong.")
    ear.since()
    session.set_catalog(DataSource("others"), made_catalog(("one", "two")), "all")
    assert session.checkpoint == session.embeddings == session.projection == {"A": None, "B": None}
    assert session.comparison is None and session.focus is None and session.query is None
    assert not session.selected.size and not session.can_go_back
    assert [problem.subject for problem in session.problems] == ["run"]
    heard = ear.since()
    assert heard[-3:] == ["checkpoint A", "checkpoint B", "catalog"]


def test_checkpoints_chosen_at_the_news_of_a_catalog_stay(session: Session, ear: SignalRecorder) -> None:
    session.catalog_changed.connect(lambda: session.choose_checkpoint("A", made_checkpoint("first")))
    session.set_catalog(SOURCE, made_catalog(), "test")
    chosen = session.checkpoint["A"]
    assert chosen is not None and chosen.name == "first"
    assert ear.since().count("checkpoint A") == 2, "closed once, chosen once"


def test_problems_are_placed_and_cleared(session: Session) -> None:
    told: list[tuple[str, str, str]] = []
    session.problem.connect(lambda *words: told.append(words))
    session.set_problem("A", "It is damaged.", "hash mismatch")
    session.set_problem("query", "It is no image.")
    session.set_problem("A", "It is gone.")
    assert [(problem.subject, problem.sentence) for problem in session.problems] == [
        ("A", "It is gone."),
        ("query", "It is no image."),
    ]
    session.clear_problem("A")
    session.clear_problem("A")
    assert told == [
        ("A", "It is damaged.", "hash mismatch"),
        ("query", "It is no image.", ""),
        ("A", "It is gone.", ""),
        ("A", "", ""),
    ]


def test_activities_are_listed_oldest_first_and_end(session: Session, ear: SignalRecorder) -> None:
    session.set_task(Task("embed A", "loading"))
    session.set_task(Task("data", "opening"))
    session.set_task(Task("embed A", "embedding 1 of 2", 0.5))
    assert [task.words for task in session.tasks] == ["embedding 1 of 2", "opening"]
    session.end_task("embed A")
    session.end_task("never began")
    assert [task.key for task in session.tasks] == ["data"]
    assert ear.since() == ["tasks"] * 4


def test_messages_of_a_run_add_up_until_it_is_forgotten(session: Session, tmp_path: Path) -> None:
    told: list[Path] = []
    session.run_advanced.connect(told.append)
    session.add_run_messages(tmp_path, [{"type": "started"}])
    session.add_run_messages(tmp_path, [{"type": "step"}])
    assert [message["type"] for message in session.run_messages(tmp_path)] == ["started", "step"]
    assert told == [tmp_path, tmp_path]
    session.forget_run(tmp_path)
    assert session.run_messages(tmp_path) == []


def test_wishes_are_passed_on(session: Session, tmp_path: Path) -> None:
    heard: list[tuple[object, ...]] = []
    for name in ("data", "query_image", "run", "stop", "resume", "delete"):
        getattr(session, f"{name}_requested").connect(lambda *words, name=name: heard.append((name, *words)))
    session.open_data(SOURCE)
    session.set_query_image(tmp_path / "photo.jpg")
    session.start_run("recipe", SOURCE, "cpu")  # type: ignore[arg-type]
    session.stop_run(tmp_path)
    session.resume_run(tmp_path)
    session.delete_run(tmp_path)
    assert heard == [
        ("data", SOURCE),
        ("query_image", tmp_path / "photo.jpg"),
        ("run", "recipe", SOURCE, "cpu"),
        ("stop", tmp_path),
        ("resume", tmp_path),
        ("delete", tmp_path),
    ]
