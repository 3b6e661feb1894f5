"""Two checkpoints on a circle, worked out by hand: B fixes one query and breaks two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.comparison import Comparison, compare
from core.data.catalog import Catalog, texts
from core.retrieval.embeddings import Embeddings
from explorer.session import Session

# Angles in degrees. Rows 0..2 are coats, 3..5 shirts, 6 and 7 hats; catalog rows start at 2 to differ from positions.
LABELS = ("coat", "coat", "coat", "shirt", "shirt", "shirt", "hat", "hat")
ANGLES_A = (0, 2, 5, 90, 92, 181, 180, 300)
ANGLES_B = (0, 2, 5, 90, 92, 94, 180, 1)
FIRST_ROW = 2


class Thumbnails(QObject):
    """Remembers which rows were asked for and never has a picture."""

    ready = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def get(self, row: int) -> QImage | None:
        self.asked.append(row)
        return None


def embed(angles: tuple[int, ...]) -> Embeddings:
    radians = np.deg2rad(angles)
    vectors = np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)
    rows = np.arange(FIRST_ROW, FIRST_ROW + len(angles), dtype=np.int64)
    return Embeddings(vectors, rows, texts(LABELS), texts([f"{row}.png" for row in rows]))


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    return compare(embed(ANGLES_A), embed(ANGLES_B))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    labels = texts([""] * FIRST_ROW + list(LABELS))
    nothing = texts([""] * len(labels))
    paths = texts([f"{row}.png" for row in range(len(labels))])
    return Catalog("circle", Path("/nowhere"), paths, labels, nothing, nothing, nothing)


@pytest.fixture
def session(qapp: QObject, tmp_path: Path, catalog: Catalog) -> Session:
    opened = Session(tmp_path)
    opened.catalog = catalog
    return opened


@pytest.fixture
def thumbnails(qapp: QObject) -> Thumbnails:
    return Thumbnails()
