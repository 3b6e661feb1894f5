from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from core.checksum import write_checked
from core.errors import CheckpointError
from core.holder import myself
from core.training import run_directory
from core.training.recipe import load_recipe
from core.training.run_directory import HOLDER, LOCK, RunReader, claim, is_alive, summarise, write_run_recipe
from core.training.sign_of_life import HEARTBEAT, QUIET_AFTER, SignOfLife, no_progress
from core.training.stop import StopRequest
from tests.core.training.listed_runs import list_runs


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "runs" / "one"
    path.mkdir(parents=True)
    write_run_recipe(path, load_recipe("small"))
    return path


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


def last_sign(run, at):
    (run / HEARTBEAT).touch()
    os.utime(run / HEARTBEAT, (at, at))


def test_a_trainer_without_a_sign_for_a_minute_makes_no_progress(run):
    wall, steady = Clock(1_000_000.0), Clock(5.0)
    with claim(run, resume=True):
        last_sign(run, wall.now - 3)
        reader = RunReader(run, wall, steady)
        reader.read()
        assert reader.summary().quiet_since is None
        for clock in (wall, steady):
            clock.now += QUIET_AFTER
        reader.read()
        summary = reader.summary()
        assert summary.state == "running"
        assert summary.quiet_since == pytest.approx(1_000_000.0 - 3)
        assert summary.sentence == f"{no_progress(999_997.0, wall.now)} (starting)"
        last_sign(run, wall.now)
        reader.read()
        assert reader.summary().quiet_since is None


def test_a_clock_that_jumps_makes_nobody_quiet(run):
    wall, steady = Clock(1_000_000.0), Clock(5.0)
    last_sign(run, wall.now)
    sign = SignOfLife(run, wall, steady)
    assert sign.quiet_since() is None
    wall.now += 1e6
    assert sign.quiet_since() is None
    wall.now -= 2e6
    steady.now += QUIET_AFTER
    assert sign.quiet_since() == pytest.approx(wall.now - QUIET_AFTER)


def test_where_runs_are_listed_a_halted_one_is_told(run):
    with claim(run, resume=True):
        last_sign(run, 1.0)
        (summary,) = list_runs(run.parent)
    assert summary.sentence.startswith("no progress since 1970-01-01 ")
    assert summary.quiet_since == pytest.approx(1.0, abs=5)


def test_whoever_asks_whether_to_stop_gives_a_sign(run):
    assert not (run / HEARTBEAT).exists()
    with StopRequest(run) as stop:
        stop()
    assert (run / HEARTBEAT).exists()


def held_elsewhere(run, host="workstation-7"):
    record = {**vars(myself()), "host": host, "system": f"{host}/m/b/p", "pid": 4}
    write_checked(run / HOLDER, {"format": 1, **record})


def test_a_run_on_another_machine_is_told_by_its_signs(run):
    (run / LOCK).touch()
    held_elsewhere(run)
    (run / HEARTBEAT).touch()
    summary = summarise(run)
    assert (summary.state, summary.host) == ("running", "workstation-7")
    assert summary.sentence == "running on workstation-7: starting"
    with pytest.raises(CheckpointError, match="is being trained on workstation-7"), claim(run, resume=True):
        pass
    last_sign(run, 1.0)
    assert summarise(run).state == "crashed"


def test_a_lock_that_may_not_be_looked_at_does_not_make_a_living_run_crashed(run, monkeypatch):
    monkeypatch.setattr(run_directory, "is_locked", lambda _: None)
    write_checked(run / HOLDER, {"format": 1, **vars(myself())})
    last_sign(run, 1.0)
    # This very process lives.
    assert is_alive(run)
    (run / HOLDER).unlink()
    assert not is_alive(run)


HOLDS = """
import sys
from pathlib import Path
from core.training.run_directory import claim
with claim(Path(sys.argv[1]), resume=True):
    print("held", flush=True)
    sys.stdin.read()
"""


LOOKS = """
import os, sys
from pathlib import Path
from core.training.run_directory import summarise
summarise(Path(sys.argv[1]))  # what is imported late may be closed to others
os.setuid(65534)
print(summarise(Path(sys.argv[1])).state, not os.access(sys.argv[1], os.W_OK))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes somebody else here")
def test_a_living_run_in_the_workspace_of_a_colleague_is_running(run):
    child = subprocess.Popen([sys.executable, "-c", HOLDS, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    try:
        for folder in (run, *run.parents):
            if folder.is_relative_to(tempfile.gettempdir()):
                folder.chmod(folder.stat().st_mode | 0o055)
        looked = subprocess.run([sys.executable, "-c", LOOKS, str(run)], capture_output=True, text=True, check=True)
        assert looked.stdout.split() == ["running", "True"]
    finally:
        child.communicate(b"")
