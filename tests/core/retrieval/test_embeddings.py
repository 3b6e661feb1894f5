"""Embeddings prove themselves when made, and come back from files as they went."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from core.data.catalog import Catalog, texts
from core.errors import EmbeddingsError
from core.retrieval.embeddings import (
    Embeddings,
    Origin,
    is_complete,
    load_file,
    load_folder,
    map_folder,
    of_catalog,
    save_file,
    save_folder,
)

ORIGIN = Origin("0123456789abcdef", "fedcba9876543210", "test", "CPU (2 cores)", ("broken.png",))


def catalog_of(labels, name="birds"):
    count = len(labels)
    return Catalog(
        name=name,
        root=Path("/nowhere"),
        paths=texts([f"{row}.png" for row in range(count)]),
        labels=texts(labels),
        splits=texts(["test"] * count),
        roles=texts([""] * count),
        stamps=texts(["1"] * count),
    )


def some(roles=None):
    vectors = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    labels, paths = texts(["001", "1.0", "", "새"]), texts(["a/1.png", "b/2.png", "c 3.png", "d\udcff.png"])
    return Embeddings(vectors, np.array([2, 3, 5, 8]), labels, paths, roles, ORIGIN)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("roles", [None, texts(["query", "gallery", "", "gallery"])])
def test_a_file_comes_back_as_it_went(tmp_path, suffix, roles):
    before = some(roles)
    save_file(tmp_path / f"e{suffix}", before)
    after = load_file(tmp_path / f"e{suffix}")
    np.testing.assert_array_equal(after.vectors, before.vectors)
    assert after.vectors.dtype == np.float32
    assert after.rows.tolist() == [2, 3, 5, 8]
    assert after.rows.dtype == np.int64
    assert after.labels.tolist() == ["001", "1.0", "", "새"]
    assert after.paths.tolist()[:3] == before.paths.tolist()[:3]
    assert (after.roles is None) == (roles is None)
    assert roles is None or after.roles.tolist() == roles.tolist()
    assert after.origin == ORIGIN


def test_other_programs_see_the_promised_arrays(tmp_path):
    save_file(tmp_path / "e.npz", some())
    with np.load(tmp_path / "e.npz", allow_pickle=False) as store:
        assert {"embeddings", "labels", "paths", "rows"} <= set(store.files)
        assert store["embeddings"].dtype == np.float32
        assert store["labels"].dtype.kind == store["paths"].dtype.kind == "U"
        assert store["rows"].dtype == np.int64


def test_a_file_of_another_program_needs_only_vectors_and_labels(tmp_path):
    np.savez(tmp_path / "e.npz", embeddings=np.eye(2), labels=np.array(["a", "b"]))
    loaded = load_file(tmp_path / "e.npz")
    assert loaded.rows.tolist() == [0, 1]
    assert loaded.labels.tolist() == ["a", "b"]


def test_objects_are_refused(tmp_path):
    np.savez(tmp_path / "e.npz", embeddings=np.eye(2), labels=texts(["a", "b"]))
    with pytest.raises(EmbeddingsError, match="array of Python objects"):
        load_file(tmp_path / "e.npz")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("e.npz", b"", "cannot be read"),
        ("e.npz", b"PK\x03\x04 torn", "cannot be read"),
        ("e.parquet", b"PAR1", "cannot be read"),
        ("e.csv", b"a,b", "cannot be read as a table of vectors"),
        ("e.xyz", b"a,b", "'.xyz'"),
    ],
)
def test_damaged_and_foreign_files_are_refused_in_one_sentence(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EmbeddingsError, match=words):
        load_file(tmp_path / name)


def test_a_bare_array_named_npz_is_refused(tmp_path):
    with (tmp_path / "e.npz").open("wb") as handle:
        np.save(handle, np.eye(2))
    with pytest.raises(EmbeddingsError, match="one bare array"):
        load_file(tmp_path / "e.npz")


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "e.npz", embeddings=np.eye(2))
    with pytest.raises(EmbeddingsError, match="no array 'labels'"):
        load_file(tmp_path / "e.npz")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_naming_image_and_row(value):
    vectors = np.ones((3, 2), np.float32)
    vectors[1] = [np.inf, value]
    with pytest.raises(EmbeddingsError, match=r"b\.png \(row 7\) is not finite"):
        Embeddings(vectors, np.array([5, 7, 9]), texts(["x"] * 3), texts(["a.png", "b.png", "c.png"]))


def test_a_row_listed_twice_is_refused():
    with pytest.raises(EmbeddingsError, match="row 4 more than once"):
        Embeddings(np.ones((3, 2), np.float32), np.array([1, 4, 4]), texts(["x"] * 3), texts(["p"] * 3))


def test_columns_of_another_length_are_refused():
    with pytest.raises(EmbeddingsError, match="2 labels for 3 vectors"):
        Embeddings(np.ones((3, 2), np.float32), np.arange(3), texts(["x"] * 2), texts(["p"] * 3))


def test_a_folder_comes_back_memory_mapped(tmp_path):
    catalog = catalog_of(["a", "b", "a", "b"])
    vectors = np.random.default_rng(1).standard_normal((3, 5)).astype(np.float32)
    save_folder(tmp_path / "e", vectors, np.array([0, 1, 3]), Origin(catalog=catalog.fingerprint, split="test"))
    loaded = load_folder(tmp_path / "e", catalog)
    assert isinstance(loaded.vectors, np.memmap)
    np.testing.assert_array_equal(loaded.vectors, vectors)
    assert loaded.labels.tolist() == ["a", "b", "b"]
    assert loaded.paths.tolist() == ["0.png", "1.png", "3.png"]
    assert loaded.roles is None


def test_embeddings_of_other_data_are_refused(tmp_path):
    catalog = catalog_of(["a", "b"])
    save_folder(tmp_path / "e", np.eye(2, dtype=np.float32), np.arange(2), Origin(catalog=catalog.fingerprint))
    with pytest.raises(EmbeddingsError, match="other data than birds"):
        load_folder(tmp_path / "e", catalog_of(["a", "c"]))


def test_a_folder_without_its_last_file_is_incomplete(tmp_path):
    catalog = catalog_of(["a", "b"])
    save_folder(tmp_path / "e", np.eye(2, dtype=np.float32), np.arange(2), Origin(catalog=catalog.fingerprint))
    assert is_complete(tmp_path / "e")
    (tmp_path / "e" / "meta.json").unlink()
    with pytest.raises(EmbeddingsError, match="no complete embeddings"):
        map_folder(tmp_path / "e")


def test_rows_outside_of_the_catalog_are_damage(tmp_path):
    catalog = catalog_of(["a", "b"])
    save_folder(tmp_path / "e", np.eye(2, dtype=np.float32), np.array([0, 9]), Origin(catalog=catalog.fingerprint))
    with pytest.raises(EmbeddingsError, match="outside of the 2 images"):
        load_folder(tmp_path / "e", catalog)


def flip(path):
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-8])


def empty(path):
    path.write_bytes(b"")


def folder(path):
    path.unlink()
    path.mkdir()


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def other_kind(path):
    np.save(path, np.array(["a", "b"]))


@pytest.mark.parametrize("name", ["embeddings.npy", "rows.npy"])
@pytest.mark.parametrize("harm", [flip, cut, empty, folder, pipe, other_kind])
def test_any_damage_is_seen_and_can_be_written_over(tmp_path, name, harm):
    catalog = catalog_of(["a", "b"])
    origin = Origin(catalog=catalog.fingerprint)
    save_folder(tmp_path / "e", np.eye(2, dtype=np.float32), np.arange(2), origin)
    harm(tmp_path / "e" / name)
    with pytest.raises(EmbeddingsError, match="is damaged"):
        load_folder(tmp_path / "e", catalog)
    save_folder(tmp_path / "e", np.eye(2, dtype=np.float32), np.arange(2), origin)
    assert load_folder(tmp_path / "e", catalog).rows.tolist() == [0, 1]


@pytest.mark.parametrize("harm", [folder, pipe])
def test_what_has_taken_a_folders_place_is_written_over(tmp_path, harm):
    (tmp_path / "e").write_text("")
    harm(tmp_path / "e")
    save_folder(tmp_path / "e", np.eye(2, dtype=np.float32), np.arange(2), ORIGIN)
    assert is_complete(tmp_path / "e")


def test_folders_without_checksums_are_read(tmp_path):
    save_folder(tmp_path / "e", np.eye(2, dtype=np.float32), np.arange(2), ORIGIN)
    meta = json.loads((tmp_path / "e" / "meta.json").read_text())
    assert meta.pop("checksums").keys() == {"embeddings.npy", "rows.npy"}
    (tmp_path / "e" / "meta.json").write_text(json.dumps(meta))
    assert map_folder(tmp_path / "e")[2] == ORIGIN


def test_a_part_keeps_what_belongs_together():
    part = some(texts(["query", "gallery", "", "gallery"])).part(np.array([3, 0]))
    assert part.rows.tolist() == [8, 2]
    assert part.labels.tolist() == ["새", "001"]
    assert part.roles.tolist() == ["gallery", "query"]


def test_roles_come_from_the_catalog_only_where_there_are_any():
    catalog = catalog_of(["a", "b"])
    assert of_catalog(np.eye(2, dtype=np.float32), np.arange(2), catalog, Origin()).roles is None
