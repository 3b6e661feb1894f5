from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from core.data.official import matlab_file
from core.data.official.matlab_file import fields_of, variables_of
from core.errors import DataError
from tests.core.data.official.trees import cells, records

FIELDS = {"class": [1, 150, 2.5], "fname": ["1.jpg", "둘.jpg", "three.jpg"], "box": [np.arange(4), 7, np.uint8(3)]}


@pytest.fixture
def path(tmp_path) -> Path:
    variables = {"annotations": records(**FIELDS), "names": cells(["a", "b"]), "codes": np.array([[3, -1, 300]])}
    savemat(tmp_path / "x.mat", variables | {"one": 5}, do_compression=True)
    return tmp_path / "x.mat"


def test_variables_are_plain_values(path):
    found = variables_of(path, ("annotations", "names", "codes", "one"))
    assert (found["names"], found["codes"], found["one"]) == (["a", "b"], [3, -1, 300], [5])
    assert fields_of(path, found["annotations"], tuple(FIELDS)) == {
        "class": [1, 150, 2.5],
        "fname": ["1.jpg", "둘.jpg", "three.jpg"],
        "box": [[0, 1, 2, 3], 7, 3],
    }


def test_a_damaged_file_is_refused(path):
    whole, chance = path.read_bytes(), random.Random(0)
    for _ in range(3):
        path.write_bytes(whole[: chance.randrange(len(whole) // 2)])
        with pytest.raises(DataError, match=r"x\.mat is no readable MATLAB file of version 5 \("):
            variables_of(path, ("annotations",))


@pytest.mark.parametrize(
    ("program", "longest", "message"),
    [("import os; os.abort()", 30, "SciPy ended with status -6"), ("while True: pass", 0.4, "reading took over 0.4 s")],
)
def test_a_file_that_ends_or_holds_up_its_reader_is_refused(path, tmp_path, monkeypatch, program, longest, message):
    (tmp_path / "reader_of_this_test.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(matlab_file, "READER", "reader_of_this_test")
    monkeypatch.setattr(matlab_file, "LONGEST", longest)
    with pytest.raises(DataError, match=message):
        variables_of(path, ("annotations",))


def test_another_version_and_no_such_file_at_all_are_refused(tmp_path):
    (tmp_path / "x.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF")
    with pytest.raises(DataError, match=r"x\.mat is no readable MATLAB file of version 5 \(NotImplementedError: "):
        variables_of(tmp_path / "x.mat", ("x",))
    with pytest.raises(DataError, match=r"y\.mat cannot be read"):
        variables_of(tmp_path / "y.mat", ("x",))


def test_what_is_there_in_another_shape_is_said(path):
    with pytest.raises(DataError, match="has no variable 'name'; expected annotations, name"):
        variables_of(path, ("annotations", "name"))
    with pytest.raises(DataError, match="its records have no field 'class'; they have: none"):
        fields_of(path, variables_of(path, ("codes",))["codes"], ("class",))
