"""What people's training scripts save beside their weights, and what must not be run."""

from __future__ import annotations

import argparse
import collections
import datetime
import enum
import functools
import gzip
import io
import pathlib
import pickle
import subprocess
import types
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import CheckpointError
from core.models.pickled_weights import read_pickled

WEIGHTS = {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.ones(2)}


class Kind(enum.Enum):
    A = 1


class Configuration(dict):
    """Of the form of yacs' CfgNode and of EasyDict."""

    def __init__(self, *values, **named):
        super().__init__(*values, **named)
        self.__dict__["frozen"] = False


class OwnObject:
    def __init__(self):
        self.rate, self.inner = 0.1, Configuration(a=1)


class Slotted:
    __slots__ = ("a",)


class Calls:
    """Pickles to a call of `function` with `arguments`."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


BESIDE = {
    "namespace": argparse.Namespace(lr=0.1),
    "simple namespace": types.SimpleNamespace(lr=0.1),
    "numpy float": np.float64(3.5),
    "numpy float32": np.float32(3.5),
    "numpy whole": np.int64(3),
    "numpy flag": np.bool_(True),
    "numpy array": np.arange(4.0),
    "numpy names": np.array(["a", "b"]),
    "numpy states": np.random.default_rng(0).bit_generator.state,
    "configuration": Configuration(a=1, b=Configuration(c=2)),
    "own object": OwnObject(),
    "enum": Kind.A,
    "path": pathlib.PurePosixPath("/a/b"),
    "time": datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
    "defaultdict": collections.defaultdict(list, {"loss": [1.0]}),
    "counter": collections.Counter("aab"),
    "deque": collections.deque([1, 2], maxlen=3),
    "partial": functools.partial(int, base=3),
    "sets": {1, 2},
    "frozen set": frozenset([1]),
    "slice": slice(1, 2),
    "dtype": torch.float16,
    "device": torch.device("cpu"),
    "optimiser": torch.optim.Adam([nn.Parameter(torch.zeros(2))]).state_dict(),
}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_weights_are_read_whatever_stands_beside_them(tmp_path, beside):
    torch.save({"epoch": 3, "beside": beside, "state_dict": WEIGHTS, "again": [beside]}, tmp_path / "w.pth")
    found = read_pickled(tmp_path / "w.pth")
    assert found.keys() == {"state_dict.conv.weight", "state_dict.conv.bias"}
    assert all(torch.equal(tensor, WEIGHTS[name.removeprefix("state_dict.")]) for name, tensor in found.items())


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (subprocess.call, (["touch", "{}"],)),
        (exec, ("open('{}', 'w')",)),
        (eval, ("open('{}', 'w')",)),
        (open, ("{}", "w")),
    ],
)
def test_code_beside_weights_is_not_run(tmp_path, monkeypatch, function, arguments):
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": WEIGHTS, "beside": Calls(function, *arguments)}, tmp_path / "w.pth")
    assert read_pickled(tmp_path / "w.pth").keys() == {"state_dict.conv.weight", "state_dict.conv.bias"}
    assert [path.name for path in tmp_path.iterdir()] == ["w.pth"]


def test_code_that_makes_code_is_refused_and_not_run(tmp_path, monkeypatch):
    """A method is pickled as a call of getattr, whose answer is called."""
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": WEIGHTS, "beside": Calls(pathlib.Path.touch, pathlib.Path("{}"))}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match="contains code or is damaged; not loaded"):
        read_pickled(tmp_path / "w.pth")
    assert [path.name for path in tmp_path.iterdir()] == ["w.pth"]


def test_a_whole_network_is_refused_with_what_to_save_instead(tmp_path):
    torch.save({"model": nn.Sequential(nn.Linear(2, 2))}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError) as refused:
        read_pickled(tmp_path / "w.pth")
    assert str(refused.value) == (
        f"{tmp_path / 'w.pth'} holds objects that need code (torch.nn.modules.container.Sequential,"
        " torch.nn.modules.linear.Linear) and no tensors by name; not loaded. Where it was saved,"
        " torch.save(network.state_dict(), FILE) makes one without code."
    )


def test_a_torchscript_program_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"w/{name}", b"")
    with pytest.raises(CheckpointError, match=r"w\.pt is a TorchScript program; .*torch\.jit\.load\(FILE\)\.state_di"):
        read_pickled(tmp_path / "w.pt")


def test_arrays_of_numpy_are_refused_with_what_makes_tensors_of_them(tmp_path):
    torch.save({name: tensor.numpy() for name, tensor in WEIGHTS.items()}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=r"holds arrays of NumPy; expected tensors, as of torch\.save"):
        read_pickled(tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("content", "words"),
    [([WEIGHTS], "no weights but a list"), (None, "no weights but a NoneType"), ({}, "no weights;"), (3, "but a int")],
)
def test_what_has_no_names_is_refused(tmp_path, content, words):
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=words):
        read_pickled(tmp_path / "w.pth")


def archive_of(name):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr(name, b"x")
    return into.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"x"), "is not a file of torch.save"),
        (b"\x89HDF\r\n\x1a\n", "is not a file of torch.save"),
        (b'{"weight_map": {}}', "is not a file of torch.save"),
        (archive_of("conv.weight.npy"), "is an archive, but not one of torch.save"),
        (pickle.dumps(WEIGHTS, protocol=4), "contains code or is damaged; not loaded"),
        (pickle.dumps({"a": Slotted}, protocol=2), "contains code or is damaged; not loaded"),
    ],
    ids=["gzip", "hdf5", "json", "npz", "pickle", "plain pickle"],
)
def test_other_files_are_refused_with_the_way_on(tmp_path, content, words):
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{words}.*torch\.save\(network\.state_dict\(\), FILE\) makes one"):
        read_pickled(tmp_path / "w.pth")


def test_weights_of_a_card_that_is_not_here_are_read(tmp_path):
    torch.save(WEIGHTS, tmp_path / "cpu.pth")
    with zipfile.ZipFile(tmp_path / "cpu.pth") as there, zipfile.ZipFile(tmp_path / "w.pth", "w") as moved:
        for name in there.namelist():
            moved.writestr(name, there.read(name).replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0"))
    assert b"cuda:0" in (tmp_path / "w.pth").read_bytes()
    assert torch.equal(read_pickled(tmp_path / "w.pth")["conv.weight"], WEIGHTS["conv.weight"])
