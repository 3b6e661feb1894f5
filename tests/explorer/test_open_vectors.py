"""A file of vectors opened alone: map, recall and neighbours at once, by names where there are no pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.application import Explorer
from explorer.panels.runs.new_run import NewRunDialog
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.state.subject import QUERY
from tests.core.data.pictures import put

Open = Callable[..., Explorer]
LONG = 60_000
COUNT = 60


def _written(path: Path, seed: int = 0, **arrays: object) -> Path:
    vectors = np.random.default_rng(seed).normal(size=(COUNT, 8)).astype(np.float32)
    np.savez(path, embeddings=vectors, **arrays)
    return path


def _named(path: Path, seed: int = 0) -> Path:
    labels = [f"kind {row % 4}" for row in range(COUNT)]
    paths = [f"/content/drive/set/{row % 4}/{row:03}.png" for row in range(COUNT)]
    return _written(path, seed, labels=labels, paths=paths, camera=np.arange(COUNT) % 3)


def _nearest(path: Path, row: int) -> list[int]:
    vectors = np.load(path)["embeddings"].astype(np.float64)
    distances = ((vectors - vectors[row]) ** 2).sum(axis=1)
    distances[row] = np.inf
    return np.argsort(distances).tolist()


def _is_there(explorer: Explorer, slot: str = "A") -> bool:
    session = explorer.session
    return session.results[MAP][slot] is not None and session.results[EVALUATION][slot] is not None


def test_vectors_with_names_are_mapped_measured_searched_filtered_compared_and_remembered(
    qtbot: QtBot, open_explorer: Open, tmp_path: Path
) -> None:
    own, other = _named(tmp_path / "own.npz"), _named(tmp_path / "other.npz", seed=1)
    explorer = open_explorer(DataSource(str(own)))
    session, window = explorer.session, explorer.window
    qtbot.waitUntil(lambda: _is_there(explorer), timeout=LONG)
    assert session.model_name("A") == "own.npz" and window.arrangement.view.name == "explore"
    assert len(session.results[EMBEDDINGS]["A"]) == COUNT and session.results[EVALUATION]["A"].protocol.queries == COUNT
    report = window.panel("report").sentence
    assert report.startswith("60 vectors · 4 classes") and "0 of 60 pictures found" in report

    session.selection.select([7], query=7)
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["A"] is not None)
    assert [result.row for result in window.panel("neighbours").results("A")][:10] == _nearest(own, 7)[:10]
    tile = explorer.thumbnails.get(7)
    assert tile is not None and explorer.thumbnails.fault(7) == "" and explorer.thumbnails.picture(7) is None
    window.panel("neighbours").preview()
    explorer.session.set_colouring("camera")
    assert session.colouring == "camera"

    session.open_file("B", other)
    qtbot.waitUntil(lambda: session.comparison is not None and _is_there(explorer, "B"), timeout=LONG)
    explorer.shutdown()
    again = open_explorer(None)
    qtbot.waitUntil(lambda: again.session.checkpoint["B"] is not None, timeout=LONG)
    assert [again.session.model_name(slot) for slot in ("A", "B")] == ["own.npz", "other.npz"]


def test_vectors_alone_have_a_map_and_neighbours_and_say_what_they_lack(
    qtbot: QtBot, open_explorer: Open, tmp_path: Path
) -> None:
    bare = _written(tmp_path / "bare.npz")
    explorer = open_explorer(DataSource(str(bare)))
    session, window = explorer.session, explorer.window
    qtbot.waitUntil(lambda: _is_there(explorer), timeout=LONG)
    assert "no classes: map and neighbours only" in window.panel("report").sentence
    session.selection.select([3], query=3)
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["A"] is not None)
    assert session.results[NEIGHBOURS]["A"].rows.tolist()[:5] == _nearest(bare, 3)[:5]
    put(tmp_path / "outside.png")
    session.selection.set_query_image(tmp_path / "outside.png")
    qtbot.waitUntil(lambda: session.problems.get(QUERY) is not None)
    assert "bare.npz has vectors but not the network that made them" in session.problems.get(QUERY).sentence
    dialog = NewRunDialog(session)
    qtbot.addWidget(dialog)
    assert dialog.complaint.text().startswith("bare has no pictures, only vectors") and dialog.recipe is None


def test_a_folder_that_is_chosen_gives_the_pictures(
    qtbot: QtBot, open_explorer: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vectors").mkdir()
    own, folder = _named(tmp_path / "vectors" / "own.npz"), tmp_path / "pictures"
    for row in range(COUNT - 2):
        put(folder / str(row % 4) / f"{row:03}.png")
    explorer = open_explorer(DataSource(str(own)))
    session, report = explorer.session, explorer.window.panel("report")
    chip = next(chip for chip in report.chips if "pictures found" in chip.accessibleName())
    chip.menu().aboutToShow.emit()
    choose = next(action for action in chip.menu().actions() if action.text().startswith("Choose"))
    monkeypatch.setattr("explorer.panels.report.panel.ask_for_folder", lambda *_: str(folder))
    choose.trigger()
    qtbot.waitUntil(lambda: session.catalog is not None and session.catalog.has_pictures, timeout=LONG)
    assert "58 of 60 pictures found" in report.sentence
    qtbot.waitUntil(lambda: session.model_name("A") == "own.npz", timeout=LONG)
    qtbot.waitUntil(lambda: explorer.thumbnails.picture(0) is not None, timeout=LONG)
    assert explorer.thumbnails.picture(COUNT - 1) is None and explorer.thumbnails.get(COUNT - 1) is not None


def test_vectors_in_a_table_of_images_are_a(qtbot: QtBot, open_explorer: Open, tmp_path: Path) -> None:
    names = [f"{row % 2}/{row}.png" for row in range(8)]
    for name in names:
        put(tmp_path / name)
    vectors = np.random.default_rng(0).normal(size=(8, 4)).tolist()
    pq.write_table(pa.table({"image": names, "label": list("ab" * 4), "embedding": vectors}), tmp_path / "t.parquet")
    session = open_explorer(DataSource(str(tmp_path / "t.parquet"))).session
    qtbot.waitUntil(lambda: session.results[EMBEDDINGS]["A"] is not None, timeout=LONG)
    assert session.catalog.has_pictures and session.model_name("A") == "t.parquet"
    # No split was given: the second of two classes is measured.
    np.testing.assert_allclose(session.results[EMBEDDINGS]["A"].vectors, vectors[1::2], rtol=1e-6)
