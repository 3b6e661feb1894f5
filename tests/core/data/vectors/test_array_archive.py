"""Arrays of strangers: what an archive promises is checked before it is unpacked."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from core.errors import EmbeddingsError
from core.retrieval.embeddings import load_file


def header(shape: str, dtype: str = "<f4") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def archive(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as store:
        for name, content in members.items():
            store.writestr(name, content)


def refused(path, words):
    with pytest.raises(EmbeddingsError, match=words) as refusal:
        load_file(path)
    assert len(str(refusal.value)) < 500 and "\n" not in str(refusal.value)


@pytest.mark.parametrize("shape", ["(1000000000, 1000000)", "(2, 3)"])
def test_a_shape_that_the_file_cannot_hold_is_refused_at_once(tmp_path, shape):
    archive(tmp_path / "e.npz", {"embeddings.npy": header(shape) + bytes(32), "labels.npy": header("(2,)") + bytes(8)})
    refused(tmp_path / "e.npz", "says it is .* there are 32")


@pytest.mark.parametrize("shape", ["(-1, 4)", "(-2, -4)", "(2, -4)", "(True, 4)"])
def test_a_shape_that_no_array_has_is_refused(tmp_path, shape):
    archive(tmp_path / "e.npz", {"embeddings.npy": header(shape) + bytes(32), "labels.npy": header("(2,)") + bytes(8)})
    refused(tmp_path / "e.npz", "'embeddings' says its shape is .*; no side can be that")


def test_what_unpacks_to_far_more_than_vectors_do_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "e.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as store, store.open("embeddings.npy", "w") as member:
        member.write(header("(70400, 1024)"))
        for _ in range(275):
            member.write(bytes(1 << 20))
    tracemalloc.start()
    refused(path, "would unpack from 0.3 MB to 288 MB")
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


def test_an_encrypted_archive_says_so(tmp_path):
    path = tmp_path / "e.npz"
    np.savez(path, embeddings=np.eye(2), labels=["a", "b"])
    content = bytearray(path.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    path.write_bytes(content)
    refused(path, "is encrypted")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["e.npz", "e.parquet", "e.csv"])
def test_a_named_pipe_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    refused(tmp_path / name, "a named pipe")


@pytest.mark.parametrize("name", ["e.npz", "e.parquet"])
def test_a_folder_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    refused(tmp_path / name, "a folder")


def test_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "e.npz"
    np.savez(path, embeddings=np.ones((50, 40), np.float32), labels=np.zeros(50, int))
    content = bytearray(path.read_bytes())
    content[content.find(b"\x00\x00\x80\x3f") + 400] ^= 1
    path.write_bytes(content)
    refused(path, "'embeddings' cannot be unpacked")


def test_arrays_that_are_not_wanted_may_be_of_any_kind(tmp_path):
    np.savez(tmp_path / "e.npz", embeddings=np.eye(2), labels=["a", "b"], extra=np.array([{}, None]))
    assert load_file(tmp_path / "e.npz").labels.tolist() == ["a", "b"]


def test_whatever_happens_to_the_bytes_there_are_embeddings_or_a_sentence(tmp_path):
    rng = np.random.default_rng(0)
    whole = io.BytesIO()
    columns = {"labels": ["a"] * 6, "paths": np.arange(6).astype("S2"), "roles": ["query"] * 3 + ["gallery"] * 3}
    np.savez_compressed(whole, embeddings=rng.normal(size=(6, 4)).astype(np.float32), origin="{}", **columns)
    path = tmp_path / "e.npz"
    for _ in range(400):
        content = bytearray(whole.getvalue())
        for place in rng.integers(len(content), size=rng.integers(1, 4)):
            content[place] = rng.integers(256)
        if rng.random() < 0.2:
            del content[rng.integers(len(content)) :]
        path.write_bytes(content)
        try:
            load_file(path)
        except EmbeddingsError as error:
            assert len(str(error)) < 1000
