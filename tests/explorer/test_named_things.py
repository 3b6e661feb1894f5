"""Bare words of a command line: what lies there decides whether it is data or a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.source import DataSource
from core.errors import DataError
from core.looking import trained_on
from core.models.checkpoint_files import resolve
from explorer.named_things import sort_out


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's directory that says what it trains on."""
    run = tmp_path / "runs" / "a"
    (run / "checkpoints").mkdir(parents=True)
    (run / "run.json").write_text(json.dumps({"data": DataSource("demo", label_column="cut").as_dict()}))
    return run


def test_folders_and_tables_are_data_and_all_else_is_for_a_and_b(tmp_path: Path, run: Path) -> None:
    vectors, weights = tmp_path / "mine.npz", tmp_path / "w.safetensors"
    named = sort_out([str(vectors), str(tmp_path), str(run), str(weights)])
    assert named.data == str(tmp_path)
    assert named.checkpoints == [vectors, run, weights]


def test_vectors_alone_are_the_data_and_a(tmp_path: Path, run: Path) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    assert sort_out([str(first), str(second)]) == (str(first), [first, second])
    assert sort_out([str(run), str(first)]) == ("", [run, first]), "a run brings its own data"


def test_a_model_that_comes_with_the_program_goes_by_its_name(tmp_path: Path) -> None:
    assert sort_out([str(tmp_path), "quick-look"]) == (str(tmp_path), [resolve(Path("quick-look"))])


@pytest.mark.parametrize("word", ["demo", "torchvision:Omniglot", "photographs", "images.csv", "images.parquet"])
def test_what_is_not_there_or_a_table_is_data(word: str) -> None:
    assert sort_out([word]) == (word, [])


def test_only_one_data_set_can_be_open() -> None:
    with pytest.raises(DataError, match=r"a and b both name data; expected one folder or table"):
        sort_out(["a", "b"])


def test_a_run_and_its_checkpoints_know_their_data(run: Path, tmp_path: Path) -> None:
    expected = DataSource("demo", label_column="cut")
    assert trained_on(run) == trained_on(run / "checkpoints" / "epoch_001.safetensors") == expected
    assert trained_on(tmp_path / "w.safetensors") is None


def test_a_run_that_does_not_say_its_data_brings_none(run: Path) -> None:
    (run / "run.json").write_text("{")
    assert trained_on(run) is None
