"""`python -m core prepare`: compile ahead what would otherwise be compiled at the first map."""

from __future__ import annotations

import argparse

from core.progress import Reporter

SUMMARY = "compile the map's code once, ahead of its first use"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Compile unless that was done."""
    from core.projection.compiled_code import compile_ahead, is_compiled

    if not is_compiled():
        reporter.progress("compiling the map's code, once", 0, 0)
        compile_ahead()
