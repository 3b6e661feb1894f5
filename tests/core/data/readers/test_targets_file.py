from __future__ import annotations

import numpy as np
import pytest

from core.data.readers.targets_file import targets_beside
from core.errors import DataError


def test_a_damaged_header_is_refused_whatever_numpy_makes_of_it(tmp_path):
    np.save(tmp_path / "x.npy", np.ones(2))
    content = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(content.replace(b"'shape': (2,)", b"'shape': ((((("))
    with pytest.raises(DataError, match="cannot be read as an array of numbers"):
        targets_beside(tmp_path / "x.csv", 2)


@pytest.mark.parametrize("name", ["birds.npy", "targets.npy"])
@pytest.mark.parametrize("dtype", [np.float64, np.int8, np.bool_])
def test_numbers_beside_the_manifest_are_its_targets(tmp_path, name, dtype):
    values = np.array([[0, 1], [1, 1], [0, 0]], dtype)
    np.save(tmp_path / name, values)
    targets = targets_beside(tmp_path / "birds.csv", 3)
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets, values.astype(np.float32))


def test_one_number_an_image_is_one_target_and_missing_stays_missing(tmp_path):
    np.save(tmp_path / "birds.npy", np.array([1.5, np.nan]))
    np.testing.assert_array_equal(targets_beside(tmp_path / "birds.csv", 2), np.array([[1.5], [np.nan]], np.float32))


def test_without_a_file_there_are_none(tmp_path):
    assert targets_beside(tmp_path / "birds.csv", 2) is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 2)), r"has shape \(3, 2\); expected \(2, targets\), a row for each of birds\.csv\."),
        (np.zeros((2, 2, 2)), r"has shape \(2, 2, 2\)"),
        (np.zeros((2, 0)), r"has shape \(2, 0\)"),
        (np.float64(1), r"has shape \(\)"),
        (np.array(["1", "2"]), "holds no numbers"),
        (np.array([1j, 2j]), "holds no numbers"),
        (np.array([[1.0, 2.0], [3.0, -np.inf]]), "row 1, column 1: -inf is not finite"),
        (np.array([[1e39], [0.0]]), r"row 0, column 0: 1e\+39 is not finite"),
        (np.array([{"a": 1}, None], dtype=object), "cannot be read as an array of numbers"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(tmp_path, values, message):
    np.save(tmp_path / "birds.npy", values, allow_pickle=True)
    with pytest.raises(DataError, match=message):
        targets_beside(tmp_path / "birds.csv", 2)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00v\x00{"])
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "targets.npy").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as an array"):
        targets_beside(tmp_path / "birds.csv", 2)
