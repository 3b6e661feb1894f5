"""Comparisons on disk: the same as before, and only where nothing they depend on has changed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core import comparison_file
from core.comparison import Comparison, compare
from core.comparison_file import compare_once
from core.data.catalog import texts
from core.retrieval.embeddings import Embeddings, Origin, save_folder

Folders = tuple[Path, Path]


@pytest.fixture
def pair() -> tuple[Embeddings, Embeddings]:
    random = np.random.default_rng(0)
    # One class of a single image, which is not measured, one image without a class, and one that B could not read.
    labels = texts([*(f"class {index % 5}" for index in range(28)), "alone", ""])
    paths = texts([f"{index}.png" for index in range(30)])
    a, b = (
        Embeddings(random.normal(size=(30, 4)).astype(np.float32), np.arange(30), labels, paths, origin=Origin())
        for _ in range(2)
    )
    return a, b.part(np.arange(29))


@pytest.fixture
def folders(pair: tuple[Embeddings, Embeddings], tmp_path: Path) -> Folders:
    for name, embeddings in zip("ab", pair, strict=True):
        save_folder(tmp_path / name, embeddings.vectors, embeddings.rows, Origin())
    return tmp_path / "a", tmp_path / "b"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every comparison that is really made."""
    calls: list[int] = []

    def counted(*arguments: object, **named: object) -> Comparison:
        calls.append(1)
        return compare(*arguments, **named)

    monkeypatch.setattr(comparison_file, "compare", counted)
    return calls


def assert_same(one: Comparison, other: Comparison) -> None:
    assert json.dumps(one.as_json()) == json.dumps(other.as_json())
    for name in ("rows", "fixed", "broken", "kept"):
        left, right = getattr(one, name), getattr(other, name)
        np.testing.assert_array_equal(left, right)
        assert left.dtype == right.dtype
    assert one.per_class == other.per_class and one.intervals == other.intervals
    for left, right in ((one.evaluation_a, other.evaluation_a), (one.evaluation_b, other.evaluation_b)):
        np.testing.assert_array_equal(left.first_hit, right.first_hit)
        assert left.per_class == right.per_class


def test_a_second_time_reads_the_very_same_figures(pair, folders, tmp_path, made) -> None:
    path = tmp_path / "kept.npz"
    first, second = (compare_once(*pair, folders, path) for _ in range(2))
    assert len(made) == 1
    assert_same(first, second)
    assert_same(second, compare(*pair))


@pytest.mark.parametrize("side", [0, 1])
def test_other_vectors_on_either_side_are_compared_anew(pair, folders, tmp_path, made, side) -> None:
    path = tmp_path / "kept.npz"
    compare_once(*pair, folders, path)
    save_folder(folders[side], -pair[side].vectors, pair[side].rows, Origin())
    compare_once(*pair, folders, path)
    assert len(made) == 2


def test_sides_k_and_code_are_part_of_what_it_was_made_from(pair, folders, tmp_path, made, monkeypatch) -> None:
    path = tmp_path / "kept.npz"
    compare_once(*pair, folders, path)
    turned = compare_once(*pair[::-1], folders[::-1], path)
    assert len(made) == 2 and turned.fixed.tolist() == compare(*pair).broken.tolist()
    assert compare_once(*pair[::-1], folders[::-1], path, k=3).k == 3
    monkeypatch.setattr(comparison_file, "code_of", lambda *_: "another version")
    compare_once(*pair[::-1], folders[::-1], path, k=3)
    assert len(made) == 4


def test_the_code_it_depends_on_is_there() -> None:
    core = Path(comparison_file.__file__).parent
    assert [name for name in comparison_file.CODE if not (core / f"{name}.py").is_file()] == []


@pytest.mark.parametrize("spoil", [lambda data: data[:40], lambda _: b"", lambda data: data[:-30] + b"x" * 30])
def test_a_damaged_file_counts_as_none(pair, folders, tmp_path, made, spoil) -> None:
    path = tmp_path / "kept.npz"
    first = compare_once(*pair, folders, path)
    path.write_bytes(spoil(path.read_bytes()))
    assert_same(compare_once(*pair, folders, path), first)
    assert len(made) == 2


def test_a_place_that_cannot_be_written_to_costs_only_time(pair, folders, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    assert len(compare_once(*pair, folders, tmp_path / "file" / "kept.npz").rows) == 29
