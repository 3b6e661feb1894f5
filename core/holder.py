"""Who holds a folder: the process that locked it, told so that others know it again, on this machine or another.

The lock is the system's and goes with its process, however that ends. Beside it lies a record of the process. A signal
is sent to nobody but the process that holds the lock, on this machine, since it was last started, with the start time
that the record tells: numbers of processes are given out again, and a record may come from anywhere.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from core.checksum import read_checked, write_checked
from core.errors import CoreError
from core.models.recorded import number, text, whole
from core.storage import open_regular, read_small

if sys.platform != "win32":
    import fcntl

FORMAT = 1
PROC = Path("/proc")
START_TIME = 19  # of the entries behind the process's name in /proc/PID/stat


@dataclass(frozen=True)
class Holder:
    """The process that holds a folder.

    Attributes:
        host: the machine's name, for a person.
        system: the machine, its boot and its space of process numbers; "" where the system tells none of them.
        pid, started: its number, and when it was started as the system writes it; "" where it does not.
        since: when it took hold, in seconds since 1970.
    """

    host: str
    system: str
    pid: int
    started: str
    since: float

    @property
    def is_of_this_system(self) -> bool:
        """Whether its number means the same process here."""
        return bool(self.system) and self.system == this_system()

    @property
    def is_elsewhere(self) -> bool:
        """Whether it runs on another machine."""
        return self.host != socket.gethostname()

    @property
    def lives_here(self) -> bool:
        """Whether the very process lives on this machine."""
        return self.is_of_this_system and self.pid > 1 and bool(self.started) and start_of(self.pid) == self.started


@contextlib.contextmanager
def holding(lock: Path, record: Path, patience: float) -> Iterator[None]:
    """Hold `lock` and tell in `record` who does.

    Raises filelock.Timeout where another process holds it for longer than `patience` seconds, and OSError where it
    cannot be locked.
    """
    if os.path.lexists(lock):
        open_regular(lock).close()
    # Of the process, not of the thread: another one may let go of it.
    with FileLock(lock, timeout=patience, thread_local=False):
        write_checked(record, {"format": FORMAT, **vars(myself())})
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                record.unlink(missing_ok=True)


def myself() -> Holder:
    """This process, from now on."""
    return Holder(socket.gethostname(), this_system(), os.getpid(), start_of(os.getpid()), time.time())


def read_holder(record: Path) -> Holder | None:
    """Who holds the folder by its record, which a killed process leaves; None where there is none to believe."""
    try:
        values = read_checked(record, FORMAT)
        return Holder(
            text(values, "host"),
            text(values, "system"),
            whole(values, "pid"),
            text(values, "started"),
            number(values, "since"),
        )
    except (CoreError, ValueError):
        return None


def is_locked(lock: Path) -> bool | None:
    """Whether a living process of this machine, or where the drive can tell of any, holds `lock`; None: not to be told.

    Looks without writing: also in a folder of somebody else.
    """
    try:
        handle = open_regular(lock)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    with handle:
        return _is_locked(handle.fileno(), lock)


def signal_holder(lock: Path, record: Path, wanted: int) -> bool:
    """Send a signal to the process that holds `lock`; False, and nothing is sent, where that is not certain."""
    holder = read_holder(record)
    if holder is None or holder.pid in (0, 1, os.getpid()) or not holder.is_of_this_system:
        return False
    with _pinned(holder.pid) as pinned:
        certain = is_locked(lock) is True and holder.lives_here and _has_open(holder.pid, lock)
        return certain and _send(holder.pid, pinned, wanted)


@cache
def this_system() -> str:
    """This machine, its boot and its space of process numbers, as text; "" where the system does not tell them."""
    identifiers = [_first_line(Path("/etc/machine-id")), _first_line(PROC / "sys/kernel/random/boot_id"), _pid_space()]
    if any(identifiers[1:]):
        return "/".join([socket.gethostname(), *identifiers])
    # Elsewhere the time of the boot stands for it, where it can be asked for.
    boot = _answer("sysctl", "-n", "kern.boottime")
    return f"{socket.gethostname()}/{boot}" if boot else ""


def start_of(pid: int) -> str:
    """When a process was started, as the system writes it; "" where there is none or the system does not tell."""
    if (PROC / "self/stat").exists():
        # The name before may hold anything, brackets and blanks included.
        fields = _first_line(PROC / str(pid) / "stat").rpartition(")")[2].split()
        return fields[START_TIME] if len(fields) > START_TIME else ""
    return "" if sys.platform == "win32" else _answer("ps", "-o", "lstart=", "-p", str(pid))


def _is_locked(handle: int, lock: Path) -> bool | None:
    if sys.platform == "win32":
        try:
            with FileLock(lock, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


def _has_open(pid: int, lock: Path) -> bool:
    """Whether the process has the lock file open; without /proc, its number and start time have to do."""
    if not (PROC / "self/fd").exists():
        return True
    wanted = lock.stat()
    with contextlib.suppress(OSError):
        for each in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samestat(each.stat(), wanted):
                    return True
    return False


@contextlib.contextmanager
def _pinned(pid: int) -> Iterator[int | None]:
    """A handle of the process, which cannot come to mean another one; None where the system has no such."""
    try:
        handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except OSError:
        handle = None
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)


def _send(pid: int, pinned: int | None, wanted: int) -> bool:
    try:
        if pinned is not None:
            signal.pidfd_send_signal(pinned, wanted)
        else:
            os.kill(pid, wanted)
    except OSError:
        return False
    return True


def _pid_space() -> str:
    try:
        return str((PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _first_line(path: Path) -> str:
    try:
        return read_small(path).decode("utf-8", "replace").partition("\n")[0].strip()
    except CoreError:
        return ""


def _answer(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
