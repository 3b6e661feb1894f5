"""Vectors in a table's cells: a row without one shifts no other."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import EmbeddingsError
from core.retrieval.embeddings import load_file
from core.retrieval.evaluation import evaluate

ROWS = [[float(row % 2), 1.0 - row % 2, 0.1 * row] for row in range(8)]


def table(tmp_path, cells, kind=None, name="embeddings", **columns):
    cells = cells if isinstance(cells, pa.Array) else pa.array(cells, kind)
    columns = {"labels": ["a", "b"] * 4, "paths": [f"{row}.png" for row in range(8)]} | columns
    pq.write_table(pa.table({name: cells, **columns}), tmp_path / "e.parquet")
    return load_file(tmp_path / "e.parquet")


@pytest.mark.parametrize("gone", [None, []])
@pytest.mark.parametrize("kind", [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float32(), 3)])
def test_rows_without_a_vector_are_named_and_left_out_and_shift_nothing(tmp_path, kind, gone):
    if pa.types.is_fixed_size_list(kind):
        gone = None
    found = table(tmp_path, [gone, *ROWS[1:5], gone, *ROWS[6:]], kind)
    assert found.rows.tolist() == [1, 2, 3, 4, 6, 7]
    assert found.paths.tolist()[0] == "1.png" and found.labels.tolist()[0] == "b"
    np.testing.assert_allclose(found.vectors, np.array(ROWS, np.float32)[found.rows])
    assert found.origin.left_out == "2 of 8 rows (0.png, 5.png) have no vector and are left out"
    evaluation = evaluate(found)
    assert evaluation.recall[1] == 1.0
    assert evaluation.protocol.origin.endswith("2 of 8 rows (0.png, 5.png) have no vector and are left out")


def test_the_few_of_another_length_are_named_and_left_out(tmp_path):
    found = table(tmp_path, [*ROWS[:3], [1.0, 2.0], *ROWS[4:]])
    assert found.rows.tolist() == [0, 1, 2, 4, 5, 6, 7]
    assert "1 of 8 rows (3.png) has vectors of 2 numbers instead of 3 and is left out" in found.origin.left_out


def test_without_a_usual_length_a_table_is_refused(tmp_path):
    with pytest.raises(EmbeddingsError, match=r"different lengths \(4 of 2 numbers, 4 of 3 numbers\)"):
        table(tmp_path, [*ROWS[:4], *([1.0, 2.0] for _ in range(4))])


@pytest.mark.parametrize(
    "cells",
    [
        pa.array(ROWS, pa.list_(pa.float32())),
        pa.array(np.array(ROWS).astype(np.float16).tolist(), pa.list_(pa.float32())).cast(pa.list_(pa.float16())),
        pa.array([[Decimal(str(round(value, 2))) for value in row] for row in ROWS], pa.list_(pa.decimal128(5, 2))),
        pa.array([str(row) for row in ROWS]),
        pa.array([str(np.array(row)) for row in ROWS]),
        pa.array([[row] for row in ROWS]),
        pa.array([str(row) for row in ROWS]).dictionary_encode(),
        pa.ExtensionArray.from_storage(
            pa.fixed_shape_tensor(pa.float32(), [3]), pa.array(ROWS, pa.list_(pa.float32(), 3))
        ),
    ],
    ids=["lists", "half", "decimal", "text", "numpy text", "one row", "dictionary", "tensor"],
)
def test_vectors_are_read_in_the_forms_that_programs_write(tmp_path, cells):
    np.testing.assert_allclose(table(tmp_path, cells).vectors, ROWS, atol=1e-3)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (pa.array([b"1234"] * 8), "holds bytes .numpy.frombuffer"),
        (pa.array([1.5] * 8), "holds single values"),
        (pa.array([{"v": [1.0]}] * 8), "records with 'v'"),
        (pa.array([[{"v": 1.0}]] * 8), "lists of records"),
        (pa.array([["1"]] * 8), "lists of text"),
        (pa.array([[[1.0, 2.0], [3.0, 4.0]]] * 8), "matrix of 2 x 2"),
        (pa.array([None] * 8, pa.list_(pa.float32())), "no vector in any of 8 rows"),
        (pa.array([[]] * 8, pa.list_(pa.float32())), "no vector in any of 8 rows"),
        (pa.nulls(8), "empty in all 8 rows"),
        (pa.array(["[0.1 0.2 ... 0.9]"] * 8), "was shortened"),
        (pa.array(["some words"] * 8), "is no vector"),
        (pa.array([*ROWS[:3], [1.0, None, 2.0], *ROWS[4:]]), r"3\.png \(row 3\) is not finite"),
        (pa.array([*ROWS[:3], [1.0, float("nan"), 2.0], *ROWS[4:]]), r"3\.png \(row 3\) is not finite"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(tmp_path, cells, words):
    with pytest.raises(EmbeddingsError, match=words):
        table(tmp_path, cells)


def test_classes_in_other_forms_are_text(tmp_path):
    assert table(tmp_path, ROWS, labels=[b"a", b"b"] * 4).labels.tolist() == ["a", "b"] * 4
    assert table(tmp_path, ROWS, labels=[["a"], ["b"]] * 4).labels.tolist() == ["a", "b"] * 4
    assert table(tmp_path, ROWS, labels=[float("nan"), None] * 4).labels.tolist() == [""] * 8
    with pytest.raises(EmbeddingsError, match="several values in row 1"):
        table(tmp_path, ROWS, labels=[["a"], ["b", "c"]] * 4)


def test_a_table_of_numbered_columns_is_one_of_vectors(tmp_path):
    columns = {f"emb_{column}": [row[column] for row in ROWS] for column in (0, 2, 1)}
    pq.write_table(pa.table({"label": ["a", "b"] * 4, "year_2020": [1] * 8, **columns}), tmp_path / "e.parquet")
    np.testing.assert_allclose(load_file(tmp_path / "e.parquet").vectors, ROWS, rtol=1e-6)


def test_whatever_happens_to_the_bytes_there_are_embeddings_or_a_sentence(tmp_path):
    table(tmp_path, ROWS)
    whole, rng = (tmp_path / "e.parquet").read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(len(content), size=rng.integers(1, 4)):
            content[place] = rng.integers(256)
        (tmp_path / "f.parquet").write_bytes(content)
        try:
            load_file(tmp_path / "f.parquet")
        except EmbeddingsError as error:
            assert len(str(error)) < 1000
