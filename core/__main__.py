"""`python -m core VERB`: the same verbs that the window runs."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from core.child_process import BEHIND_THE_WINDOW
from core.errors import INTERRUPTED, CoreError
from core.language import require_language
from core.messages import Message
from core.one_line import OneLineParser, missing_package, on_one_line
from core.progress import JsonLinesReporter, Reporter, TerminalReporter

VERBS = (
    "datasets",
    "leaks",
    "train",
    "evaluate",
    "embed",
    "export",
    "pretrained",
    "neighbours",
    "project",
    "compare",
    "space",
    "serve",
    "study",
    "contributions",
    "prepare",
    "cache",
)
# What verbs were called in earlier versions -> what they are called now; the old words still work.
OLD_VERBS = {"kept": "cache"}
BAD_INPUT = 2
# How far behind the window its children stand in line for the processor, as nice(1) counts.
NICENESS = 10


def main(words: Sequence[str] | None = None, prog: str = "python -m core") -> int:
    """Run one verb; returns the exit status: 0, 1 failure, 2 bad input or no packages, 130 Ctrl+C.

    `prog` is how the command is called, for its messages.
    """
    try:
        try:
            return _run(sys.argv[1:] if words is None else words, prog)
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{missing_package(error)}\n")
        return BAD_INPUT
    except BrokenPipeError:
        # The reader of our output (head, a closed window) is gone; there is nobody left to tell.
        _drop_output()
        return INTERRUPTED


def run_as_program(prog: str = "python -m core") -> int:
    """`main` with the words of this process, which is nothing but the command: its signals and streams are set up."""
    _prepare_process()
    return main(prog=prog)


def _run(words: Sequence[str], prog: str) -> int:
    if words:
        words = [OLD_VERBS.get(words[0], words[0]), *words[1:]]
    arguments = _parser(words, prog).parse_args(words)
    reporter: Reporter = JsonLinesReporter(sys.stdout) if arguments.json_lines else TerminalReporter()
    try:
        require_language()
        return importlib.import_module(f"core.commands.{arguments.verb}").run(arguments, reporter) or 0
    except CoreError as error:
        behind = os.environ.get(BEHIND_THE_WINDOW)
        return _fail(reporter, error.in_window if behind else error.on_command_line, error)
    except BrokenPipeError:
        raise
    except OSError as error:
        about = f"{error.filename}: " if error.filename is not None else ""
        refused = CoreError(Message("refused-by-the-system", about=about, reason=error.strerror or error))
        return _fail(reporter, str(refused), refused)
    finally:
        reporter.close()


def _fail(reporter: Reporter, sentence: str, error: CoreError) -> int:
    sentence = on_one_line(sentence)
    reporter.close()
    reporter.event("failed", sentence=sentence, messages={"sentence": error.message.as_json()})
    sys.stderr.write(f"{sentence}\n")
    return error.exit_status


def _parser(words: Sequence[str], prog: str) -> argparse.ArgumentParser:
    parser = OneLineParser(prog=prog, description="Train, measure and map image embeddings.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    # Only the asked-for verb is imported; the list of all of them takes three times as long.
    asked = next((name for name in VERBS if name == (words[0] if words else "")), None)
    for name in VERBS if asked is None else (asked,):
        module = importlib.import_module(f"core.commands.{name}")
        verb = verbs.add_parser(name, help=module.SUMMARY, description=module.SUMMARY, allow_abbrev=False)
        module.add_arguments(verb)
        verb.add_argument("--json-lines", action="store_true", help="report as JSON lines on standard output")
    return parser


def _lower_priority() -> None:
    """Where there are fewer cores than work, the window comes first and stays quick."""
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        # Linux shares the cores out between sessions first, and a trainer that outlives the window has its own.
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def _prepare_process() -> None:
    if os.environ.get(BEHIND_THE_WINDOW) and hasattr(os, "nice"):
        _lower_priority()
    if hasattr(signal, "SIGTERM"):
        # A terminated child unwinds like an interrupted one, so temporary files are removed.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names need not be text, and a terminal need not know every letter: show those escaped.
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let the interpreter flush into nothing at its end; it would complain otherwise."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


if __name__ == "__main__":
    sys.exit(run_as_program())
