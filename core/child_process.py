"""Start `python -m core VERB` as a child, read its JSON-line messages, and end it for certain.

Heavy work lives in children because they can be killed, free the GPU when they go, and can neither freeze nor crash
the window. How a child ended is a value with its own sentence.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from core import paths
from core.errors import StorageError
from core.messages import Message
from core.storage import open_regular

Status = Literal["done", "failed", "stopped", "killed"]
LAST_WORDS = 2000
BEHIND_THE_WINDOW = "EMBEDDING_EXPLORER_BEHIND_THE_WINDOW"


@dataclass(frozen=True)
class ProcessOutcome:
    """How a child ended: `sentence` for a person, `details` its last words, `code` its exit status (-N: signal N)."""

    status: Status
    sentence: str
    code: int
    details: str = ""


def command(arguments: Sequence[str]) -> list[str]:
    """The command line of a core verb in this interpreter."""
    return [sys.executable, "-m", "core", *arguments]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment in which `python -m core` is found from any folder and steps behind the window."""
    path = os.pathsep.join(part for part in (str(paths.PROJECT), os.environ.get("PYTHONPATH", "")) if part)
    ours = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", BEHIND_THE_WINDOW: "1"}
    return {**os.environ, **ours, **(extra or {})}


class ChildProcess:
    """One running verb whose messages are read by one thread; `stop` may be called from another."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._failure = ""
        self._stop_asked = threading.Event()
        self._process = subprocess.Popen(
            command([*arguments, "--json-lines"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(),
            text=True,
            encoding="utf-8",
            errors="replace",  # a library may print anything
        )

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._process.pid

    def messages(self) -> Iterator[dict[str, Any]]:
        """Each message as it comes until the child ends; lines that are no JSON (prints) are passed over."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = parse_message(line)
            if message is None:
                continue
            if message["type"] == "failed" and "id" not in message:
                self._failure = str(message.get("sentence", ""))
            yield message

    def send(self, request: Mapping[str, Any]) -> bool:
        """Write one JSON line to the child; False when it no longer listens."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return False
        return True

    def stop(self, grace: float = 2.0) -> None:
        """Terminate, and kill after `grace` seconds; returns when the child is gone."""
        self._stop_asked.set()
        self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait(self) -> ProcessOutcome:
        """How the child ended; to be called once its messages have run out."""
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        details = _last_words(self._errors)
        self._errors.close()
        return outcome_of(code, stop_asked=self._stop_asked.is_set(), failure=self._failure, details=details)


def outcome_of(code: int, *, stop_asked: bool = False, failure: str = "", details: str = "") -> ProcessOutcome:
    """The outcome that an exit status means; `failure` is what the child itself gave as the reason."""
    if code == 0:
        return ProcessOutcome("done", Message("process-finished"), code, details)
    if stop_asked:
        return ProcessOutcome("stopped", Message("process-stopped-by-you"), code, details)
    if failure:
        return ProcessOutcome("failed", failure, code, details)
    if code < 0:
        name = _signal_name(-code)
        return ProcessOutcome("killed", Message("process-killed", signal=name), code, details)
    last = details.strip().splitlines()
    return ProcessOutcome("failed", last[-1] if last else Message("process-ended", status=code), code, details)


def parse_message(line: str) -> dict[str, Any] | None:
    """The message in one line, or None when it holds none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and "type" in message else None


def start_detached(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a verb that outlives this process: its own session, output to `log`, nothing on its input.

    A pipe would end or block the trainer together with the window. Raises StorageError when the log cannot be written.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists():
            open_regular(log).close()
        output = log.open("ab")
    except OSError as error:
        raise StorageError(Message("file-not-written", path=log, reason=error.strerror or error), log) from error
    with output:
        return subprocess.Popen(
            command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,
        )


def _last_words(stream: IO[bytes]) -> str:
    length = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, length - LAST_WORDS))
    return stream.read().decode("utf-8", "replace")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
