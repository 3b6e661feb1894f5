"""`python -m core space` from files to what it prints."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.data.catalog import texts
from core.projection.projection import Projection, save
from core.retrieval.embeddings import Embeddings, load_file, save_file
from core.retrieval.similarity import unit


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """a.npz and b.npz of the same 60 images, map.npz of a."""
    rows = np.arange(60)
    labels, paths = texts([f"class {row % 4}" for row in rows]), texts([f"{row}.png" for row in rows])
    for seed, name in enumerate(("a", "b")):
        vectors = np.random.default_rng(seed).standard_normal((60, 5)).astype(np.float32)
        save_file(tmp_path / f"{name}.npz", Embeddings(vectors, rows, labels, paths))
    save(
        tmp_path / "map.npz", Projection(np.random.default_rng(2).random((60, 2)).astype(np.float32), "pca", rows=rows)
    )
    return tmp_path


def test_a_table_to_read(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--other", str(files / "b.npz"), "--map", str(files / "map.npz"), "--neighbours", "7"]
    assert main(["space", str(files / "a.npz"), *options]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("60 images, 5 dimensions, 4 classes\nneighbours by Euclidean distance\n")
    for name in ("alignment", "uniformity", "effective rank", "anti-hubs", "linear CKA", "trustworthiness"):
        assert f"\n{name}" in printed
    assert "7 neighbours" in printed
    assert "nan" not in printed


def test_where_two_go_by_different_distances_both_are_told(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    b = load_file(files / "b.npz")
    save_file(files / "b.npz", replace(b, vectors=unit(b.vectors)))
    assert main(["space", str(files / "a.npz"), "--other", str(files / "b.npz")]) == 0
    assert "in A and in B: by Euclidean distance in A, by cosine similarity in B" in capsys.readouterr().out
    assert main(["space", str(files / "b.npz"), "--other", str(files / "b.npz")]) == 0
    assert "neighbours by cosine similarity\n" in (printed := capsys.readouterr().out) and "in A and in B\n" in printed


def test_a_sample_is_told(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["space", str(files / "a.npz"), "--sample", "20", "--queries", "30", "--seed", "4"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[1:3] == [
        "uniformity: 20 images, drawn by seed 4, against all",
        "hubness: 30 images, drawn by seed 4, search all",
    ]
    assert re.search(r"anti-hubs +n/a", printed)
    assert main([*words, "--other", str(files / "b.npz"), "--map", str(files / "map.npz")]) == 0
    printed = capsys.readouterr().out
    assert "\nuniformity and map: 20 images" in printed
    assert "\nhubness and overlap of the nearest: 30 images" in printed


def test_json_has_the_same_figures(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["space", str(files / "a.npz"), "--format", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert main(["space", str(files / "a.npz"), "--json-lines"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["type"] == "result"
    assert result["pairs"] == values["pairs"]
    assert values["agreement"] is None


def test_the_table_prints_what_json_has(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["space", str(files / "a.npz"), "--other", str(files / "b.npz"), "--map", str(files / "map.npz")]
    assert main([*words, "--format", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    printed = capsys.readouterr().out
    for name, written in (
        ("uniformity", f"{values['pairs']['uniformity']:.4f}"),
        ("density", f"{values['pairs']['density']:.4f}"),
        ("spectral decay", f"{values['spectrum']['spectral_decay']:.4f}"),
        ("anti-hubs", f"{100 * values['hubs']['antihubs']:.2f} %"),
        ("overlap of the nearest", f"{100 * values['agreement']['overlap']:.2f} %"),
        ("continuity", f"{values['map']['continuity']:.4f}"),
    ):
        assert re.search(rf"^{name} +{re.escape(written)}  ", printed, re.MULTILINE), name


def test_what_is_not_defined_is_no_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = texts([str(row) for row in range(4)])
    save_file(tmp_path / "alone.npz", Embeddings(np.eye(4, 5, dtype=np.float32), np.arange(4), names, names))
    assert main(["space", str(tmp_path / "alone.npz")]) == 0
    printed = capsys.readouterr().out
    for name in ("alignment", "intra-class distance", "density", "spectral decay", "hubness"):
        assert re.search(rf"^{name} +n/a  ", printed, re.MULTILINE), name


def test_bad_input_ends_with_2(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["space", str(files / "a.npz"), "--map", str(files / "b.npz")]) == 2
    assert main(["space", str(files / "a.npz"), "--neighbours", "0"]) == 2
    assert "expected from 1" in capsys.readouterr().err
    assert main(["space", str(files / "a.npz"), "--queries", "0"]) == 2
    assert "The number of queries is 0, expected from 1" in capsys.readouterr().err
    assert main(["space", str(files / "a.npz"), "--seed", "-1"]) == 2
    assert "The seed is -1, expected from 0" in capsys.readouterr().err
