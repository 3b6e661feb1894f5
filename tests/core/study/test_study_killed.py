"""A study killed in the middle: what was done stays, what was begun goes on, nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core import paths
from core.data.source import DataSource
from core.errors import Cancelled
from core.progress import Reporter
from core.study.one_run import RESULT, StudyJob, carry_out
from core.study.report import RESULTS
from core.study.runner import StudyRunner
from core.training.run_directory import is_alive, request_stop
from core.training.run_messages import MESSAGES, MessageTail
from tests.core.study.tiny_study import tiny_file, tiny_study

PATIENCE_SECONDS = 200.0
# Long enough to be killed in its middle.
EPOCHS = 60
LONG = 'tuned = ["rate"]\nset = { training.epochs = 60 }'


def until(condition) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def epochs(run: Path) -> list[int]:
    return [message["epoch"] for message in MessageTail(run).read() if message["type"] == "epoch"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system with SIGKILL")
def test_a_killed_study_loses_nothing_but_the_epoch_in_hand(tmp_path, tiny_folder):
    out = tmp_path / "out"
    words = ["study", str(tiny_file(tmp_path, 'tuned = ["rate"]', LONG)), f"--data={tiny_folder}", f"--out={out}"]
    child = subprocess.Popen(
        [sys.executable, "-m", "core", *words, "--workers=1", "--device=cpu"],
        env={**os.environ, "PYTHONPATH": str(paths.PROJECT)},
        stdout=subprocess.DEVNULL,
    )
    running = out / "runs" / "plain-seed-0"
    until(lambda: (running / MESSAGES).exists() and len(epochs(running)) >= 2)
    below = psutil.Process(child.pid).children(recursive=True)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    _, alive = psutil.wait_procs(below, timeout=PATIENCE_SECONDS)
    assert not alive, "a trainer outlived its study"
    assert not is_alive(running)

    reached = len(epochs(running))
    assert reached < EPOCHS
    assert not (running / RESULT).exists()
    done = {path: path.stat().st_mtime_ns for path in (out / "tunings").glob(f"*/{RESULT}")}
    assert len(done) == 2

    study = tiny_study(tmp_path, 'tuned = ["rate"]', LONG)
    study = replace(study, rows=study.rows[:1], seeds=(0,), contrasts=())
    outcome = StudyRunner(
        study, DataSource(str(tiny_folder)), out, lambda jobs: ((job, carry_out(job)) for job in jobs), "cpu"
    ).run()
    assert outcome.failures == []
    assert {path: path.stat().st_mtime_ns for path in done} == done, "a finished run was trained again"
    # The epochs kept before the kill are not taken again; at most the one in hand is.
    assert len(epochs(running)) - EPOCHS <= 1
    assert [message["first_epoch"] for message in MessageTail(running).read() if message["type"] == "started"][1] > 1
    assert not (out / RESULTS).exists() or (out / RESULTS).read_text().endswith("}\n")


def test_a_resumed_run_measures_what_an_unbroken_one_does(tmp_path, tiny_folder, monkeypatch):
    """Stopped after its first epoch by the stop file, then gone on with."""

    class Stopping(Reporter):
        def event(self, kind: str, **fields: object) -> None:
            if kind == "epoch":
                request_stop(tmp_path / "broken")

    # The stop file is looked for at every batch.
    monkeypatch.setattr("core.training.stop.POLL_SECONDS", 0.0)
    study = tiny_study(tmp_path)
    recipe = study.recipe("a run", 1).as_dict()
    source = DataSource(str(tiny_folder))
    broken, whole = (
        StudyJob(tmp_path / name, recipe, source, study.measures, device="cpu") for name in ("broken", "whole")
    )
    with pytest.raises(Cancelled):
        carry_out(broken, Stopping())
    assert carry_out(broken).measures == pytest.approx(carry_out(whole).measures)
