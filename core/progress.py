"""How long work says what it is doing.

Core functions take a `Reporter` and call `progress` and `event`; who listens decides what happens with it:
a terminal shows bars, the window reads JSON lines, a run directory keeps them, a test collects them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.checksum import line_with_checksum
from core.errors import Cancelled
from core.messages import Message
from core.remedies import on_command_line
from core.storage import LineFile, write_json

if TYPE_CHECKING:
    from tqdm import tqdm


IMAGES = "images"

# What a notice is about that tells of something kept which was damaged.
REMADE = "remade"


class Reporter:
    """Says nothing; the base of all reporters.

    ``progress(task, done, total)``: `task` is the stage of the work, a message such as "embedding", counts are images
    unless `unit`, a message too, says otherwise, `total` 0 when unknown. ``event(kind, **fields)``: a record of
    something that happened.
    """

    def progress(self, task: str, done: int, total: int, unit: str = IMAGES) -> None:
        """Called often; implementations thin it out."""

    def event(self, kind: str, **fields: Any) -> None:
        """Called once per fact; values must be JSON-serialisable."""

    def notice(self, message: Message) -> None:
        """Something that a person should know of the work."""
        self.event("notice", sentence=message)

    def remade(self, message: Message) -> None:
        """Something kept was damaged and is made once more: the window shows it, whatever the work is."""
        self.event("notice", sentence=message, about=REMADE)

    def result(self, document: dict[str, Any], text: Callable[[], str], file: Path | None = None) -> None:
        """What a command has come to: `text` on standard output, `document` as JSON in `file` where one is named."""
        self.close()
        if file is not None:
            write_json(file, document)
        self._give(document, text)

    def close(self) -> None:
        """Finish bars and flush."""

    def _give(self, _document: dict[str, Any], text: Callable[[], str]) -> None:
        sys.stdout.write(f"{text()}\n")


class ForwardingReporter(Reporter):
    """Passes everything on to another reporter."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def progress(self, task: str, done: int, total: int, unit: str = IMAGES) -> None:
        self._reporter.progress(task, done, total, unit)

    def event(self, kind: str, **fields: Any) -> None:
        self._reporter.event(kind, **fields)

    def close(self) -> None:
        self._reporter.close()


class StoppableReporter(ForwardingReporter):
    """Passes everything on, and ends the work that reports to it once `should_stop` answers True.

    `progress` then raises Cancelled: whoever says how far it is can be stopped there, without being asked twice.
    """

    def __init__(self, reporter: Reporter, should_stop: Callable[[], bool]) -> None:
        super().__init__(reporter)
        self._should_stop = should_stop

    def progress(self, task: str, done: int, total: int, unit: str = IMAGES) -> None:
        if self._should_stop():
            raise Cancelled(Message("work-stopped", task=task))
        super().progress(task, done, total, unit)


class PrintingReporter(ForwardingReporter):
    """Passes everything on, and prints `line(kind, fields)` of an event on standard output unless it is empty."""

    def __init__(self, reporter: Reporter, line: Callable[[str, dict[str, Any]], str]) -> None:
        super().__init__(reporter)
        self._line = line

    def event(self, kind: str, **fields: Any) -> None:
        super().event(kind, **fields)
        line = self._line(kind, fields)
        if line:
            # A bar on the same terminal would be cut in two.
            self.close()
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


class TerminalReporter(Reporter):
    """tqdm bars on standard error when it is a terminal, nothing when piped; notices always go there."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._bar: tqdm[Any] | None = None
        self._task = ""

    def progress(self, task: str, done: int, total: int, unit: str = IMAGES) -> None:
        if not self._stream.isatty():
            return
        bar = self._bar
        if bar is None or task != self._task or (total or None) != bar.total or done < bar.n:
            bar = self._begin(task, done, total, unit)
        bar.unit = f" {_words_of(unit)}"
        bar.update(done - bar.n)

    def event(self, kind: str, **fields: Any) -> None:
        if kind == "notice":
            self.close()
            self._stream.write(f"{on_command_line(fields['sentence'])}\n")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _begin(self, task: str, done: int, total: int, unit: str) -> tqdm[Any]:
        # Most commands end before a bar is due, and its import costs more than some of them.
        from tqdm import tqdm

        self.close()
        self._task = task
        self._bar = tqdm(
            initial=done, total=total or None, desc=task, unit=f" {_words_of(unit)}", file=self._stream, leave=False
        )
        return self._bar


@dataclass
class _Course:
    """How far a task has come since `began` (seconds), when it stood at `first`."""

    began: float
    first: int
    done: int
    total: int


class MessageReporter(Reporter):
    """Passes on records ``{"type": kind, ...}``; progress at most ten times a second, and always the last.

    Beside the text of fields that are messages, "messages" has their ids and fields, for a reader of another language.
    """

    def __init__(self, listen: Callable[[dict[str, Any]], object], interval: float = 0.1) -> None:
        self._listen = listen
        self._interval = interval
        self._last = 0.0
        self._courses: dict[str, _Course] = {}

    def progress(self, task: str, done: int, total: int, unit: str = IMAGES) -> None:
        now = time.monotonic()
        course = self._courses.get(task)
        if course is None or total != course.total or done < course.done:
            # New, or the same task once more, such as the measuring after each epoch.
            course = self._courses[task] = _Course(now, done, done, total)
        elif (done < total or not total) and now - self._last < self._interval:
            return
        self._last = now
        course.done = done
        fields: dict[str, Any] = {"task": task, "done": done, "total": total, "unit": unit}
        if course.first < done <= total:
            fields["seconds_left"] = round((now - course.began) * (total - done) / (done - course.first), 1)
        self.event("progress", **fields)

    def event(self, kind: str, **fields: Any) -> None:
        said = {name: value.as_json() for name, value in fields.items() if isinstance(value, Message)}
        if said:
            fields["messages"] = said | fields.get("messages", {})
        self._listen({"type": kind, **fields})


class JsonLinesReporter(MessageReporter):
    """One message a line, as JSON.

    Lines are pure ASCII: they arrive whole whatever the encoding of the stream, file names that are no UTF-8 included.
    """

    def __init__(self, stream: IO[str] | LineFile, interval: float = 0.1) -> None:
        super().__init__(self._write, interval)
        self._stream = stream

    def line(self, message: dict[str, Any]) -> str:
        """A message without its line feed."""
        return json.dumps(message)

    def _give(self, document: dict[str, Any], _text: Callable[[], str]) -> None:
        self.event("result", **document)

    def _write(self, message: dict[str, Any]) -> None:
        self._stream.write(f"{self.line(message)}\n")
        self._stream.flush()


class CheckedLinesReporter(JsonLinesReporter):
    """As `JsonLinesReporter`, for a file that is kept: each line has a checksum (`core.checksum.believed_line`)."""

    def line(self, message: dict[str, Any]) -> str:
        return line_with_checksum(super().line(message))


def describe_progress(record: Mapping[str, Any], duration: Callable[[float], str]) -> Message:
    """A record of progress in words, in the language of this process; `duration` puts seconds into words."""
    done, total = int(record.get("done", 0)), int(record.get("total", 0))
    stage, counted = said(record, "task"), said({"unit": IMAGES, **record}, "unit")
    unit = _words_of(counted)
    if total <= 0:
        if not done and counted == IMAGES:
            return stage
        return (
            Message("progress-so-far", stage=stage, done=done, unit=unit)
            if done
            else Message("progress-of-none", stage=stage, unit=unit)
        )
    if counted.id == "unit-epochs":
        words = Message("progress-of-epochs", stage=stage, done=done, total=total)
    else:
        words = Message("progress-of-total", stage=stage, done=done, total=total, unit=unit)
    left = record.get("seconds_left")
    return Message("progress-with-time", progress=words, left=duration(float(left))) if left else words


def said(record: Mapping[str, Any], field: str) -> Message:
    """What a field of a record says, in the language of this process where the record has its id."""
    text = str(record.get(field, ""))
    return Message.from_json({"text": text, **record.get("messages", {}).get(field, {})})


def _words_of(unit: str) -> str:
    return Message("unit-images") if unit == IMAGES else unit
