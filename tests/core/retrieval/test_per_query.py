"""The file of queries: whose row is what, and what is said where nothing was measured."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.data.catalog import texts
from core.errors import InputError
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.per_query import columns, write
from core.retrieval.protocol import Protocol

LINE = np.array([[0.0], [1.0], [3.0], [7.0], [20.0]], np.float32)
HEADINGS = ["checkpoint", "path", "class", "first hit", "AP@R", "R-precision", "nearest", "nearest class", "distance"]


def on_a_line(roles=None) -> Embeddings:
    """Two images of a, two of b between and beyond them, one without a class."""
    labels, paths = texts(["a", "b", "a", "b", ""]), texts(["=0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg"])
    return Embeddings(LINE, np.arange(5), labels, paths, None if roles is None else texts(roles))


def by_distance(embeddings: Embeddings):
    return columns("run", embeddings, Protocol.of(embeddings), evaluate(embeddings))


def test_each_query_has_its_figures_and_its_nearest_image(tmp_path):
    write(tmp_path / "q.parquet", [by_distance(on_a_line())])
    rows = pq.read_table(tmp_path / "q.parquet").to_pylist()
    assert [list(row.values()) for row in rows] == [
        ["run", "=0.jpg", "a", 2, 0.0, 0.0, "1.jpg", "b", 1.0],
        ["run", "1.jpg", "b", 3, 0.0, 0.0, "=0.jpg", "a", 1.0],
        ["run", "2.jpg", "a", 2, 0.0, 0.0, "1.jpg", "b", 2.0],
        ["run", "3.jpg", "b", 2, 0.0, 0.0, "2.jpg", "a", 4.0],
        ["run", "4.jpg", None, None, None, None, "3.jpg", "b", 13.0],
    ]
    assert list(rows[0]) == HEADINGS


def test_csv_says_where_nothing_was_measured_and_holds_no_formula(tmp_path):
    write(tmp_path / "q.csv", [by_distance(on_a_line())] * 2)
    with (tmp_path / "q.csv").open(newline="") as stream:
        heading, *rows = csv.reader(stream)
    assert heading == HEADINGS and len(rows) == 10
    assert rows[0][:4] == ["run", "'=0.jpg", "a", "2"]
    assert rows[4] == ["run", "4.jpg", "n/a", "n/a", "n/a", "n/a", "3.jpg", "b", "13.0"]


def test_a_query_that_found_nothing_has_no_nearest_image():
    embeddings = on_a_line()
    whole = evaluate(embeddings)
    found = replace(whole, found=replace(whole.found, neighbours=np.array([[1], [0], [-1], [2], [3]])))
    told = columns("run", embeddings, Protocol.of(embeddings), found)
    assert told["nearest"] == ["1.jpg", "=0.jpg", None, "2.jpg", "3.jpg"]
    assert told["nearest class"] == ["b", "a", None, "a", "b"]


def test_a_query_has_its_label_distances_and_no_figure_without_a_target():
    embeddings, targets = on_a_line(), np.array([[0.0], [2.0], [5.0], [np.nan], [6.0]])
    continuous = evaluate_continuous(embeddings, targets, (1, 2), (3,))
    found = columns("run", embeddings, Protocol.of(embeddings), evaluate(embeddings), continuous)
    assert found["label distance@1"] == [2.0, 2.0, 3.0, None, 1.0]
    assert found["label distance@2"] == [3.5, 2.5, 4.0, None, 2.5]
    for row, gain in zip(continuous.measured, continuous.per_query_ndcg[3], strict=True):
        assert found["nDCG@3"][row] == gain
    assert found["nDCG@3"][3] is None


def test_only_queries_have_rows():
    found = by_distance(on_a_line(["query", "gallery", "gallery", "query", "gallery"]))
    assert found["path"] == ["=0.jpg", "3.jpg"]
    assert found["nearest"] == ["1.jpg", "2.jpg"]
    assert found["first hit"] == [2, 2]


def test_figures_are_those_of_the_evaluation():
    generator = np.random.default_rng(0)
    labels = texts([f"{number % 7}" for number in range(60)])
    embeddings = Embeddings(generator.standard_normal((60, 4)).astype(np.float32), np.arange(60), labels, labels)
    evaluation = evaluate(embeddings, (1, 3), protocol=Protocol.of(embeddings, "cosine"), precision_at=(5,))
    found = columns("run", embeddings, Protocol.of(embeddings, "cosine"), evaluation)
    assert np.mean(np.array(found["first hit"]) <= 3) == pytest.approx(evaluation.recall[3])
    assert np.mean(found["AP@R"]) == pytest.approx(evaluation.map_at_r)
    assert np.mean(found["R-precision"]) == pytest.approx(evaluation.micro["R-precision"])
    assert np.mean(found["Precision@5"]) == pytest.approx(evaluation.micro["Precision@5"])
    right = np.array(found["class"]) == np.array(found["nearest class"])
    assert right.mean() == pytest.approx(evaluation.recall[1])
    assert max(found["similarity"]) <= 1


def test_another_suffix_is_refused():
    with pytest.raises(InputError, match=r"q\.txt; expected a file that ends in \.csv or \.parquet"):
        write(Path("q.txt"), [by_distance(on_a_line())])
