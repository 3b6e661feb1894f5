"""What the map's tests share: compiled kernels, a small data set, mouse positions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from core.data.catalog import Catalog, texts
from explorer.panels.map.kernels import Kernels


@pytest.fixture(scope="session")
def kernels(qapp: QApplication) -> Kernels:
    """Drawing code, ready."""
    ready = Kernels()
    ready.load_now()
    return ready


@pytest.fixture
def catalog() -> Catalog:
    """Sixty images: twenty each of the classes bag, hat, shoe."""
    labels = [label for label in ("bag", "hat", "shoe") for _ in range(20)]
    blank = texts([""] * 60)
    return Catalog(
        name="small",
        root=Path("nowhere"),
        paths=texts([f"{row}.png" for row in range(60)]),
        labels=texts(labels),
        splits=blank,
        roles=blank,
        stamps=blank,
    )


@pytest.fixture
def three_blobs() -> np.ndarray:
    """(60, 2) positions: three groups of twenty, far apart."""
    rng = np.random.default_rng(3)
    centres = np.repeat([(0, 0), (10, 0), (5, 8)], 20, axis=0)
    return (centres + rng.normal(size=(60, 2)) * 0.8).astype(np.float32)
