"""Images as CSV: every cell against what it was made of, and the way back through the reader of manifests."""

from __future__ import annotations

import csv
import json
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data.catalog import Catalog, texts
from core.data.catalog_opening import open_catalog
from core.data.column_kinds import as_arrow
from core.data.source import DataSource
from core.errors import Cancelled, InputError, StorageError
from core.progress import Reporter
from core.retrieval import export
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.export import ModelFigures, absolute_paths, sidecar_of, write

PATHS = ["a/1.png", "=2.png", "a/3, 4.png", 'a/"5".png', "옷/셔츠.png", "a/6.png"]


def made(root: Path, **others: Any) -> Catalog:
    for name in PATHS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30)).save(root / name)
    labels = texts(["셔츠", "셔츠", "two\nlines", "two\nlines", "", "셔츠"])
    attributes = {"price": texts(["-1.5", "2", "", "+3e2", "=1+1", "@x"]), "label": texts(list("abcdef"))}
    nothing = texts([""] * 6)
    splits = texts(["train", *["test"] * 5])
    return Catalog(
        "made", root, texts(PATHS), labels, splits, nothing, nothing, **({"attributes": attributes} | others)
    )


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def model(catalog: Catalog, rows: list[int]) -> ModelFigures:
    chosen = np.array(rows)
    vectors = np.random.default_rng(3).normal(size=(len(rows), 4)).astype(np.float32)
    embeddings = Embeddings(vectors, chosen, catalog.labels[chosen], catalog.paths[chosen])
    return ModelFigures("A m/epoch 1", embeddings, evaluate(embeddings))


def test_every_cell_is_what_it_was_made_of(tmp_path: Path) -> None:
    catalog = made(tmp_path)
    figures = model(catalog, [0, 1, 2, 3, 5])
    write(tmp_path / "out.csv", catalog, np.array([1, 4, 5, 0]), [figures], {"split": "all"})
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel tells UTF-8 by this alone"
    found = read(tmp_path / "out.csv")
    assert [row["row"] for row in found] == ["1", "4", "5", "0"]
    assert [row["path"] for row in found] == ["./=2.png", "옷/셔츠.png", "a/6.png", "a/1.png"]
    assert [row["absolute path"] for row in found] == [str(tmp_path / PATHS[at]) for at in (1, 4, 5, 0)]
    assert [row["class"] for row in found] == ["셔츠", "", "셔츠", "셔츠"]
    assert [row["price"] for row in found] == ["2", "'=1+1", "'@x", "-1.5"], "numbers are no formulas"
    assert [row["label (2)"] for row in found] == ["b", "e", "f", "a"], "our column is the class, not this one"
    assert "role" not in found[0], "nobody has one"
    evaluation, embeddings = figures.evaluation, figures.embeddings
    for row, at in zip(found, (1, None, 4, 0), strict=True):
        mine = {name.partition(": ")[2]: cell for name, cell in row.items() if name.startswith("A m/epoch 1: ")}
        if at is None:
            assert not any(mine.values()), "it was not embedded"
            continue
        nearest = int(evaluation.nearest[at])
        assert mine["first hit"] == str(evaluation.first_hit[at])
        assert mine["right at 1"] == str(int(evaluation.first_hit[at] == 1))
        assert float(mine["AP@R"]) == evaluation.of_queries("MAP@R")[at]
        assert mine["nearest"].removeprefix("./") == embeddings.paths[nearest]
        assert mine["nearest class"] == embeddings.labels[nearest]
        assert float(mine["distance"]) == -evaluation.found.nearest_similarity[at]
    told = json.loads(sidecar_of(tmp_path / "out.csv").read_text("utf-8"))
    assert told["images"] == 4 and told["split"] == "all" and told["data"]["fingerprint"] == catalog.fingerprint
    (about,) = told["models"]
    assert about["title"] == "A m/epoch 1" and "leave-one-out" in about["protocol"]
    assert about["measured"] == 3 and about["empty_as_not_embedded"] == 1


def test_what_has_no_picture_has_no_whole_path(tmp_path: Path) -> None:
    catalog = made(tmp_path, pictured=np.array([True, True, False, True, True, True]))
    write(tmp_path / "out.csv", catalog, np.array([2, 3]))
    assert [row["absolute path"] for row in read(tmp_path / "out.csv")] == ["", str(tmp_path / PATHS[3])]


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("boxes", [False, True])
def test_it_opens_again_as_the_same_images(tmp_path: Path, elsewhere: bool, boxes: bool) -> None:
    root, others = tmp_path / "pictures", {}
    if boxes:
        others = {"boxes": np.array([[0, 0, 9, 9], [0] * 4, [1, 2, 30, 20], *[[0] * 4] * 3], np.int32)}
    targets = np.array([[0.1], [2], [3], [4], [np.nan], [6]], np.float32)
    catalog = made(root, targets=targets, target_names=("target_size",), **others)
    path = (tmp_path if elsewhere else root) / "selection.csv"
    write(path, catalog, catalog.rows(), [model(catalog, [0, 1, 2, 3, 5])])
    again = open_catalog(DataSource(str(path), base=str(root) if elsewhere else ""))
    assert [again.path(row).resolve() for row in range(6)] == [catalog.path(row).resolve() for row in range(6)]
    assert again.splits.tolist() == catalog.splits.tolist()
    assert again.labels.tolist() == catalog.labels.tolist()
    assert again.target_names == ("target_size",)
    np.testing.assert_array_equal(again.targets, catalog.targets)
    assert [again.box(row) for row in range(6)] == [catalog.box(row) for row in range(6)]
    assert "A m/epoch 1: first hit" in again.attributes


def test_another_class_column_than_before_is_not_taken(tmp_path: Path) -> None:
    catalog = made(tmp_path, attributes={"Image": texts(list("uvwxyz")), "class": texts(list("abcdef"))})
    write(tmp_path / "out.csv", catalog, catalog.rows())
    again = open_catalog(DataSource(str(tmp_path / "out.csv")))
    assert again.labels.tolist() == catalog.labels.tolist()
    assert again.attributes["Image (2)"].tolist() == list("uvwxyz")


@pytest.mark.parametrize(
    ("root", "paths", "whole"),
    [
        (PurePosixPath("/data"), ["a/b.png", "/else/c.png"], ["/data/a/b.png", "/else/c.png"]),
        (PurePosixPath("/"), ["a.png"], ["/a.png"]),
        (
            PureWindowsPath("D:\\data"),
            ["a/b.png", "E:/else/c.png", "//host/share/d.png"],
            ["D:\\data\\a\\b.png", "E:\\else\\c.png", "\\\\host\\share\\d.png"],
        ),
    ],
)
def test_whole_paths_are_those_of_the_system(root: PurePosixPath, paths: list[str], whole: list[str]) -> None:
    assert absolute_paths(root, as_arrow(texts(paths))).to_pylist() == whole


def test_what_was_there_stays_until_all_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog, path = made(tmp_path), tmp_path / "out.csv"
    monkeypatch.setattr(export, "PIECE", 2)
    write(path, catalog, catalog.rows())
    before = path.read_bytes()
    told: list[tuple[int, int]] = []

    class Heard(Reporter):
        def progress(self, _task: str, done: int, total: int, unit: str = "") -> None:
            told.append((done, total))

    with pytest.raises(Cancelled):
        write(path, catalog, catalog.rows()[:5], reporter=Heard(), should_stop=lambda: len(told) == 2)
    assert path.read_bytes() == before and told == [(2, 5), (4, 5)]
    assert not list(tmp_path.glob(".*")), "and nothing half-done"
    assert len(read(path)) == 6, "pieces are one table"


def test_nothing_that_is_not_ours_is_written_over(tmp_path: Path) -> None:
    catalog = made(tmp_path)
    (tmp_path / "out.csv.json").write_text('{"recipe": 1}')
    with pytest.raises(InputError, match="not written by an export"):
        write(tmp_path / "out.csv", catalog, catalog.rows())
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(InputError, match=r"ends in \.csv"):
        write(tmp_path / "out.xlsx", catalog, catalog.rows())
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write(tmp_path / "file" / "out.csv", catalog, catalog.rows())
    write(tmp_path / "none.csv", catalog, catalog.rows()[:0])
    assert read(tmp_path / "none.csv") == []
