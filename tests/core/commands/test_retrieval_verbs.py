"""The verbs from data on disk to what they print and write, with two small untrained checkpoints."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from core.__main__ import main
from core.commands import evaluate
from core.commands.serve import answer
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.models.checkpoint import save
from core.models.description import ModelDescription
from core.models.embedder import Embedder
from core.progress import JsonLinesReporter
from core.retrieval.embed import CheckpointEmbedder
from core.retrieval.embeddings import load_file, map_folder


@pytest.fixture(autouse=True)
def own_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDDING_EXPLORER_WORKSPACE", str(tmp_path / "workspace"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Four classes of six noisy plain pictures; one file is no image."""
    folder = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(0)
    for number, colour in enumerate([(220, 40, 40), (40, 220, 40), (40, 40, 220), (200, 200, 40)]):
        split = folder / ("train" if number < 1 else "test") / f"class{number}"
        split.mkdir(parents=True)
        for view in range(6):
            pixels = np.clip(np.array(colour) + generator.normal(0, 60, (20, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(split / f"{view}.png")
    # It passes for a PNG until it is decoded.
    whole = (folder / "test" / "class1" / "0.png").read_bytes()
    (folder / "test" / "class1" / "torn.png").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    paths = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        embedder = Embedder(ModelDescription(width=8, embedding_size=16, input_size=16, prepared_size=16))
        path = folder / f"{seed}.safetensors"
        save(path, embedder, f"untrained {seed}", 0, 0, True, {}, {})
        paths.append(str(path))
    return paths


@pytest.fixture
def embedded(data, checkpoints, tmp_path, capsys):
    """The first checkpoint's embeddings of the test split, in a file."""
    path = tmp_path / "a.npz"
    assert main(["embed", checkpoints[0], "--data", str(data), "--device", "cpu", "--out", str(path)]) == 0
    capsys.readouterr()
    return path


def test_embed_leaves_unreadable_images_out_and_keeps_rows_right(embedded, data, checkpoints):
    embeddings = load_file(embedded)
    assert len(embeddings) == 18
    assert embeddings.origin.split == "test"
    assert [path for path in embeddings.origin.unreadable if path.endswith("torn.png")]
    assert sorted(set(embeddings.labels)) == ["class1", "class2", "class3"]
    embedder = CheckpointEmbedder(checkpoints[0], "cpu")
    for position in (0, 7, 17):
        alone = embedder.embed_file(data / embeddings.paths[position])
        np.testing.assert_allclose(embeddings.vectors[position], alone, atol=1e-5)


def test_embed_says_how_many_images_were_left_out(data, checkpoints, tmp_path, capsys):
    out = tmp_path / "a.parquet"
    assert main(["embed", checkpoints[0], "--data", str(data), "--split", "all", "--out", str(out)]) == 0
    output = capsys.readouterr()
    assert "1 of 25 images cannot be read and are left out" in output.err
    assert "24 embeddings of 16 numbers" in output.out


def test_embed_refuses_an_unknown_suffix_before_the_work(data, checkpoints, tmp_path, capsys):
    assert main(["embed", checkpoints[0], "--data", str(data), "--out", str(tmp_path / "a.csv")]) == 2
    assert "'.csv'" in capsys.readouterr().err


def test_evaluate_gives_the_same_figures_for_checkpoint_and_file(embedded, data, checkpoints, tmp_path, capsys):
    of_checkpoint, of_file = tmp_path / "checkpoint.json", tmp_path / "file.json"
    assert main(["evaluate", checkpoints[0], "--data", str(data), "--json", str(of_checkpoint)]) == 0
    assert main(["evaluate", str(embedded), "--json", str(of_file)]) == 0
    document = json.loads(of_file.read_text())
    assert document == json.loads(of_checkpoint.read_text())
    assert document["queries"] == document["gallery"] == 18
    assert list(document["recall"]) == ["1", "2", "4", "8"]
    assert [entry["label"] for entry in document["per_class"]] == ["class1", "class2", "class3"]
    printed = capsys.readouterr().out
    assert document["protocol"].removeprefix("leave") in printed
    assert re.search(rf"Recall@1 .*\na .* {100 * document['recall']['1']:.2f} ", printed)


@pytest.mark.parametrize("form", evaluate.FORMATS)
def test_evaluate_says_in_every_format_that_training_saw_the_classes(form, data, checkpoints, tmp_path, capsys):
    closed = tmp_path / "closed"
    shutil.copytree(data / "test", closed / "test")
    shutil.copytree(data / "test" / "class1", closed / "train" / "class1")
    assert main(["evaluate", checkpoints[0], "--data", str(closed), "--format", form]) == 0
    assert "share 1 of 3 classes: known classes (closed set)" in capsys.readouterr().out
    divided = ["--divide-by-class", "0.5", "--divide-seed", "3"]
    assert main(["evaluate", checkpoints[0], "--data", str(closed), "--format", form, *divided]) == 0
    assert "known classes" not in capsys.readouterr().out


@pytest.mark.parametrize("form", evaluate.FORMATS)
def test_evaluate_says_in_every_format_that_training_was_on_other_data(form, data, tmp_path, capsys):
    embedder = Embedder(ModelDescription(width=8, embedding_size=16, input_size=16, prepared_size=16))
    words = ["--data", str(data), "--format", form]
    for catalog in ("other", open_catalog(DataSource(str(data))).fingerprint):
        path = tmp_path / f"{catalog}.safetensors"
        save(path, embedder, "trained", 0, 0, True, {"data": {"name": "birds", "catalog": catalog}}, {})
        assert main(["evaluate", str(path), *words]) == 0
        is_noted = "trained on other data, another division or other files (birds)" in capsys.readouterr().out
        assert is_noted == (catalog == "other")


def test_evaluate_takes_other_k(embedded, tmp_path):
    assert main(["evaluate", str(embedded), "--recall", "5,1", "--json", str(tmp_path / "e.json")]) == 0
    assert list(json.loads((tmp_path / "e.json").read_text())["recall"]) == ["1", "5"]


@pytest.mark.parametrize(
    ("form", "expected"),
    [("markdown", "| a |"), ("latex", r"\begin{tabular}{lr"), ("csv", "checkpoint,Recall@1,"), ("plain", "a  ")],
)
def test_evaluate_puts_several_checkpoints_into_one_table(form, expected, embedded, data, checkpoints, capsys):
    words = ["--data", str(data), "--split", "test", "--format", form, "--seeds", "--per-class", "2", "--intervals"]
    assert main(["evaluate", str(embedded), checkpoints[1], *words]) == 0
    printed = capsys.readouterr().out
    assert expected in printed
    assert "mean of the runs (2)" in printed
    assert "resamples of queries" in printed
    assert "2 of 3 classes" in printed


def test_evaluate_gives_several_documents_with_their_names(embedded, data, checkpoints, capsys):
    words = ["--data", str(data), "--split", "test", "--measures", "precision,nmi,silhouette", "--format", "json"]
    assert main(["evaluate", str(embedded), checkpoints[1], *words]) == 0
    first, second = json.loads(capsys.readouterr().out)["evaluations"]
    assert (first["name"], second["name"]) == ("a", "1")
    assert list(first["precision"]) == ["1", "2", "4", "8"]
    assert first["clustering"]["clusters"] == 3
    assert -1 <= first["silhouette"]["value"] <= 1


def test_evaluate_gives_curves_and_intervals_in_json_too(embedded, data, checkpoints, capsys):
    words = ["--data", str(data), "--split", "test", "--intervals", "--seeds", "--cmc", "3", "--format", "json"]
    assert main(["evaluate", str(embedded), checkpoints[1], *words]) == 0
    document = json.loads(capsys.readouterr().out)
    first, second = document["evaluations"]
    assert len(first["cmc"]) == 3 and first["cmc"][:2] == [first["recall"]["1"], first["recall"]["2"]]
    interval = first["intervals"]["figures"]["Recall@1"]
    assert interval["low"] <= first["recall"]["1"] <= interval["high"]
    assert (first["intervals"]["average"], first["intervals"]["drawn"]) == ("micro", "queries")
    mean = (first["map_at_r"] + second["map_at_r"]) / 2
    assert document["mean_of_runs"]["MAP@R"]["value"] == pytest.approx(mean)


def test_evaluate_adds_the_curve_as_a_table(embedded, capsys):
    assert main(["evaluate", str(embedded), "--cmc", "18"]) == 0
    assert re.search(r"\nrank +a\n +1 +[\d.]+\n(.*\n)*  18  100.00\n", capsys.readouterr().out)


def test_evaluate_writes_what_each_query_of_each_checkpoint_found(embedded, data, checkpoints, tmp_path):
    out = tmp_path / "queries.csv"
    words = ["--data", str(data), "--split", "test", "--per-query", str(out)]
    assert main(["evaluate", str(embedded), checkpoints[1], *words]) == 0
    rows = out.read_text().splitlines()
    assert rows[0].startswith("checkpoint,path,class,first hit,AP@R,R-precision,nearest,nearest class,similarity")
    assert [row.partition(",")[0] for row in rows[1:]] == ["a"] * 18 + ["1"] * 18


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--cmc", "0"], "--cmc is 0; expected a whole number from 1"),
        (["--cmc", "19"], "--cmc is 19; expected no more than the 18 images"),
        (["--per-class", "-1"], "--per-class is -1; expected how many classes"),
        (["--per-query", "q.txt"], "q.txt; expected a file that ends in .csv or .parquet"),
        (["--seeds"], "--seeds takes the mean over at least two different runs; received 1."),
        (["--measures", "continuous"], "needs continuous targets; no --data was named"),
    ],
)
def test_evaluate_refuses_what_it_cannot_give(words, sentence, embedded, capsys):
    assert main(["evaluate", str(embedded), *words]) == 2
    assert sentence in capsys.readouterr().err


def test_one_run_given_twice_is_no_second_seed(embedded, capsys):
    assert main(["evaluate", str(embedded), str(embedded), "--seeds"]) == 2
    assert "two different runs; received 1 different of 2." in capsys.readouterr().err


def test_evaluate_refuses_targets_that_the_data_has_not(embedded, data, capsys):
    assert main(["evaluate", str(embedded), "--data", str(data), "--measures", "continuous"]) == 2
    assert "needs continuous targets; data0 has none" in capsys.readouterr().err


def test_evaluate_refuses_embeddings_of_other_images(embedded, data, capsys):
    assert main(["evaluate", str(embedded), "--data", str(data / "test")]) == 2
    assert "a.npz has the embeddings of other images than those of test" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["runs/margin-0.1", "runs/margin-0.2"], ["margin-0.1", "margin-0.2"]),
        (["x/best.safetensors", "y/best.safetensors"], ["x/best", "y/best"]),
        (["x/a.npz", "x/a.parquet"], ["a.npz", "a.parquet"]),
        (["x/a.npz", "x/a.npz"], ["a", "a"]),
    ],
)
def test_names_in_a_table_tell_checkpoints_apart(given, names):
    assert evaluate.names_of([Path(path) for path in given]) == names


def test_evaluate_refuses_an_unknown_measure(embedded, capsys):
    assert main(["evaluate", str(embedded), "--measures", "recall,map"]) == 2
    assert "'map'; expected some of recall, precision, map@r" in capsys.readouterr().err


@pytest.mark.parametrize("recall", ["0", "one", "", "1,,2"])
def test_evaluate_refuses_other_things_as_k(embedded, recall, capsys):
    assert main(["evaluate", str(embedded), "--recall", recall]) == 2
    assert "expected whole numbers from 1" in capsys.readouterr().err


def test_a_checkpoint_needs_data(checkpoints, capsys):
    assert main(["evaluate", checkpoints[0]]) == 2
    assert "--data" in capsys.readouterr().err


def test_a_file_of_another_split_than_asked_for_is_refused(embedded, capsys):
    assert main(["evaluate", str(embedded), "--split", "train"]) == 2
    assert "split 'test', not of 'train'" in capsys.readouterr().err


def test_neighbours_of_an_image_equal_brute_force_on_its_embeddings(embedded, data, checkpoints, tmp_path):
    embeddings = load_file(embedded)
    out = tmp_path / "n.json"
    query = data / embeddings.paths[4]
    words = ["neighbours", checkpoints[0], "--data", str(data), "--query", str(query), "-k", "7", "--json", str(out)]
    assert main(words) == 0
    document = json.loads(out.read_text())
    assert document["query"] == str(query)
    vectors = embeddings.vectors / np.linalg.norm(embeddings.vectors, axis=1, keepdims=True)
    cosine = vectors @ vectors[4]
    order = [item for item in np.argsort(-cosine, kind="stable") if item != 4][:7]
    assert [found["row"] for found in document["neighbours"]] == embeddings.rows[order].tolist()
    assert [found["path"] for found in document["neighbours"]] == embeddings.paths[order].tolist()
    assert [found["label"] for found in document["neighbours"]] == embeddings.labels[order].tolist()
    np.testing.assert_allclose([found["similarity"] for found in document["neighbours"]], cosine[order], atol=1e-5)


def _neighbours(data, checkpoint, query, out, *more):
    words = ["neighbours", checkpoint, "--data", str(data), "--query", str(query), "-k", "99", "--json", str(out)]
    assert main([*words, *more]) == 0
    return json.loads(out.read_text())["neighbours"]


def test_neighbours_of_an_image_from_elsewhere(data, checkpoints, tmp_path):
    picture = tmp_path / "elsewhere.png"
    picture.write_bytes((data / "test" / "class2" / "3.png").read_bytes())
    neighbours = _neighbours(data, checkpoints[0], picture, tmp_path / "n.json")
    assert len(neighbours) == 18
    assert neighbours[0]["path"].endswith("class2/3.png")
    assert neighbours[0]["similarity"] == pytest.approx(1, abs=1e-5)


def test_an_image_is_searched_for_in_its_own_split_unless_another_is_named(data, checkpoints, tmp_path):
    picture = data / "train" / "class0" / "0.png"
    own = [found["path"] for found in _neighbours(data, checkpoints[0], picture, tmp_path / "own.json")]
    assert all(path.startswith("train/") for path in own) and "train/class0/0.png" not in own
    assert any(path.startswith("train/class0/") for path in own)
    named = _neighbours(data, checkpoints[0], picture, tmp_path / "named.json", "--split", "test")
    assert len(named) == 18 and all(found["path"].startswith("test/") for found in named)


def test_neighbours_of_what_is_no_image(data, checkpoints, tmp_path, capsys):
    (tmp_path / "text.png").write_text("no image")
    words = ["neighbours", checkpoints[0], "--data", str(data), "--query", str(tmp_path / "text.png")]
    assert main(words) == 2
    assert "text.png" in capsys.readouterr().err


def test_compare_takes_checkpoints_and_files(embedded, data, checkpoints, tmp_path, capsys):
    out = tmp_path / "c.json"
    words = ["compare", str(embedded), checkpoints[1], "--data", str(data), "--split", "test", "--json", str(out)]
    assert main(words) == 0
    document = json.loads(out.read_text())
    fields = {"a", "b", "intervals", "per_class", "fixed", "broken", "mcnemar_p", "neighbours_kept", "k"}
    assert set(document) == fields
    printed = capsys.readouterr().out
    assert printed.splitlines()[:2] == [f"A: {embedded}", f"B: {checkpoints[1]}"]
    assert "McNemar's test p" in printed
    assert "images fixed (wrong in A, right in B)" in printed
    bounds = document["intervals"]["difference"]
    assert f"B - A [{100 * bounds['low']:+.2f}, {100 * bounds['high']:+.2f}]" in printed


def test_compare_lists_classes_without_a_difference_last(tmp_path, capsys):
    labels = np.array(["alone", "same", "same", "turned", "turned"])
    corners = np.eye(5, dtype=np.float32)
    for name, vectors in (("a", corners[[0, 1, 1, 2, 2]]), ("b", corners[[0, 1, 1, 0, 3]])):
        np.savez(tmp_path / f"{name}.npz", embeddings=vectors, labels=labels, paths=[f"{n}.png" for n in range(5)])
    assert main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^Recall@1 +100\.00 +50\.00 +-50\.00$", printed, re.MULTILINE)
    assert "0 images fixed (wrong in A, right in B), 2 broken: McNemar's test p = 0.500." in printed
    listed = [line.split() for line in printed.splitlines()[-3:]]
    assert [line[0] for line in listed] == ["turned", "same", "alone"]
    assert listed[-1] == ["alone", "1", "n/a", "n/a", "n/a", "n/a"]


def test_compare_has_no_figure_where_nothing_was_measured(tmp_path, capsys):
    paths = [f"{n}.png" for n in range(3)]
    np.savez(tmp_path / "a.npz", embeddings=np.eye(3, dtype=np.float32), labels=["a", "b", "c"], paths=paths)
    assert main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "a.npz")]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^Recall@1 +n/a +n/a +n/a$", printed, re.MULTILINE)
    assert "McNemar's test n/a." in printed and "nan" not in printed


def test_a_file_of_another_program_is_joined_to_the_data_by_paths(embedded, data, tmp_path, capsys):
    ours, theirs = load_file(embedded), tmp_path / "theirs.npz"
    order = np.arange(len(ours))[::-1]
    paths = [*ours.paths[order].tolist(), "gone/0.png", str(ours.paths[0])]
    np.savez(
        theirs,
        embeddings=[*ours.vectors[order], *ours.vectors[:2]],
        labels=[*ours.labels[order], "gone", "again"],
        paths=paths,
    )
    figures = []
    for given in (embedded, theirs):
        assert main(["evaluate", str(given), "--data", str(data), "--format", "json"]) == 0
        printed = capsys.readouterr()
        figures.append(json.loads(printed.out))
    assert figures[0]["recall"] == figures[1]["recall"]
    protocol, _, left_out = figures[1]["protocol"].partition("; ")
    assert protocol == figures[0]["protocol"].partition("; ")[0] and left_out.startswith("2 of 20 embeddings")
    assert f"{theirs}: 2 of {len(ours) + 2} embeddings (first: gone/0.png) are left out" in printed.err
    assert "1 of 19 images of split 'test' has no embedding (first: test/class1/torn.png)" in printed.err
    kept = tmp_path / "kept"
    assert main(["embed", str(theirs), "--data", str(data), "--out", str(kept)]) == 0
    vectors, rows, origin = map_folder(kept)
    np.testing.assert_array_equal(rows, ours.rows)
    np.testing.assert_array_equal(vectors, ours.vectors)
    assert origin.catalog == ours.origin.catalog and origin.split == "test" and origin.left_out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bare.npy", "is a bare array; expected an embeddings file"),
        ("table.csv", "cannot be read as a table of vectors"),
        ("result.mat", "is a MATLAB file"),
        ("weights.pth", "is a PyTorch file"),
        ("nowhere", "is not there; expected a checkpoint"),
        ("pipe.safetensors", "is a named pipe, not a regular file; expected a checkpoint"),
        ("empty", "has no complete checkpoint"),
    ],
)
def test_what_is_neither_a_checkpoint_nor_embeddings_is_called_what_it_is(name, message, data, tmp_path, capsys):
    if name == "pipe.safetensors":
        os.mkfifo(tmp_path / name)
    elif name == "empty":
        (tmp_path / name).mkdir()
    elif "." in name:
        (tmp_path / name).write_bytes(b"")
    for words in ([], ["--data", str(data)]):
        assert main(["evaluate", str(tmp_path / name), *words]) == 2
        assert message in capsys.readouterr().err


def test_project_does_not_write_over_its_embeddings_nor_take_an_impossible_seed(embedded, tmp_path, capsys):
    before = embedded.read_bytes()
    assert main(["project", str(embedded), "--out", str(embedded), "--method", "pca"]) == 2
    assert "expected another file for the map" in capsys.readouterr().err
    assert embedded.read_bytes() == before
    assert main(["project", str(embedded), "--out", str(tmp_path / "map.npz"), "--seed", "-1"]) == 2
    assert capsys.readouterr().err == "The seed is -1; expected 0 to 2**32 - 1.\n"


def test_project_gives_the_map_its_rows_and_can_lean_on_another(embedded, data, checkpoints, tmp_path):
    folder = tmp_path / "folder"
    assert main(["embed", checkpoints[1], "--data", str(data), "--split", "all", "--out", str(folder)]) == 0
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    assert main(["project", str(embedded), "--out", str(first), "--method", "pca"]) == 0
    words = ["project", str(folder), "--out", str(second), "--method", "pca", "--initial", str(first)]
    assert main(words) == 0
    with np.load(first, allow_pickle=False) as a, np.load(second, allow_pickle=False) as b:
        assert a["rows"].tolist() == load_file(embedded).rows.tolist()
        assert len(b["rows"]) == 24
        assert a["xy"].shape == (18, 2)
        common = np.isin(b["rows"], a["rows"])
        np.testing.assert_allclose(a["xy"].mean(axis=0), b["xy"][common].mean(axis=0), atol=1e-4)


def test_json_lines_end_with_the_result(embedded, capsys):
    assert main(["evaluate", str(embedded), "--json-lines"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["type"] == "result"
    assert lines[-1]["queries"] == 18


def test_serve_answers_every_line(data, checkpoints):
    stream = io.StringIO()
    embedder = CheckpointEmbedder(checkpoints[0], "cpu")
    picture = data / "test" / "class1" / "2.png"
    requests = [
        json.dumps({"id": 1, "image": str(picture)}) + "\n",
        "\n",
        "nonsense\n",
        json.dumps({"id": 3, "image": str(data / "gone.png")}) + "\n",
        json.dumps({"id": 4}) + "\n",
        json.dumps({"id": 5, "image": str(picture)}) + "\n",
    ]
    answer(requests, embedder, JsonLinesReporter(stream))
    answers = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["type"] for line in answers] == ["embedding", "failed", "failed", "failed", "embedding"]
    assert [line["id"] for line in answers] == [1, None, 3, 4, 5]
    assert "gone.png" in answers[2]["sentence"]
    np.testing.assert_allclose(answers[0]["vector"], embedder.embed_file(picture), atol=1e-6)


def test_serve_says_when_it_is_ready_and_ends_with_its_input(checkpoints, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["serve", checkpoints[0], "--device", "cpu"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["type"] == "ready"
    assert first["device"].startswith("CPU")


def test_rows_without_a_vector_are_said_by_every_verb(tmp_path, capsys):
    rng = np.random.default_rng(0)
    lists = [None if row == 3 else rng.normal(size=4).tolist() for row in range(20)]
    labels = ["a", "b"] * 10
    pq.write_table(pa.table({"embeddings": lists, "labels": labels}), tmp_path / "e.parquet")
    given, message = str(tmp_path / "e.parquet"), "1 of 20 rows (row 3) has no vector and is left out"
    for words in (
        ["evaluate", given],
        ["compare", given, given],
        ["space", given],
        ["project", given, "--out", str(tmp_path / "m.npz"), "--method", "pca"],
    ):
        assert main(words) == 0
        assert message in "".join(capsys.readouterr())


def test_quick_look_goes_by_its_name_through_every_verb(data, checkpoints, tmp_path, capsys):
    """A checkpoint without a network: no run, no training, and no torch."""
    words, out = ["--data", str(data)], tmp_path / "look.npz"
    assert main(["embed", "quick-look", *words, "--out", str(out)]) == 0
    assert main(["evaluate", "quick-look", checkpoints[0], *words, "--json", str(tmp_path / "both.json")]) == 0
    documents = json.loads((tmp_path / "both.json").read_text())["evaluations"]
    assert documents[0]["name"] == "quick-look"
    assert documents[0]["recall"]["1"] > 0.8
    assert main(["compare", checkpoints[0], "quick-look", *words]) == 0
    assert main(["space", "quick-look", *words, "--format", "json"]) == 0
    assert main(["project", str(out), "--method", "pca", "--out", str(tmp_path / "map.npz")]) == 0
    query = tmp_path / "query.png"
    Image.new("RGB", (30, 30), (40, 220, 40)).save(query)
    found = tmp_path / "found.json"
    assert main(["neighbours", "quick-look", *words, "--query", str(query), "-k", "3", "--json", str(found)]) == 0
    assert {each["label"] for each in json.loads(found.read_text())["neighbours"]} == {"class1"}
    stream, request = io.StringIO(), json.dumps({"id": 1, "image": str(query)})
    answer([request], CheckpointEmbedder(Path("quick-look")), JsonLinesReporter(stream))
    assert len(json.loads(stream.getvalue())["vector"]) == 236
    capsys.readouterr()
    script = "import sys; from core.__main__ import main; main(sys.argv[1:]); assert 'torch' not in sys.modules"
    embed = ["embed", "quick-look", *words, "--out", str(tmp_path / "alone.npz")]
    subprocess.run([sys.executable, "-c", script, *embed], check=True, capture_output=True)


def test_export_writes_every_image_with_what_each_checkpoint_finds(embedded, data, checkpoints, tmp_path, capsys):
    out = tmp_path / "out.csv"
    words = ["export", str(embedded), "--data", str(data), "--out", str(out)]
    assert main(words) == 0
    assert capsys.readouterr().out == f"{out}: 19 images, split test.\n"
    rows = out.read_text("utf-8-sig").splitlines()
    assert rows[0].startswith('"row","path","absolute path","class","split","a: right at 1"') and len(rows) == 20
    (torn,) = (row for row in rows if "torn" in row)
    assert torn.endswith(",,,,,,"), "it has no embedding, and so no figure"
    told = json.loads((tmp_path / "out.csv.json").read_text())
    assert told["models"][0]["empty_as_not_embedded"] == 1 and told["split"] == "test"
    assert main([*words[:1], *words[2:]]) == 0, "of the data alone"
    assert "a: right" not in out.read_text("utf-8-sig")
    assert main([*words[:-1], str(tmp_path / "out.xlsx")]) == 2
    assert "ends in .csv" in capsys.readouterr().err
