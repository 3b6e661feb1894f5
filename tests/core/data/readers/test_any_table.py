"""Whatever bytes a table has, it opens or is refused in a sentence of a few lines."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.catalog import Catalog
from core.data.catalog_opening import open_catalog
from core.data.readers.manifest_table import NAMED_SUFFIXES
from core.data.source import DataSource
from core.errors import CoreError
from tests.core.data.pictures import put

LONGEST = 600
SEEDED = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = [
    "image",
    "label",
    "split",
    "set",
    "role",
    "target",
    "is_query",
    "is_train",
    "partition",
    "x1",
    "y1",
    "x2",
    "y2",
]
CELLS = ["1.png", "a", "0", "1", "", "NaN", "1,5", "train", "query", "../1.png", "C:\\a\\1.png", "/x/1.png", "\0", "=1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("any")
    put(folder / "1.png")
    return folder


def said_of(folder: Path, suffix: str, content: bytes) -> str:
    """The sentence with which a table is refused, or "" for a catalog; anything else fails."""
    path = folder / f"x{suffix}"
    path.write_bytes(content)
    try:
        assert isinstance(open_catalog(DataSource(str(path))), Catalog)
    except CoreError as error:
        # The folder's name is long here and not the sentence's fault.
        return str(error).replace(str(folder), "FOLDER")
    return ""


@SEEDED
@given(suffix=st.sampled_from(NAMED_SUFFIXES), content=st.binary(max_size=300))
def test_random_bytes(folder, suffix, content):
    assert len(said_of(folder, suffix, content)) <= LONGEST


@SEEDED
@given(
    suffix=st.sampled_from(NAMED_SUFFIXES),
    header=st.lists(st.sampled_from(NAMES) | st.text(max_size=90), min_size=1, max_size=12),
    rows=st.lists(st.lists(st.sampled_from(CELLS) | st.text(max_size=200), min_size=1, max_size=12), max_size=4),
    separator=st.sampled_from([",", ";", "\t", " "]),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp949", "gb18030", "latin-1"]),
)
def test_tables_of_any_columns(folder, suffix, header, rows, separator, encoding):
    rows = [(row * len(header))[: len(header)] for row in rows]
    if suffix in (".json", ".jsonl"):
        records = [dict(zip(header, row, strict=True)) for row in rows]
        text = json.dumps(records) if suffix == ".json" else "\n".join(map(json.dumps, records))
    else:
        text = "\n".join(separator.join(row) for row in (header, *rows))
    assert len(said_of(folder, suffix, text.encode(encoding, "replace"))) <= LONGEST


@pytest.fixture(scope="module")
def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"image": ["1.png"] * 9, "label": list("aabbccdde"), "target": range(9)}), stream)
    return stream.getvalue()


@SEEDED
@given(place=st.integers(min_value=0), byte=st.integers(0, 255), cut=st.integers(min_value=0, max_value=40))
def test_damaged_parquet(folder, parquet, place, byte, cut):
    damaged = bytearray(parquet)
    damaged[place % len(damaged)] = byte
    assert len(said_of(folder, ".parquet", bytes(damaged[: len(damaged) - cut]))) <= LONGEST


@pytest.mark.parametrize(
    "content",
    [
        b"image,label\n" + b"x" * 5_000_000,
        b"image," + b"y" * 200_000 + b"\n1.png,a\n",
        b'image,label\n"' + b"1.png\n" * 100_000,
        ",".join(f"{number} {'c' * 80}" for number in range(5000)).encode() + b"\n" + b"," * 4999,
    ],
)
def test_huge_lines(folder, content):
    for suffix in (".csv", ".txt", ".jsonl", ".json"):
        assert 0 < len(said_of(folder, suffix, content)) <= LONGEST
