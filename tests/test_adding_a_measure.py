"""What adding a measure takes: one entry in `core.retrieval.measures.MEASURES`, and it is everywhere."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.__main__ import main
from core.data.catalog import texts
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.measures import MEASURES, Measure
from explorer.appearance.metric_label import MetricLabel
from explorer.panels.recall.class_measures import measures_of
from explorer.panels.recall.overall import Overall

LABELS = ["a", "a", "a", "b", "b", "b"]


@pytest.fixture(autouse=True)
def right_of_two() -> Iterator[None]:
    """How many of the two nearest are of the query's class, as a share."""
    added = Measure(
        name="right-of-two",
        key="right_of_two",
        title="Right of two",
        short="2",
        explanation="Share of the two nearest that are of the query's class",
        of=lambda found, _: found.hits[:, :2].mean(axis=1),
    )
    MEASURES.append(added)
    yield
    MEASURES.remove(added)


@pytest.fixture
def vectors() -> np.ndarray:
    return np.array([[0.0], [1], [9], [10], [11], [12]], np.float32)


@pytest.fixture
def file(vectors: np.ndarray, tmp_path: Path) -> str:
    np.savez(tmp_path / "model.npz", embeddings=vectors, labels=np.array(LABELS))
    return str(tmp_path / "model.npz")


def test_commands_have_it(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, queries = tmp_path / "figures.json", tmp_path / "queries.csv"
    files = ["--json", str(document), "--per-query", str(queries)]
    assert main(["evaluate", file, "--per-class", "--intervals", *files]) == 0
    heading = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("checkpoint"))
    assert "Right of two" in heading
    figures = json.loads(document.read_text())
    assert figures["right_of_two"] == pytest.approx(3 / 4)
    assert [entry["right_of_two"] for entry in figures["per_class"]] == pytest.approx([2 / 3, 5 / 6])
    found = [float(row["Right of two"]) for row in csv.DictReader(queries.read_text(encoding="utf-8").splitlines())]
    assert found == [1.0, 1.0, 0.0, 0.5, 1.0, 1.0]
    assert main(["compare", file, file]) == 0
    compared = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Right of two"))
    assert compared.split()[3:] == ["75.00", "75.00", "+0.00"]


def test_the_window_has_it(vectors: np.ndarray, qtbot: QtBot) -> None:
    embeddings = Embeddings(vectors, np.arange(6), texts(LABELS), texts([f"{row}.png" for row in range(6)]))
    evaluation = evaluate(embeddings)
    overall = Overall()
    qtbot.addWidget(overall)
    next(action for action in overall.menu.actions() if action.text() == "2").trigger()
    overall.show_evaluation(evaluation)
    assert "2 75.0" in [figure.accessibleName() for figure in overall.findChildren(MetricLabel)]
    classes = measures_of(evaluation, {"a": 0, "b": 1})
    column = [column.title for column in classes.columns].index("2")
    assert [classes.text(row, column) for row in range(2)] == ["66.7", "83.3"]
