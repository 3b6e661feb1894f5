"""The benchmarks of the window run, at a size that takes a moment: what they measure is the window as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from benchmarks import change_view, click_in_window, grid, open_vectors, selection
from benchmarks import filter as filter_benchmark
from core import paths


def test_clicks_are_measured(qtbot: QtBot, tmp_path: Path) -> None:
    shown, complete, bare = click_in_window.measure(tmp_path, images=200, dimensions=8, clicks=2)
    assert len(shown) == len(bare) == 2
    assert all(0 < first <= last for first, last in zip(shown, complete, strict=True))


def test_changes_of_view_are_measured(qtbot: QtBot, tmp_path: Path) -> None:
    first, later = change_view.measure(tmp_path, images=60, changes=5)
    assert len(first) == 3 and len(later) == 2 and min(first + later) > 0


def test_scrolling_the_grid_is_measured(qtbot: QtBot, tmp_path: Path) -> None:
    times = grid.measure(tmp_path, images=900, classes=30, places=2, side=192, files=4)
    assert {len(values) for values in times[1:]} == {2} and min(min(values) for values in times[1:]) > 0
    assert all(row <= page for row, page in zip(times.first_row, times.page, strict=True))


def test_changes_of_the_filter_are_measured(qtbot: QtBot, tmp_path: Path) -> None:
    times = filter_benchmark.measure(tmp_path, images=300, changes=2)
    assert {len(values) for values in times[1:]} == {2} and min(min(values) for values in times[1:]) > 0


def test_lassos_are_measured(qtbot: QtBot, tmp_path: Path) -> None:
    times = selection.measure(tmp_path, images=900, selected=200, classes=30, rounds=2)
    assert {len(values) for values in times} == {2} and min(map(min, times)) > 0


def test_opening_vectors_alone_is_measured(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path))
    times = open_vectors.measure(tmp_path, vectors=40, dimensions=6)
    assert 0 < times.rows < times.map and times.alone > 0
