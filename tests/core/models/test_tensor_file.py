from __future__ import annotations

import json
import os

import numpy as np
import pytest
import torch

from core.errors import CheckpointError
from core.models.tensor_file import read_shapes, read_tensors, write_tensors


def crafted(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def tensor(shape, start, end, kind="F32"):
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


def test_shapes_are_told_without_reading_the_tensors(tmp_path):
    write_tensors(tmp_path / "t.safetensors", {"a.b": torch.zeros(2, 3), "c": torch.zeros(())})
    assert read_shapes(tmp_path / "t.safetensors") == {"a.b": (2, 3), "c": ()}


@pytest.mark.parametrize("read", [read_tensors, read_shapes])
@pytest.mark.parametrize(
    "header",
    [
        {"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)},
        {"a": tensor([1 << 60, 1 << 60], 0, 8)},
        {"a": tensor([10**9], 0, 4 * 10**9)},
        {"a": tensor([-1], 0, 4)},
        {"a": tensor([2], 8, 0)},
        {"a": tensor([2], 0, 8, "F99")},
        {"a": None},
        [1, 2],
        b"{",
        b'{"a": ' + b"[" * 100_000,
        b"",
    ],
    ids=["overlap", "overflow", "beyond the end", "negative", "backwards", "kind", "null", "list", "torn", "deep", ""],
)
def test_crafted_headers_are_refused(tmp_path, read, header):
    path = crafted(tmp_path / "t.safetensors", header, bytes(12))
    with pytest.raises(CheckpointError, match="is damaged"):
        read(path)


def test_a_header_that_claims_too_much_is_not_read(tmp_path):
    path = tmp_path / "t.safetensors"
    path.write_bytes((100 << 20).to_bytes(8, "little") + b"{}")
    with pytest.raises(CheckpointError, match="its header claims 104,857,600 bytes"):
        read_tensors(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(CheckpointError, match="Could not read"):
        read_shapes(tmp_path / "pipe.safetensors")


def test_bytes_exchanged_at_random_are_tensors_or_one_sentence(tmp_path):
    path, random = tmp_path / "t.safetensors", np.random.default_rng(0)
    write_tensors(path, {"a": torch.zeros(4, 4), "b": torch.zeros(3)})
    good = path.read_bytes()
    for _ in range(300):
        content = bytearray(good)
        for _ in range(random.integers(1, 5)):
            content[random.integers(len(content))] = random.integers(256)
        path.write_bytes(content[: random.integers(len(content))] if random.random() < 0.3 else content)
        try:
            assert isinstance(read_tensors(path), dict)
        except CheckpointError as error:
            assert "\n" not in str(error)
