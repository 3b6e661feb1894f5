"""Processes that fail or die, and what becomes of the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.data.source import DataSource
from core.study.one_run import StudyJob
from core.study.workers import in_processes
from tests.core.study.tiny_study import tiny_study


class Deadly(Mapping[str, Any]):
    """A recipe that ends the process it is sent to."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[int]]:
        return os._exit, (3,)

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_a_process_that_dies_takes_its_own_job_along_and_no_other(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    nowhere = DataSource(str(tmp_path / "nowhere"))
    recipe = study.recipe("a run", 0).as_dict()
    jobs = [
        StudyJob(tmp_path / "deadly", Deadly(), nowhere, study.measures),
        StudyJob(tmp_path / "refused", recipe, nowhere, study.measures),
        StudyJob(tmp_path / "faulty", {**recipe, "model": 3}, nowhere, study.measures),
        StudyJob(tmp_path / "again", recipe, nowhere, study.measures),
    ]
    failures = {job.folder.name: result.failure for job, result in in_processes(jobs, count=1, threads=1)}
    assert failures["deadly"] == "the process that trained it ended with status 3"
    assert "nowhere is not there" in failures["refused"]
    assert failures["faulty"]
    assert failures["again"] == failures["refused"]
