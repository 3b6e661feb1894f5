"""`python -m core VERB`: the same verbs that the window runs."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence

from core.errors import CoreError
from core.progress import JsonLinesReporter, Reporter, TerminalReporter

VERBS = ("datasets", "train", "evaluate", "embed", "neighbours", "project", "compare", "serve", "prepare")
INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status: 0, 1 failure, 2 bad input, 130 Ctrl+C."""
    arguments = _parser().parse_args(words)
    reporter: Reporter = JsonLinesReporter(sys.stdout) if arguments.json_lines else TerminalReporter()
    try:
        status = importlib.import_module(f"core.commands.{arguments.verb}").run(arguments, reporter)
    except CoreError as error:
        reporter.close()
        reporter.event("failed", sentence=str(error))
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        reporter.close()
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, a closed window) is gone; there is nobody left to tell.
        sys.stderr.close()
        return INTERRUPTED
    reporter.close()
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Train, measure and map image embeddings.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in VERBS:
        module = importlib.import_module(f"core.commands.{name}")
        verb = verbs.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        module.add_arguments(verb)
        verb.add_argument("--json-lines", action="store_true", help="report as JSON lines on standard output")
    return parser


if __name__ == "__main__":
    if hasattr(signal, "SIGTERM"):
        # A terminated child unwinds like an interrupted one, so temporary files are removed.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
