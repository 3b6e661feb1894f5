"""Reading what a trainer wrote into messages.jsonl (see `core.training.messages`), each record proved as it is read.

What is damaged in a line, by a flipped bit (each has a checksum) or by design, is found here: who shows a message meets
only values of the kinds that `core.training.messages` promises. Kinds that a newer version may have added pass.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.checksum import believed_line
from core.models.recorded import MEASURED, flag, mapping, number, terms, text, whole
from core.storage import open_regular

MESSAGES = "messages.jsonl"
# Ours have a kilobyte; a line without an end must not fill the memory.
LONGEST_LINE = 1 << 20

Check = Callable[[Mapping[str, Any], str], object]


def _duration(values: Mapping[str, Any], key: str) -> None:
    if number(values, key) < 0:
        raise ValueError(f"{key} ({values[key]})")


def _duration_or_null(values: Mapping[str, Any], key: str) -> None:
    if values[key] is not None:
        _duration(values, key)


# What is under a name, in whichever kind of message.
CHECKS: Mapping[str, Check] = {
    **MEASURED,
    **dict.fromkeys(("epoch", "epochs", "first_epoch", "step", "steps_per_epoch", "pid", "done", "total"), whole),
    **dict.fromkeys(("time", "loss", "learning_rate"), number),
    **dict.fromkeys(("name", "device", "chosen_on", "path", "task", "sentence"), text),
    **dict.fromkeys(("data", "result"), mapping),
    "terms": terms,
    "best": flag,
    "seconds": _duration,
    "seconds_left": _duration_or_null,
}
# What must be there in a message of each kind; of the rest older versions lack some.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "started": ("epochs",),
    "step": ("step", "epoch", "loss"),
    "epoch": ("epoch",),
    "checkpoint": (),
    "tested": ("epoch", "best"),
    "progress": (),
    **dict.fromkeys(("notice", "finished", "stopped", "failed"), ("sentence",)),
}


class MessageTail:
    """Reads a run's messages as they arrive; a torn last line waits for its end.

    Attributes:
        damaged: how many lines held no message that can be believed.
        reason: what was wrong with the first of them, "" while there is none.
    """

    def __init__(self, run: Path) -> None:
        self._path = Path(run) / MESSAGES
        self._offset = self._lines = 0
        self.damaged = 0
        self.reason = ""

    def read(self) -> list[dict[str, Any]]:
        """The complete lines since the last call; [] while there are none. OSError where the file cannot be read."""
        try:
            handle = open_regular(self._path)
        except FileNotFoundError:
            return []
        found = []
        with handle:
            handle.seek(self._offset)
            while (line := handle.readline(LONGEST_LINE)).endswith(b"\n") or len(line) == LONGEST_LINE:
                self._offset += len(line)
                message = self._message(line)
                if message is not None:
                    found.append(message)
        return found

    def _message(self, line: bytes) -> dict[str, Any] | None:
        self._lines += 1
        try:
            return proved(line)
        except ValueError as error:
            self.damaged += 1
            self.reason = self.reason or f"line {self._lines}: {error}"
            return None


def proved(line: bytes) -> dict[str, Any]:
    """The message in a line; ValueError saying what is wrong with it."""
    line = believed_line(line)
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("no readable JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError("no message")
    kind = message["type"]
    if kind not in NEEDED:
        return message
    for key in NEEDED[kind]:
        if key not in message:
            raise ValueError(f"{key} is missing")
    for key, check in CHECKS.items():
        if key in message:
            check(message, key)
    return message
