from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from filelock import FileLock

from core import holder, paths
from core.checksum import write_checked
from core.holder import holding, is_locked, myself, read_holder, signal_holder, start_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows signals nobody")

HOLDS = """
import sys
from pathlib import Path
from core.holder import holding
folder = Path(sys.argv[1])
with holding(folder / "lock", folder / "record", 1.0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def stranger():
    """A living process that has nothing to do with any run."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def trainer(tmp_path):
    """A process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], cwd=paths.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def record(folder, **changes):
    write_checked(folder / "record", {"format": 1, **vars(replace(myself(), **changes))})


def told_to_end(folder):
    return signal_holder(folder / "lock", folder / "record", signal.SIGTERM)


def test_the_process_that_holds_the_lock_is_signalled(tmp_path, trainer):
    assert is_locked(tmp_path / "lock") is True
    assert read_holder(tmp_path / "record").pid == trainer.pid
    assert read_holder(tmp_path / "record").lives_here
    assert told_to_end(tmp_path)
    assert trainer.wait(10) == -signal.SIGTERM
    assert is_locked(tmp_path / "lock") is False
    # A killed process leaves its record, which means nobody now.
    assert not read_holder(tmp_path / "record").lives_here
    assert not told_to_end(tmp_path)


def test_a_record_that_names_a_living_stranger_harms_nobody(tmp_path, stranger, trainer):
    """The lock is held, the machine, the boot and the start time are right, and yet it is another process."""
    record(tmp_path, pid=stranger.pid, started=start_of(stranger.pid))
    assert read_holder(tmp_path / "record").lives_here
    assert not told_to_end(tmp_path)
    assert (stranger.poll(), trainer.poll()) == (None, None)


WRONG = {
    "of another boot": {"system": "host/machine/boot/space"},
    "of no system": {"system": ""},
    "started at another time": {"started": "1"},
    "without a start time": {"started": ""},
    "the first process": {"pid": 1},
    "a whole group": {"pid": 0},
    "everybody": {"pid": -1},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_what_is_not_certain_is_not_signalled(tmp_path, trainer, monkeypatch, changes):
    sent = []
    monkeypatch.setattr(os, "kill", lambda *_: sent.append(_))
    monkeypatch.setattr(signal, "pidfd_send_signal", lambda *_: sent.append(_))
    record(tmp_path, **{"pid": trainer.pid, "started": start_of(trainer.pid), **changes})
    assert not told_to_end(tmp_path)
    assert sent == []


def test_nobody_is_signalled_for_a_lock_that_is_free(tmp_path, stranger):
    (tmp_path / "lock").touch()
    record(tmp_path, pid=stranger.pid, started=start_of(stranger.pid))
    assert not told_to_end(tmp_path)
    assert stranger.poll() is None


def test_without_proc_the_number_and_the_start_time_decide(tmp_path, trainer, stranger, monkeypatch):
    system = holder.this_system()
    monkeypatch.setattr(holder, "PROC", tmp_path / "no proc")
    started = start_of(trainer.pid)
    if not started:
        pytest.skip("this machine has no ps")
    record(tmp_path, pid=trainer.pid, system=system, started="Thu Jan  1 00:00:00 1970")
    assert not told_to_end(tmp_path)
    record(tmp_path, pid=trainer.pid, system=system, started=started)
    assert told_to_end(tmp_path)


def test_looking_at_a_lock_neither_makes_nor_writes_it(tmp_path):
    assert is_locked(tmp_path / "lock") is False
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "lock").touch(mode=0o444)
    with FileLock(tmp_path / "other"):
        assert is_locked(tmp_path / "lock") is False
        assert is_locked(tmp_path / "other") is True


def test_a_lock_that_is_a_pipe_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "lock")
    assert is_locked(tmp_path / "lock") is None
    with pytest.raises(OSError, match="a named pipe"), holding(tmp_path / "lock", tmp_path / "record", 0.0):
        pass


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 9}', '{"format": 1, "pid": "x"}'])
def test_a_record_that_makes_no_sense_tells_nothing(tmp_path, content):
    (tmp_path / "record").write_text(content)
    assert read_holder(tmp_path / "record") is None
    assert not told_to_end(tmp_path)
