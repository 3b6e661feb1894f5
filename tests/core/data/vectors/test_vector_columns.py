"""Names and kinds of arrays as other programs write them: read where plain, else refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import EmbeddingsError
from core.retrieval.embeddings import load_file

VECTORS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


def read(tmp_path, **arrays):
    np.savez(tmp_path / "e.npz", **({"embeddings": VECTORS, "labels": ["a", "b", "a", "b"]} | arrays))
    return load_file(tmp_path / "e.npz")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([b"cat", "새".encode(), b"cat", b""]), ["cat", "새", "cat", ""]),
        (np.array([[3], [1], [3], [1]]), ["3", "1", "3", "1"]),
        (np.array([[3, 1, 3, 1]]), ["3", "1", "3", "1"]),
        (np.eye(4, 6)[[5 - 4, 0, 3, 0]], ["1", "0", "3", "0"]),
        (np.eye(2, dtype=bool)[[0, 1, 1, 0]], ["0", "1", "1", "0"]),
        (np.array(["a", "nan", "NaN", "banana"]), ["a", "", "", "banana"]),
        (np.array([1.0, np.nan, 2.0, np.nan]), ["1.0", "", "2.0", ""]),
        (np.array([["a"], ["b"], ["c"], ["d"]]), ["a", "b", "c", "d"]),
        (np.array(["001", "1", "1.0", " x"]), ["001", "1", "1.0", " x"]),
    ],
)
def test_classes_are_read_in_the_forms_that_they_have(tmp_path, labels, expected):
    assert read(tmp_path, labels=labels).labels.tolist() == expected


def test_what_was_read_in_another_form_is_said(tmp_path):
    assert "one-hot" in read(tmp_path, labels=np.eye(4)).origin.read_as
    assert "2 labels that are text like 'nan'" in read(tmp_path, labels=["a", "nan", "b", "nan"]).origin.read_as
    assert read(tmp_path).origin.read_as == ""


@pytest.mark.parametrize(
    "labels",
    [
        np.array([[0.3, 0.7]] * 4),
        np.ones((4, 2)),
        np.zeros((4, 2, 2)),
        np.array([{}, {}, {}, {}]),
        np.array([1j] * 4),
        np.array(["a", "b"]),
        np.array("a"),
    ],
)
def test_classes_that_are_none_are_refused(tmp_path, labels):
    with pytest.raises(EmbeddingsError, match="expected"):
        read(tmp_path, labels=labels)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["Query", "QUERY", "Gallery", " gallery"], ["query", "query", "gallery", "gallery"]),
        ([b"query", b"q", b"G", b""], ["query", "query", "gallery", ""]),
        ([["query"], ["query"], ["gallery"], ["nan"]], ["query", "query", "gallery", ""]),
    ],
)
def test_roles_are_read_in_any_case(tmp_path, roles, expected):
    assert read(tmp_path, roles=roles).roles.tolist() == expected


def test_another_word_for_a_role_is_refused_rather_than_passed_over(tmp_path):
    with pytest.raises(EmbeddingsError, match=r"'roles' has 'train' in row 1; expected query, gallery or nothing"):
        read(tmp_path, roles=["query", "train", "gallery", ""])


def test_paths_may_be_bytes_in_a_column(tmp_path):
    assert read(tmp_path, paths=[[b"a/1.png"], [b"2"], [b"3"], [b"4"]]).paths.tolist() == ["a/1.png", "2", "3", "4"]


def test_usual_names_are_understood_in_any_case_and_said(tmp_path):
    np.savez(tmp_path / "e.npz", X=VECTORS, y=[0, 1, 0, 1], Filenames=list("abcd"))
    found = load_file(tmp_path / "e.npz")
    assert found.labels.tolist() == ["0", "1", "0", "1"] and found.paths.tolist() == list("abcd")
    assert (
        found.origin.read_as == "embeddings are those of 'X'; labels are those of 'y'; paths are those of 'Filenames'"
    )


def test_other_names_are_listed_beside_the_expected_ones(tmp_path):
    np.savez(tmp_path / "e.npz", pool5=VECTORS, who=[0, 1, 0, 1])
    with pytest.raises(EmbeddingsError, match=r"it has 'pool5' \(4, 3\) float32, 'who' \(4,\) int64.*numpy\.savez\("):
        load_file(tmp_path / "e.npz")


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.zeros((4, 0)), "no dimension"),
        (np.zeros(4), "reshape"),
        (np.float32(1), "expected \\(images, dimensions\\)"),
        (np.zeros((4, 7, 3)), r"shape \(4, 7, 3\).*average"),
        (np.zeros((4, 3), complex), "complex numbers"),
        (np.array([["a", "b"]] * 4), "holds text"),
        (np.array([[None, 1]] * 4), "objects"),
        (np.full((4, 3), np.nan), "is not finite"),
        (np.full((4, 3), 1e300), "is not finite"),
        (np.zeros((3, 3)), "list 4 labels for 3 vectors"),
    ],
)
def test_vectors_that_are_none_are_refused(tmp_path, vectors, words):
    with pytest.raises(EmbeddingsError, match=words):
        read(tmp_path, embeddings=vectors)


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", "i1", "u2", "?"])
def test_any_real_numbers_are_vectors(tmp_path, dtype):
    vectors = np.array([[1, 0], [0, 1], [1, 1], [1, 0]]).astype(dtype)
    found = read(tmp_path, embeddings=vectors[:, :, None, None])
    np.testing.assert_array_equal(found.vectors, vectors.astype(np.float32))


@pytest.mark.parametrize("rows", [["r0", "r1", "r2", "r3"], [0.5, 1, 2, 3], [1e300, 1, 2, 3], [np.nan, 1, 2, 3]])
def test_rows_that_are_no_numbers_are_refused(tmp_path, rows):
    with pytest.raises(EmbeddingsError, match="no row numbers"):
        read(tmp_path, rows=rows)


@pytest.mark.parametrize("origin", ["clip-vit-b32", '{"catalog": 3}', "[1]", '{"unreadable": "x"}', 7, b"\xff"])
def test_an_origin_of_another_program_is_passed_over_and_said(tmp_path, origin):
    found = read(tmp_path, origin=np.array(origin))
    assert found.origin.catalog == "" and "'origin' is not one" in found.origin.read_as


def test_a_column_of_splits_that_is_not_used_is_said(tmp_path):
    assert "all rows are measured together" in read(tmp_path, splits=["train", "test"] * 2).origin.read_as


def test_a_file_of_paths_alone_has_no_classes(tmp_path):
    np.savez(tmp_path / "e.npz", embeddings=VECTORS, paths=list("abcd"))
    assert load_file(tmp_path / "e.npz").labels.tolist() == [""] * 4


@pytest.mark.parametrize("name", ["split", "is_test", "is_query", "IS_GALLERY"])
def test_an_array_that_would_divide_what_is_measured_and_is_not_read_is_said(tmp_path, name):
    assert f"'{name}' is not read" in read(tmp_path, **{name: np.array([1, 0, 1, 0])}).origin.read_as
