"""Where one is after opening data: among the pictures without a model, exploring with one, or where one was before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from explorer.application import Explorer
from explorer.jobs.data_memory import FILE, DatasetView, load_views, save_views
from explorer.settings import Settings

Open = Callable[..., Explorer]


def view(explorer: Explorer) -> str:
    return explorer.window.arrangement.view.name


def dock(explorer: Explorer, name: str) -> QDockWidget:
    found = explorer.window.findChild(QDockWidget, name)
    assert found is not None
    return found


def open_other(qtbot: QtBot, explorer: Explorer, source: DataSource) -> None:
    explorer.session.open_data(source)
    qtbot.waitUntil(lambda: explorer.session.source == source, timeout=10_000)


def vectors(folder: Path, source: DataSource) -> Path:
    """Embeddings of the images of a source, in a file."""
    catalog = open_catalog(source)
    path = folder / "mine.npz"
    embeddings = np.random.default_rng(0).normal(size=(len(catalog), 4)).astype(np.float32)
    np.savez(path, embeddings=embeddings, labels=catalog.labels.astype(str), paths=catalog.paths.astype(str))
    return path


@pytest.fixture
def here(tiny_folder: Path) -> DataSource:
    return DataSource(str(tiny_folder))


@pytest.fixture
def there(tiny_folder: Path, tmp_path: Path) -> DataSource:
    return DataSource(str(shutil.copytree(tiny_folder, tmp_path / "other")))


def test_without_a_model_one_lands_in_data_and_with_one_in_explore(
    qtbot: QtBot, open_explorer: Open, here: DataSource, there: DataSource, tmp_path: Path
) -> None:
    explorer = open_explorer(here)
    assert view(explorer) == "data" and explorer.window.panel("grid").isVisible()
    explorer.window.show_view("train")
    open_other(qtbot, explorer, there)
    assert view(explorer) == "data", "other data, never seen"
    again = open_explorer(DataSource(here.location, divide_by_class=0.5), [vectors(tmp_path, here)])
    assert view(again) == "explore" and again.window.panel("map").isVisible()


def test_each_data_set_comes_back_in_its_view_as_it_was_arranged(
    qtbot: QtBot, open_explorer: Open, here: DataSource, there: DataSource
) -> None:
    explorer = open_explorer(here)
    explorer.window.show_view("explore")
    dock(explorer, "library").hide()
    open_other(qtbot, explorer, there)
    assert view(explorer) == "data"
    explorer.window.show_view("explore")
    dock(explorer, "library").show()
    explorer.window.show_view("compare")
    open_other(qtbot, explorer, here)
    assert view(explorer) == "explore" and not dock(explorer, "library").isVisible()
    open_other(qtbot, explorer, there)
    assert view(explorer) == "compare"
    explorer.window.show_view("explore")
    assert dock(explorer, "library").isVisible()
    explorer.window.close()
    explorer.shutdown()
    noted = load_views(explorer.session.workspace)
    assert (noted[here].view, noted[there].view) == ("explore", "explore")
    assert {"data", "explore"} <= noted[here].arranged.keys()


@pytest.mark.parametrize("former", ["train", "", "a view that is no more"])
def test_what_a_version_before_remembered_still_opens(
    open_explorer: Open, here: DataSource, workspace: Path, tmp_path: Path, former: str
) -> None:
    """It kept the view of the window, and of data neither view nor arrangement."""
    save_views(workspace, {here: DatasetView(split="all")})
    values = json.loads((workspace / FILE).read_text())
    for name in ("view", "arrangements", "grouping"):
        del values["views"][0]["view"][name]
    (workspace / FILE).write_text(json.dumps(values))
    settings = Settings(tmp_path / "window.ini")
    settings.view = former
    settings.sync()
    explorer = open_explorer(here)
    assert explorer.session.split == "all"
    assert view(explorer) == {"train": "train", "": "data"}.get(former, "explore")


@pytest.mark.parametrize(
    "damage",
    [
        {"view": "nowhere"},
        {"view": 7, "arrangements": {"data": "00000000AAAA", "explore": "no text of ours"}},
        {"arrangements": [1]},
        {"selected": [10**9], "query": -4},
        {"colouring": None, "grouping": "a column that is gone"},
    ],
)
def test_a_damaged_memory_does_no_harm(
    open_explorer: Open, here: DataSource, workspace: Path, damage: dict[str, object]
) -> None:
    fingerprint = open_catalog(here).fingerprint
    save_views(workspace, {here: DatasetView(fingerprint=fingerprint, view="data")})
    values = json.loads((workspace / FILE).read_text())
    values["views"][0]["view"] |= damage
    (workspace / FILE).write_text(json.dumps(values))
    explorer = open_explorer(here)
    assert len(explorer.session.selection.rows) == 0 and explorer.session.selection.query is None
    assert not [problem for problem in explorer.session.problems.all if not problem.is_notice]
    explorer.window.show_view("explore")
    assert explorer.window.panel("map").isVisible()
