"""From choices to what is shown: the newest choice wins, what was made is found again, and failures have sentences.

Child processes are stood in for, so that each of them ends when the test says so.
"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog
from core.data.source import DataSource
from core.errors import EmbeddingsError
from core.projection.projection import load, pca_map
from core.retrieval import evaluation, evaluation_file
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.panels.map.wording import describe_parameters
from explorer.results import measures
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import Session
from explorer.state.subject import DATA, MADE_ANEW, QUERY, Subject
from tests.explorer.factories import made_checkpoint, made_vectors
from tests.explorer.fake_processes import FakeProcesses

A1, A2, A3, B1 = (made_checkpoint(name) for name in ("first", "second", "third", "other"))


@pytest.fixture
def pipeline(session: Session, runner: JobRunner, processes: FakeProcesses, tiny_folder: Path) -> Pipeline:
    """The tiny data are open; answers of threads come at once."""
    made = Pipeline(session, runner, processes, "cpu")  # type: ignore[arg-type]
    session.open_data(DataSource(str(tiny_folder)))
    assert session.split == "test"
    return made


def _out_of_memory(*_arguments: object, **_keywords: object) -> None:
    raise EmbeddingsError("Out of memory.")


def _source(session: Session, slot: str) -> str:
    """Which checkpoint made the embeddings that are shown."""
    embeddings = session.results[EMBEDDINGS][slot]
    assert embeddings is not None
    return Path(embeddings.origin.checkpoint).stem


def _like(session: Session, slot: str) -> str:
    projection = session.results[MAP][slot]
    assert projection is not None and projection.method == "umap"
    return Path(str(projection.parameters["like"])).name if "like" in projection.parameters else ""


@pytest.mark.usefixtures("pipeline")
class TestChoices:
    """What a choice brings to the screen, in which order."""

    def test_a_checkpoint_brings_everything(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        assert processes.since() == ["embed A"]
        assert processes.jobs["embed A"].option("--device") == "cpu"
        processes.finish("embed A")
        assert _source(session, "A") == "first"
        assert session.device == "CPU"
        assert session.results[EVALUATION]["A"] is not None and session.results[EVALUATION]["A"].protocol.queries == 24
        assert session.results[MAP]["A"] is not None and session.results[MAP]["A"].method == "pca", "at once"
        processes.finish("project A")
        assert session.results[MAP]["A"].method == "umap"
        assert session.tasks.all == []
        assert processes.since() == ["project A"]
        assert session.comparison is None

    def test_what_was_made_is_found_again(self, session: Session, processes: FakeProcesses) -> None:
        for slot, info in (("A", A1), ("B", B1)):
            session.choose_checkpoint(slot, info)
            processes.finish_all()
        session.choose_checkpoint("B", None)
        session.choose_checkpoint("A", A2)
        processes.finish_all()
        processes.since()
        session.choose_checkpoint("A", A1)
        session.choose_checkpoint("B", B1)
        assert processes.since() == [], "no child at all"
        assert _source(session, "A") == "first" and _source(session, "B") == "other"
        assert _like(session, "B") != ""
        assert session.comparison is not None and session.results[EVALUATION]["B"] is not None

    def test_maps_by_euclidean_distance_have_names_of_their_own(
        self, session: Session, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Older versions drew them by cosine, under the names that maps by cosine still have."""

        def made(catalog: Catalog, checkpoint: str) -> np.ndarray:
            return made_vectors(catalog, checkpoint) * np.float32(3 if checkpoint == str(A1.path) else 1)

        monkeypatch.setattr("tests.explorer.fake_processes.made_vectors", made)
        for slot, info in (("A", A1), ("B", B1)):
            session.choose_checkpoint(slot, info)
            processes.finish_all()
        a, b = (f"{session.catalog.fingerprint}-{session.split}-{info.identity}" for info in (A1, B1))
        names = {path.name for path in (session.workspace / "maps").iterdir()}
        assert names == {f"{a}-umap-42-euclidean.npz", f"{b}-umap-42-as-{a}-euclidean.npz"}
        pca = pca_map(session.results[EMBEDDINGS]["A"])
        assert describe_parameters(pca.parameters).endswith(" of the variance · euclidean")
        session.choose_checkpoint("A", B1)
        processes.finish_all()
        assert f"{b}-umap-42.npz" in {path.name for path in (session.workspace / "maps").iterdir()}

    @pytest.mark.parametrize("kind", ["embeddings", "maps"])
    @pytest.mark.parametrize("damage", ["cut", "flip", "folder"])
    def test_what_is_damaged_is_made_once_more_and_said(
        self, session: Session, processes: FakeProcesses, kind: str, damage: str
    ) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish_all()
        (kept,) = (session.workspace / kind).iterdir()
        _damage(kept / "embeddings.npy" if kind == "embeddings" else kept, damage)
        session.choose_checkpoint("A", None)
        processes.since()
        session.choose_checkpoint("A", A1)
        child = "embed A" if kind == "embeddings" else "project A"
        assert processes.since() == [child]
        if kind == "embeddings" or damage != "folder":
            (said,) = [problem for problem in session.problems.all if problem.subject == MADE_ANEW]
            assert "is made once more" in said.sentence and said.is_notice
        processes.finish(child)
        processes.finish_all()
        assert _source(session, "A") == "first" and session.results[MAP]["A"].method == "umap"

    def test_measures_that_are_damaged_are_made_once_more_and_said(
        self, session: Session, processes: FakeProcesses
    ) -> None:
        for slot, info in (("A", A1), ("B", B1)):
            session.choose_checkpoint(slot, info)
            processes.finish_all()
        before, kept = session.comparison, sorted((session.workspace / "evaluations").iterdir())
        for path in kept:
            _damage(path, "flip")
        for slot in ("B", "A"):
            session.choose_checkpoint(slot, None)
        for slot, info in (("A", A1), ("B", B1)):
            session.choose_checkpoint(slot, info)
            processes.finish_all()
        (said,) = [problem.sentence for problem in session.problems.all]
        assert said in [f"The kept evaluation {path} is damaged and is made once more." for path in kept]
        assert session.comparison is not None and before is not None
        assert session.comparison.evaluation_b.as_json() == before.evaluation_b.as_json()

    def test_what_is_damaged_at_once_again_is_a_problem(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        for _ in range(2):
            processes.finish_all()
            processes.since()
            (kept,) = (session.workspace / "embeddings").iterdir()
            _damage(kept / "rows.npy", "cut")
            session.choose_checkpoint("A", None)
            session.choose_checkpoint("A", A1)
        assert processes.since() == []
        assert any(
            problem.subject == Subject("embeddings", "A") and "is damaged" in problem.sentence
            for problem in session.problems.all
        )

    def test_what_was_measured_is_not_measured_again(
        self, session: Session, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish_all()
        before = session.results[EVALUATION]["A"]
        assert before is not None

        def never(*_arguments: object, **_named: object) -> None:
            raise AssertionError("measured again")

        monkeypatch.setattr(evaluation_file, "evaluate", never)
        session.choose_checkpoint("A", None)
        assert session.results[EVALUATION]["A"] is None
        session.choose_checkpoint("A", A1)
        after = session.results[EVALUATION]["A"]
        assert after is not None and after.as_json() == before.as_json()

    def test_each_choice_searches_all_pairs_once(
        self, session: Session, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        passes, blocks = [], evaluation.blocks
        monkeypatch.setattr(evaluation, "blocks", lambda *arguments: passes.append(1) or blocks(*arguments))
        for number, (slot, info) in enumerate((("A", A1), ("B", B1), ("A", A2)), start=1):
            session.choose_checkpoint(slot, info)
            processes.finish_all()
            assert len(passes) == number
            assert (session.comparison is None) == (number == 1)
        session.choose_checkpoint("A", A1)
        assert session.comparison is not None and len(passes) == 3

    def test_quick_changes_end_with_the_last(self, session: Session, processes: FakeProcesses) -> None:
        seen: list[str] = []
        session.results[EMBEDDINGS].changed.connect(
            lambda slot: session.results[EMBEDDINGS][slot] is not None and seen.append(_source(session, slot))
        )
        for info in (A1, A2, A3):
            session.choose_checkpoint("A", info)
        assert list(processes.jobs) == ["embed A"]
        assert [task.words for task in session.tasks.all] == ["loading third"]
        processes.finish_all()
        assert seen == ["third"]
        assert session.results[MAP]["A"] is not None

    def test_a_change_while_the_map_is_made_leaves_nothing_of_it(
        self, session: Session, processes: FakeProcesses
    ) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish("embed A")
        assert processes.running("project A")
        session.choose_checkpoint("A", A2)
        assert list(processes.jobs) == ["embed A"]
        assert session.results[MAP]["A"] is None and session.results[EVALUATION]["A"] is None
        processes.finish_all()
        assert _source(session, "A") == "second"

    def test_b_is_compared_and_mapped_like_a(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish_all()
        session.choose_checkpoint("B", B1)
        processes.finish("embed B")
        assert session.comparison is not None
        processes.finish_all()
        assert A1.identity in _like(session, "B")

    def test_bs_map_waits_for_as(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        session.choose_checkpoint("B", B1)
        processes.finish("embed B")
        assert session.results[MAP]["B"] is not None and session.results[MAP]["B"].method == "pca"
        assert not processes.running("project B")
        processes.finish_all()
        assert A1.identity in _like(session, "B")
        assert session.comparison is not None

    def test_another_a_keeps_b_and_turns_its_map(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        session.choose_checkpoint("B", B1)
        processes.finish_all()
        of_b, measured_b, compared = (
            session.results[EMBEDDINGS]["B"],
            session.results[EVALUATION]["B"],
            session.comparison,
        )
        processes.since()
        session.choose_checkpoint("A", A2)
        assert session.comparison is None
        processes.finish_all()
        assert processes.since() == ["embed A", "project A", "project B"]
        assert session.results[EMBEDDINGS]["B"] is of_b and session.results[EVALUATION]["B"] is measured_b
        assert A2.identity in _like(session, "B")
        assert session.comparison is not None and session.comparison is not compared

    def test_a_late_map_of_b_for_another_a_is_stopped(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        session.choose_checkpoint("B", B1)
        for key in ("embed A", "embed B", "project A"):
            processes.finish(key)
        assert processes.running("project B")
        session.choose_checkpoint("A", A2)
        assert not processes.running("project B")

    def test_components_of_b_are_turned_like_those_of_a(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        session.choose_checkpoint("B", A1)
        processes.finish("embed B")
        processes.finish("embed A")
        a, b = session.results[MAP]["A"], session.results[MAP]["B"]
        assert a is not None and b is not None
        assert a.method == b.method == "pca"
        # The same network twice: turned like A's, B's map is A's.
        np.testing.assert_allclose(a.xy, b.xy, atol=1e-4)

    def test_ending_the_comparison_leaves_no_activity(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish_all()
        session.choose_checkpoint("B", B1)
        session.choose_checkpoint("B", None)
        assert processes.jobs == {} and session.tasks.all == []

    def test_another_split_is_embedded_anew(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish_all()
        session.set_split("all")
        processes.finish_all()
        assert session.results[EMBEDDINGS]["A"] is not None and len(session.results[EMBEDDINGS]["A"]) == 48
        assert processes.since() == ["embed A", "project A"] * 2

    def test_another_data_set_stops_the_work_on_the_old_one(
        self, session: Session, processes: FakeProcesses, tiny_folder: Path
    ) -> None:
        session.choose_checkpoint("A", A1)
        session.open_data(DataSource(str(tiny_folder), exclude_labels=("blue disc",)))
        assert processes.jobs == {} and session.tasks.all == []
        assert session.checkpoint["A"] is None
        # Read otherwise it is the same data set still.
        assert [source.location for source in session.library.data_sets] == [str(tiny_folder), "demo"]


@pytest.mark.usefixtures("pipeline")
class TestFailures:
    """Each has its sentence where it belongs, and nothing waits for ever."""

    def test_a_failed_embedding(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        processes.fail("embed A")
        assert [(it.subject, it.sentence, it.details) for it in session.problems.all] == [
            (Subject("embeddings", "A"), "The disk is full.", "Traceback")
        ]
        assert session.tasks.all == []
        session.choose_checkpoint("A", A1)
        assert processes.running("embed A"), "choosing it again tries again"
        assert session.problems.all == []

    def test_a_failed_map_leaves_the_components(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish("embed A")
        processes.fail("project A")
        assert session.results[MAP]["A"] is not None and session.results[MAP]["A"].method == "pca"
        assert [problem.subject for problem in session.problems.all] == [Subject("map", "A")]
        session.problems.retry(Subject("map", "A"))
        assert session.problems.all == []
        processes.finish("project A")
        assert session.results[MAP]["A"].method == "umap" and session.problems.all == []

    def test_a_failed_measure_is_tried_again(
        self, session: Session, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        measure = measures.evaluate_once
        monkeypatch.setattr(measures, "evaluate_once", _out_of_memory)
        session.choose_checkpoint("A", A1)
        processes.finish("embed A")
        assert [(problem.subject, problem.sentence) for problem in session.problems.all] == [
            (Subject("evaluation", "A"), "Out of memory.")
        ]
        monkeypatch.setattr(measures, "evaluate_once", measure)
        session.problems.retry(Subject("evaluation", "A"))
        assert session.results[EVALUATION]["A"] is not None and session.problems.all == []

    def test_a_cancelled_map_leaves_the_components_and_can_be_asked_for(
        self, session: Session, processes: FakeProcesses
    ) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish("embed A")
        cancelled = processes.jobs["project A"].cancelled
        processes.stop("project A")
        assert cancelled is not None
        cancelled()
        assert [problem.sentence for problem in session.problems.all] == ["Computing UMAP of A was cancelled."]
        session.problems.retry(Subject("map", "A"))
        assert processes.running("project A") and session.problems.all == []

    def test_what_failed_is_over_with_another_checkpoint(self, session: Session, processes: FakeProcesses) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish("embed A")
        processes.fail("project A")
        session.choose_checkpoint("A", A2)
        assert session.problems.all == []

    def test_unreadable_images_are_told_and_left_out(self, session: Session, processes: FakeProcesses) -> None:
        assert session.catalog is not None
        first, second = session.catalog.rows("test")[:2].tolist()
        processes.unreadable = (first,)
        session.choose_checkpoint("A", A1)
        processes.finish_all()
        name = session.catalog.paths[first]
        assert [problem.sentence for problem in session.problems.all] == [f"{name} could not be read and is left out."]
        projection = session.results[MAP]["A"]
        assert projection is not None and first not in projection.rows.tolist()
        session.selection.select([first], query=first)
        assert session.results[NEIGHBOURS]["A"] is None
        assert "has no embedding" in session.problems.all[-1].sentence
        session.selection.select([second], query=second)
        assert session.results[NEIGHBOURS]["A"] is not None
        assert QUERY not in {problem.subject for problem in session.problems.all}
        session.selection.set_query(None)
        processes.unreadable = (first, second)
        session.choose_checkpoint("A", A2)
        processes.finish_all()
        assert [problem.sentence for problem in session.problems.all] == [
            f"2 images could not be read and are left out (first: {name})."
        ]

    def test_data_that_are_not_there(self, session: Session, processes: FakeProcesses) -> None:
        before = session.catalog
        session.open_data(DataSource("/nowhere/at/all"))
        assert [problem.subject for problem in session.problems.all] == [DATA]
        assert "/nowhere/at/all is not there" in session.problems.all[0].sentence
        assert session.catalog is before and session.tasks.all == []

    def test_cancelling_the_embedding_takes_the_checkpoint_back(
        self, session: Session, processes: FakeProcesses
    ) -> None:
        session.choose_checkpoint("A", A1)
        cancelled = processes.jobs["embed A"].cancelled
        assert cancelled is not None
        cancelled()
        assert session.checkpoint["A"] is None
        assert processes.jobs == {} and session.tasks.all == [] and session.problems.all == []


@pytest.mark.usefixtures("pipeline")
class TestNeighbours:
    """What a query brings."""

    @pytest.fixture(autouse=True)
    def _measured(self, session: Session, processes: FakeProcesses, pipeline: Pipeline) -> None:
        session.choose_checkpoint("A", A1)
        session.choose_checkpoint("B", B1)
        processes.finish_all()

    def test_a_query_is_answered_on_both_sides(self, session: Session) -> None:
        row = session.catalog.rows("test")[3]
        session.selection.select([row], query=int(row))
        for slot in ("A", "B"):
            found = session.results[NEIGHBOURS][slot]
            assert found is not None and found.query == row
            assert len(found.rows) == 20 and row not in found.rows
            labels = session.catalog.labels
            assert found.right.tolist() == [labels[other] == labels[row] for other in found.rows]
            assert (np.diff(found.similarities) <= 0).all()

    def test_k_asks_again(self, session: Session) -> None:
        session.selection.set_query(int(session.catalog.rows("test")[3]))
        session.selection.set_k(5)
        assert len(session.results[NEIGHBOURS]["A"].rows) == len(session.results[NEIGHBOURS]["B"].rows) == 5
        session.selection.set_k(100)
        assert len(session.results[NEIGHBOURS]["A"].rows) == 23, "as many as there are"
        assert session.results[NEIGHBOURS]["A"].missed_row is None

    def test_the_nearest_missed_image_is_of_the_class(self, session: Session) -> None:
        session.selection.set_k(5)
        for row in session.catalog.rows("test"):
            session.selection.set_query(int(row))
            found = session.results[NEIGHBOURS]["A"]
            of_class = np.flatnonzero(session.catalog.labels == session.catalog.labels[row])
            beyond = np.setdiff1d(of_class, [*found.rows, row])
            assert (found.missed_row is None) == (not beyond.size)
            assert found.missed_row is None or found.missed_row in beyond

    def test_another_checkpoint_answers_the_query_that_is_shown(
        self, session: Session, processes: FakeProcesses
    ) -> None:
        row = int(session.catalog.rows("test")[3])
        session.selection.set_query(row)
        session.choose_checkpoint("A", A2)
        assert session.results[NEIGHBOURS]["A"] is None and session.results[NEIGHBOURS]["B"] is not None
        processes.finish_all()
        assert session.results[NEIGHBOURS]["A"] is not None and session.results[NEIGHBOURS]["A"].query == row


@pytest.mark.usefixtures("pipeline")
class TestImageFiles:
    """Queries from outside of the data set."""

    @pytest.fixture(autouse=True)
    def _measured(self, session: Session, processes: FakeProcesses, pipeline: Pipeline) -> None:
        session.choose_checkpoint("A", A1)
        processes.finish_all()
        processes.since()

    @pytest.fixture
    def photo(self, tmp_path: Path) -> Path:
        Image.new("RGB", (40, 40), (200, 60, 50)).save(tmp_path / "photo.png")
        return tmp_path / "photo.png"

    def _answer(self, session: Session, processes: FakeProcesses, slot: str, row: int = 24) -> None:
        number = next(it["id"] for it in reversed(processes.requests) if it["to"] == f"serve {slot}")
        embeddings = session.results[EMBEDDINGS][slot]
        subject = int(np.flatnonzero(embeddings.rows == row)[0])
        vector = embeddings.vectors[subject].tolist()
        processes.serve(f"serve {slot}", type="embedding", id=number, vector=vector)

    def test_a_file_is_embedded_by_a_child_that_stays(
        self, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        row = int(session.catalog.rows("test")[0])
        session.selection.set_query_image(photo)
        assert processes.since() == ["serve A"]
        assert [(it.words, it.fraction) for it in session.tasks.all] == [("embedding photo.png, step 2 of 3", 1 / 3)]
        processes.serve("serve A", type="ready")
        assert [(it.words, it.fraction) for it in session.tasks.all] == [("embedding photo.png, step 3 of 3", 2 / 3)]
        self._answer(session, processes, "A", row)
        found = session.results[NEIGHBOURS]["A"]
        assert found is not None and found.query is None and found.right is None
        assert found.rows[0] == row and found.similarities[0] == pytest.approx(1)
        assert session.tasks.all == []
        session.selection.set_query_image(photo.with_name("another.png"))
        assert processes.since() == [], "the same child answers"
        assert session.results[NEIGHBOURS]["A"] is None
        self._answer(session, processes, "A", row + 1)
        assert session.results[NEIGHBOURS]["A"].rows[0] == row + 1

    def test_answers_to_earlier_images_are_dropped(
        self, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        session.selection.set_query_image(photo)
        old = processes.requests[-1]["id"]
        session.selection.set_query_image(photo.with_name("another.png"))
        processes.serve("serve A", type="embedding", id=old, vector=[1.0] * 8)
        assert session.results[NEIGHBOURS]["A"] is None
        assert [task.words for task in session.tasks.all] == ["embedding another.png, step 2 of 3"]
        session.selection.set_query(int(session.catalog.rows("test")[0]))
        assert session.tasks.all == []
        processes.serve("serve A", type="failed", id=processes.requests[-1]["id"], sentence="It is no image.")
        assert session.problems.all == [], "nobody waits for it any more"
        assert session.results[NEIGHBOURS]["A"].query is not None

    def test_it_can_be_ended_and_tried_again(self, session: Session, processes: FakeProcesses, photo: Path) -> None:
        """Also where the child hangs in the file: it goes, and another is started."""
        session.selection.set_query_image(photo)
        session.tasks.cancel("query")
        assert session.tasks.all == [] and not processes.running("serve A")
        assert [problem.sentence for problem in session.problems.all] == ["Embedding photo.png was cancelled."]
        session.problems.retry(QUERY)
        assert session.problems.all == [] and processes.since() == ["serve A", "serve A"]
        self._answer(session, processes, "A")
        assert session.results[NEIGHBOURS]["A"] is not None and session.tasks.all == []

    def test_an_image_of_the_data_set_is_its_row(self, session: Session, processes: FakeProcesses) -> None:
        row = int(session.catalog.rows("test")[4])
        session.selection.set_query_image(session.catalog.path(row))
        assert session.selection.query == row and session.selection.query_image is None
        assert session.selection.rows.tolist() == [row]
        assert processes.since() == []

    def test_an_image_of_another_split_is_searched_like_a_foreign_one(
        self, session: Session, processes: FakeProcesses
    ) -> None:
        row = int(session.catalog.rows("train")[0])
        session.selection.set_query_image(session.catalog.path(row))
        assert session.selection.query is None
        assert processes.since() == ["serve A"]

    def test_a_file_that_is_no_image_is_told_in_one_sentence(
        self, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        session.selection.set_query_image(photo)
        number = processes.requests[-1]["id"]
        processes.serve("serve A", type="failed", id=number, sentence="photo.png is no image.")
        assert [(it.subject, it.sentence) for it in session.problems.all] == [(QUERY, "photo.png is no image.")]
        assert session.tasks.all == []
        session.selection.set_query(int(session.catalog.rows("test")[0]))
        assert session.problems.all == []

    def test_a_child_that_dies_is_told_and_started_again(
        self, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        session.selection.set_query_image(photo)
        processes.fail("serve A")
        assert [it.subject for it in session.problems.all] == [QUERY]
        assert session.tasks.all == []
        session.selection.set_query_image(photo)
        assert processes.since() == ["serve A", "serve A"]

    def test_a_second_checkpoint_is_asked_too(self, session: Session, processes: FakeProcesses, photo: Path) -> None:
        row = int(session.catalog.rows("test")[0])
        session.selection.set_query_image(photo)
        self._answer(session, processes, "A", row)
        session.choose_checkpoint("B", B1)
        assert processes.running("serve B")
        processes.finish("embed B")
        self._answer(session, processes, "B", row)
        assert session.results[NEIGHBOURS]["B"].rows[0] == row
        assert session.results[NEIGHBOURS]["A"].rows[0] == row

    def test_another_checkpoint_embeds_the_image_anew(
        self, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        row = int(session.catalog.rows("test")[0])
        session.selection.set_query_image(photo)
        self._answer(session, processes, "A", row)
        session.choose_checkpoint("A", A2)
        assert processes.jobs["serve A"].arguments[1] == str(A2.path)
        self._answer_before_the_embeddings(session, processes, row)
        processes.finish("embed A")
        assert session.results[NEIGHBOURS]["A"].rows[0] == row
        session.choose_checkpoint("A", A3)
        session.selection.set_query(row)
        assert not any(it.key == "query" for it in session.tasks.all)

    def _answer_before_the_embeddings(self, session: Session, processes: FakeProcesses, row: int) -> None:
        vector = made_vectors(session.catalog, str(A2.path))[row].tolist()
        processes.serve("serve A", type="embedding", id=processes.requests[-1]["id"], vector=vector)
        assert session.results[NEIGHBOURS]["A"] is None

    def test_what_another_checkpoint_made_of_the_image_is_not_searched(
        self, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        row = int(session.catalog.rows("test")[0])
        session.selection.set_query_image(photo)
        self._answer(session, processes, "A", row)
        session.choose_checkpoint("A", A2)
        processes.finish("embed A")
        assert session.results[EMBEDDINGS]["A"] is not None and session.results[NEIGHBOURS]["A"] is None
        self._answer(session, processes, "A", row)
        assert session.results[NEIGHBOURS]["A"].rows[0] == row

    def test_without_a_checkpoint_one_is_asked_for(
        self, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        session.choose_checkpoint("A", None)
        session.selection.set_query_image(photo)
        assert "Choose a checkpoint as A" in session.problems.all[0].sentence
        session.choose_checkpoint("A", A1)
        assert session.problems.all == []
        self._answer(session, processes, "A", int(session.catalog.rows("test")[0]))
        assert session.results[NEIGHBOURS]["A"] is not None


class TestOpening:
    """Data that take their time."""

    def test_looking_up_an_image_file_that_hangs_is_given_up(
        self,
        qtbot: QtBot,
        session: Session,
        processes: FakeProcesses,
        tiny_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        threads, opened, stalled = JobRunner(), threading.Event(), threading.Event()
        Pipeline(session, threads, processes, "cpu")  # type: ignore[arg-type]
        session.open_data(DataSource(str(tiny_folder)))
        qtbot.waitUntil(lambda: session.catalog is not None)

        def stall(_catalog: Catalog, _path: Path) -> None:
            stalled.set()
            assert opened.wait(30)

        monkeypatch.setattr(Catalog, "row_of", stall)
        session.selection.set_query_image(Path("/drive/photo.png"))
        assert stalled.wait(10)
        (task,) = [it for it in session.tasks.all if it.key == "query"]
        assert (task.words, task.fraction) == ("embedding photo.png, step 1 of 1", 0.0)
        session.tasks.cancel("query")
        assert session.tasks.all == []
        assert [problem.sentence for problem in session.problems.all] == ["Embedding photo.png was cancelled."]
        opened.set()
        assert threads.shutdown()

    def test_an_image_file_needs_data(
        self, session: Session, runner: JobRunner, processes: FakeProcesses, tmp_path: Path
    ) -> None:
        Pipeline(session, runner, processes, "cpu")  # type: ignore[arg-type]
        session.selection.set_query_image(tmp_path / "photo.png")
        assert session.problems.all[0].sentence.startswith("Open a data set first")

    def test_with_threads_too_only_the_last_of_quick_changes_is_shown(
        self, qtbot: QtBot, session: Session, processes: FakeProcesses, tiny_folder: Path
    ) -> None:
        threads = JobRunner()
        pipeline = Pipeline(session, threads, processes, "cpu")  # type: ignore[arg-type]
        session.open_data(DataSource(str(tiny_folder)))
        qtbot.waitUntil(lambda: session.catalog is not None)
        for info in (A1, A2, A3):
            session.choose_checkpoint("A", info)
            while pipeline.busy:
                for key in list(processes.jobs):
                    processes.finish(key)
                qtbot.wait(1)
        seen: set[str] = set()
        session.results[EMBEDDINGS].changed.connect(
            lambda slot: session.results[EMBEDDINGS][slot] is not None and seen.add(_source(session, slot))
        )
        processes.since()
        for info in (A1, A2, A3, A1, A2):
            session.choose_checkpoint("A", info)
        qtbot.waitUntil(lambda: not pipeline.busy)
        assert seen == {"second"}
        map_file = next((session.workspace / "maps").glob(f"*{A2.identity}*"))
        np.testing.assert_array_equal(session.results[MAP]["A"].xy, load(map_file).xy)
        assert processes.since() == [] and session.tasks.all == []
        threads.shutdown()


def _damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "folder":
        path.unlink()
        path.mkdir()
        return
    if how == "cut":
        del content[len(content) // 2 :]
    else:
        # A finite number becomes another one; an archive's own headers have bytes that nobody reads.
        array = content.find(b"\x93NUMPY", len(content) // 2)
        content[len(content) // 2 if array < 0 else array + 128] ^= 1
    path.write_bytes(content)
