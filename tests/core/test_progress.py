from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from core import paths, progress
from core.errors import Cancelled
from core.progress import JsonLinesReporter, Reporter, StoppableReporter, TerminalReporter


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_base_says_nothing(capsys):
    reporter = Reporter()
    reporter.progress("embedding", 1, 2)
    reporter.event("notice", sentence="Look.")
    reporter.close()
    assert capsys.readouterr() == ("", "")


def test_a_pipe_gets_notices_and_no_bars():
    stream = io.StringIO()
    reporter = TerminalReporter(stream)
    reporter.progress("embedding", 1, 2)
    reporter.event("notice", sentence="Five images are missing.")
    reporter.event("step", loss=1.0)
    reporter.close()
    assert stream.getvalue() == "Five images are missing.\n"


def test_a_terminal_gets_a_bar_a_task():
    stream = Terminal()
    reporter = TerminalReporter(stream)
    reporter.progress("checking", 3, 10)
    reporter.progress("decoding", 5, 20)
    reporter.close()
    shown = stream.getvalue()
    assert "checking" in shown and "3/10" in shown
    assert "decoding" in shown and "5/20" in shown


def test_a_task_that_begins_again_gets_a_new_bar():
    stream = Terminal()
    reporter = TerminalReporter(stream)
    reporter.progress("embedding", 10, 10)
    reporter.progress("embedding", 4, 30)
    reporter.progress("embedding", 2, 30)
    reporter.close()
    assert "4/30" in stream.getvalue()
    assert "2/30" in stream.getvalue()


def test_a_notice_does_not_cut_a_bar_in_two():
    stream = Terminal()
    reporter = TerminalReporter(stream)
    reporter.progress("embedding", 1, 2)
    reporter.event("notice", sentence="Look.")
    assert stream.getvalue().endswith("Look.\n")
    assert "\r" in stream.getvalue().removesuffix("Look.\n")[-2:]


def test_lines_are_thinned_but_the_first_and_the_last_are_there(clock):
    stream = io.StringIO()
    reporter = JsonLinesReporter(stream, interval=0.125)
    for done in range(1, 101):
        reporter.progress("embedding", done, 100)
        clock.now += 0.03125
    assert [line["done"] for line in lines(stream)] == [*range(1, 98, 4), 100]


def test_what_is_left_is_told_from_the_speed_so_far(clock):
    stream = io.StringIO()
    reporter = JsonLinesReporter(stream)
    reporter.progress("embedding", 20, 100)
    clock.now += 4
    reporter.progress("embedding", 60, 100)
    first, second = lines(stream)
    assert first == {"type": "progress", "task": "embedding", "done": 20, "total": 100, "unit": "images"}
    assert second["seconds_left"] == 4.0


def test_a_task_that_begins_again_is_timed_from_then(clock):
    stream = io.StringIO()
    reporter = JsonLinesReporter(stream)
    for start in (0.0, 1000.0):
        clock.now = start
        reporter.progress("measuring", 0, 10)
        clock.now += 1
        reporter.progress("measuring", 5, 10)
        reporter.progress("measuring", 10, 10)
    assert [line.get("seconds_left") for line in lines(stream)] == [None, 1.0, 0.0] * 2


def test_an_unknown_total_has_no_end(clock):
    stream = io.StringIO()
    reporter = JsonLinesReporter(stream)
    reporter.progress("reading", 1, 0)
    clock.now += 1
    reporter.progress("reading", 2, 0)
    reporter.progress("reading", 3, 0)  # too soon
    assert [line.get("seconds_left") for line in lines(stream)] == [None, None]


def test_work_that_reports_can_be_stopped():
    class Told(Reporter):
        def __init__(self):
            self.all = []

        def progress(self, task, done, total, unit="images"):
            self.all.append((task, done, total, unit))

        def event(self, kind, **fields):
            self.all.append((kind, fields))

        def close(self):
            self.all.append("closed")

    listener, asked = Told(), []
    reporter = StoppableReporter(listener, lambda: bool(asked))
    reporter.progress("reading", 1, 2, unit="rows")
    reporter.event("notice", sentence="x")
    asked.append(True)
    with pytest.raises(Cancelled, match="Stopped while reading"):
        reporter.progress("reading", 2, 2)
    reporter.close()
    assert listener.all == [("reading", 1, 2, "rows"), ("notice", {"sentence": "x"}), "closed"]


def test_an_event_is_one_ascii_line_that_keeps_every_name():
    stream = io.StringIO()
    name = os.fsdecode("양말\n".encode() + b"\xff.png")
    JsonLinesReporter(stream).event("failed", sentence=name)
    assert stream.getvalue().isascii()
    assert lines(stream) == [{"type": "failed", "sentence": name}]


def test_reporting_into_a_pipe_does_not_import_the_bars():
    script = "import sys, core.progress as p; p.TerminalReporter().progress('x', 1, 2); print('tqdm' in sys.modules)"
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, cwd=paths.PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
