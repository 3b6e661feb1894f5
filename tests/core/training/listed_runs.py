"""The runs of a folder as they are listed, one after the other."""

from __future__ import annotations

from pathlib import Path

from core.training.run_directory import RunSummary, entries_of, is_run, summarise


def list_runs(folder: Path) -> list[RunSummary]:
    """Every run in `folder`, by name; directories without anything of a run are none."""
    return [summarise(path) for path in entries_of(folder) if is_run(path)]
