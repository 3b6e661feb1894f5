from __future__ import annotations

import argparse
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import paths
from core.commands import leaks
from core.data.catalog import texts
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import EmbeddingsError, InputError
from core.progress import JsonLinesReporter, Reporter, TerminalReporter
from core.retrieval.embeddings import Embeddings, Origin, save_file
from tests.core.data.pictures import noise


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    root = tmp_path / "shop"
    for number, name in enumerate(("train/a/1.png", "train/b/2.png", "test/b/3.png", "test/c/4.png")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        noise(number, 40, 40).save(root / name)
    shutil.copy(root / "train" / "a" / "1.png", root / "test" / "c" / "copy.png")
    return root


def run(*words: str, reporter: Reporter | None = None) -> None:
    parser = argparse.ArgumentParser()
    leaks.add_arguments(parser)
    leaks.run(parser.parse_args(words), reporter or TerminalReporter(io.StringIO()))


def test_pairs_and_classes_are_told_for_every_two_splits(shop, capsys):
    run(str(shop))
    assert capsys.readouterr().out.splitlines() == [
        "1 pair of copies has two classes, of which one may be wrong:",
        "  class  image            class  image          kind       distance",
        "  c      test/c/copy.png  a      train/a/1.png  same file     0.000",
        "",
        "train (2 images) and test (3 images):",
        "  images in both: 1 pair (1 same file): 1 of 2 in train and 1 of 3 in test",
        "  classes in both: 1 (b); retrieval of unseen classes expects none",
        "  train          test             kind       distance",
        "  train/a/1.png  test/c/copy.png  same file     0.000",
        "",
        "within train (2 images): no image is there twice",
        "within test (3 images): no image is there twice",
    ]


def test_what_one_split_has_twice_is_listed(shop, tmp_path, capsys):
    shutil.rmtree(shop / "test" / "b")
    for name in ("train/a/again.png", "train/a/third.png", "train/b/other.png"):
        shutil.copy(shop / "train" / "a" / "1.png", shop / name)
    Image.open(shop / "train" / "b" / "2.png").resize((60, 60)).save(shop / "train" / "b" / "large.png")
    run(str(shop), "--json", str(tmp_path / "leaks.json"))
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "1 pair of copies has two classes, of which one may be wrong:"
    at = printed.index("within train (6 images):")
    assert printed[at + 1 : at + 5] == [
        "  images that are there twice: 7 pairs (6 same file, 1 near): 6 of 6 images",
        "  image          the same as        kind       distance  copies",
        "  train/a/1.png  train/a/again.png  same file     0.000       4",
        "  train/b/2.png  train/b/large.png  near          0.003   1 x 1",
    ]
    (within, _) = json.loads((tmp_path / "leaks.json").read_text())["within"]
    assert (within["split"], within["images"], within["concerned"]) == ("train", 6, 6)
    assert within["copies"]["train/a/1.png"] == ["train/a/again.png", "train/a/third.png", "train/b/other.png"]


def test_copies_are_counted_and_named_beside_their_pair(shop, tmp_path, capsys):
    for name in ("train/b/again.png", "test/b/again.png"):
        shutil.copy(shop / "train" / "a" / "1.png", shop / name)
    run(str(shop), "--json", str(tmp_path / "leaks.json"))
    printed = capsys.readouterr().out.splitlines()
    assert printed[5] == "  images in both: 4 pairs (4 same file): 2 of 3 in train and 2 of 4 in test"
    assert printed[7:9] == [
        "  train          test              kind       distance  copies",
        "  train/a/1.png  test/b/again.png  same file     0.000   2 x 2",
    ]
    (between,) = json.loads((tmp_path / "leaks.json").read_text())["between"]
    assert between["counts"]["same file"] == 4 and len(between["pairs"]) == 1
    assert between["copies"] == {"train/a/1.png": ["train/b/again.png"], "test/b/again.png": ["test/c/copy.png"]}


def test_nothing_is_said_as_none_and_lists_can_be_short(shop, capsys):
    run("--data", str(shop), "--list", "0")
    assert "  and 1 more (--list, --json)" in capsys.readouterr().out
    shutil.rmtree(shop / "test" / "c")
    run(str(shop), "--exclude-label", "a")
    assert "  images in both: none" in capsys.readouterr().out
    shutil.rmtree(shop / "train")
    run(str(shop))
    assert capsys.readouterr().out == "within test (1 image): no image is there twice\n"


def test_json_holds_everything(shop, tmp_path, capsys):
    run(str(shop), "--json", str(tmp_path / "leaks.json"))
    written = json.loads((tmp_path / "leaks.json").read_text())
    stream = io.StringIO()
    run(str(shop), reporter=JsonLinesReporter(stream))
    message = json.loads(stream.getvalue().splitlines()[-1])
    assert {key: message[key] for key in written} == written and message["type"] == "result"
    assert written == {
        "data": "shop",
        "conflicts": [
            {
                "first": "test/c/copy.png",
                "second": "train/a/1.png",
                "kind": "same file",
                "distance": 0.0,
                "classes": ["c", "a"],
            }
        ],
        "conflict_count": 1,
        "between": [
            {
                "splits": ["train", "test"],
                "images": [2, 3],
                "counts": {"same file": 1, "near": 0, "mirrored": 0, "embedding": 0},
                "concerned": [1, 1],
                "classes": ["b"],
                "pairs": [
                    {"first": "train/a/1.png", "second": "test/c/copy.png", "kind": "same file", "distance": 0.0}
                ],
                "unnamed": 0,
                "copies": {},
            }
        ],
        "within": [
            {
                "split": split,
                "images": images,
                "counts": {"same file": 0, "near": 0, "mirrored": 0, "embedding": 0},
                "concerned": 0,
                "pairs": [],
                "unnamed": 0,
                "copies": {},
            }
            for split, images in (("train", 2), ("test", 3))
        ],
        "unreadable": [],
    }


def test_what_is_counted_only_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    root = tmp_path / "shop"
    for number in range(5):
        for name in ("train/a", "test/b"):
            (root / name).mkdir(parents=True, exist_ok=True)
            # Blank pages, no two of the same bytes.
            Image.new("L", (30 + number, 40), 255).save(root / name / f"{number}{name[-1]}.png")
        Image.new("L", (50, 60 + number), 255).save(root / "test" / "b" / f"{number}.png")
    run(str(root), "--list", "1")
    conflicts, between, train, test, legend = capsys.readouterr().out.split("\n\n")
    assert conflicts.splitlines()[0] == "50 pairs of copies have two classes, of which one may be wrong:"
    lines = between.splitlines()
    assert lines[1] == "  images in both: 50 pairs (5 same file, 45 near): 5 of 5 in train and 10 of 10 in test"
    assert lines[-2:] == [
        "  and 34 more (--list, --json)",
        "  15 more pairs of files are counted only: of an image's look-alikes the 3 nearest are named",
    ]
    assert "  images that are there twice: 10 pairs (10 near): 5 of 5 images" in train
    assert "  images that are there twice: 45 pairs (45 near): 10 of 10 images" in test
    assert legend.startswith("near, mirrored: 64-bit hashes differ in at most 10 bits and the pixels correlate by ")


def test_embeddings_add_pairs_and_must_be_those_of_the_data(shop, tmp_path, capsys):
    catalog = open_catalog(DataSource(str(shop)))
    vectors = np.eye(len(catalog), dtype=np.float32)
    first, second = (catalog.paths.tolist().index(name) for name in ("train/b/2.png", "test/b/3.png"))
    vectors[first] = vectors[second]
    rows = np.arange(len(catalog))
    save_file(tmp_path / "e.npz", Embeddings(vectors, rows, catalog.labels, catalog.paths))
    run(str(shop), "--embeddings", str(tmp_path / "e.npz"))
    printed = capsys.readouterr().out
    assert "2 pairs (1 same file, 1 embedding)" in printed
    assert printed.endswith("\n\nembedding: each other's nearest, cosine at least 0.98; the distance is 1 - cosine.\n")
    save_file(tmp_path / "e.npz", Embeddings(vectors[1:], rows[1:], catalog.labels[1:], catalog.paths[1:]))
    heard = io.StringIO()
    run(str(shop), "--embeddings", str(tmp_path / "e.npz"), reporter=TerminalReporter(heard))
    notice = f"of 5 images 1 cannot be paired by embedding, for lack of one (first: {catalog.paths[0]})."
    assert notice in heard.getvalue()
    strange = texts(["elsewhere.png", *catalog.paths[1:]])
    save_file(tmp_path / "e.npz", Embeddings(vectors, rows, catalog.labels, strange, origin=Origin("another")))
    with pytest.raises(EmbeddingsError, match=r"e\.npz has the embeddings of other images than those of shop"):
        run(str(shop), "--embeddings", str(tmp_path / "e.npz"))
    moved = Embeddings(vectors, rows + 1, catalog.labels, catalog.paths, origin=Origin("another"))
    save_file(tmp_path / "e.npz", moved)
    with pytest.raises(EmbeddingsError, match=r"of other images .*; if the data have changed, embed them again\.$"):
        run(str(shop), "--embeddings", str(tmp_path / "e.npz"))


def test_bad_input_is_refused(shop):
    with pytest.raises(InputError, match="No data was named"):
        run()
    with pytest.raises(InputError, match=r"--cosine is 2\.0; expected -1 to 1"):
        run(str(shop), "--cosine", "2")
