"""A file of vectors as a data set's own: rows found by path or number, the rest counted, other images refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.data.catalog import Catalog, texts
from core.errors import EmbeddingsError
from core.retrieval.embeddings import Embeddings, Origin, load_file
from core.retrieval.embeddings_file import in_catalog, is_embeddings_file, of_split, read_identity

GIVEN = Path("theirs.npz")
MADE_ELSEWHERE = Origin()
PATHS = ("a/0.png", "a/1.png", "b/0.png", "b/1.png")


@pytest.fixture
def catalog():
    """a/0 and a/1 are to be measured, b/0 and b/1 were trained on."""
    nothing = texts([""] * 4)
    splits = texts(["test", "test", "train", "train"])
    return Catalog("pairs", Path("/data"), texts(PATHS), texts(["a", "a", "b", "b"]), splits, nothing, nothing)


def _of(paths, labels=None, rows=None, origin=MADE_ELSEWHERE):
    vectors = np.arange(2 * len(paths), dtype=np.float32).reshape(-1, 2)
    rows = np.arange(len(paths)) if rows is None else np.array(rows)
    return Embeddings(vectors, rows, texts(labels or [""] * len(paths)), texts(paths), origin=origin)


def test_rows_are_found_by_path_and_put_in_the_datas_order(catalog):
    found, mismatch = in_catalog(_of(["b/0.png", "/data/a/1.png", "./a/0.png"]), catalog, GIVEN)
    assert found.rows.tolist() == [0, 1, 2]
    assert found.vectors[:, 0].tolist() == [4, 2, 0]
    assert found.labels.tolist() == ["a", "a", "b"]
    assert mismatch == ""


def test_what_does_not_match_is_counted(catalog):
    found, mismatch = in_catalog(_of(["b/0.png", "gone.png", "b/0.png", "a/0.png"]), catalog, GIVEN)
    assert found.rows.tolist() == [0, 2]
    assert mismatch == (
        "2 of 4 embeddings (first: gone.png) are left out: pairs does not have these images, or they are there twice"
    )


def test_without_paths_rows_count_where_the_classes_agree(catalog, tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, embeddings=np.eye(3), labels=["b", "a", "b"], rows=[3, 1, 2])
    assert in_catalog(load_file(path), catalog, path)[0].rows.tolist() == [1, 2, 3]
    np.savez(path, embeddings=np.eye(3), labels=["a", "a", "b"], rows=[3, 1, 2])
    with pytest.raises(EmbeddingsError, match=r"rows\.npz has .* of other images than those of pairs \(first: 3;"):
        in_catalog(load_file(path), catalog, path)
    np.savez(path, embeddings=np.eye(4), labels=[""] * 4)
    with pytest.raises(EmbeddingsError, match="of other images"):
        in_catalog(load_file(path), replace(catalog, labels=texts([""] * 4)), path)


def test_a_split_takes_its_images_and_tells_which_it_lacks(catalog):
    found = of_split(_of(["b/0.png", "gone.png", "a/1.png"]), catalog, "test", GIVEN)
    assert found.rows.tolist() == [1]
    assert found.origin == Origin(
        catalog=catalog.fingerprint,
        split="test",
        left_out="1 of 3 embeddings (first: gone.png) is left out: pairs does not have these images, or they are "
        "there twice; 1 of 2 images of split 'test' has no embedding (first: a/0.png)",
    )


def test_what_could_not_be_read_is_not_lacking(catalog):
    made = Origin("other", split="test", unreadable=("a/0.png",))
    found = of_split(_of(["a/1.png"], rows=[1], origin=made), catalog, "test", GIVEN)
    assert found.origin.unreadable == ("a/0.png",) and found.origin.left_out == ""


def test_a_file_of_all_images_serves_every_split_and_one_of_a_split_only_that(catalog):
    everything = _of(PATHS, origin=Origin(catalog.fingerprint, split="all"))
    assert of_split(everything, catalog, "train", GIVEN).rows.tolist() == [2, 3]
    assert of_split(everything, catalog, "all", GIVEN).rows.tolist() == [0, 1, 2, 3]
    trained = _of(PATHS[2:], rows=[2, 3], origin=Origin(catalog.fingerprint, split="train"))
    with pytest.raises(EmbeddingsError, match=r"theirs\.npz has the embeddings of split 'train', not of 'test'\."):
        of_split(trained, catalog, "test", GIVEN)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (_of(["c/0.png"]), r"of other images than those of pairs \(first: c/0.png; expected paths like a/0.png\)"),
        (_of([]), r"of other images than those of pairs \(first: none; "),
        (_of(["b/0.png"]), "has no embedding of an image of split 'test' of pairs"),
        (_of(["b/0.png", "a/0.png"], origin=Origin("ours")), "has the embeddings of other images"),
    ],
)
def test_a_file_that_fits_nothing_is_refused(given, sentence, catalog):
    with pytest.raises(EmbeddingsError, match=sentence):
        of_split(given, catalog, "test", GIVEN)


def test_identity_follows_the_content(tmp_path):
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    one.write_bytes(b"1")
    other.write_bytes(b"1")
    before = read_identity(one)
    assert before.identity == read_identity(other).identity and before.name == "one.npz"
    one.write_bytes(b"2")
    assert read_identity(one).identity != before.identity
    with pytest.raises(EmbeddingsError, match=r"gone\.npz cannot be read \(No such file or directory\)"):
        read_identity(tmp_path / "gone.npz")
    assert is_embeddings_file(one) and not is_embeddings_file(tmp_path / "one.txt")
