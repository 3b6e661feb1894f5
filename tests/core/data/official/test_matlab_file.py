from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from core.data.official.matlab_file import fields_of, variables_of
from core.errors import DataError
from tests.core.data.official.trees import cells, records

FIELDS = {"class": [1, 150, 2.5], "fname": ["1.jpg", "둘.jpg", "three.jpg"], "box": [np.arange(4), 7, np.uint8(3)]}


@pytest.fixture(params=[True, False], ids=["packed", "plain"])
def path(request, tmp_path) -> Path:
    variables = {"annotations": records(**FIELDS), "names": cells(["a", "b"]), "codes": np.array([[3, -1, 300]])}
    savemat(tmp_path / "x.mat", variables, do_compression=request.param)
    return tmp_path / "x.mat"


def test_variables_are_those_that_scipy_reads(path):
    ours, theirs = variables_of(path, ("annotations", "names", "codes")), loadmat(path, squeeze_me=True)
    assert ours["names"].tolist() == theirs["names"].tolist()
    assert ours["codes"].tolist() == theirs["codes"].tolist()
    fields = fields_of(path, ours["annotations"], tuple(FIELDS))
    for name, values in fields.items():
        assert [np.array(value).tolist() for value in values] == [
            np.array(value).tolist() for value in theirs["annotations"][name]
        ]


def test_a_damaged_file_is_refused_or_read_and_never_ends_the_process(path):
    whole, chance, refused = path.read_bytes(), random.Random(0), 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(whole))] = chance.randrange(256)
        path.write_bytes(damaged[: chance.choice([len(whole), chance.randrange(len(whole))])])
        try:
            fields_of(path, variables_of(path, ("annotations",))["annotations"], ("fname",))
        except DataError:
            refused += 1
    assert refused > 200


def test_another_version_and_no_such_file_at_all_are_refused(tmp_path):
    for content, said in {
        b"<html>not found": "it has no header",
        b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF": "it is of version 7.3",
    }.items():
        (tmp_path / "x.mat").write_bytes(content)
        with pytest.raises(DataError, match=rf"x\.mat is no readable MATLAB file of version 5 \({said}\)"):
            variables_of(tmp_path / "x.mat", ("x",))


def test_what_is_there_in_another_shape_is_said(tmp_path):
    stream = io.BytesIO()
    savemat(stream, {"annotations": 5})
    (tmp_path / "x.mat").write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="has no variable 'names'; expected annotations, names"):
        variables_of(tmp_path / "x.mat", ("annotations", "names"))
    number = variables_of(tmp_path / "x.mat", ("annotations",))["annotations"]
    assert number.tolist() == [5]
    with pytest.raises(DataError, match="its records have no field 'class'; they have: none"):
        fields_of(tmp_path / "x.mat", number, ("class",))
