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
from explorer.results.embeddings import EMBEDDINGS, INDEX
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.results.neighbours import NEIGHBOURS, QueryResult
from explorer.session import Session
from explorer.state.derived import SOURCE as SOURCE_OF_SLOT
from explorer.state.selection import HISTORY
from explorer.state.slots import SlotKey
from explorer.state.subject import QUERY, RUN, WINDOW, Subject
from explorer.state.tasks import Task
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

SOURCE = DataSource("shapes")
OF_A_MODEL = (EMBEDDINGS, INDEX, EVALUATION, MAP, NEIGHBOURS)
RESULTS = {
    "checkpoint": SOURCE_OF_SLOT,
    "embeddings": EMBEDDINGS,
    "evaluation": EVALUATION,
    "projection": MAP,
    "comparison": COMPARISON,
    "neighbours": NEIGHBOURS,
}


class SignalRecorder(QObject):
    """Notes every change as "name" or "name side", in order."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.heard: list[str] = []
        selection = session.selection
        signals: dict[str, Any] = {
            "catalog": session.catalog_changed,
            "split": session.split_changed,
            "selection": selection.rows_changed,
            "query": selection.query_changed,
            "focus": selection.focus_changed,
            "colouring": session.colouring_changed,
            "k": selection.k_changed,
            "runs": session.runs.changed,
            "tasks": session.tasks.changed,
            "device": session.device_changed,
        }
        signals |= {name: session.results[derived].changed for name, derived in RESULTS.items()}
        for name, signal in signals.items():
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
    set_embeddings(session, slot, embeddings)
    session.results[EVALUATION].put(slot, evaluate(embeddings))
    session.results[MAP].put(slot, pca_map(embeddings))
    session.results[NEIGHBOURS].put(slot, _nothing_found(0))


def _nothing_found(row: int) -> QueryResult:
    return QueryResult(row, np.empty(0, np.int64), np.empty(0, np.float32), None, None, None)


def _both(session: Session) -> None:
    for slot, name in (("A", "first"), ("B", "second")):
        _fill(session, slot, name)
    a, b = session.results[EMBEDDINGS]["A"], session.results[EMBEDDINGS]["B"]
    assert a is not None and b is not None
    session.results[COMPARISON].put("B", compare(a, b))


def test_history_goes_back_and_forward(session: Session) -> None:
    for row in (3, 5, 8):
        session.selection.set_query(row)
    assert session.selection.can_go_back and not session.selection.can_go_forward
    session.selection.back()
    session.selection.back()
    assert session.selection.query == 3
    assert not session.selection.can_go_back and session.selection.can_go_forward
    session.selection.back()
    assert session.selection.query == 3
    session.selection.forward()
    assert session.selection.query == 5
    session.selection.set_query(9)
    assert not session.selection.can_go_forward
    session.selection.forward()
    session.selection.back()
    assert session.selection.query == 5


def test_back_from_an_image_file_returns_to_the_last_row(session: Session) -> None:
    session.selection.set_query_image(Path("photo.jpg"))
    assert not session.selection.can_go_back
    session.selection.set_query(4)
    session.selection.set_query_image(Path("photo.jpg"))
    assert session.selection.query is None and session.selection.query_image == Path("photo.jpg")
    assert session.selection.can_go_back
    session.selection.back()
    assert session.selection.query == 4 and session.selection.query_image is None
    session.selection.back()
    assert session.selection.query is None and session.selection.query_image == Path("photo.jpg")
    assert not session.selection.can_go_back


def test_back_from_nothing_returns_to_the_last_row(session: Session) -> None:
    session.selection.set_query(4)
    session.selection.set_query(None)
    assert session.selection.query is None
    session.selection.back()
    assert session.selection.query == 4


def test_history_is_bounded(session: Session) -> None:
    for row in range(HISTORY + 50):
        session.selection.set_query(row)
    steps = 0
    while session.selection.can_go_back:
        session.selection.back()
        steps += 1
    assert steps == HISTORY - 1
    assert session.selection.query == 50


def test_asking_the_same_twice_is_one_step_and_one_change(session: Session, ear: SignalRecorder) -> None:
    session.selection.select([4], query=4)
    assert ear.since() == ["selection", "query"]
    session.selection.select([4], query=4)
    assert ear.since() == []
    assert not session.selection.can_go_back


def test_selection_is_sorted_and_each_row_once(session: Session) -> None:
    session.selection.select([5, 2, 5])
    assert session.selection.rows.tolist() == [2, 5]
    assert session.selection.rows.dtype == np.int64


def test_settings_tell_only_of_changes(session: Session, ear: SignalRecorder) -> None:
    for _ in range(2):
        session.selection.set_k(50)
        session.selection.set_focus(1)
        session.set_colouring("correctness")
        session.set_device("CPU (2 cores)")
        session.set_device("")
    assert ear.since() == ["k", "focus", "colouring", "device"]
    session.set_split("test")
    assert ear.since() == []


def test_choosing_a_checkpoint_clears_its_side_only(session: Session, ear: SignalRecorder) -> None:
    _both(session)
    session.problems.set(Subject("embeddings", "A"), "It was damaged.")
    of_b = session.results[EMBEDDINGS]["B"]
    ear.since()
    session.choose_checkpoint("A", made_checkpoint("third"))
    assert ear.since() == [
        "comparison B",
        "neighbours A",
        "projection A",
        "evaluation A",
        "embeddings A",
        "checkpoint A",
    ]
    for derived in OF_A_MODEL:
        assert session.results[derived]["A"] is None
        assert session.results[derived]["B"] is not None
    assert session.results[EMBEDDINGS]["B"] is of_b
    assert session.comparison is None
    assert session.problems.all == []


def test_whoever_listens_never_meets_half_of_an_old_side(session: Session) -> None:
    _both(session)
    met: list[bool] = []

    def look(*_: object) -> None:
        met.append(session.comparison is None and all(session.results[known]["A"] is None for known in OF_A_MODEL))

    for derived in (*OF_A_MODEL, COMPARISON):
        session.results[derived].changed.connect(look)
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
    assert "comparison B" in (heard := ear.since()) and heard[-1] == "checkpoint B"


def test_another_split_closes_what_was_measured_but_keeps_the_checkpoints(
    session: Session, ear: SignalRecorder
) -> None:
    _both(session)
    session.selection.select([1, 2], query=2)
    ear.since()
    session.set_split("all")
    assert session.split == "all"
    assert not session.results[EMBEDDINGS].entries and not session.results[EVALUATION].entries
    assert session.selection.query is None and not session.selection.rows.size
    assert not session.selection.can_go_back, "rows of another split are no way back"
    assert session.checkpoint["A"] is not None and session.comparing
    assert ear.since()[-1] == "split"


def test_another_catalog_closes_everything_and_is_told_last(session: Session, ear: SignalRecorder) -> None:
    _both(session)
    session.selection.select([1, 2], query=2)
    session.selection.set_focus(1)
    for subject in (Subject("embeddings", "A"), Subject("comparison", "B"), QUERY, WINDOW, RUN):
        session.problems.set(subject, "Something is wrong.")
    ear.since()
    session.set_catalog(DataSource("others"), made_catalog(("one", "two")), "all")
    assert not any(session.results[derived].entries for derived in (SOURCE_OF_SLOT, COMPARISON, *OF_A_MODEL))
    assert session.comparison is None and session.selection.focus is None and session.selection.query is None
    assert not session.selection.rows.size and not session.selection.can_go_back
    assert [problem.subject for problem in session.problems.all] == [RUN]
    heard = ear.since()
    assert heard[-3:] == ["checkpoint A", "checkpoint B", "catalog"]


def test_checkpoints_chosen_at_the_news_of_a_catalog_stay(session: Session, ear: SignalRecorder) -> None:
    session.catalog_changed.connect(lambda: session.choose_checkpoint("A", made_checkpoint("first")))
    session.set_catalog(SOURCE, made_catalog(), "test")
    chosen = session.checkpoint["A"]
    assert chosen is not None and chosen.name == "first"
    assert ear.since().count("checkpoint A") == 1


def test_problems_are_placed_and_cleared(session: Session) -> None:
    told: list[tuple[str, str, str]] = []
    session.problems.changed.connect(lambda *words: told.append(words))
    session.problems.set(Subject("embeddings", "A"), "It is damaged.", "hash mismatch")
    session.problems.set(QUERY, "It is no image.")
    session.problems.set(Subject("embeddings", "A"), "It is gone.")
    assert [(problem.subject, problem.sentence) for problem in session.problems.all] == [
        (Subject("embeddings", "A"), "It is gone."),
        (QUERY, "It is no image."),
    ]
    session.problems.clear(Subject("embeddings", "A"))
    session.problems.clear(Subject("embeddings", "A"))
    assert told == [
        (Subject("embeddings", "A"), "It is damaged.", "hash mismatch"),
        (QUERY, "It is no image.", ""),
        (Subject("embeddings", "A"), "It is gone.", ""),
        (Subject("embeddings", "A"), "", ""),
    ]


def test_activities_are_listed_oldest_first_and_end(session: Session, ear: SignalRecorder) -> None:
    session.tasks.set(Task("embed A", "loading"))
    session.tasks.set(Task("data", "opening"))
    session.tasks.set(Task("embed A", "embedding 1 of 2", 0.5))
    assert [task.words for task in session.tasks.all] == ["embedding 1 of 2", "opening"]
    session.tasks.end("embed A")
    session.tasks.end("never began")
    assert [task.key for task in session.tasks.all] == ["data"]
    assert ear.since() == ["tasks"] * 4


def test_messages_of_a_run_add_up_until_it_is_forgotten(session: Session, tmp_path: Path) -> None:
    told: list[Path] = []
    session.runs.advanced.connect(told.append)
    session.runs.add_messages(tmp_path, [{"type": "started"}])
    session.runs.add_messages(tmp_path, [{"type": "step"}])
    assert [message["type"] for message in session.runs.messages_of(tmp_path)] == ["started", "step"]
    assert told == [tmp_path, tmp_path]
    session.runs.forget(tmp_path)
    assert session.runs.messages_of(tmp_path) == []


def test_wishes_are_passed_on(session: Session, tmp_path: Path) -> None:
    heard: list[tuple[object, ...]] = []
    requests: dict[str, Any] = {"data": session.data_requested, "query_image": session.selection.query_image_requested}
    requests |= {name: getattr(session.runs, f"{name}_requested") for name in ("start", "stop", "resume", "delete")}
    for name, signal in requests.items():
        signal.connect(lambda *words, name=name: heard.append((name, *words)))
    session.open_data(SOURCE)
    session.selection.set_query_image(tmp_path / "photo.jpg")
    session.runs.start("recipe", SOURCE, "cpu")  # type: ignore[arg-type]
    session.runs.stop(tmp_path)
    session.runs.resume(tmp_path)
    session.runs.delete(tmp_path)
    assert heard == [
        ("data", SOURCE),
        ("query_image", tmp_path / "photo.jpg"),
        ("start", "recipe", SOURCE, "cpu"),
        ("stop", tmp_path),
        ("resume", tmp_path),
        ("delete", tmp_path),
    ]
