"""A table with vectors: of images where its paths lead to some, else of vectors alone; neither is guessed silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.catalog_opening import open_catalog
from core.data.data_look import look_at_data
from core.data.source import DataSource
from core.data.vectors.columns_of_vectors import columns_of_vectors
from core.data.vectors.vector_files import column_of_vectors
from core.errors import DataError
from tests.core.data.pictures import put

VECTORS = np.random.default_rng(0).normal(size=(4, 20)).astype(np.float32)
NAMES = ["a/1.png", "a/2.png", "b/1.png", "b/2.png"]


def csv(path: Path, rows: int = 4, width: int = 20, heading: str = "filename,label") -> Path:
    lines = [",".join([heading, *(f"e_{at}" for at in range(width))])]
    lines += [",".join([NAMES[row], NAMES[row][0], *map(str, VECTORS[row, :width])]) for row in range(rows)]
    path.write_text("\n".join(lines))
    return path


def parquet(path: Path) -> Path:
    columns = {"image": NAMES, "label": [name[0] for name in NAMES], "embedding": VECTORS.tolist(), "age": [1, 2, 3, 4]}
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("write", [csv, parquet])
def test_without_pictures_it_is_a_table_of_vectors(tmp_path: Path, write) -> None:
    path = write(tmp_path / f"t.{write.__name__}")
    catalog = open_catalog(DataSource(str(path)))
    assert catalog.vectors is not None and catalog.paths.tolist() == NAMES and catalog.classes == ("a", "b")
    assert not catalog.has_pictures and catalog.report.counts["unpictured"] == 4
    look = look_at_data(DataSource(str(path)))
    assert "is a table of vectors" in look.sentence and (look.images, look.classes, look.problem) == (4, 2, None)


@pytest.mark.parametrize("write", [csv, parquet])
def test_with_pictures_it_is_a_table_of_images_whose_vectors_can_be_a(tmp_path: Path, write) -> None:
    for name in NAMES:
        put(tmp_path / name)
    path = write(tmp_path / f"t.{write.__name__}")
    catalog = open_catalog(DataSource(str(path)))
    assert catalog.vectors is None and catalog.has_pictures and catalog.report.vectors_in == str(path)
    assert any("has vectors of the images as well" in sentence for sentence in catalog.report.sentences)
    assert "is a table of images, with vectors of them" in look_at_data(DataSource(str(path))).sentence


def test_a_few_numbers_of_an_image_are_no_vector(tmp_path: Path) -> None:
    assert column_of_vectors(csv(tmp_path / "t.csv")) == "e_0"
    assert column_of_vectors(csv(tmp_path / "box.csv", width=4)) == ""
    (tmp_path / "text.csv").write_text('name,embedding\nx,"[0.1, 0.2]"\ny,"[0.3, 0.4]"\n')
    assert column_of_vectors(tmp_path / "text.csv") == "embedding"
    assert open_catalog(DataSource(str(tmp_path / "text.csv"))).paths.tolist() == ["x", "y"]
    with pytest.raises(DataError):
        open_catalog(DataSource(str(tmp_path / "box.csv")))


def test_a_file_that_is_damaged_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "e.npz").write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match=r"e\.npz"):
        open_catalog(DataSource(str(tmp_path / "e.npz")))
    assert look_at_data(DataSource(str(tmp_path / "e.npz"))).problem is not None
    assert columns_of_vectors(tmp_path / "e.npz") == []


def test_columns_are_told_with_examples_and_their_use(tmp_path: Path) -> None:
    look = look_at_data(DataSource(str(parquet(tmp_path / "t.parquet"))))
    examples = {column.name: column.examples for column in look.columns}
    assert examples == {"image": ("a/1.png", "a/2.png", "b/1.png"), "label": ("a", "b"), "age": ("1", "2", "3")}
    assert look.meanings == {"image": "image", "label": "label"}
