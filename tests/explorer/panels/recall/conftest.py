"""A small data set whose retrieval can be worked out by hand, a session that shows it, and thumbnails without files."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QImage

from core.comparison import Comparison, compare
from core.data.catalog import Catalog, texts
from core.retrieval.class_figures import ClassFigures
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation, evaluate
from explorer.appearance.metric_label import MetricLabel
from explorer.panels.recall.class_measures import ClassMeasures, measures_of
from explorer.panels.recall.overall import FigureLine, Overall
from explorer.session import Session

HANBOK = unicodedata.normalize("NFC", "한복")
# On a circle: angles in degrees of every image, by class. B moves one hat among the shoes.
ANGLES_A = {"a10": (0, 2, 4), "a2": (90, 92, 181), "hat": (180, 184), HANBOK: (270, 272), "single": (300,)}
ANGLES_B = {"a10": (0, 2, 4), "a2": (90, 92, 94), "hat": (180, 1), HANBOK: (270, 272), "single": (300,)}


class Thumbnails(QObject):
    """Remembers which rows were asked for; every picture is one grey pixel."""

    ready = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[int] = set()

    def get(self, row: int) -> QImage | None:
        self.asked.add(row)
        picture = QImage(1, 1, QImage.Format.Format_RGB888)
        picture.fill(QColor(128, 128, 128))
        return picture


def embed(angles: dict[str, tuple[int, ...]]) -> Embeddings:
    labels = texts([name for name, group in angles.items() for _ in group])
    radians = np.deg2rad([angle for group in angles.values() for angle in group])
    vectors = np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)
    rows = np.arange(len(labels), dtype=np.int64)
    return Embeddings(vectors, rows, labels, texts([f"{row}.png" for row in rows]))


@pytest.fixture(scope="session")
def embeddings() -> Embeddings:
    return embed(ANGLES_A)


@pytest.fixture(scope="session")
def evaluation(embeddings: Embeddings) -> Evaluation:
    return evaluate(embeddings)


@pytest.fixture(scope="session")
def comparison(embeddings: Embeddings) -> Comparison:
    return compare(embeddings, embed(ANGLES_B))


@pytest.fixture(scope="session")
def catalog(embeddings: Embeddings) -> Catalog:
    nothing = texts([""] * len(embeddings))
    splits = texts(["test"] * len(embeddings))
    return Catalog("circle", Path("/nowhere"), embeddings.paths, embeddings.labels, splits, nothing, nothing)


@pytest.fixture
def session(qapp: QObject, tmp_path: Path, catalog: Catalog) -> Session:
    opened = Session(tmp_path)
    opened.catalog, opened.split = catalog, "test"
    return opened


@pytest.fixture
def thumbnails(qapp: QObject) -> Thumbnails:
    return Thumbnails()


@pytest.fixture(scope="session")
def measured() -> Callable[[Sequence[tuple[str, float | None]]], ClassMeasures]:
    """Measures of made-up classes: (name, recall at 1) in the catalog's order of classes."""
    template = evaluate(embed(ANGLES_A), (1, 2))

    def make(recalls: Sequence[tuple[str, float | None]]) -> ClassMeasures:
        shares = np.array([np.nan if recall is None else recall for _, recall in recalls])
        count = len(recalls)
        by_class = ClassFigures(
            labels=tuple(name for name, _ in recalls),
            images=np.where(np.isnan(shares), 1, 10),
            queries=np.zeros(count, np.int64),
            means=dict.fromkeys((one.title for one in template.measures), shares),
            confused_with=np.full(count, -1),
            confused_share=np.zeros(count),
        )
        return measures_of(replace(template, by_class=by_class), {name: code for code, (name, _) in enumerate(recalls)})

    return make


def words(overall: Overall) -> str:
    """The protocol, the figures and the lines that are shown."""
    lines = [line.text() for line in overall.findChildren(FigureLine) if line.text()]
    figures = [figure.accessibleName() for figure in overall.findChildren(MetricLabel) if not figure.isHidden()]
    return "; ".join([*lines[:1], *figures, *lines[1:]])
