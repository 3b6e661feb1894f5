"""A file of vectors as a data set: rows, names, classes and columns as they are there, pictures where paths lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.catalog import Catalog
from core.data.catalog_opening import default_split, open_catalog
from core.data.decoded_images import DecodedImages, ResizeSpec
from core.data.recheck import recheck
from core.data.source import DataSource
from core.errors import DataError, EmbeddingsError
from core.retrieval.embeddings import load_for
from core.retrieval.embeddings_file import of_split
from tests.core.data.pictures import put

VECTORS = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
LABELS = ["a", "b", "a", "b", "a", "b"]


def written(path: Path, **arrays: Any) -> DataSource:
    np.savez(path, **{"embeddings": VECTORS, **arrays})
    return DataSource(str(path))


def said(catalog: Catalog) -> str:
    return " ".join(map(str, catalog.report.sentences))


def test_vectors_alone_are_rows_with_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "e.npz", VECTORS)
    catalog = open_catalog(DataSource(str(tmp_path / "e.npz")))
    assert catalog.paths.tolist() == [f"row {row}" for row in range(6)] and catalog.classes == ()
    assert default_split(catalog) == "all" and not catalog.has_pictures
    assert "e.npz names no files, so there are no pictures: rows go by their numbers." in said(catalog)
    assert "e.npz has no classes: there are the map and neighbours, and no recall." in said(catalog)


def test_columns_are_classes_splits_roles_and_attributes(tmp_path: Path) -> None:
    source = written(
        tmp_path / "e.npz",
        labels=LABELS,
        split=["train", "train", "val", "val", "test", "test"],
        roles=["", "", "", "", "query", "gallery"],
        age=np.array([0.3, 0.1, np.nan, 1, 2, 3], np.float32),
        tags=np.zeros((6, 2)),
    )
    catalog = open_catalog(source)
    assert catalog.labels.tolist() == LABELS and catalog.roles.tolist()[4:] == ["query", "gallery"]
    assert catalog.split_counts() == [("train", 2), ("val", 2), ("test", 2)] and default_split(catalog) == "test"
    assert {name: cells.tolist() for name, cells in catalog.attributes.items()} == {
        "age": ["0.3", "0.1", "", "1.0", "2.0", "3.0"]
    }
    reading = catalog.report.reading
    assert (reading.class_column, reading.split_column) == ("labels", "split")


def test_names_that_tell_rows_apart_are_their_names(tmp_path: Path) -> None:
    words = ["one", "two", "three", "four", "five", "six"]
    assert open_catalog(written(tmp_path / "e.npz", word=words)).paths.tolist() == words
    twice = open_catalog(written(tmp_path / "f.npz", word=["one"] * 6))
    assert twice.paths[0] == "row 0" and twice.attributes["word"].tolist() == ["one"] * 6


def test_a_split_that_is_no_word_of_one_is_kept_and_said(tmp_path: Path) -> None:
    source = written(tmp_path / "e.npz", labels=LABELS, split=[0, 0, 0, 1, 1, 1])
    catalog = open_catalog(source)
    assert catalog.split_counts() == [] and catalog.attributes["split"].tolist() == ["0"] * 3 + ["1"] * 3
    assert "'split' divides nothing" in said(catalog)
    known = DataSource(source.location, split_column="split", split_values=("0=train", "1=test"))
    assert open_catalog(known).split_counts() == [("train", 3), ("test", 3)]


def test_pictures_are_found_beside_the_file_or_below_a_folder_that_is_named(tmp_path: Path) -> None:
    for row in range(5):
        put(tmp_path / "pictures" / "a" / f"{row}.png")
    foreign = written(tmp_path / "foreign.npz", labels=LABELS, paths=[f"/content/set/a/{row}.png" for row in range(6)])
    without = open_catalog(foreign)
    assert not without.has_pictures and without.report.counts["unpictured"] == 6
    based = DataSource(foreign.location, base=str(tmp_path / "pictures"))
    found = open_catalog(based)
    assert [found.has_picture(row) for row in range(6)] == [True] * 5 + [False]
    assert found.path(2) == tmp_path / "pictures" / "a" / "2.png" and found.report.counts["unpictured"] == 1
    assert found.fingerprint != without.fingerprint
    near = written(tmp_path / "near.npz", paths=[f"pictures/a/{row}.png" for row in range(6)])
    assert open_catalog(near).pictured.tolist() == [True] * 5 + [False]


def test_of_a_folder_that_is_not_there_no_file_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    paths = [f"/nowhere/at/all/{row}/x.png" for row in range(6)]
    monkeypatch.setattr("os.path.isfile", lambda path: asked.append(path) or False)
    assert not open_catalog(written(tmp_path / "e.npz", paths=paths)).has_pictures
    assert [path for path in asked if "nowhere" in str(path)] == []


def test_its_own_vectors_are_found_by_row_whatever_is_left_out_or_twice(tmp_path: Path) -> None:
    path = tmp_path / "e.npz"
    source = written(path, labels=LABELS, paths=["x/same.png"] * 6)
    for excluded, rows in (((), [0, 1, 2, 3, 4, 5]), (("a",), [1, 3, 5])):
        catalog = open_catalog(DataSource(source.location, exclude_labels=excluded))
        found = of_split(load_for(path, catalog), catalog, "all", path)
        np.testing.assert_array_equal(found.vectors, VECTORS[rows])
        assert found.rows.tolist() == list(range(len(rows))) and found.origin.left_out == ""


def test_other_vectors_are_found_by_names_and_by_numbers_only_where_there_are_as_many(tmp_path: Path) -> None:
    own, other, bare, fewer = (tmp_path / f"{name}.npz" for name in ("own", "other", "bare", "fewer"))
    named = [f"C:\\set\\{row}.png" for row in range(6)]
    catalog = open_catalog(written(own, labels=LABELS, paths=named))
    written(other, labels=LABELS, paths=named[::-1])
    np.testing.assert_array_equal(of_split(load_for(other, catalog), catalog, "all", other).vectors, VECTORS[::-1])
    numbered = open_catalog(written(bare))
    written(other)
    assert of_split(load_for(other, numbered), numbered, "all", other).rows.tolist() == [0, 1, 2, 3, 4, 5]
    np.savez(fewer, embeddings=VECTORS[:5])
    with pytest.raises(EmbeddingsError, match="of other images than those of bare"):
        of_split(load_for(fewer, numbered), numbered, "all", fewer)


def test_what_embed_wrote_is_of_its_split(tmp_path: Path) -> None:
    origin = np.array('{"catalog": "0123456789abcdef", "split": "test"}')
    path = tmp_path / "e.npz"
    catalog = open_catalog(written(path, labels=LABELS, rows=range(10, 16), origin=origin))
    assert catalog.split_counts() == [("test", 6)] and catalog.paths[0] == "row 10"
    assert of_split(load_for(path, catalog), catalog, "test", path).rows.tolist() == [0, 1, 2, 3, 4, 5]


def test_what_needs_pictures_says_so_with_the_way_on(tmp_path: Path) -> None:
    catalog = open_catalog(written(tmp_path / "e.npz", labels=LABELS))
    with pytest.raises(DataError, match="e has no pictures, only vectors") as refused:
        DecodedImages(catalog, ResizeSpec(8))
    assert "--base FOLDER" in refused.value.on_command_line and "Reading options" in refused.value.in_window


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"label_column": "breed"}, "has no array 'breed'"),
        ({"exclude_labels": ("z",)}, "has no class 'z'"),
        ({"target_columns": ("name",)}, "column 'name' holds text"),
        ({"target_columns": ("age",)}, "no column 'age'"),
    ],
)
def test_what_is_said_of_it_and_is_not_there_is_refused(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    source = written(tmp_path / "e.npz", labels=LABELS, name=list("uvwxyz"))
    with pytest.raises(DataError, match=sentence):
        open_catalog(DataSource(source.location, **changes))


def test_columns_may_be_used_otherwise(tmp_path: Path) -> None:
    source = written(tmp_path / "e.npz", labels=LABELS, breed=list("uvuvuv"), score=np.arange(6))
    catalog = open_catalog(DataSource(source.location, label_column="breed", target_columns=("score",)))
    assert catalog.classes == ("u", "v") and catalog.targets is not None
    assert catalog.targets[:, 0].tolist() == [0, 1, 2, 3, 4, 5] and list(catalog.attributes) == ["labels"]


def test_other_numbers_under_the_same_names_are_a_change(tmp_path: Path) -> None:
    source = written(tmp_path / "e.npz", labels=LABELS)
    before = open_catalog(source)
    assert recheck(source, before).is_as_before
    np.savez(tmp_path / "e.npz", embeddings=np.ones((6, 7), np.float32), labels=LABELS)
    assert recheck(source, before).changed == ("e.npz",)
