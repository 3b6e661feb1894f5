"""Whatever a file of vectors holds, it is read or refused in one sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from core.errors import EmbeddingsError
from core.retrieval.embeddings import load_file

VECTORS = np.random.default_rng(0).standard_normal((12, 4)).astype(np.float32)
LABELS = [f"class {row % 3}" for row in range(12)]


def _npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, embeddings=VECTORS, labels=np.array(LABELS))
    return stream.getvalue()


def _parquet() -> bytes:
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table({"embedding": list(VECTORS), "label": LABELS}), stream)
    return stream.getvalue()


def _csv() -> bytes:
    stream = io.BytesIO()
    pa.csv.write_csv(pa.table({"label": LABELS, **{f"embedding_{n}": VECTORS[:, n] for n in range(4)}}), stream)
    return stream.getvalue()


def harmed(content: bytes, random: np.random.Generator) -> bytes:
    """Some bytes changed, cut out, doubled, or the end missing."""
    made = bytearray(content)
    for _ in range(random.integers(1, 4)):
        at, length = random.integers(0, max(len(made), 1)), int(random.integers(1, 40))
        match random.integers(0, 4):
            case 0:
                made[at : at + length] = random.bytes(len(made[at : at + length]))
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = made[at : at + length]
            case _:
                del made[at:]
    return bytes(made)


@pytest.mark.parametrize(
    ("suffix", "content"), [(".npz", _npz), (".parquet", _parquet), (".csv", _csv), (".tsv", _csv)]
)
def test_harmed_files(tmp_path: Path, suffix: str, content: Callable[[], bytes]) -> None:
    whole, random, path = content(), np.random.default_rng(7), tmp_path / f"vectors{suffix}"
    read = refused = 0
    for _ in range(60):
        path.write_bytes(harmed(whole, random))
        try:
            read += np.isfinite(load_file(path).vectors).all()
        except EmbeddingsError as error:
            assert "\n" not in str(error) and len(str(error)) < 500 + len(str(path))
            refused += 1
    assert read + refused == 60 and refused
