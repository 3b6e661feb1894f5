"""Results that a panel declares: what goes wrong with one is told as long as it is so, and no file is another's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.array_file import save_arrays
from core.data.source import DataSource
from core.errors import EmbeddingsError
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.panels.panel import PanelSpec
from explorer.panels.table import results_of
from explorer.results import measures
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.neighbours import NEIGHBOURS
from explorer.results.table import RESULTS
from explorer.session import Session
from explorer.state.derived import ARRAY, Child, Derived, OfReference, Request, Stored, checked
from explorer.state.subject import QUERY, Subject
from tests.explorer.factories import made_checkpoint
from tests.explorer.fake_processes import FakeProcesses

A1, A2, B1 = (made_checkpoint(name) for name in ("first", "second", "other"))
Declare = Callable[..., None]


@pytest.fixture
def declare(session: Session, runner: JobRunner, processes: FakeProcesses, tiny_folder: Path) -> Declare:
    """Opens the tiny data where these results are declared besides the table's."""

    def declare_these(*results: Derived[Any]) -> None:
        Pipeline(session, runner, processes, "cpu", (*RESULTS, *results))  # type: ignore[arg-type]
        session.open_data(DataSource(str(tiny_folder)))

    return declare_these


def _choose(session: Session, processes: FakeProcesses, **sources: Any) -> None:
    for slot, source in sources.items():
        session.choose_checkpoint(slot, source)
        processes.finish_all()


def _one(_request: Request) -> np.ndarray:
    return np.ones(1)


def _fail(*_arguments: object, **_keywords: object) -> Any:
    raise EmbeddingsError("Out of memory.")


class TestProblems:
    """One is over as soon as what failed is not asked for any more."""

    def test_of_the_comparison_with_another_reference(
        self, session: Session, processes: FakeProcesses, declare: Declare, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        declare()
        monkeypatch.setattr(measures, "compare_once", _fail)
        _choose(session, processes, A=A1, B=B1)
        assert [problem.subject for problem in session.problems.all] == [Subject("comparison", "B")]
        session.choose_checkpoint("A", A2)
        assert session.problems.all == []

    def test_of_a_map_with_another_reference(
        self, session: Session, processes: FakeProcesses, declare: Declare
    ) -> None:
        declare()
        _choose(session, processes, A=A1)
        session.choose_checkpoint("B", B1)
        processes.finish("embed B")
        processes.fail("project B")
        assert [problem.subject for problem in session.problems.all] == [Subject("map", "B")]
        session.choose_checkpoint("A", A2)
        assert session.problems.all == []
        processes.finish_all()
        assert session.results[MAP]["B"].method == "umap"  # type: ignore[union-attr]

    def test_of_a_result_without_words_that_succeeds_later(
        self, session: Session, processes: FakeProcesses, declare: Declare
    ) -> None:
        def compute(request: Request) -> int:
            return 1 // (request.of_reference(EMBEDDINGS).origin.checkpoint != str(A1.path))

        result: Derived[int] = Derived(
            "gap", needs=(EMBEDDINGS, OfReference(EMBEDDINGS.name)), compute=compute, of_reference=False
        )
        declare(result)
        _choose(session, processes, A=A1, B=B1)
        problem = session.problems.get(Subject("gap", "B"))
        assert problem is not None and problem.sentence.startswith("ZeroDivisionError") and problem.details
        _choose(session, processes, A=A2)
        assert session.results[result]["B"] == 1 and session.problems.all == []


class TestFiles:
    """Each is named after all that its result follows from, and damage or a full disk costs time alone."""

    def test_a_result_that_leans_on_the_reference(
        self, session: Session, processes: FakeProcesses, declare: Declare
    ) -> None:
        def compute(request: Request) -> np.ndarray:
            if not request.compared:
                return np.zeros(1)
            return np.array([(request[EMBEDDINGS].vectors * request.of_reference(EMBEDDINGS).vectors).sum()])

        gap = Derived("gap", lambda _: "measuring", (EMBEDDINGS, OfReference(EMBEDDINGS.name)), compute, stored=ARRAY)
        double = Derived("double", lambda _: "doubling", (gap,), lambda request: 2 * request[gap], stored=ARRAY)
        declare(gap, double)
        _choose(session, processes, A=A1, B=B1)
        first, twice = session.results[gap]["B"], session.results[double]["B"]
        _choose(session, processes, A=A2)
        assert session.results[gap]["B"] != first and session.results[double]["B"] != twice
        _choose(session, processes, A=A1)
        assert session.results[gap]["B"] == first and session.results[double]["B"] == twice

    def test_one_that_follows_from_the_query_has_to_say_its_name(
        self, session: Session, processes: FakeProcesses, declare: Declare
    ) -> None:
        def compute(request: Request) -> np.ndarray:
            return np.array([request[NEIGHBOURS].query])

        with pytest.raises(ValueError, match="asked needs a `file_stem`"):
            checked([*RESULTS, Derived("asked", lambda _: "asking", (NEIGHBOURS,), compute, stored=ARRAY)])

        def name(request: Request) -> str:
            return f"{request.stem(request.slot)}-{request[NEIGHBOURS].query}"

        asked = Derived("asked", lambda _: "asking", (NEIGHBOURS,), compute, stored=ARRAY, file_stem=name)
        declare(asked)
        _choose(session, processes, A=A1)
        for row in session.catalog.rows("test")[:2]:  # type: ignore[union-attr]
            session.selection.set_query(int(row))
            assert session.results[asked]["A"] == row

    @pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut short"])
    def test_a_damaged_one_is_made_once_more_each_time(
        self, session: Session, processes: FakeProcesses, declare: Declare, content: bytes | None
    ) -> None:
        result = Derived("ones", lambda _: "counting", (EMBEDDINGS,), _one, stored=ARRAY)
        declare(result)
        _choose(session, processes, A=A1)
        (file,) = (session.workspace / "results" / "ones").iterdir()
        for _ in range(2):
            if content is None:
                save_arrays(file, {"another": np.zeros(3)})
            else:
                file.write_bytes(content)
            session.choose_checkpoint("A", None)
            session.choose_checkpoint("A", A1)
            assert session.results[result]["A"] == 1
            assert [problem.is_notice for problem in session.problems.all] == [True], "that it was made once more"

    def test_a_full_disk_costs_no_result(self, session: Session, processes: FakeProcesses, declare: Declare) -> None:
        def save(_path: Path, _array: np.ndarray) -> None:
            raise OSError(28, "No space left on device")

        result = Derived("ones", lambda _: "counting", (EMBEDDINGS,), _one, stored=Stored(".npz", ARRAY.load, save))
        declare(result)
        _choose(session, processes, A=A1)
        assert session.results[result]["A"] == 1 and session.problems.all == []


def test_what_follows_from_a_former_query_is_gone_before_anybody_hears_of_the_new_one(
    session: Session, processes: FakeProcesses, declare: Declare
) -> None:
    result = Derived("asked", needs=(NEIGHBOURS,), compute=lambda request: request[NEIGHBOURS].query)
    declare(result)
    _choose(session, processes, A=A1)
    met: list[object] = []
    session.selection.query_changed.connect(lambda: met.append(session.results[result]["A"]))
    first, second = (int(row) for row in session.catalog.rows("test")[:2])  # type: ignore[union-attr]
    session.selection.set_query(first)
    assert session.results[result]["A"] == first
    met.clear()
    session.selection.set_query(second)
    assert first not in met and session.results[result]["A"] == second
    assert session.problems.get(QUERY) is None


def test_declarations_that_could_not_work_are_refused() -> None:
    lost = Derived("lost", None, (EMBEDDINGS,), _one)
    for results, why in (
        ([*RESULTS, Derived("map", None, (EMBEDDINGS,), _one)], "listed twice"),
        ([*RESULTS, Derived("chosen")], "nothing makes it"),
        ([*RESULTS, replace(MAP, name="other", file_stem=None)], "one child of each verb"),
        ([*RESULTS, Derived("late", None, (lost,), _one), lost], "late needs lost"),
    ):
        with pytest.raises(ValueError, match=why):
            checked(results)
    with pytest.raises(ValueError, match="`words`"):
        Derived("silent", None, (EMBEDDINGS,), _one, stored=ARRAY)
    with pytest.raises(ValueError, match="alone"):
        Derived("nowhere", needs=(EMBEDDINGS,), child=Child("verb", lambda _: [], lambda _: ""))


def test_panels_may_share_a_result() -> None:
    shared = Derived("shared", None, (EMBEDDINGS,), _one)
    panels = [PanelSpec(name, name, lambda context: None, results=(shared,)) for name in ("one", "two")]  # type: ignore[arg-type,return-value]
    assert checked(results_of(panels))[-1] is shared
