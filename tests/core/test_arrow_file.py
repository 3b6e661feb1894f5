"""Arrow's threads may outlive a reading by a moment, and must then hold nothing of Python's."""

from __future__ import annotations

import os

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from core.arrow_file import arrow_file
from core.data.readers.manifest_table import read_table
from core.retrieval.embeddings import load_file

TABLES = {
    "m.parquet": {"image": ["a.jpg", "b.jpg"], "label": ["x", "y"]},
    "e.parquet": {"embeddings": [[0.0, 1.0], [1.0, 0.0]], "labels": ["x", "y"], "paths": ["a", "b"]},
}


@pytest.fixture
def sources(monkeypatch):
    """What Arrow's readers were given, by kind."""
    given = []

    def watched(read):
        def reading(source, *rest, **named):
            given.append(type(source))
            return read(source, *rest, **named)

        return reading

    monkeypatch.setattr(pyarrow.parquet, "ParquetFile", watched(pyarrow.parquet.ParquetFile))
    monkeypatch.setattr(pyarrow.csv, "read_csv", watched(pyarrow.csv.read_csv))
    return given


@pytest.mark.parametrize("name", ["m.parquet", "e.parquet", "e.csv"])
def test_no_reader_of_arrow_is_given_a_file_of_pythons(tmp_path, sources, name):
    path = tmp_path / name
    if path.suffix == ".csv":
        path.write_text("label,e0,e1\nx,0,1\ny,1,0\n")
    else:
        pyarrow.parquet.write_table(pa.table(TABLES[name]), path)
    found = read_table(path).rows if name.startswith("m") else load_file(path).labels
    assert len(found) == 2
    assert sources and set(sources) == {pa.OSFile}


@pytest.mark.skipif(os.name != "posix", reason="names are text there")
def test_a_name_that_is_no_text_is_opened(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.parquet")
    path.write_bytes(b"abc")
    with arrow_file(path) as file:
        assert file.read() == b"abc"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.parquet")
    with pytest.raises(OSError, match="named pipe"), arrow_file(tmp_path / "pipe.parquet"):
        pass
