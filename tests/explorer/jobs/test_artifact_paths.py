"""A workspace that cannot be written to: everything is shown, nothing is kept, and that is said once."""

from __future__ import annotations

import os
from pathlib import Path

from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from explorer.jobs.artifact_paths import ArtifactPaths
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.session import Session
from tests.explorer.factories import made_checkpoint
from tests.explorer.fake_processes import FakeProcesses


def test_results_lie_in_the_workspace_even_before_it_is_there(tmp_path: Path) -> None:
    results = ArtifactPaths(tmp_path / "new" / "workspace")
    assert results.is_persistent
    assert results.path("maps", "a.npz") == tmp_path / "new" / "workspace" / "maps" / "a.npz"


def test_a_result_that_was_found_counts_as_used(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "old.npz").touch()
    os.utime(tmp_path / "maps" / "old.npz", (1000, 1000))
    results = ArtifactPaths(tmp_path)
    found = results.path("maps", "old.npz")
    assert found.stat().st_mtime == 1000, "a name alone touches nothing"
    results.mark_used(found)
    assert found.stat().st_mtime > 1000


def test_what_a_closed_workspace_has_is_found_and_the_rest_is_temporary(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "old.npz").touch()
    # Permissions would not stop root.
    monkeypatch.setattr("explorer.jobs.artifact_paths.os.access", lambda folder, mode: False)
    results = ArtifactPaths(tmp_path)
    assert not results.is_persistent
    assert results.path("maps", "old.npz") == tmp_path / "maps" / "old.npz"
    new = results.path("maps", "new.npz")
    assert tmp_path not in new.parents and new.parent.parent.is_dir()
    del results
    assert not new.parent.parent.exists()


def test_without_a_place_to_keep_them_maps_and_measures_are_shown(
    qtbot: QtBot, tmp_path: Path, tiny_folder: Path
) -> None:
    (tmp_path / "file").touch()
    session = Session(tmp_path / "file" / "workspace")
    runner, processes = JobRunner(synchronous=True), FakeProcesses(session)
    pipeline = Pipeline(session, runner, processes, "cpu")  # type: ignore[arg-type]
    session.open_data(DataSource(str(tiny_folder)))
    for slot, name in (("A", "first"), ("B", "other")):
        session.choose_checkpoint(slot, made_checkpoint(name))
        processes.finish_all()
    assert [session.results[MAP][slot].method for slot in ("A", "B")] == ["umap", "umap"]  # type: ignore[union-attr]
    assert session.results[EVALUATION]["B"] is not None and session.comparison is not None
    said = f"{session.workspace} cannot be written to: what is made is kept only until the window closes."
    assert [problem.sentence for problem in session.problems.all] == [said]
    runner.shutdown()
    del pipeline
