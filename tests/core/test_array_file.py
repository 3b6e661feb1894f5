"""Arrays come back as they were, and no damaged file passes for whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.array_file import load_arrays, save_arrays
from core.errors import StorageError


def test_arrays_come_back(tmp_path: Path) -> None:
    written = {"names": np.array(["a", "ü"]), "counts": np.arange(6).reshape(2, 3)}
    save_arrays(tmp_path / "new" / "file.npz", written)
    read = load_arrays(tmp_path / "new" / "file.npz")
    assert read.keys() == written.keys()
    for name, values in written.items():
        np.testing.assert_array_equal(read[name], values)


def test_what_has_taken_the_place_of_a_file_goes(tmp_path: Path) -> None:
    (tmp_path / "file.npz").mkdir()
    save_arrays(tmp_path / "file.npz", {"one": np.ones(1)})
    assert load_arrays(tmp_path / "file.npz")["one"] == 1


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_damaged_file_is_said_to_be(tmp_path: Path, part: float) -> None:
    path = tmp_path / "file.npz"
    save_arrays(path, {"values": np.random.default_rng(0).normal(size=500)})
    content = bytearray(path.read_bytes())
    content[int(part * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"file\.npz is damaged"):
        load_arrays(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none\.npz"):
        load_arrays(tmp_path / "none.npz")
