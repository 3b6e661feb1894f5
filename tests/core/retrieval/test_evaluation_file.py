"""Evaluations on disk: the same as before, and only where nothing they depend on has changed."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest

from core.data.catalog import texts
from core.progress import MessageReporter
from core.retrieval import evaluation_file
from core.retrieval.embeddings import Embeddings, Origin, save_folder
from core.retrieval.evaluation import Evaluation, evaluate
from core.retrieval.evaluation_file import evaluate_once
from core.retrieval.measures import MeasureAt
from core.retrieval.protocol import Protocol


@pytest.fixture
def embeddings() -> Embeddings:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(30, 4)).astype(np.float32)
    # One class of a single image, which is not measured, and one image without a class.
    labels = texts([*(f"class {index % 5}" for index in range(28)), "alone", ""])
    return Embeddings(vectors, np.arange(30), labels, texts([f"{index}.png" for index in range(30)]))


@pytest.fixture
def folder(embeddings: Embeddings, tmp_path: Path) -> Path:
    save_folder(tmp_path / "vectors", embeddings.vectors, embeddings.rows, Origin())
    return tmp_path / "vectors"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every evaluation that is really made."""
    calls: list[int] = []

    def counted(embeddings: Embeddings, *arguments, **named) -> Evaluation:
        calls.append(len(embeddings))
        return evaluate(embeddings, *arguments, **named)

    monkeypatch.setattr(evaluation_file, "evaluate", counted)
    return calls


def assert_same(one: object, other: object) -> None:
    """Every field, those of fields too, and the types of arrays."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert_same(value, other[key])
    elif dataclasses.is_dataclass(one) and not isinstance(one, MeasureAt):
        for item in dataclasses.fields(one):
            assert_same(getattr(one, item.name), getattr(other, item.name))
    else:
        assert one == other


def test_a_second_time_reads_the_very_same_figures(embeddings, folder, tmp_path, measured) -> None:
    path = tmp_path / "kept.npz"
    first = evaluate_once(embeddings, folder, path, precision_at=(1, 4))
    second = evaluate_once(embeddings, folder, path, precision_at=(1, 4))
    assert len(measured) == 1
    assert_same(first, second)
    assert_same(second, evaluate(embeddings, precision_at=(1, 4)))
    assert second.protocol.not_measured == 2 and second.by_class.labels[0] == "alone"


def test_other_embeddings_other_ranks_and_other_code_are_measured_anew(
    embeddings, folder, tmp_path, measured, monkeypatch
) -> None:
    path = tmp_path / "kept.npz"
    evaluate_once(embeddings, folder, path)
    assert evaluate_once(embeddings, folder, path, recall_at=(1, 16)).recall.keys() == {1, 16}
    assert len(measured) == 2
    save_folder(folder, -embeddings.vectors, embeddings.rows, Origin())
    evaluate_once(embeddings, folder, path, recall_at=(1, 16))
    assert len(measured) == 3
    monkeypatch.setattr(evaluation_file, "code_of", lambda *_: "another version")
    evaluate_once(embeddings, folder, path, recall_at=(1, 16))
    assert len(measured) == 4


def test_another_protocol_is_measured_anew(embeddings, folder, tmp_path, measured) -> None:
    """Also one that asks the same images by the same distance, and hides others from them."""

    @dataclasses.dataclass(frozen=True, eq=False)
    class OfOtherFolders(Protocol):
        folders: np.ndarray

        def hide(self, queries, block, hidden=-np.inf) -> None:
            super().hide(queries, block, hidden)
            block[:, : len(self.gallery)][self.folders[queries][:, None] == self.folders[self.gallery]] = hidden

    plain, path = Protocol.of(embeddings), tmp_path / "evaluation.npz"
    rules = [
        OfOtherFolders(plain.queries, plain.gallery, True, plain.distance, np.arange(30) // size)
        for size in (10, 5, 10)
    ]
    found = [evaluate_once(embeddings, folder, path, protocol=protocol) for protocol in (plain, *rules)]
    assert len(measured) == 4
    assert_same(found[1], evaluate(embeddings, protocol=rules[0]))
    assert_same(evaluate_once(embeddings, folder, path, protocol=rules[0]), found[1])
    assert len(measured) == 4, "the same is read"


def test_a_file_of_the_version_before_is_measured_anew_without_a_word(embeddings, folder, tmp_path, measured) -> None:
    path, said = tmp_path / "kept.npz", list[dict[str, object]]()
    first = evaluate_once(embeddings, folder, path)
    with np.load(path) as archive:
        arrays = dict(archive)
    facts = json.loads(arrays["facts"].tobytes())
    facts |= {"made_from": facts["made_from"] | {"format": 4}, "protocol": "leave-one-out, cosine similarity"}
    facts |= {"distance": "cosine", "gallery": 30, "not_measured": 2}
    np.savez(path, **arrays | {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)})
    assert_same(evaluate_once(embeddings, folder, path, reporter=MessageReporter(said.append)), first)
    assert len(measured) == 2 and [message for message in said if message["type"] == "notice"] == []


@pytest.mark.parametrize("spoil", [lambda data: data[:40], lambda _: b"", lambda data: data[:-30] + b"x" * 30])
def test_a_damaged_file_counts_as_none_which_is_said(embeddings, folder, tmp_path, measured, spoil) -> None:
    path = tmp_path / "kept.npz"
    first, said = evaluate_once(embeddings, folder, path), list[dict[str, object]]()
    reporter = MessageReporter(said.append)
    path.write_bytes(spoil(path.read_bytes()))
    assert_same(evaluate_once(embeddings, folder, path, reporter=reporter), first)
    assert [(it["about"], str(path) in it["sentence"]) for it in said if it["type"] == "notice"] == [("remade", True)]
    said.clear()
    assert len(measured) == 2
    evaluate_once(embeddings, folder, path, reporter=reporter)
    assert len(measured) == 2 and said == []


def test_the_code_that_figures_depend_on_is_there() -> None:
    core = Path(evaluation_file.__file__).parent.parent
    assert [name for name in evaluation_file.CODE if not (core / f"{name}.py").is_file()] == []


def test_a_place_that_cannot_be_written_to_costs_only_time(embeddings, folder, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    assert evaluate_once(embeddings, folder, tmp_path / "file" / "kept.npz").protocol.queries == 28


def test_those_not_used_for_longest_give_way_to_new_ones(embeddings, folder, tmp_path, measured, monkeypatch) -> None:
    first, second, third = (tmp_path / "kept" / f"{name}.npz" for name in ("first", "second", "third"))
    for age, path in enumerate((first, second)):
        evaluate_once(embeddings, folder, path)
        os.utime(path, (1000 + age, 1000 + age))
    evaluate_once(embeddings, folder, first)
    monkeypatch.setattr(evaluation_file, "BUDGET_BYTES", 2 * first.stat().st_size)
    evaluate_once(embeddings, folder, third)
    assert sorted(path.name for path in first.parent.iterdir()) == ["first.npz", "third.npz"]
    assert len(measured) == 3
